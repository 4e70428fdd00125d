"""What an utterance tells already: who is back from Đà Lạt is not asked what they look forward to.

The same holds of who was with them, how long it has lasted, and why: see `fitting.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from modules.llm.companion.hearing import Heard, hearing_data
from modules.llm.companion.patterns import compile_patterns
from modules.text import strip_diacritics


def fitting(templates: Sequence[str], heard: Heard) -> Sequence[str]:
    """Return the templates that go with what is told; all of them where none does."""
    never = _never(heard)
    return [each for each in templates if not any(part in each for part in never)] or templates


@lru_cache(maxsize=256)
def _never(heard: Heard) -> tuple[str, ...]:
    data = fitting_data()
    times = (data[name] for name in ("coming", "past") if _holds(heard, name))
    told = (each for name, each in data["told"].items() if _holds(heard, name))
    return tuple(part for each in (*[*times][:1], *told) for part in each["never"])


def _holds(heard: Heard, name: str) -> bool:
    return _pattern(name, heard.bare).search(heard.said) is not None


@lru_cache(maxsize=1)
def fitting_data() -> Mapping[str, Any]:
    """Return the tables of `fitting.toml`."""
    return tomllib.loads(Path(__file__).with_name("fitting.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=32)
def _pattern(name: str, bare: bool) -> re.Pattern[str]:
    data, spell = fitting_data(), strip_diacritics if bare else str
    table = data[name] if name in data else data["told"][name]
    found = compile_patterns(table["when"], hearing_data()["classes"], spell)
    assert found is not None
    return found
