"""Twenty users at once over one app: nothing of one is ever in another's turn or reply."""

import asyncio
import random
import re
import zipfile
from dataclasses import asdict
from datetime import datetime
from functools import partial

import numpy as np
import pytest

from modules.conversation import recollection
from modules.conversation.app import App
from modules.conversation.back import back
from modules.conversation.belongings import write_export
from modules.conversation.details import Collected
from modules.llm.companion.answer import answer
from modules.llm.prompt import messages_of
from modules.memory import shelf
from modules.memory.documents import child, store
from modules.memory.documents.passages import Passage
from modules.messages import Mood, TextDelta
from modules.settings import Settings
from tests.scripted import Scripted, residency, shows, speaks

USERS, TURNS = 20, 2
ASKED = {
    "fact": "Con mèo của mình tên gì bạn nhớ không?",
    "document": "Mật hiệu của câu lạc bộ là gì?",
    "picture": "bạn còn giữ tấm ảnh vườn nhà ông của mình không?",
    "time": "hôm nay mình kể gì với bạn nhỉ?",
}
NOW = datetime(2026, 11, 22, 19, 0)
MARK = re.compile(r"Zeta(\d\d)")


class Records:
    """A language model that answers like the companion, and keeps what each turn was given."""

    def __init__(self):
        self.given = []

    async def play(self, item, request):
        self.given.append((request.owner, str(messages_of(request)) + str(request.recollections)))
        yield TextDelta(request.reply, " ".join(answer(request, NOW)))


async def _indifferent(transcript, request):
    yield Mood(transcript.reply)


def owner_of(number):
    return f"{number:032x}"


def read_here(what, source, target, progress, limit_s=0.0):
    """Read a note without a process of its own: that is tested elsewhere."""
    kept = child._keep([Passage(source.read_text(), 1)], target)
    return {**kept, "kind": "txt"}


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "read_apart", read_here)
    monkeypatch.setattr(shelf, "WAIT_S", 60.0)
    monkeypatch.setattr(recollection, "LIMIT_S", 60.0)
    made = App(Settings(data=tmp_path / "data"))
    made.records = Records()
    made.residency = residency(
        Scripted("llm", "llm", made.records.play), Scripted("tts", "tts", speaks(0.1)),
        Scripted("avatar", "avatar", shows()), Scripted("emotion", "emotion", _indifferent),
    )  # fmt: skip
    made.back = partial(back, residency=made.residency, cache=made.cache)
    yield made
    made.memories.close()


def leave(app, number, folder):
    """Leave a fact, a document and a picture of a user."""
    owner = owner_of(number)
    app.memory_of(owner).remember(f"Mình nuôi con mèo tên là Zeta{number:02d}f")
    note = folder / f"{number}.txt"
    note.write_text(f"Mật hiệu của câu lạc bộ là Zeta{number:02d}d.")
    app.documents.add(owner, f"Zeta{number:02d}.txt", note)
    picture = np.full((20, 20, 3), number, np.uint8)
    app.pictures.add(owner, f"{number:064x}", f"Ảnh vườn nhà ông Zeta{number:02d}p", picture)


async def talk(app, number, order):
    """Ask everything; return what came back for each question."""
    session = app.open_session(f"page:{number}", owner_of(number), live=False)
    told = {}
    for turn, name in enumerate(order, 1):
        collected = Collected()
        async for message in session.turn(ASKED[name], turn):
            collected.add(message)
        found = "".join(str(asdict(each)) for each in session.recollections)
        told[name] = f"{collected.text} {found} {collected.details(session)}"
        await asyncio.sleep(0)
    return told


def test_nothing_of_one_user_is_ever_in_another_s_turn(app, tmp_path):
    async def everybody():
        leaving = [asyncio.to_thread(leave, app, number, tmp_path) for number in range(USERS)]
        await asyncio.gather(*leaving)
        orders = [random.Random(n).sample(list(ASKED), TURNS) for n in range(USERS)]
        talks = [talk(app, number, order) for number, order in enumerate(orders)]
        return await asyncio.gather(*talks)

    answers = asyncio.run(everybody())
    for number, told in enumerate(answers):
        for name, text in told.items():
            assert set(MARK.findall(text)) == {f"{number:02d}"}, (number, name)
    assert len(app.records.given) == USERS * TURNS
    assert {name for told in answers for name in told} == set(ASKED)
    for owner, given in app.records.given:
        assert set(MARK.findall(given)) == {f"{int(owner, 16):02d}"}


def test_nothing_of_one_user_is_in_another_s_export_and_deleting_takes_all_of_one(app, tmp_path):
    for number in range(3):
        leave(app, number, tmp_path)
    path = write_export(app, owner_of(1), tmp_path / "mine.zip")
    asyncio.run(app.forget(owner_of(0)))
    with zipfile.ZipFile(path) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert set(MARK.findall(text.decode("utf-8", "ignore"))) == {"01"}
    assert not (tmp_path / "data" / "users" / owner_of(0)).exists()
    assert app.documents.recall(owner_of(0), ASKED["document"]) == []
    assert app.pictures.list(owner_of(0)) == []
    assert app.documents.recall(owner_of(2), ASKED["document"])[0].document.name == "Zeta02.txt"
