"""Transcripts: complete, in the visitor's language and time, readable by people and by programs."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from modules.conversation.talk import Exchange
from modules.conversation.transcript import as_json, as_text, write, zone
from modules.errors import NotFound, StorageFailed
from modules.messages import Mood, Pair, Persona

BEGIN = datetime(2026, 11, 22, 16, 50, tzinfo=UTC)
HANOI = zone(-420)


def exchanges():
    linh = Persona(name="Linh")
    first = Exchange(
        1, "Chào chị, em hơi buồn.", True, BEGIN, "Ừ, kể chị nghe nào.", True, linh,
        Pair("chị", "em"), Mood(1, "Sadness", {"Sadness": 0.8, "Other": 0.2}, "lexicon"),
        ("Em tên là Nam.",), {"llm": "companion", "tts": "espeak"},
    )  # fmt: skip
    second = Exchange(2, "Thôi", False, BEGIN + timedelta(minutes=20), "Khoan đã…", False, linh)
    return [first, second, Exchange(3, "Có ai không?", False, BEGIN + timedelta(minutes=21))]


def test_the_text_reads_like_a_conversation_with_times_of_the_visitor():
    text = as_text(exchanges(), "vi", HANOI)
    assert "22/11/2026, 23:50 – 00:11" in text
    assert "[23:50]\nBạn (buồn):\nChào chị, em hơi buồn.\nLinh (chị – em):\nỪ, kể chị nghe" in text
    assert "\n23/11/2026\n" in text  # a new day, where the visitor is
    assert text.endswith("Có ai không?\n")


def test_the_labels_are_those_of_the_page_and_the_words_stay_as_they_were_said():
    text = as_text(exchanges(), "en")
    assert "22 November 2026, 16:50 – 17:11" in text
    assert "You (" in text
    assert "Chào chị, em hơi buồn." in text
    assert "AI" in text


def test_the_json_holds_who_when_text_pair_mood_engines_and_what_was_recalled():
    document = json.loads(as_json(exchanges(), "vi", HANOI))
    assert (document["format"], document["version"]) == ("guong-transcript", 1)
    user, assistant, *rest = document["lines"]
    assert user == {
        "who": "user",
        "name": "",
        "when": "2026-11-22T23:50:00+07:00",
        "text": "Chào chị, em hơi buồn.",
        "spoken": True,
        "mood": {"label": "Sadness", "scores": {"Sadness": 0.8, "Other": 0.2}, "engine": "lexicon"},
    }
    assert assistant["pair"] == {"assistant_self": "chị", "user_term": "em"}
    assert assistant["engines"] == {"llm": "companion", "tts": "espeak"}
    assert assistant["recalled"] == ["Em tên là Nam."]
    assert assistant["whole"] is True
    assert [line["who"] for line in rest] == ["user", "assistant", "user"]
    assert rest[0]["mood"] is None
    assert rest[1]["whole"] is False


def test_the_letters_of_the_json_are_letters():
    assert "hơi buồn" in as_json(exchanges(), "vi")


@pytest.mark.parametrize("make", [as_text, as_json])
def test_of_nothing_there_is_no_transcript(make):
    with pytest.raises(NotFound, match="conversation"):
        make([], "vi")


@pytest.mark.parametrize("sent", [None, "x", 10**9, float("nan"), [], True])
def test_a_page_that_tells_no_sensible_zone_gets_utc_or_some_zone_and_never_an_error(sent):
    as_text(exchanges(), "vi", zone(sent))


def test_a_disk_that_refuses_is_told(tmp_path):
    with pytest.raises(StorageFailed, match="disk"):
        write("x", tmp_path / "missing" / "talk.txt")


def test_a_greeting_that_nobody_asked_for_is_a_line_of_the_assistant_alone():
    greeting = Exchange(1, "", False, BEGIN, "Chào em, chị Linh đây.", persona=Persona(name="Linh"))
    assert "Bạn" not in as_text([greeting], "vi")
    (line,) = json.loads(as_json([greeting], "vi"))["lines"]
    assert (line["who"], line["text"]) == ("assistant", "Chào em, chị Linh đây.")
