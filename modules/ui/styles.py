"""The page's style sheets, one for each part of the page, and what `launch` is told of the look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modules.ui import fonts
from modules.ui.theme import Theme

_HERE = Path(__file__).parent
SHEETS = (
    "palette.css", "page.css", "repairs.css", "stage.css", "conversation.css", "saving.css",
    "panels.css", "face.css", "profile.css", "welcome.css",
)  # fmt: skip


def css() -> str:
    """Return all style of the page; the palette comes first, since all others build on it."""
    return "\n".join([fonts.faces(), *((_HERE / name).read_text("utf-8") for name in SHEETS)])


def appearance() -> dict[str, Any]:
    """Return what `launch` needs to know of the page's look."""
    return {"theme": Theme(), "css": css()}
