"""Everything that is kept of a user, as one zip file that they can take away and read."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modules.errors import StorageFailed
from modules.keeping import Keeping
from modules.persona.style import tuning_files

if TYPE_CHECKING:
    from modules.conversation.app import App

README = """Gương / everything that is kept of you
memories.json      what the assistant remembers
conversation.json  what was said in the conversations that are still open
ratings.jsonl      what you thought of answers, if you rated any
documents/         the text of your documents, in passages
pictures/          your pictures and their captions
dictionary.json    the words of your own that the assistant keeps to
style/             how you write, masked examples, and pairs for fine-tuning a model
voices/            your samples, and what was measured of them
faces/             your portraits, and the points that were marked in them
"""


def write_export(app: App, owner: str, path: Path) -> Path:
    """Write the zip. Raises `StorageFailed` where something cannot be read or written."""
    memories = app.memories.open(owner).export()
    ratings = app.ratings.jsonl(owner)
    style = app.styles.of(owner)
    tuning = tuning_files(style.exemplars())
    talks = [
        {
            "lines": [{"role": line.role, "text": line.text} for line in session.history],
            "persona": session.persona.model_dump(),
        }
        for session in app.sessions
        if session.owner == owner
    ]
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", README)
            archive.writestr("memories.json", _json(memories))
            archive.writestr("conversation.json", _json(talks))
            if ratings:
                archive.writestr("ratings.jsonl", ratings)
            for kind, kept in _stores(app):
                for file in kept.export(owner):
                    archive.write(file, f"{kind}/{file.parent.name}/{file.name}")
            for file in app.dictionaries.files(owner):
                archive.write(file, file.name)
            for file in style.files():
                archive.write(file, f"style/{file.name}")
            for name, text in tuning.items():
                archive.writestr(f"style/{name}", text)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StorageFailed("disk", what=path.name) from error
    return path


def _stores(app: App) -> tuple[tuple[str, Keeping[Any]], ...]:
    return (
        ("documents", app.documents),
        ("pictures", app.pictures),
        ("voices", app.voices),
        ("faces", app.faces),
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
