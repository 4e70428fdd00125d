"""Ratings: stored when somebody rates and never else, changed, taken back, theirs alone."""

import json
import stat
import zipfile

import pytest

from modules.conversation import ratings as module
from modules.conversation.app import App
from modules.conversation.belongings import write_export
from modules.conversation.ratings import REASONS, Ratings, rating_of
from modules.conversation.talk import Exchange
from modules.errors import InvalidInput, StorageFailed
from modules.messages import Mood, Pair, Persona
from modules.settings import Settings
from tests.virtual_time import virtual_time

OWNER, STRANGER = "ab" * 16, "cd" * 16


def exchange(reply=1, said="Chị ơi", answer="Ừ, chị đây."):
    return Exchange(
        reply, said, True, answer=answer, persona=Persona(name="Linh", voice="secret-voice"),
        pair=Pair("chị", "em"), mood=Mood(reply, "Sadness", {"Sadness": 1.0}, "lexicon"),
        engines={"llm": "companion"}, recalled=("Em tên là Nam.",), seconds=2.345,
    )  # fmt: skip


@pytest.fixture
def ratings(tmp_path):
    return Ratings(tmp_path / "users")


def test_a_rating_holds_what_is_needed_to_judge_the_answer_again(ratings):
    ratings.put(OWNER, rating_of(exchange(), "s1", "bad", ["address", "voice"], " Phải là cô. "))
    (line,) = map(json.loads, ratings.jsonl(OWNER).splitlines())
    assert line.pop("time").endswith("+00:00")
    persona = line.pop("persona")
    assert (persona["name"], "voice" in persona) == ("Linh", False)
    assert line == {
        "id": "s1-1",
        "verdict": "bad",
        "reasons": ["address", "voice"],
        "comment": "Phải là cô.",
        "message": "Chị ơi",
        "spoken": True,
        "answer": "Ừ, chị đây.",
        "whole": True,
        "pair": {"assistant_self": "chị", "user_term": "em"},
        "mood": {"label": "Sadness", "engine": "lexicon"},
        "recalled": 1,
        "engines": {"llm": "companion"},
        "seconds": 2.35,
        "withheld": "",
    }
    assert "Chị ơi" in ratings.jsonl(OWNER)  # letters, not escapes


def test_rating_again_replaces_and_taking_back_leaves_nothing_on_disk(ratings, tmp_path):
    ratings.put(OWNER, rating_of(exchange(), "s1", "bad", ["tone"]))
    ratings.put(OWNER, rating_of(exchange(2), "s1", "good"))
    ratings.put(OWNER, rating_of(exchange(), "s1", "good"))
    assert [(r["id"], r["verdict"]) for r in ratings.all(OWNER)] == [
        ("s1-2", "good"),
        ("s1-1", "good"),
    ]
    assert ratings.take_back(OWNER, "s1-1") == 1
    assert ratings.take_back(OWNER, "s1-1") == 0
    assert ratings.take_back(OWNER, "s1-2") == 1
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_another_session_s_first_answer_is_another_answer(ratings):
    ratings.put(OWNER, rating_of(exchange(), "s1", "good"))
    ratings.put(OWNER, rating_of(exchange(), "s2", "bad"))
    assert len(ratings.all(OWNER)) == 2


def test_nobody_sees_changes_or_deletes_what_another_rated(ratings):
    ratings.put(OWNER, rating_of(exchange(), "s1", "good"))
    assert ratings.all(STRANGER) == []
    assert ratings.take_back(STRANGER, "s1-1") == 0
    assert ratings.delete(STRANGER) == 0
    ratings.put(STRANGER, rating_of(exchange(), "s1", "bad"))
    assert [r["verdict"] for r in ratings.all(OWNER)] == ["good"]


def test_asking_leaves_no_trace_of_who_rated_nothing(ratings, tmp_path):
    assert ratings.all(OWNER) == []
    assert ratings.jsonl(OWNER) == ""
    assert ratings.delete(OWNER) == 0
    assert list(tmp_path.iterdir()) == []


def test_only_the_app_itself_may_read_the_file(ratings, tmp_path):
    ratings.put(OWNER, rating_of(exchange(), "s1", "good"))
    (path,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("said", "comment", "left"),
    [
        ("mật khẩu của mình là hoa123", "", {"message": "", "answer": "Ừ, chị đây."}),
        ("Chào", "mật khẩu là hoa123", {"comment": "", "message": "Chào"}),
    ],
)
def test_what_is_never_remembered_is_not_kept_in_a_rating_either(said, comment, left):
    rating = rating_of(exchange(said=said), "s1", "bad", ["other"], comment)
    assert rating.withheld == "password"
    assert {name: getattr(rating, name) for name in left} == left


def test_a_verdict_a_reason_or_a_comment_that_cannot_be_is_refused():
    for arguments in (("great",), ("bad", ["rude"]), ("bad", [], "x" * 1_001)):
        with pytest.raises(InvalidInput):
            rating_of(exchange(), "s1", *arguments)
    assert rating_of(exchange(), "s1", "bad", REASONS).reasons == REASONS


def test_beyond_the_most_the_oldest_go(ratings, monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    for reply in range(5):
        ratings.put(OWNER, rating_of(exchange(reply), "s1", "good"))
    assert [r["id"] for r in ratings.all(OWNER)] == ["s1-2", "s1-3", "s1-4"]


def test_a_line_that_cannot_be_read_costs_only_itself(ratings):
    ratings.put(OWNER, rating_of(exchange(), "s1", "good"))
    path = ratings._path(OWNER)
    path.write_text("{broken\n[]\n" + path.read_text("utf-8"), "utf-8")
    assert [r["id"] for r in ratings.all(OWNER)] == ["s1-1"]


def test_a_disk_that_refuses_is_told_and_the_old_ratings_stay(ratings, monkeypatch):
    ratings.put(OWNER, rating_of(exchange(), "s1", "good"))

    def refuse(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_private", refuse)
    with pytest.raises(StorageFailed, match="disk"):
        ratings.put(OWNER, rating_of(exchange(2), "s1", "good"))
    assert len(ratings.all(OWNER)) == 1


# --- with everything else of a user ---------------------------------------------------------------


@pytest.fixture
def app(tmp_path):
    made = App(Settings(data=tmp_path / "data"))
    made.ratings.put(OWNER, rating_of(exchange(), "s1", "good"))
    made.ratings.put(STRANGER, rating_of(exchange(said="Bí mật"), "s1", "bad"))
    yield made
    made.memories.close()


def test_the_export_holds_one_s_own_ratings_and_no_file_for_who_rated_nothing(app, tmp_path):
    with zipfile.ZipFile(write_export(app, OWNER, tmp_path / "mine.zip")) as archive:
        text = archive.read("ratings.jsonl").decode()
    assert json.loads(text)["message"] == "Chị ơi"
    with zipfile.ZipFile(write_export(app, "ef" * 16, tmp_path / "none.zip")) as archive:
        assert "ratings.jsonl" not in archive.namelist()


@virtual_time
async def test_deleting_everything_deletes_the_ratings_and_counts_them(app):
    assert (await app.forget(OWNER))["ratings"] == 1
    assert app.ratings.all(OWNER) == []
    assert len(app.ratings.all(STRANGER)) == 1
