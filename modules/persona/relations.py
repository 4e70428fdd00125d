"""The pairs of the page's panel, by relation, each with a sentence that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from modules.messages import Pair, Region, Tone
from modules.persona.data import table
from modules.persona.reciprocity import parse_pair
from modules.persona.terms import junior, senior, written

_RULES = table("pairs")
_PREVIEW = _RULES["preview"]


@dataclass(frozen=True, slots=True)
class PairChoice:
    """One pair of the panel and the relation it belongs to (a key of the translations)."""

    pair: Pair
    relation: str


PAIRS: tuple[PairChoice, ...] = tuple(
    PairChoice(parse_pair(pair), relation)
    for relation, pairs in _RULES["relations"].items()
    for pair in pairs
)


def rank(pair: Pair) -> str:
    """Return how the assistant stands to the user: "junior", "senior" or "peer"."""
    if junior(pair.assistant_self) and not junior(pair.user_term):
        return "junior"
    if senior(pair.assistant_self) and junior(pair.user_term):
        return "senior"
    return "peer"


def greeting(pair: Pair, name: str) -> str:
    """Return the words with which an assistant of this name introduces itself to the user."""
    me, you = written(pair.assistant_self), written(pair.user_term)
    called = name[:1].lower() + name[1:]
    # "Bà Sáu" carries her own word for herself; Linh does not.
    called = called if called.startswith(f"{me} ") else f"{me} {name}".strip()
    return str(_RULES["greeting"][rank(pair)]).format_map(
        {
            "me": me,
            "you": you,
            "Me": me[0].upper() + me[1:],
            "name": name,
            "called": called,
        }
    )


def preview(pair: Pair, tone: Tone, region: Region) -> str:
    """Return a sentence in which an assistant with this pair, tone and region greets."""
    me, you = written(pair.assistant_self), written(pair.user_term)
    return str(_PREVIEW[rank(pair)][tone]).format_map(
        {
            **_PREVIEW["particles"][region],
            "me": me,
            "you": you,
            "Me": me[0].upper() + me[1:],
            "You": you[0].upper() + you[1:],
        }
    )
