"""The user's own words, taken up safely: "Em mới về" is said back as "vậy là anh mới về".

Only a short statement in plain Vietnamese is taken up, whole, with its "I" turned to "you". What is
asked, typed without diacritics, rude, or spelled playfully is never said back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from modules.llm.companion.hearing import hearing_data
from modules.llm.companion.phrases import words
from modules.llm.companion.talk import Talk
from modules.text import is_vietnamese_syllable

_SHORTEST, _LONGEST = 2, 10
_CLAUSES = re.compile(r"[,.!?;:…\n]+|\s[-–—]\s")
_WORDS = re.compile(r"[^\W_]+")


def echoed(talk: Talk) -> str | None:
    """Return a clause of what was said, from the listener's side, or None where none is safe."""
    if talk.heard.bare or talk.heard.question or talk.heard.english or talk.heard.foreign:
        return None
    clauses = [clause.split() for clause in _CLAUSES.split(talk.heard.text)]
    found = [each for each in (_taken_up(clause, talk) for clause in clauses) if each]
    return max(found, key=lambda each: min(len(each.split()), 7), default=None)


def turned(text: str, talk: Talk) -> str | None:
    """Return some words of the user from the listener's side, or None where that is not safe."""
    return _taken_up(text.split(), talk, shortest=1)


def _taken_up(clause: Sequence[str], talk: Talk, shortest: int = _SHORTEST) -> str | None:
    spoken = _without_frame(list(clause), talk)
    if not shortest <= len(spoken) <= _LONGEST:
        return None
    low = [word.lower() for word in spoken]
    if not all(_plain(word) for word in low) or words("echo", "never") & set(low):
        return None
    if words("echo", "not_first") & set(low[:1]) or words("echo", "not_last") & set(low[-1:]):
        return None
    if _terms() & set(low) - _of_the_two(talk):
        return None  # about somebody else: whose mother it is changes with who speaks
    if low[0] in _called(talk):
        return None  # what the assistant is or shall do
    return " ".join(_turned(spoken, talk))


def _without_frame(clause: list[str], talk: Talk) -> list[str]:
    """Leave out what opens and closes a clause without saying anything."""
    call = _called(talk)
    while clause and clause[0].lower() in words("echo", "openers"):
        clause = clause[1:]
    while len(clause) > 1 and clause[0].lower() in call and clause[1].lower() in ("ơi", "à", "ạ"):
        clause = clause[2:]
    while len(clause) > 1 and clause[-1].lower() in words("echo", "closers") | call:
        clause = clause[:-1]
    return clause


def _plain(word: str) -> bool:
    if any(word in short for short in hearing_data()["short"].values()):
        return False
    return word.isdecimal() or (is_vietnamese_syllable(word) and word.isalpha())


def _called(talk: Talk) -> frozenset[str]:
    """Return what the assistant is called; between peers "mình" is whoever speaks."""
    own = {talk.voice.assistant_self} - words("echo", "speaker")
    return words("echo", "listener") | own


def _of_the_two(talk: Talk) -> set[str]:
    own = {*talk.voice.you.split(), *talk.voice.assistant_self.split()}
    return own | words("echo", "speaker") | words("echo", "listener")


@lru_cache(maxsize=1)
def _terms() -> frozenset[str]:
    return frozenset(hearing_data()["classes"]["term"]) | words("echo", "relations")


def _turned(spoken: Sequence[str], talk: Talk) -> list[str]:
    voice = talk.voice
    turns = dict.fromkeys(words("echo", "speaker"), voice.you)
    turns |= dict.fromkeys(words("echo", "listener"), voice.assistant_self)
    turns |= {voice.you: voice.you, voice.assistant_self: voice.assistant_self}
    if voice.rank == "peer" and voice.assistant_self != voice.you:
        turns |= {voice.you: voice.assistant_self, voice.assistant_self: voice.you}
        turns |= dict.fromkeys(words("echo", "speaker"), voice.you)
    kept = _kept()
    out: list[str] = []
    for at, word in enumerate(spoken):
        low = word.lower()
        around = {" ".join(each.lower() for each in spoken[at - 1 : at + 1]) if at else ""}
        around.add(" ".join(each.lower() for each in spoken[at : at + 2]))
        out.append(turns[low] if low in turns and not around & kept else word)
    first = out[0]
    named = len(out) > 1 and out[1][:1].isupper() and first.lower() not in words("echo", "common")
    if not named and first not in talk.voice.user_name.split():
        out[0] = first[:1].lower() + first[1:]
    return out


@lru_cache(maxsize=1)
def _kept() -> frozenset[str]:
    """Return expressions in which no word means one of the two."""
    return words("roles", "expressions") | words("echo", "kept")
