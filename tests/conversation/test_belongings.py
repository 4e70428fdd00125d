"""What a user can take away: complete, and never half written."""

import asyncio
import json
import zipfile

import pytest

from modules.conversation.app import App
from modules.conversation.belongings import write_export
from modules.errors import StorageFailed
from modules.messages import Line
from modules.settings import Settings

OWNER, STRANGER = "ab" * 16, "cd" * 16


@pytest.fixture
def app(tmp_path):
    made = App(Settings(data=tmp_path / "data"))
    made.memory_of(OWNER).remember("Mình thích ăn bún chả.")
    made.memory_of(STRANGER).remember("Mình sống ở Huế.")
    yield made
    made.memories.close()


def test_the_export_holds_what_is_theirs_and_nothing_of_others(app, tmp_path):
    with zipfile.ZipFile(write_export(app, OWNER, tmp_path / "mine.zip")) as archive:
        texts = [memory["text"] for memory in json.loads(archive.read("memories.json"))]
        assert texts == ["Mình thích ăn bún chả."]
        assert json.loads(archive.read("conversation.json")) == []


async def _talk(app):
    for owner, text in ((OWNER, "Chào bạn"), (STRANGER, "Bí mật")):
        app.open_session(f"page:{owner}", owner, live=True).history.append(Line("user", text))


def test_a_conversation_that_is_open_comes_along(app, tmp_path):
    asyncio.run(_talk(app))
    with zipfile.ZipFile(write_export(app, OWNER, tmp_path / "mine.zip")) as archive:
        (talk,) = json.loads(archive.read("conversation.json"))
    assert talk["lines"] == [{"role": "user", "text": "Chào bạn"}]


def test_on_a_full_disk_it_is_refused_and_nothing_half_written_stays(app, tmp_path):
    path = tmp_path / "mine.zip"
    path.symlink_to("/dev/full")
    with pytest.raises(StorageFailed) as caught:
        write_export(app, OWNER, path)
    assert caught.value.params == {"what": "mine.zip"}
    assert not path.exists()
    assert not path.is_symlink()
