"""What the user says about how the assistant speaks: "đừng nói thế, nói là ...". Rules are data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from modules.errors import InvalidInput
from modules.persona.style.profile import Replacement, StyleProfile
from modules.persona.style.rules import table
from modules.persona.terms import TERMS
from modules.text import clean

Switch = Literal["no_learning", "learning", "plain", "like_me"]
Kind = Literal["replace", "avoid", "no_emoji", "shorter", "longer"] | Switch
_SWITCHES: dict[Switch, dict[str, bool]] = {
    "no_learning": {"learning": False},
    "learning": {"learning": True},
    "plain": {"applied": False},
    "like_me": {"applied": True},
}

MAX_TEXT = 400
_MOST = 100
_TABLE = table("feedback")
_TAIL, _SOFTENERS, _WISHES, _ASKS = (
    "|".join(map(re.escape, sorted(_TABLE["tail"][name], key=len, reverse=True)))
    for name in ("words", "softeners", "wishes", "questions")
)
_SELVES = "|".join(sorted((t for t in TERMS if TERMS[t].role != "addressee"), key=len)[::-1])
_POINTS = frozenset(_TABLE["tail"]["points"])
_QUOTES = "\"'“”‘’«»` "
_SHORTER, _LONGER = 0.6, 1.5
_LEAST_WORDS, _USUAL_WORDS = 3.0, 8.0


@dataclass(frozen=True, slots=True)
class Correction:
    """A wish about wording: `new` is to be said for `old`, or `old` is not to be said at all."""

    kind: Kind
    old: str = ""
    new: str = ""


def correction_in(said: str, last: str = "") -> Correction | None:
    """Return the correction that somebody makes in a conversation, None for anything else.

    `last` is the assistant's last sentence: "đừng nói thế" points to it. Any string is allowed.
    """
    text = " ".join(clean(said[: 2 * MAX_TEXT]).split())
    lowered = text.lower()
    for row in _patterns("replace"):
        match = row.fullmatch(text)
        if match:
            found = match.groupdict()
            old, new = _unquoted(found.get("old") or ""), _without_tail(found["new"])
            if old.lower() in _POINTS or not old:
                old = last
            asks = text.endswith("?") or re.match(rf"(?:{_ASKS})(?!\w)", new.lower())
            if new and not asks and len(new) <= MAX_TEXT and new.lower() != old.lower():
                return Correction("replace", old[:MAX_TEXT], new)
    for row in _patterns("avoid"):
        match = row.fullmatch(text)
        if match and (word := _without_tail(match["word"])) and len(word.split()) <= 8:
            return Correction("avoid", word)
    core = re.sub(rf"(?:[\s,.!]+(?:{_WISHES}))+[\s.!]*$", "", lowered).strip(" .!")
    if core in _TABLE["emoji"]["off"]:
        return Correction("no_emoji")
    me = re.sub(rf"(?<!\w)(?:{_SELVES})(?!\w)", "mình", core)
    for switch in _SWITCHES:
        phrases = _TABLE["switch"][switch]
        if {core, me, f"{core} đi", f"{me} đi"} & set(phrases):
            return Correction(switch)
    for kind in ("shorter", "longer"):
        if core in _TABLE["length"][kind]:
            return Correction("shorter" if kind == "shorter" else "longer")
    return None


def parse_correction(text: object, last: str = "") -> Correction:
    """Return the correction that a caller gave. Raises `InvalidInput`.

    What fits no pattern is taken as a sentence that the user would say, where it is one.
    """
    if not isinstance(text, str):
        raise InvalidInput("not_text", field="correction")
    said = " ".join(clean(text).split())
    if not said:
        raise InvalidInput("empty", field="correction")
    if len(said) > MAX_TEXT:
        raise InvalidInput("too_long", field="correction", limit=MAX_TEXT)
    found = correction_in(said, last)
    if found is None:
        raise InvalidInput("no_correction", field="correction")
    return found


def applied(profile: StyleProfile, correction: Correction) -> StyleProfile:
    """Return the profile after a correction; the newest wording of the same counts."""
    match correction.kind:
        case "replace":
            kept = [r for r in profile.replacements if not r.old or r.old != correction.old]
            new = Replacement(old=correction.old, new=correction.new)
            return profile.model_copy(update={"replacements": [*kept, new][-_MOST:]})
        case "avoid":
            taboo = [*dict.fromkeys([*profile.taboo, correction.old.lower()[:120]])][-_MOST:]
            return profile.model_copy(update={"taboo": taboo})
        case "no_emoji":
            return _fixed(profile, {"emoji": [], "laughs": []})
        case "shorter" | "longer":
            now = profile.sentence_words or _USUAL_WORDS
            factor = _SHORTER if correction.kind == "shorter" else _LONGER
            words = round(max(_LEAST_WORDS, min(30.0, now * factor)), 1)
            return _fixed(profile, {"sentence_words": words})
        case switch:
            return profile.model_copy(update=dict(_SWITCHES[switch]))


def _fixed(profile: StyleProfile, update: dict[str, object]) -> StyleProfile:
    fixed = sorted({*profile.fixed, *update})
    return profile.model_copy(update={**update, "fixed": fixed})


@cache
def _patterns(kind: str) -> tuple[re.Pattern[str], ...]:
    terms = "|".join(sorted(map(re.escape, TERMS), key=len, reverse=True))
    selves = f"(?:{terms})"
    return tuple(
        re.compile(
            r"(?:(?:à|ừ|này|ê|thôi|không|hông|ủa)[\s,]+|"
            + selves
            + r"(?:\s+ơi|\s+à)?[\s,]+)*"
            + row["pattern"].replace("%you", selves).replace("%me", selves),
            re.IGNORECASE,
        )
        for row in _TABLE[kind]
    )


def _without_tail(text: str) -> str:
    """Return a new wording without what only softens the request for it."""
    text = text.strip()
    quoted = re.match(r"[\"“«'‘](?P<inside>[^\"”»’]+)[\"”»'’]", text)
    if quoted:
        return quoted["inside"].strip()
    tail = rf"(?:[\s,]+(?:{_TAIL})|,\s*(?:{_SOFTENERS}))[\s.!?]*$"
    text = re.sub(tail, "", text, flags=re.IGNORECASE)
    return _unquoted(text).rstrip(" ,;:")


def _unquoted(text: str) -> str:
    return text.strip().strip(_QUOTES).strip()
