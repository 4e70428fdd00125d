"""What was exported comes back, under the same key or another, and nothing twice."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from modules.conversation.app import App
from modules.conversation.belongings import write_export
from modules.conversation.importing import Imported, keep_picture, take_in
from modules.errors import InvalidInput
from modules.settings import Settings
from tests.memory import papers

OWNER, OTHER = "ab" * 16, "cd" * 16


@pytest.fixture
def app(tmp_path):
    made = App(Settings(data=tmp_path / "data"))
    yield made
    made.memories.close()


@pytest.fixture
def export(app, tmp_path):
    """An export with two memories, a document and a picture."""
    for text in ("Mình tên là Lan", "Mình thích ăn bún chả"):
        app.memory_of(OWNER).remember(text)
    note = tmp_path / "note.txt"
    note.write_text("Mật hiệu của hội là con ong vàng.")
    app.documents.add(OWNER, "Hội.txt", note)
    picture = tmp_path / "a.png"
    Image.fromarray(np.full((90, 120, 3), 120, np.uint8)).save(picture)
    keep_picture(app, OWNER, picture, "Vườn nhà ông")
    return write_export(app, OWNER, tmp_path / "guong.zip")


def refusal(app, path, data):
    path.write_bytes(data)
    with pytest.raises(InvalidInput) as caught:
        take_in(app, OTHER, path)
    assert caught.value.params["field"] == "file"
    return caught.value.reason


def test_an_export_is_read_into_another_key_and_twice_makes_nothing_twice(app, export):
    assert take_in(app, OTHER, export) == Imported(2, 1, 1, 0, 0)
    there = app.memory_of(OTHER).all()
    assert [m.text for m in there] == ["Mình tên là Lan", "Mình thích ăn bún chả"]
    assert [m.created for m in there] == [m.created for m in app.memory_of(OWNER).all()]
    assert app.documents.recall(OTHER, "Mật hiệu của hội là gì?")[0].document.name == "Hội.txt"
    assert app.pictures.recall(OTHER, "ảnh vườn nhà ông")[0][0].caption == "Vườn nhà ông"
    assert take_in(app, OTHER, export) == Imported(0, 0, 0, 2, 0)
    assert take_in(app, OWNER, export) == Imported(0, 0, 0, 2, 0)
    assert app.memory_of(OTHER).all() == there


def test_the_memories_alone_are_taken_too(app, export, tmp_path):
    with zipfile.ZipFile(export) as archive:
        rows = archive.read("memories.json")
    (tmp_path / "memories.json").write_bytes(rows)
    assert take_in(app, OTHER, tmp_path / "memories.json").memories == 2


def test_what_was_told_later_stays_whatever_is_imported(app, tmp_path):
    def imported(text, created):
        row = {"id": "1", "text": text, "created": created, "source": "user"}
        (tmp_path / "m.json").write_text(json.dumps([row]))
        take_in(app, OTHER, tmp_path / "m.json")
        return [memory.text for memory in app.memory_of(OTHER).all()]

    app.memory_of(OTHER).remember("Mình tên là Lan")
    assert imported("Mình tên là Hoa", "2020-01-01T00:00:00Z") == ["Mình tên là Lan"]
    assert imported("Mình sống ở Huế", "2020-01-01T00:00:00Z")[0] == "Mình sống ở Huế"
    assert imported("Mình sống ở Vinh", "2021-01-01T00:00:00Z")[0] == "Mình sống ở Vinh"


def test_secrets_and_broken_rows_are_refused_and_counted(app, tmp_path):
    texts = ["Mình thích hoa", "mật khẩu của mình là hoa123", " ", "x" * 2_000]
    rows = [
        {"id": str(n), "text": text, "created": "2024-05-01T00:00:00Z", "source": "user"}
        for n, text in enumerate(texts)
    ]
    rows.append({"id": "9", "text": "Mình thích chè", "created": "hôm qua", "source": "user"})
    (tmp_path / "m.json").write_text(json.dumps(rows))
    done = take_in(app, OTHER, tmp_path / "m.json")
    assert (done.memories, done.refused) == (1, 4)


def test_what_others_exported_and_what_is_cut_off_is_refused(app, export, tmp_path):
    file = tmp_path / "any"
    foreign = io.BytesIO()
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("messages.json", "[]")
    assert refusal(app, file, foreign.getvalue()) == "import_foreign"
    assert refusal(app, file, b'{"messages": []}') == "import_foreign"
    assert refusal(app, file, b'[{"sender": "An"}]') == "import_foreign"
    assert refusal(app, file, b"[" * 100_000) == "import_damaged"
    assert refusal(app, file, b"") == "import_damaged"
    assert refusal(app, file, papers.pdf([["x"]])) == "import_damaged"
    assert refusal(app, file, export.read_bytes()[:-300]) == "import_damaged"
    assert app.memory_of(OTHER).all() == []


def test_an_export_that_bursts_is_refused(app, tmp_path, monkeypatch):
    monkeypatch.setattr("modules.conversation.importing._MOST_UNPACKED", 1_000)
    big = io.BytesIO()
    with zipfile.ZipFile(big, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("memories.json", " " * 2_000)
    assert refusal(app, tmp_path / "any", big.getvalue()) == "import_too_large"
