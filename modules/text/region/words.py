"""Takes a text apart into words that may be looked at, and marks what must not be touched.

Not touched are quotations, code, links, paths, names (a capital inside a sentence), and what is
glued to digits or other signs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PIECE = re.compile(
    r"`[^`]*`"  # code
    r"|(?:https?://|www\.)\S+|\S+@\S+\.\w+|[@#][\w.]+|(?:[\w~.-]*[/\\]){2,}\S*"  # links, paths
    r"|[^\W\d_]+(?:[.][^\W\d_]+)+"  # a file, a domain
    r"|\d+(?:[.,:/]\d+)*|[^\W\d_]+|\n|[^\w\s]|_"
)
_QUOTED = re.compile(r'"[^"\n]{1,400}"|“[^”\n]{1,400}”|«[^»\n]{1,400}»|‘[^’\n]{1,400}’')
_SENTENCE_ENDS = frozenset(".!?…\n:")
_GLUE = "_-@\\+=/"


@dataclass(frozen=True, slots=True)
class Word:
    """A word, a number ("#"), or a mark. `form` is in lower case; "" where nothing may match it."""

    text: str
    form: str
    start: int
    end: int
    mark: bool
    frozen: bool
    """A name, quoted, or glued to something: it may be looked at, but is never changed."""
    capital: bool


def words_of(
    text: str, masked: Sequence[tuple[int, int]] = (), *, inside: bool = False
) -> list[Word]:
    """Return the words of a text (NFC).

    `masked` are the places of what is quoted, besides what the text itself shows. `inside` says
    that the text goes on in the middle of a sentence: then a capital at its start is a name.
    """
    hidden = [*masked, *(match.span() for match in _QUOTED.finditer(text))]
    pieces = list(_PIECE.finditer(text))
    cased = has_case(text)
    found: list[Word] = []
    for index, match in enumerate(pieces):
        said, start, end = match[0], *match.span()
        plain = said.isalpha()
        mark = len(said) == 1 and not said.isalnum()
        capital = said[0].isupper()
        covered = any(a < end and start < b for a, b in hidden)
        name = cased and capital and (_inside(found, inside) or _capital(pieces, index + 1))
        form = said.lower() if plain or mark else "#" if said[0].isdecimal() else ""
        frozen = not plain or covered or name or glued(text, start, end)
        found.append(Word(said, "" if covered else form, start, end, mark, frozen, capital))
    return found


def has_case(text: str) -> bool:
    """Say whether capitals mean something in a text: there are some, and not only capitals."""
    letters = [c for c in text if c.isalpha()]
    return any(c.isupper() for c in letters) and any(c.islower() for c in letters)


def _inside(before: Sequence[Word], inside: bool) -> bool:
    """Say whether the next word stands within a sentence."""
    for word in reversed(before):
        if not word.mark:
            return True
        if word.text in _SENTENCE_ENDS:
            return False
    return inside


def _capital(pieces: Sequence[re.Match[str]], index: int) -> bool:
    """Say whether a word with a capital stands at `index`: "Ngô | Quyền"."""
    return index < len(pieces) and pieces[index][0][:1].isupper()


def glued(text: str, start: int, end: int) -> bool:
    """Say whether what stands there is a part of something longer: "co-op", "na_2", "x86"."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:].isalnum() or after[:1].isalnum():
        return True
    return _joins(before[-1:], before[:-1]) or _joins(after[:1], after[1:])


def _joins(sign: str, beyond: str) -> bool:
    return bool(sign) and sign in _GLUE and beyond.isalnum()
