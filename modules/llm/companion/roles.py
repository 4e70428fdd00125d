"""Which of the user's words mean the two who talk: "bà mệt" said by a grandmother is "mình mệt".

Between two who call each other by kin terms every such word belongs to one of them, and is read as
"mình" or "bạn" before any pattern is tried. Where it stands in an expression ("con mèo", "chị ấy")
or means somebody else ("con bà" is her child), it stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from modules.llm.companion.phrases import words
from modules.text import strip_diacritics

ME, YOU = "mình", "bạn"
_CHILDREN = frozenset({"con", "cháu", "em", "chau"})


def resolved(said: Sequence[str], mine: str, yours: str, *, bare: bool) -> list[str]:
    """Return the syllables with the user's own term as "mình", the assistant's as "bạn".

    `mine` is what the user calls themselves, `yours` what they call the assistant; either may have
    several syllables ("bà ngoại").
    """
    spell = strip_diacritics if bare else str
    own, other = (tuple(spell(term.lower()).split()) for term in (mine, yours))
    kept: list[str] = []
    at = 0
    while at < len(said):
        term, stands = next(
            (
                (each, stands)
                for each, stands in sorted(((own, ME), (other, YOU)), key=lambda x: -len(x[0]))
                if each and tuple(said[at : at + len(each)]) == each
            ),
            ((), ""),
        )
        if not term or _is_other(said, at, len(term), own, bare=bare):
            kept.append(said[at])
            at += 1
            continue
        kept.append(spell(stands))
        at += len(term)
    return kept


def _is_other(
    said: Sequence[str], at: int, length: int, own: tuple[str, ...], *, bare: bool
) -> bool:
    """Tell whether the term at `at` means neither of the two."""
    term = said[at + length - 1]
    before = said[at - 1] if at else ""
    after = said[at + length] if at + length < len(said) else ""
    pairs, leads, follows = _expressions(bare)
    if (before, term) in pairs or (term, after) in pairs or before in leads or after in follows:
        return True
    # "con bà" said by bà: her child; not where the words before end a greeting.
    owned = tuple(said[at + length : at + length + len(own)]) == own
    return bool(
        term in _CHILDREN and owned and own and before not in _calls(bare) and (term,) != own
    )


@lru_cache(maxsize=2)
def _expressions(
    bare: bool,
) -> tuple[frozenset[tuple[str, str]], frozenset[str], frozenset[str]]:
    spell = strip_diacritics if bare else str
    pairs = frozenset(
        (first, second)
        for each in words("roles", "expressions")
        for first, second in [spell(each).split()]
    )
    leads, follows = (
        frozenset(map(spell, words("roles", name))) for name in ("counted_by", "pointed_at_by")
    )
    return pairs, leads, follows


@lru_cache(maxsize=2)
def _calls(bare: bool) -> frozenset[str]:
    spell = strip_diacritics if bare else str
    return frozenset(map(spell, words("roles", "calls")))
