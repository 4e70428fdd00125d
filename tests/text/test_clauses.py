import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.text import ClauseSplitter, count_syllables
from modules.text import clauses as clauses_module
from modules.text.clauses import QUOTE_WORDS, WORD_CHARACTERS

PIECES = """em anh chào và nhưng vì nên 3,5 1.250.000 14:30 TP. GS. v.v. "dạ “Dạ. rồi” yêu" ok. hả?
! – — - nhé, được; là: … ... https://a.vn/b?c=1. a@b.vn, ( ) 1. A. Nguyễn 'n' internet «a» 🙂"""
WORDS = st.sampled_from([*PIECES.split(), "\n", "\n\n"])
PLAIN = "em anh chào và nhưng rồi, nhé. của nghiêng"
spoken_text = st.lists(WORDS, max_size=60).map(" ".join)
wild_text = st.text(max_size=200) | spoken_text


def split(text: str) -> list[str]:
    splitter = ClauseSplitter()
    return [*splitter.push(text), *splitter.finish()]


def split_in(pieces: list[str]) -> list[str]:
    splitter = ClauseSplitter()
    return [*(clause for piece in pieces for clause in splitter.push(piece)), *splitter.finish()]


@given(wild_text)
def test_the_clauses_joined_are_the_text(text: str) -> None:
    assert "".join(split(text)).strip() == text.strip()


@given(wild_text, st.data())
def test_the_clauses_do_not_depend_on_how_the_text_was_cut_into_deltas(
    text: str, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=20)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert split_in(pieces) == split_in(list(text)) == split(text)


@given(wild_text)
def test_no_clause_is_punctuation_only_unless_the_text_is(text: str) -> None:
    clauses = split(text)
    if any(map(str.isalnum, text)):
        assert all(any(map(str.isalnum, clause)) for clause in clauses)
    else:
        assert len(clauses) <= 1


@given(st.lists(st.sampled_from(PLAIN.split()), max_size=200))
def test_the_first_clause_is_short_and_the_others_are_bounded(words: list[str]) -> None:
    clauses = split(" ".join(words))
    assert all(count_syllables(clause) <= 25 for clause in clauses)
    assert not clauses or count_syllables(clauses[0]) <= 12


@pytest.mark.parametrize(
    "piece",
    ["1.250.000", "3,5", "14:30", "https://a.vn/b,c?d=e", "a.b@c.vn", "TP. Huế", "GS. Tuấn",
     "Nguyễn A. Tuấn", '"Dạ. Em biết, em xin lỗi!"', "“vì em, và anh”", "TS. 3"],
)  # fmt: skip
@pytest.mark.parametrize("before", range(0, 30, 3))
def test_a_piece_that_belongs_together_is_never_cut(piece: str, before: int) -> None:
    text = " ".join(["mà"] * before + [piece] + ["em"] * 30)
    assert any(piece in clause for clause in split(text))


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Em chào anh. Anh khỏe không?", ["Em chào anh. ", "Anh khỏe không?"]),
        ("Dạ, em nghe. Vâng!", ["Dạ, em nghe. ", "Vâng!"]),
        ("Dạ thưa anh Nam, em nghe đây", ["Dạ thưa anh Nam, em nghe đây"]),
        ("Dạ em chào anh Nam, em nghe đây", ["Dạ em chào anh Nam, ", "em nghe đây"]),
        ("Một dòng\nhai dòng", ["Một dòng\n", "hai dòng"]),
        ("Anh ơi ! Em đây", ["Anh ơi ! ", "Em đây"]),
        ("Ngon lắm... - Thật à?", ["Ngon lắm... - ", "Thật à?"]),
        ("phở, bún, v.v. đều ngon", ["phở, bún, v.v. đều ngon"]),
        ("phở, bún, v.v. Anh thích không?", ["phở, bún, v.v. ", "Anh thích không?"]),
        ("1. Vo gạo\n2. Nấu cơm", ["1. Vo gạo\n", "2. Nấu cơm"]),
        ("Uống vitamin C. Rồi ngủ", ["Uống vitamin C. ", "Rồi ngủ"]),
        (
            "Hôm nay trời đẹp và nắng ấm nên anh có thể đi dạo",
            ["Hôm nay trời đẹp và nắng ấm ", "nên anh có thể đi dạo"],
        ),
        ("...", ["..."]),
        ("  \n ", []),
        ("", []),
    ],
)
def test_clauses_end_where_a_speaker_would_pause(text: str, clauses: list[str]) -> None:
    assert split(text) == clauses


def test_a_clause_is_given_as_soon_as_the_next_word_begins() -> None:
    splitter = ClauseSplitter()
    assert splitter.push("Em chào anh.") == []
    assert splitter.push(" ") == []
    assert splitter.push("A") == ["Em chào anh. "]


def test_a_long_quotation_is_cut_like_any_text() -> None:
    inside = " ".join(["dạ."] * (QUOTE_WORDS + 3))
    assert len(split(f'"{inside}"')) > 3


def test_a_splitter_can_be_used_again_after_finish() -> None:
    splitter = ClauseSplitter()
    first = [*splitter.push("Em chào anh. Dạ"), *splitter.finish()]
    assert [*splitter.push("Em chào anh. Dạ"), *splitter.finish()] == first


@pytest.mark.parametrize("endless", ["em ", "x", "ă", "“em "])
def test_text_without_punctuation_is_held_in_bounded_memory(endless: str) -> None:
    splitter = ClauseSplitter()
    tracemalloc.start()
    for _ in range(20_000):
        splitter.push(endless)
    # Only the splitter's own: threads that other tests left behind allocate as well.
    own = tracemalloc.take_snapshot().filter_traces(
        [tracemalloc.Filter(True, clauses_module.__file__)]
    )
    tracemalloc.stop()
    held = sum(each.size for each in own.statistics("filename"))
    assert 0 < held < 100 * WORD_CHARACTERS
