"""What was remembered for the last answer, folded away beside its numbers."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from modules.messages import Recollection
from modules.text.catalogue import tell
from modules.ui.numbers import date, number
from modules.ui.panels.memory_files import small_picture

_LONGEST = 280
"""Characters of what is shown of a passage."""


def recalled(
    language: str, found: Sequence[Recollection], pictures: Mapping[str, bytes] | None = None
) -> str:
    """Return what was remembered for a turn, "" for nothing; `pictures` are small JPEGs by id."""
    if not found:
        return ""
    title = html.escape(tell(language, "memory.recalled", count=number(language, len(found))))
    rows = "".join(f"<li>{_row(language, each, pictures or {})}</li>" for each in found)
    return f'<details class="guong-recalled"><summary>{title}</summary><ul>{rows}</ul></details>'


def _row(language: str, found: Recollection, pictures: Mapping[str, bytes]) -> str:
    if found.kind == "picture" and found.id in pictures:
        return small_picture(pictures[found.id], found.text)
    text = found.quote or found.text
    shown = text if len(text) <= _LONGEST else text[:_LONGEST].rsplit(" ", 1)[0] + "…"
    return f"{html.escape(shown)} <small>{html.escape(_origin(language, found))}</small>"


def _origin(language: str, found: Recollection) -> str:
    day = date(language, found.said_at)
    if found.kind == "said":
        return f"{tell(language, 'memory.recalled_said')} · {day}"
    page = tell(language, "memory.recalled_document", page=found.page) if found.page else ""
    return " · ".join(part for part in (found.name, page) if part)
