"""The user's own words in a conversation: kept, obeyed, read as they say, taken away, deleted."""

import asyncio
import json
import stat
import zipfile

import pytest

from modules.conversation.belongings import write_export
from modules.conversation.dictionaries import Dictionaries
from modules.conversation.session import Session
from modules.errors import NotFound, StorageFailed
from modules.messages import Clause, Notice, TextDelta
from modules.persona import NO_WORDS, check_dictionary
from tests.conversation.test_session import app_with, collect
from tests.scripted import Scripted

OWNER, OTHER = "ab" * 16, "cd" * 16
WORDS = check_dictionary(
    {
        "always": ["bát"],
        "never": {"deadline": "hạn chót"},
        "say": {"Ea H'leo": "ê a hờ leo"},
    }
)


def says(text, requests):
    async def play(request, _):
        requests.append(request)
        yield TextDelta(request.reply, text)

    return Scripted("llm", "llm", play)


def answered(app, owner, **persona):
    """Return the messages of one turn."""

    async def run():
        session = Session(app, owner, app.memory_of(owner), live=False)
        session.persona = session.persona.model_copy(update=persona)
        return await collect(session, "Chào bạn", 1)

    try:
        return asyncio.run(run())
    finally:
        app.memories.close()


def test_an_answer_keeps_to_the_words_and_reads_the_names_as_told(tmp_path):
    requests = []
    text = "Deadline ở Ea H'leo là thứ hai, rửa bát bằng xà phòng."
    app = app_with(tmp_path / "data", says(text, requests))
    app.dictionaries.keep(OWNER, WORDS)
    clauses = [m for m in answered(app, OWNER, region="south") if isinstance(m, Clause)]
    shown = "".join(clause.text for clause in clauses)
    spoken = " ".join(clause.spoken for clause in clauses)
    assert "Hạn chót ở Ea H'leo là thứ hai, rửa bát bằng xà bông." in shown
    assert "ê a hờ leo" in spoken
    assert '"hạn chót" thay cho "deadline"' in requests[0].instructions
    assert requests[0].dictionary == WORDS


def test_nobody_has_the_words_of_another(tmp_path):
    requests = []
    app = app_with(tmp_path / "data", says("Deadline là thứ hai.", requests))
    app.dictionaries.keep(OWNER, WORDS)
    answered(app, OTHER)
    assert requests[0].dictionary == NO_WORDS
    assert "hạn chót" not in requests[0].instructions


def test_a_file_that_cannot_be_read_is_a_notice_and_the_turn_goes_on(tmp_path):
    app = app_with(tmp_path / "data", says("Chào bạn.", []))
    app.dictionaries.keep(OWNER, WORDS)
    path = tmp_path / "data" / "users" / OWNER / "dictionary.json"
    path.write_text("{", "utf-8")
    told = answered(app, OWNER)
    assert "storage_failed.unreadable" in [m.code for m in told if isinstance(m, Notice)]
    assert any(isinstance(m, Clause) for m in told)
    with pytest.raises(StorageFailed):
        app.dictionaries.of(OWNER)


def test_they_are_private_taken_away_with_the_rest_and_deleted(tmp_path):
    app = app_with(tmp_path / "data")
    app.dictionaries.keep(OWNER, WORDS)
    path = tmp_path / "data" / "users" / OWNER / "dictionary.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(write_export(app, OWNER, tmp_path / "all.zip")) as archive:
        assert json.loads(archive.read("dictionary.json"))["always"] == ["bát"]
        assert "dictionary.json" in archive.read("README.txt").decode()
    removed = asyncio.run(app.forget(OWNER))
    app.memories.close()
    assert removed["dictionary"] == 1
    assert not path.exists()


def test_only_an_owners_id_leads_to_a_file(tmp_path):
    kept = Dictionaries(tmp_path)
    for wrong in ("", "..", "../x", "AB" * 16):
        with pytest.raises(NotFound):
            kept.of(wrong)
    assert kept.of(OWNER) == NO_WORDS
    assert kept.delete(OWNER) == 0
