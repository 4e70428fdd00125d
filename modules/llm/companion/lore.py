"""Sayings, poems, tales, jokes and riddles. What was said last tells which riddle is open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from modules.llm.companion.book import book, read
from modules.llm.companion.phrases import alternatives
from modules.llm.companion.talk import Talk, bare_words
from modules.llm.companion.wording import TOLD, fill

_SAME = 0.8
"""Share of a riddle's words that makes it the one that was asked: the guard may change some."""
_NO_GUESS = ("refuse", "abuse", "ask", "feeling")
_LEAVES = frozenset({"bye", "go_do", "good_night"})
_OPEN_LINES = 4
_ASKS_AGAIN = "doan"
"""In every answer that asks for another guess: "bạn đoán thử xem"."""
_KINDS = {"folk_ask": "folk", "poem_ask": "poem", "story_ask": "story", "joke_ask": "joke"}


def tell(talk: Talk, key: str) -> str | None:
    """Return a piece for the request `key` of `chat.toml`, or None where it is another."""
    if key == "riddle_ask":
        riddle = talk.pick("riddle", [each["riddle"] for each in _lore()["riddles"]])
        return _filled(talk, "ask_riddle", riddle=riddle)
    kind = told_last(talk) if key == "more" else _KINDS.get(key)
    if kind == "riddle":
        return tell(talk, "riddle_ask")
    if kind is None:
        return None
    piece = talk.pick(kind, [each["told"] for each in _lore()[kind]])
    return f"{_filled(talk, f'intro_{kind}')} {TOLD}{piece}"


def more(talk: Talk) -> str | None:
    """Return how the piece told last goes on, or what it means; None where that is said already."""
    last = bare_words(talk.last)
    for opening, told in _goes_on():
        if opening in last:
            return _filled(talk, "more", more=told)
    return None


def guessed(talk: Talk) -> str | None:
    """Return what to say to an answer, where the assistant has just asked a riddle."""
    riddle = _open_riddle(talk)
    if riddle is None:
        return None
    said = f" {bare_words(talk.heard.text)} "
    if any(f" {answer} " in said for answer in riddle.accept):
        return _filled(talk, "right", answer=riddle.shown)
    hinted = riddle.hint in bare_words(talk.last)
    if hinted or (re.search(alternatives("riddle", "give_up"), said) and "goi y" not in said):
        return _filled(talk, "give_up", answer=riddle.shown)
    chat = book().find(talk.heard, ("chat",))
    leaves = chat is not None and chat.key in _LEAVES
    if leaves or len(talk.heard.words) > 8 or book().find(talk.heard, _NO_GUESS):
        return None  # they talk of something else
    return _filled(talk, "wrong", hint=riddle.clue)


def is_riddle_open(talk: Talk) -> bool:
    """Tell whether the assistant waits for the answer to a riddle."""
    return _open_riddle(talk) is not None


def told_last(talk: Talk) -> str | None:
    """Return what kind of piece the last answer held, or None."""
    last = bare_words(talk.last)
    if any(each.asked_in(last) for each in _riddles()):
        return "riddle"
    answered = any(f" {each.answer} " in f" {last} " for each in _riddles())
    told = (kind for kind, opening in _openings() if opening in last)
    return next(told, "riddle" if answered else None)


def told_lately(talk: Talk) -> str | None:
    """Return what kind of piece was told last in the last few answers, or None."""
    lines = (bare_words(line) for line in reversed(talk.own_lines[-4:]))
    kinds = (kind for line in lines for kind, opening in _openings() if opening in line)
    return next(kinds, None)


def _open_riddle(talk: Talk) -> Riddle | None:
    """Return the riddle of the last answer, or an earlier one that was only talked about since."""
    lines = [bare_words(line) for line in reversed(talk.own_lines[-_OPEN_LINES:])]
    return next((riddle for riddle in _riddles() if riddle.is_open(lines)), None)


def _filled(talk: Talk, name: str, **slots: str) -> str:
    choices: Sequence[str] = _lore()[name]
    texts = [text for each in choices if (text := fill(each, talk.voice, slots))]
    return talk.pick(name, texts)


@dataclass(frozen=True, slots=True)
class Riddle:
    """A riddle; everything but `shown` and `clue` in bare words."""

    words: frozenset[str]
    answer: str
    accept: tuple[str, ...]
    hint: str
    shown: str
    clue: str

    def asked_in(self, said: str) -> bool:
        """Tell whether `said`, in bare words, asks this riddle."""
        return len(self.words.intersection(said.split())) >= _SAME * len(self.words)

    def is_open(self, lines: Sequence[str]) -> bool:
        """Tell whether it was asked in `lines`, newest first, and only hinted at since."""
        for line in lines:
            if self.asked_in(line):
                return True
            if self.hint not in line and _ASKS_AGAIN not in line:
                return False
        return False


@lru_cache(maxsize=1)
def _riddles() -> tuple[Riddle, ...]:
    return tuple(
        Riddle(
            words=frozenset(bare_words(row["riddle"]).split()),
            answer=bare_words(row["answer"]),
            accept=tuple(map(bare_words, row["accept"])),
            hint=bare_words(row["hint"]),
            shown=row["answer"],
            clue=row["hint"],
        )
        for row in _lore()["riddles"]
    )


@lru_cache(maxsize=1)
def _openings() -> tuple[tuple[str, str], ...]:
    """Return how every piece begins, with its kind."""
    return tuple(
        (kind, bare_words(piece[part])[:60])
        for kind in _KINDS.values()
        for piece in _lore()[kind]
        for part in ("told", "more")
        if part in piece
    )


@lru_cache(maxsize=1)
def _goes_on() -> tuple[tuple[str, str], ...]:
    """Return how every piece begins that has more to it, and that."""
    return tuple(
        (bare_words(piece["told"])[:60], piece["more"])
        for kind in _KINDS.values()
        for piece in _lore()[kind]
        if "more" in piece
    )


@lru_cache(maxsize=1)
def _lore() -> Mapping[str, Any]:
    return read("lore")
