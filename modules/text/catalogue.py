"""The catalogue: codes of errors, notices and labels into sentences, in Vietnamese and English.

One pair of files serves Python and the page alike (`ui/translations/`). A sentence may name
parameters in braces. A code that the catalogue lacks is shown as it is: a missing sentence must
never hide an error.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

DIRECTORY = Path(__file__).parent.parent / "ui" / "translations"
LANGUAGES = ("vi", "en")
DEFAULT = "vi"
_PREFIX = {"why": "", "secret": "secret.", "point": "point.", "than": "point."}


@cache
def sentences(language: str) -> Mapping[str, str]:
    """Return code -> sentence of one language; nested tables are joined with dots."""
    with (DIRECTORY / f"{language}.toml").open("rb") as file:
        return dict(_flat("", tomllib.load(file)))


def tell(language: str, code: str, /, **params: str | int | float) -> str:
    """Return the sentence of a code, its parameters filled in.

    The parameters of `_PREFIX` are codes themselves and are translated first.
    """
    table = sentences(language if language in LANGUAGES else DEFAULT)
    filled = {
        name: table.get(_PREFIX[name] + str(value), value) if name in _PREFIX else value
        for name, value in params.items()
    }
    try:
        return table[code].format_map(_Known(filled))
    except KeyError:
        return code


def choose_language(*wishes: str) -> str:
    """Return the first wish that the catalogue speaks ("en-GB" is English), or Vietnamese."""
    for wish in wishes:
        language = wish.strip().lower().replace("_", "-").partition("-")[0]
        if language in LANGUAGES:
            return language
    return DEFAULT


class _Known(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"


def _flat(prefix: str, table: Mapping[str, object]) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat += _flat(f"{prefix}{key}.", value)
        else:
            flat.append((prefix + key, str(value)))
    return flat
