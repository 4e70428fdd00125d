"""Small talk: topics, the user's words taken up, nothing said twice, no two replies the same."""

import re
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.conversations import OUT, transcripts
from modules.llm.companion.answer import answer
from modules.llm.companion.book import TOPICS, book, read
from modules.llm.companion.echo import echoed
from modules.llm.companion.roles import resolved
from modules.llm.companion.talk import plain_words, talk_of
from modules.llm.companion.topics import point_of, topic_of
from modules.llm.companion.wording import fill, polish, sentences, voice_of
from modules.messages import Line, Pair, Persona, TurnRequest
from modules.persona import repair
from tests.llm.test_dialogues import EVENING, LINES

FIVE_PAIRS = [("em", "anh"), ("cháu", "bác"), ("con", "má"), ("tớ", "cậu"), ("mình", "bạn")]
SENIORS = [("bà", "cháu"), ("bà", "con"), ("ông", "cháu"), ("chị", "em")]
STATEMENTS = [
    "hôm qua mình gặp lại thầy chủ nhiệm cũ ở ngã tư", "mình vừa sửa xong cái quạt",
    "tối nay nhà mình cúp điện", "mình mới tìm thấy cuốn nhật ký năm lớp sáu",
    "thằng nhóc đầu ngõ tặng mình viên bi", "mình làm rơi chìa khóa xuống cống",
    "sáng nay mình đi lạc trong hầm gửi xe", "mình vừa trả xong món đồ mượn năm ngoái",
    "có con chim làm tổ trên cửa sổ phòng mình", "mình quên mang ô nên phải đợi cả tiếng",
    "mình vừa ký hợp đồng thuê kho", "cái ghế mình ngồi kêu cọt kẹt cả ngày",
    "mình đang tập viết tay trái", "người ta đào đường trước cửa từ sáng",
    "mình nhặt được một tờ vé số cũ", "chiếc đồng hồ treo tường chạy nhanh mười phút",
    "mình mới học được cách thắt cà vạt", "sáng nay thang máy đứng giữa tầng",
    "mình hứa với lòng không trễ hẹn nữa", "cả buổi chiều mình ngồi xếp lại giấy tờ",
]  # fmt: skip


def talk(text: str, pair: tuple[str, str] = ("mình", "bạn"), *history: Line):
    return talk_of(TurnRequest(1, text, history=history, pair=Pair(*pair)), EVENING)


def test_there_are_topics_for_an_everyday_life() -> None:
    topics = [key for name in TOPICS for key in read(name)]
    assert len(topics) == len(set(topics)) >= 40
    for key in topics:
        entry = book().entries[f"talk.{key}"]
        assert len(entry.say) >= 2, key
        assert len(entry.ask) >= 3, key
        assert all(text.endswith("?") for text in entry.ask), key


def test_fields_of_topics_are_known() -> None:
    allowed = {"when", "say", "ask", "me", "asks"}
    for name in TOPICS:
        for key, table in read(name).items():
            for point in [table, *(each for each in table.values() if isinstance(each, dict))]:
                own = {field for field, each in point.items() if not isinstance(each, dict)}
                assert own <= allowed, key
                assert point["when"], key
                for pattern in point["when"]:
                    assert pattern.count("(") == pattern.count(")"), pattern


@pytest.mark.parametrize("pair", [*FIVE_PAIRS, *SENIORS], ids=lambda pair: "-".join(pair))
def test_every_text_of_a_topic_agrees_with_the_pair(pair: tuple[str, str]) -> None:
    for region in ("north", "central", "south"):
        request = TurnRequest(0, "", pair=Pair(*pair), persona=Persona(region=region))
        voice = voice_of(request)
        for entry in book().entries.values():
            for turn, text in enumerate((*entry.say, *entry.ask, *entry.me)):
                if entry.kind not in ("talk", "point") or "{echo}" in text:
                    continue
                said = polish(fill(text, voice, {}) or "", voice, turn)
                assert repair(said, *pair) == said, entry.key
                junior = voice.rank == "junior"
                assert said.startswith("Dạ, ") == junior, said
                assert junior or not re.search(r"(?<!\w)ạ(?!\w)", said), said


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("trời hôm nay mưa to quá", "talk.weather_talk"),
        ("mai mình đi xem phim với hội bạn", "talk.film"),
        ("năm nay lúa trúng mùa mà giá rớt", "talk.work"),
        ("hom nay minh di lam ve som", "talk.work"),
        ("hồi nhỏ mình hay tắm sông", "talk.childhood"),
        ("mình học tiếng Nhật được nửa năm", "talk.language"),
        ("tết này nhà mình gói bánh chưng", "talk.tet"),
    ],
)
def test_what_is_talked_about_is_known(text: str, key: str) -> None:
    found = point_of(talk(text)) or topic_of(talk(text))
    assert found is not None
    assert found.topic == key


@pytest.mark.parametrize(
    ("said", "pair", "echo"),
    [
        ("Mình vừa sửa xong cái quạt", ("mình", "bạn"), "bạn vừa sửa xong cái quạt"),
        ("Sáng nay bà ra vườn tưới cây nè con", ("con", "bà"), "sáng nay bà ra vườn tưới cây"),
        ("tôi đang tập viết", ("em", "anh"), "anh đang tập viết"),
        ("mẹ mình mới gọi", ("mình", "bạn"), None),
        ("minh vua sua cai quat", ("mình", "bạn"), None),
        ("cút đi cho khuất mắt", ("mình", "bạn"), None),
        ("mình có nên đi không", ("mình", "bạn"), None),
        ("iu tới bến lun á", ("mình", "bạn"), None),
    ],
)
def test_words_are_taken_up_only_where_it_is_safe(
    said: str, pair: tuple[str, str], echo: str | None
) -> None:
    assert echoed(talk(said, pair)) == echo


@pytest.mark.parametrize(
    ("said", "mine", "yours", "read_as"),
    [
        ("bà mệt quá con ơi", "bà", "con", "mình mệt quá bạn ơi"),
        ("con bà mới về", "bà", "con", "con mình mới về"),
        ("con mèo của bà", "bà", "con", "con mèo của mình"),
        ("chị ấy nhớ em", "em", "chị", "chị ấy nhớ mình"),
        ("bac oi con doi bung", "con", "bac", "ban oi minh doi bung"),
        ("bà ngoại đau lưng", "bà ngoại", "con", "mình đau lưng"),
    ],
)
def test_terms_are_read_as_whom_they_mean(said: str, mine: str, yours: str, read_as: str) -> None:
    bare = said.isascii()
    assert " ".join(resolved(said.split(), mine, yours, bare=bare)) == read_as


def test_what_was_told_in_this_conversation_is_told_back() -> None:
    history = (
        Line("user", "con gái anh mới vào lớp một"), Line("assistant", "Dạ."),
        Line("user", "nó tên là Bông nghịch lắm"), Line("assistant", "Dạ."),
    )  # fmt: skip
    asked = TurnRequest(
        1, "em có nhớ con gái anh tên gì không", history=history, pair=Pair("em", "anh")
    )
    assert "Bông" in " ".join(answer(asked, EVENING))


def test_different_messages_never_get_the_same_reply() -> None:
    said = {text: " ".join(answer(TurnRequest(1, text), EVENING)) for text in STATEMENTS}
    same = [(one, two) for one, two in combinations(said, 2) if said[one] == said[two]]
    assert not same


@settings(max_examples=12, deadline=None)
@given(
    said=st.lists(st.sampled_from([*STATEMENTS, *LINES, "ừ", "thế à"]), min_size=20, max_size=20),
    pair=st.sampled_from([*FIVE_PAIRS, *SENIORS]),
)
def test_no_sentence_is_said_twice_within_twenty_turns(
    said: list[str], pair: tuple[str, str]
) -> None:
    _talks_without_repeating(said, pair)


@pytest.mark.parametrize("text", ["ừ", "mình buồn quá", "hôm nay mình đi làm", "bây giờ mấy giờ"])
def test_not_even_where_the_user_says_the_same_again_and_again(text: str) -> None:
    _talks_without_repeating([text] * 20, ("mình", "bạn"))


def _talks_without_repeating(said: list[str], pair: tuple[str, str]) -> None:
    history: list[Line] = []
    known: dict[str, str] = {}
    for text in said:
        request = TurnRequest(1, text, history=tuple(history), pair=Pair(*pair))
        parts = answer(request, EVENING)
        if not re.search(r"\b11[1345]\b|“", " ".join(parts)):  # numbers to call, quotations
            for part in parts:
                words = plain_words(part)
                assert words not in known, f"{part!r} to {text!r} and to {known[words]!r}"
                known[words] = text
        history += [Line("user", text), Line("assistant", " ".join(parts))]


def test_what_the_companion_says_of_told_pieces_ends_with_a_sentence() -> None:
    for name in TOPICS:
        for table in read(name).values():
            for text in (*table.get("say", ()), *table.get("me", ())):
                assert sentences(text)[-1][-1] in ".?!", text


def test_the_transcripts_in_the_examples_are_up_to_date() -> None:
    assert OUT.read_text(encoding="utf-8") == transcripts()
