"""Whole conversations with the companion, and what is true of every answer it gives."""

import re
import tomllib
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.llm.companion.answer import answer
from modules.llm.companion.clock import VIETNAM
from modules.llm.companion.wording import Voice, sentences, voice_of, wording_data
from modules.messages import EMOTIONS, Line, Mood, Pair, Persona, TurnRequest, User
from modules.text import count_syllables

EVENING = datetime(2026, 11, 22, 19, 5, tzinfo=VIETNAM)
DIALOGUES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("dialogues.toml").read_text(encoding="utf-8")
)["dialogue"]
PAIRS = [
    ("mình", "bạn"), ("tớ", "cậu"), ("tôi", "bạn"), ("em", "anh"), ("em", "chị"), ("cháu", "bác"),
    ("con", "má"), ("con", "bà ngoại"), ("chị", "em"), ("anh", "em"), ("bác", "cháu"),
    ("cô", "con"),
]  # fmt: skip
TERMS = frozenset(
    {"mình", "tôi", "tớ", "tui", "tao", "mày", "bạn", "cậu", "em", "anh", "chị", "cháu", "con"}
    | {"bác", "cô", "chú", "bà", "ông", "má", "mẹ", "bố", "dì"}
)


def request(text: str, history: list[Line], setting: dict[str, Any], mood: str) -> TurnRequest:
    scores = {label: 0.9 if label == mood else 0.1 / 6 for label in EMOTIONS}
    return TurnRequest(
        1,
        text,
        history=tuple(history),
        persona=Persona(
            name=setting.get("name", "Linh"),
            region=setting.get("region", "north"),
            tone=setting.get("tone", "friendly"),
        ),
        user=User(name=setting.get("user", "")),
        pair=Pair(*setting.get("pair", ("mình", "bạn"))),
        mood=Mood(1, mood, scores),
        recalled=tuple(setting.get("recalled", ())),
    )


def told(text: str) -> str:
    """Return an answer without what it quotes or tells: that has words of its own."""
    text = re.sub(r"“[^”]*”", "", text)
    for phrase in sorted(wording_data()["allowed"]["phrases"], key=len, reverse=True):
        text = re.sub(rf"(?i)(?<!\w){re.escape(phrase)}(?!\w)", "", text)
    return text


def is_lore(text: str) -> bool:
    from modules.llm.companion.book import read

    lore = read("lore")
    kinds = (lore["folk"], lore["poem"], lore["story"], lore["joke"])
    pieces = [each["told"] for kind in kinds for each in kind]
    pieces += [each["riddle"] for each in lore["riddles"]]
    return any(piece[:30].lower() in text.lower() for piece in pieces)


def check_form(text: str, voice: Voice) -> None:
    """Check what is true of every answer, whatever was asked."""
    assert text, "an answer"
    assert text == unicodedata.normalize("NFC", text)
    assert not re.search(r"[{}<>|~*_␟]", text), text
    assert not re.search(r"\b[ạà] ạ\b|  ", text), text
    assert text[0].isupper() or not text[0].isalpha(), text
    assert 1 <= len(sentences(text)) <= 6, text
    first = re.split(r"[,.!?;:…]", text, maxsplit=1)[0]
    assert count_syllables(first) <= 12 or any(map(str.isdigit, first)), first
    danger = re.search(r"\b11[1345]\b", text)
    if voice.rank == "junior":
        assert text.startswith("Dạ") or danger, text
        assert len(re.findall(r"\bạ\b", text)) <= 2, text
    else:
        assert not text.startswith("Dạ"), text
    others = TERMS - set(voice.assistant_self.split()) - set(voice.you.split())
    words = re.findall(r"\w+", told(text).lower())
    if not is_lore(text):
        assert not others & set(words), f"{others & set(words)} in {text!r}"


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue["about"])
def test_the_companion_answers_as_it_should(dialogue: dict[str, Any]) -> None:
    history: list[Line] = []
    for turn in dialogue["turns"]:
        asked = request(turn["user"], history, dialogue, turn.get("mood", "Other"))
        text = " ".join(answer(asked, EVENING))
        said = f"{turn['user']!r} -> {text!r}"
        check_form(text, voice_of(asked))
        low = text.lower()
        assert all(part.lower() in low for part in turn.get("all", ())), said
        assert not turn.get("any") or any(part.lower() in low for part in turn["any"]), said
        assert not any(part.lower() in low for part in turn.get("never", ())), said
        if history:
            assert text != history[-1].text, said
        history += [Line("user", turn["user"]), Line("assistant", text)]


def test_there_are_many_dialogues_of_many_pairs() -> None:
    assert sum(len(dialogue["turns"]) for dialogue in DIALOGUES) >= 120
    assert len({tuple(dialogue.get("pair", ())) for dialogue in DIALOGUES}) >= 8


LINES = sorted({turn["user"] for dialogue in DIALOGUES for turn in dialogue["turns"]})


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(pair))
def test_every_line_is_answered_in_every_pair(pair: tuple[str, str]) -> None:
    for index, line in enumerate(LINES):
        region = ("north", "central", "south")[index % 3]
        mood = EMOTIONS[index % len(EMOTIONS)]
        asked = request(line, [], {"pair": pair, "region": region, "user": "Lan"}, mood)
        check_form(" ".join(answer(asked, EVENING)), voice_of(asked))


def test_the_same_conversation_gets_the_same_answer() -> None:
    asked = request(
        "mình buồn quá", [Line("user", "chào"), Line("assistant", "Chào bạn!")], {}, "Sadness"
    )
    assert answer(asked, EVENING) == answer(asked, EVENING)


def test_the_same_words_again_get_other_words() -> None:
    history: list[Line] = []
    answers = []
    for _ in range(4):
        text = " ".join(answer(request("mình buồn quá", history, {}, "Sadness"), EVENING))
        history += [Line("user", "mình buồn quá"), Line("assistant", text)]
        answers.append(text)
    assert len(set(answers)) == 4


def test_what_it_is_it_says_once_at_the_beginning() -> None:
    first = answer(request("chào bạn", [], {}, "Other"), EVENING)
    later = answer(
        request("chào bạn", [Line("user", "x"), Line("assistant", "Chào bạn!")], {}, "Other"),
        EVENING,
    )
    assert "mô hình ngôn ngữ" in " ".join(first)
    assert "mô hình ngôn ngữ" not in " ".join(later)


@pytest.mark.parametrize(
    ("hour", "words"), [(8, "buổi sáng"), (12, "buổi trưa"), (15, "buổi chiều"), (20, "buổi tối")]
)
def test_greetings_know_the_time_of_day(hour: int, words: str) -> None:
    texts = [
        " ".join(
            answer(request(text, [], {"pair": ("anh", "em")}, "Other"), EVENING.replace(hour=hour))
        )
        for text in (
            "chào anh",
            "em chào anh",
            "hello anh",
            "chào anh ạ",
            "alo",
            "anh ơi",
            "hi anh",
        )
    ]
    assert any(words in text for text in texts)
    assert not any(
        other in text
        for text in texts
        for other in ("buổi sáng", "buổi trưa", "buổi chiều", "buổi tối")
        if other != words
    )


@settings(max_examples=150, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=300),
        st.lists(
            st.sampled_from([*LINES, "không", "2", "+", "chia", "0", "đổi", "km", "<b>", "\n"]),
            max_size=6,
        ).map(" ".join),
    ),
    pair=st.sampled_from(PAIRS),
    mood=st.sampled_from(EMOTIONS),
    last=st.sampled_from(["", "Chào bạn!", "Đố bạn: cái gì có răng mà không biết cắn?", "{you}"]),
)
def test_any_input_gets_an_answer_of_good_form(
    text: str, pair: tuple[str, str], mood: str, last: str
) -> None:
    history = [Line("user", text), Line("assistant", last)] if last else []
    asked = request(text, history, {"pair": pair, "recalled": [text[:80]]}, mood)
    said = " ".join(answer(asked, EVENING))
    assert said
    assert said == unicodedata.normalize("NFC", said)
    assert not re.search(r"[{}<>]", said)
