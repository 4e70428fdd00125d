"""From a profile to what an answer takes over: no courtesy, no curse, no term of address."""

from __future__ import annotations

from modules.messages import Habit, Manner, Spelled
from modules.persona.style import profile as profiles
from modules.persona.style.profile import StyleProfile, act_of
from modules.persona.style.rules import table
from modules.persona.style.tokens import is_term

_ENOUGH = 12
"""Messages below which nothing is known about somebody's way of writing."""
_SPELLING = table("spelling")["words"]
_SAD = frozenset(table("habits")["laughs"]["sad"])
_SAD_EMOJI = table("habits")["laughs"]["sad_emoji"]
_ASKING = frozenset(table("habits")["closers"]["ask"])
_CURSES = frozenset(table("habits")["profanity"]["words"])


def manner_of(profile: StyleProfile) -> Manner | None:
    """Return what answers take over, None where that is switched off or nothing is known yet."""
    asked = bool(profile.replacements or profile.taboo or profile.fixed)
    if not profile.applied or (profile.messages < _ENOUGH and not asked):
        return None
    if profile.messages < _ENOUGH and not profile.fixed:
        return Manner(replacements=_replacements(profile), taboo=tuple(profile.taboo))
    return Manner(
        openers=_habits(profile, profile.openers, "openers"),
        opener_marks=_plain(profile.opener_marks),
        closers=_habits(profile, profile.closers, "closers"),
        question_closers=tuple(
            Habit(habit.text, habit.share, "ask")
            for habit in _allowed(profile, profile.question_closers)
            if habit.text in _ASKING
        ),
        laughs=tuple(
            Habit(h.text, h.share, "sad" if h.text in _SAD else "glad")
            for h in _allowed(profile, profile.laughs)
        ),
        laughs_first=profile.laughs_first,
        emoji=tuple(
            Habit(h.text, h.share, "sad" if h.text[0] in _SAD_EMOJI else "glad")
            for h in _allowed(profile, profile.emoji)
        ),
        spelling=_spelling(profile),
        endings=_plain(profile.endings),
        question_marks=_plain(profile.question_marks),
        lower_case=profile.lower_case,
        stretched=profile.stretched,
        sentence_words=profile.sentence_words,
        message_words=profile.message_words,
        bare_questions=profile.bare_questions,
        subjects=profile.subjects,
        commas=profile.punctuation.commas,
        region=profile.region,
        strength=profile.strength,
        replacements=_replacements(profile),
        taboo=tuple(profile.taboo),
    )


def _habits(profile: StyleProfile, habits: list[profiles.Habit], kind: str) -> tuple[Habit, ...]:
    """Return the habits that are in the tables: only of those is it known what they do."""
    found = []
    for habit in _allowed(profile, habits):
        does = act_of(kind, habit.text)
        if does and does != "polite" and habit.text != "ạ":
            found.append(Habit(habit.text, habit.share, does))
    return tuple(found)


def _allowed(profile: StyleProfile, habits: list[profiles.Habit]) -> list[profiles.Habit]:
    taboo = {word.casefold() for word in profile.taboo} | _CURSES
    return [habit for habit in habits if habit.text.casefold() not in taboo]


def _plain(habits: list[profiles.Habit]) -> tuple[Habit, ...]:
    return tuple(Habit(habit.text, habit.share) for habit in habits)


def _spelling(profile: StyleProfile) -> tuple[Spelled, ...]:
    found = []
    for each in profile.spelling:
        row = _SPELLING.get(each.standard, {})
        if any(map(is_term, (*each.standard.split(), *each.written.split()))):
            continue
        if each.written.casefold() in profile.taboo:
            continue
        found.append(
            Spelled(
                each.standard,
                each.written,
                each.share,
                frozenset(row.get("not_before", ())),
                frozenset(row.get("not_after", ())),
            )
        )
    return tuple(found)


def _replacements(profile: StyleProfile) -> tuple[tuple[str, str], ...]:
    return tuple((each.old, each.new) for each in profile.replacements if each.old)
