import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.messages import Pair
from modules.persona import Guard

WORDS = """Tôi mình bạn em anh dạ ạ, . ? nhé. nha! “Tôi bạn” bè của cho hỏi để chào ơi Dạ, lắm. \n
3,5 TP. Huế và nhưng"""
PLAIN = "trời|Hà Nội|đẹp,|mưa.|phở|ngon lắm!|3,5 triệu|bạn bè|“Tôi yêu”|một mình|rồi?|chúng tôi"
wild = st.text(max_size=200) | st.lists(st.sampled_from(WORDS.split()), max_size=50).map(" ".join)


def guarded(guard: Guard, *deltas: str) -> list[str]:
    return [*(clause for delta in deltas for clause in guard.push(delta)), *guard.finish()]


def test_clauses_come_out_mended_and_in_order() -> None:
    guard = Guard(Pair("em", "anh"), "south")
    clauses = guarded(
        guard, "Tôi có thể giúp ", "gì cho bạn? Hôm nay tr", "ời đẹp, bạn đi chơi nhé."
    )
    assert clauses == ["Dạ, em có thể giúp gì cho anh? ", "Hôm nay trời đẹp, anh đi chơi nha."]
    assert guard.mended == 2
    assert guard.left == 0


@given(wild, st.data())
def test_the_answer_does_not_depend_on_how_it_streams_in(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=10)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    pair = Pair("cháu", "bà")
    assert guarded(Guard(pair), *pieces) == guarded(Guard(pair), text)


@given(wild, st.sampled_from([Pair("em", "anh"), Pair("bà", "cháu"), Pair("tớ", "cậu"), Pair()]))
def test_an_answer_that_was_guarded_is_not_changed_again(text: str, pair: Pair) -> None:
    once = "".join(guarded(Guard(pair), text))
    assert "".join(guarded(Guard(pair), once)) == once


@given(wild)
def test_composed_and_decomposed_answers_come_out_alike(text: str) -> None:
    pair = Pair("em", "anh")
    decomposed = unicodedata.normalize("NFD", text)
    assert guarded(Guard(pair), decomposed) == guarded(Guard(pair), text)


@given(st.lists(st.sampled_from(PLAIN.split("|")), min_size=1, max_size=60).map(" ".join))
def test_an_answer_without_terms_passes_unchanged(text: str) -> None:
    guard = Guard(Pair("em", "anh"), "north", "casual")
    assert "".join(guarded(guard, text)) == text
    assert (guard.mended, guard.left) == (0, 0)


def test_no_more_than_one_clause_is_held_back() -> None:
    guard = Guard(Pair("em", "anh"))
    assert guard.push("Tôi nghe đây. Bạn") == ["Dạ, em nghe đây. "]
    assert guard.push(" nói đi. Tôi") == ["Anh nói đi. "]


@pytest.mark.parametrize(
    ("pair", "tone", "text", "opened"),
    [
        (Pair("em", "anh"), "friendly", "Hôm nay trời đẹp.", "Dạ, hôm nay trời đẹp."),
        (Pair("em", "anh"), "formal", "Em nghe đây.", "Dạ, em nghe đây."),
        (Pair("em", "anh"), "casual", "Em nghe đây.", "Em nghe đây."),
        (Pair("em", "anh"), "friendly", "Em nghe đây ạ.", "Em nghe đây ạ."),
        (Pair("em", "anh"), "friendly", "Vâng, em nghe.", "Vâng, em nghe."),
        (Pair("em", "anh"), "friendly", "Huế đẹp lắm.", "Huế đẹp lắm."),
        (Pair("anh", "em"), "friendly", "Hôm nay trời đẹp.", "Hôm nay trời đẹp."),
        (Pair("mình", "bạn"), "friendly", "Hôm nay trời đẹp.", "Hôm nay trời đẹp."),
    ],
)
def test_only_a_junior_without_any_respect_is_given_a_dạ(pair, tone, text, opened) -> None:  # type: ignore[no-untyped-def]
    assert guarded(Guard(pair, "north", tone), text) == [opened]


def test_only_the_first_clause_opens_with_dạ() -> None:
    clauses = guarded(Guard(Pair("em", "anh")), "Em nghe. Em hiểu rồi. Em làm ngay.")
    assert clauses == ["Dạ, em nghe. ", "Em hiểu rồi. ", "Em làm ngay."]


def test_a_long_quotation_is_left_alone_through_its_clauses() -> None:
    quoted = "“Tôi yêu bạn. Bạn yêu tôi. Tôi và bạn cùng đi. Bạn đi với tôi.”"
    clauses = guarded(
        Guard(Pair("em", "anh"), tone="casual"), f"Bạn nghe này: {quoted} Tôi thích câu đó."
    )
    assert "".join(clauses) == f"Anh nghe này: {quoted} Em thích câu đó."


def test_a_quotation_that_is_never_closed_does_not_switch_the_guard_off() -> None:
    filler = "Câu này là một câu văn dài. " * 6
    text = f"Bạn nói “một hai ba bốn năm sáu bảy tám. {filler}Tôi nghe bạn."
    assert guarded(Guard(Pair("em", "anh"), tone="casual"), text)[-1] == "Em nghe anh."


def test_line_ends_and_spaces_behind_clauses_are_kept() -> None:
    assert guarded(Guard(Pair()), "Một dòng.\n\nHai  dòng.  Ba.") == [
        "Một dòng.\n",
        "Hai dòng. ",
        "Ba.",
    ]


def test_a_compound_that_a_clause_end_would_cut_stays_whole() -> None:
    text = "bạn bè bạn bè bạn bè 3,5 triệu bạn bè bạn bè bạn bè chúng tôi chúng tôi một mình"
    assert "".join(guarded(Guard(Pair("em", "anh"), tone="casual"), text)) == text
    assert guarded(Guard(Pair("em", "anh"), tone="casual"), "Của bạn\nBè bạn") == [
        "Của anh\n",
        "Bè bạn",
    ]


@pytest.mark.parametrize(
    ("text", "said", "left"),
    [
        ("Cậu ấy là bạn hiền của Nam.", "Cậu ấy là bạn hiền của Nam.", 0),
        ("Họ là bạn đường suốt mười năm.", "Họ là bạn đường suốt mười năm.", 1),
        ("Đoàn nước bạn sang thăm.", "Đoàn nước bạn sang thăm.", 1),
        ("Hàng xuất sang nước bạn.", "Hàng xuất sang nước bạn.", 1),
        ("Trận đấu với đội bạn.", "Trận đấu với đội bạn.", 1),
        ("Phía bạn chưa trả lời.", "Phía bạn chưa trả lời.", 1),
        ("Nước bạn uống là nước gì?", "Nước anh uống là nước gì?", 0),
        ("Đội bạn thích là đội nào?", "Đội anh thích là đội nào?", 0),
        ("Phía bạn ngồi có nắng không?", "Phía anh ngồi có nắng không?", 0),
        ("Thế gian khó tìm bạn hiền.", "Thế gian khó tìm bạn hiền.", 0),
        ("Bạn hiền ơi, trời mưa.", "Bạn hiền ơi, trời mưa.", 0),
        ("Bạn hiền quá.", "Anh hiền quá.", 0),
        ("Mẹ bạn hiền và vui tính.", "Mẹ anh hiền và vui tính.", 0),
        ("Để em chỉ bạn đường đến ga.", "Để em chỉ anh đường đến ga.", 0),
        ("Em luôn đứng về phía bạn.", "Em luôn đứng về phía anh.", 0),
        ("Cốc nước bạn vừa rót đâu?", "Cốc nước anh vừa rót đâu?", 0),
    ],
)
def test_a_bạn_of_others_stays_and_where_it_may_be_theirs_it_is_counted(
    text: str, said: str, left: int
) -> None:
    guard = Guard(Pair("em", "anh"), tone="casual")
    assert guarded(guard, text) == [said]
    assert guard.left == left


def test_the_bạn_of_others_is_no_doubt_where_the_user_is_called_so() -> None:
    guard = Guard(Pair())
    assert guarded(guard, "Trận đấu với đội bạn.") == ["Trận đấu với đội bạn."]
    assert guard.left == 0
