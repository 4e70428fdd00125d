"""Writes the system prompt of a language model: who it is, in which pair and tone it speaks.

The words are in `rules/prompt.toml`. A small model follows the two exemplars rather than the rule,
so both are there; and no line says what nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from modules.messages import Dictionary, EmotionLabel, Pair, Persona, User
from modules.persona.data import table
from modules.persona.dictionary import NO_WORDS, paragraph
from modules.persona.edits import capital
from modules.persona.relations import rank
from modules.persona.terms import TERMS, written
from modules.text.nfc import clean

_RULES = table("prompt")
_LINES: dict[str, str] = _RULES["lines"]
_PARTICLES = table("pairs")["preview"]["particles"]
_CHILD_AGE = 12
_NAME_CHARACTERS = 60
_STYLE_CHARACTERS = 300
_MEMORY_CHARACTERS = 200
"""What is remembered goes in cut to this length: one memory must not crowd out the rules."""
_MEMORIES = 5


def instructions(
    persona: Persona | None,
    user: User | None,
    pair: Pair,
    mood: EmotionLabel = "Other",
    recalled: Sequence[str] = (),
    style: str = "",
    dictionary: Dictionary = NO_WORDS,
) -> str:
    """Return the system prompt, in Vietnamese, of about 300 tokens without memories.

    `style` is the paragraph on the user's own way of writing (`style/paragraph.py`), `dictionary`
    their own words.
    """
    me = persona or Persona()
    words = _words(me, pair)
    return "\n".join(
        line for line in _compose(me, user, pair, mood, recalled, words, style, dictionary) if line
    )


def _words(persona: Persona, pair: Pair) -> dict[str, str]:
    """Return what the templates fill in: the terms, in both cases, and the region's particles."""
    me, you = written(pair.assistant_self), written(pair.user_term)
    return {
        **_PARTICLES[persona.region],
        "me": me,
        "you": you,
        "Me": capital(me),
        "You": capital(you),
        "you_self": written(_user_self(pair)),
    }


def _user_self(pair: Pair) -> str:
    """Return the user's "I": their term, or the assistant's where both say the same."""
    called = TERMS[pair.user_term]
    mutual = called.role == "addressee" or "peer" in called.classes
    return pair.assistant_self if mutual else pair.user_term


def _compose(
    persona: Persona,
    user: User | None,
    pair: Pair,
    mood: EmotionLabel,
    recalled: Sequence[str],
    words: dict[str, str],
    own_style: str,
    dictionary: Dictionary,
) -> Iterator[str]:
    standing = rank(pair)
    yield _LINES["who"].format(who=_who(persona))
    style = _one_line(persona.style, _STYLE_CHARACTERS).rstrip(".")
    yield _LINES["style"].format(style=style) if style else ""
    yield _pair_rule(pair, words)
    tone = " ".join(filter(None, (_RULES["tone"][persona.tone], _RULES["tone"][standing])))
    # Whoever has a style of their own has words of their own region in it.
    region = "" if own_style else _RULES["region"][persona.region]
    yield _LINES["tone"].format(tone=tone, region=region).rstrip()
    emoji = _RULES["emoji"][persona.tone]
    yield _LINES["form_styled" if own_style else "form"].format(emoji=emoji)
    yield _user(user)
    yield _LINES["child"] if user and user.age is not None and user.age <= _CHILD_AGE else ""
    yield _RULES["mood"][mood]
    yield _LINES["honest"]
    yield _LINES["safe"]
    yield from _memories(recalled)
    yield own_style
    yield from paragraph(dictionary)
    yield _LINES["examples"]
    for exemplar in _RULES["exemplar"]:
        yield _exemplar(exemplar, standing, words)


def _who(persona: Persona) -> str:
    """Return "Lan, một trợ lý ảo, nữ, 25 tuổi, giọng miền Bắc"."""
    rules: dict[str, Any] = _RULES["who"]
    name = _one_line(persona.name, _NAME_CHARACTERS)
    parts = [
        rules["named"].format(name=name) if name else rules["unnamed"],
        rules["gender"].get(persona.gender, ""),
        rules["age"].format(age=persona.age) if persona.age else "",
        rules["region"][persona.region],
    ]
    return ", ".join(filter(None, parts))


def _pair_rule(pair: Pair, words: dict[str, str]) -> str:
    standing = rank(pair)
    used = (pair.assistant_self, pair.user_term)
    banned = [f'"{term}"' for term in _RULES["banned"]["terms"] if term not in used]
    return _LINES["pair"].format(
        **words,
        right=_RULES["right"][standing].format_map(words),
        wrong=_RULES["wrong"][standing].format_map(words),
        banned=", ".join(banned[: _RULES["banned"]["most"]]),
    )


def _user(user: User | None) -> str:
    if not user:
        return ""
    rules: dict[str, Any] = _RULES["user"]
    name = _one_line(user.name, _NAME_CHARACTERS)
    facts = [
        rules["name"].format(name=name) if name else "",
        rules["gender"].get(user.gender or "", ""),
        rules["age"].format(age=user.age) if user.age else "",
    ]
    known = ", ".join(filter(None, facts))
    return _LINES["user"].format(facts=known) if known else ""


def _memories(recalled: Sequence[str]) -> Iterator[str]:
    kept = [line for line in (_one_line(each, _MEMORY_CHARACTERS) for each in recalled) if line]
    if kept:
        yield _LINES["memory"]
        yield from (f"- {line}" for line in kept[:_MEMORIES])


def _exemplar(exemplar: dict[str, str], standing: str, words: dict[str, str]) -> str:
    return _LINES["example"].format(
        asked=exemplar["asked"].format_map(words),
        answered=exemplar[standing].format_map(words),
    )


def _one_line(text: str, longest: int) -> str:
    """Return a user's text on one line: what they wrote must not look like a line of the rules."""
    return " ".join(clean(text).split())[:longest]
