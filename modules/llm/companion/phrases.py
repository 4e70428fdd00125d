"""The word lists of `phrases.toml`, as sets and as alternatives of a regular expression."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from modules.text import strip_diacritics


@lru_cache(maxsize=1)
def _lists() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))


def words(section: str, name: str) -> frozenset[str]:
    """Return a list as it is written."""
    return frozenset(_lists()[section][name])


def phrases_of(section: str) -> Mapping[str, Sequence[str]]:
    """Return the lists of a section by name, in the order of the file."""
    return _lists()[section]


def alternatives(section: str, name: str) -> str:
    """Return a group that matches any phrase of a list, with or without diacritics, whole."""
    both = {
        form for phrase in _lists()[section][name] for form in (phrase, strip_diacritics(phrase))
    }
    longest_first = sorted(both, key=lambda phrase: (-len(phrase), phrase))
    return rf"(?:(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w))"
