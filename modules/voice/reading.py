"""The text that a voice is measured on."""

from __future__ import annotations

import tomllib
from importlib import resources


def reading_text() -> tuple[str, ...]:
    """Return the sentences to read aloud (about twenty seconds), from reading.toml.

    Both are best measured on them: the person's voice, and the base voice that will match it.
    """
    return _read("sentences")


def more_to_read() -> tuple[str, ...]:
    """Return what a base voice reads besides, so that there are thirty seconds of it."""
    return _read("more")


def _read(key: str) -> tuple[str, ...]:
    text = (resources.files(__package__) / "reading.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)[key])
