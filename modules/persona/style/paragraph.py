"""The user's style as a paragraph of instructions for a language model; words: `prompt.toml`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modules.persona.style.exemplars import Exemplar
from modules.persona.style.manner import manner_of
from modules.persona.style.profile import Habit, StyleProfile
from modules.persona.style.rules import table
from modules.text import clean

MAX_CHARACTERS = 1_800
_RULES = table("prompt")
_LINES: dict[str, str] = _RULES["lines"]
_LONGEST = 120
_PHRASES = 8
_FORMAL, _INFORMAL = 0.75, 0.25


def paragraph(profile: StyleProfile, exemplars: Sequence[Exemplar] = ()) -> str:
    """Return the paragraph, "" where the style is not applied or not known yet.

    `exemplars` must be masked already. Everything of the user's stands on a line of its own and is
    cut to a length: it must not look like a rule.
    """
    if manner_of(profile) is None and not (profile.applied and profile.phrases):
        return ""
    lines = [_LINES["head"]]
    used = len(lines[0])
    for line in (*_habits(profile), *_wishes(profile), *_shown(exemplars)):
        used += len(line) + 1
        if used > MAX_CHARACTERS:
            break
        lines.append(line)
    return "\n".join(lines) if len(lines) > 1 else ""


def _habits(profile: StyleProfile) -> Iterator[str]:
    lists: tuple[tuple[str, Sequence[str]], ...] = (
        ("phrases", [each.text for each in profile.phrases[:_PHRASES]]),
        ("openers", _texts(profile.openers)),
        ("closers", _texts([*profile.closers, *profile.question_closers])),
        ("fillers", _texts(profile.fillers)),
        ("slang", _texts(profile.slang)),
        ("spelling", [f"{s.standard} = {s.written}" for s in profile.spelling if s.share >= 0.5]),
        ("laughs", _texts(profile.laughs)[:3]),
        ("emoji", _texts(profile.emoji)[:5]),
    )
    taboo = set(profile.taboo)
    for name, texts in lists:
        kept = [_one_line(text) for text in dict.fromkeys(texts) if text not in taboo][:_PHRASES]
        if kept:
            yield _LINES[name].format(list=", ".join(f"“{text}”" for text in kept))
    if profile.sentence_words:
        yield _LINES["length"].format(words=round(profile.sentence_words))
    if profile.lower_case > 0.6:
        yield _LINES["lower_case"]
    if profile.punctuation.none > 0.6:
        yield _LINES["no_stop"]
    if profile.messages and not _INFORMAL <= profile.formality <= _FORMAL:
        yield _LINES["formal" if profile.formality > _FORMAL else "informal"]
    if profile.region:
        yield _LINES["region"].format(region=_RULES["region"][profile.region])
    if profile.profanity:
        yield _LINES["profanity"]


def _wishes(profile: StyleProfile) -> Iterator[str]:
    for each in profile.replacements[-_PHRASES:]:
        kind = "replace" if each.old else "prefer"
        yield _LINES[kind].format(old=_one_line(each.old), new=_one_line(each.new))
    if profile.taboo:
        yield _LINES["avoid"].format(
            list=", ".join(f"“{_one_line(t)}”" for t in profile.taboo[:20])
        )


def _shown(exemplars: Sequence[Exemplar]) -> Iterator[str]:
    if exemplars:
        yield _LINES["exemplars"]
        yield from (_LINES["exemplar"].format(text=_one_line(each.text)) for each in exemplars)


def _texts(habits: Sequence[Habit]) -> list[str]:
    return [habit.text for habit in habits]


def _one_line(text: str) -> str:
    return " ".join(clean(text).replace("”", "").replace("“", "").split())[:_LONGEST]
