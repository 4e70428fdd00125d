"""Short reactions ("thế à?", "rồi sao nữa?", "không") read by what the assistant said before."""

from __future__ import annotations

from collections.abc import Iterator

from modules.llm.companion import feelings, lore
from modules.llm.companion.book import book
from modules.llm.companion.phrases import phrases_of
from modules.llm.companion.suggest import kind_suggested, suggested
from modules.llm.companion.talk import Talk, bare_words
from modules.llm.companion.wording import sentences

_ANSWERS = frozenset({"yes", "no", "maybe"})
_TAKES_UP = frozenset({"yes", "next", "praise", "other"})
_CALLED = {"folk": "câu", "poem": "bài", "story": "chuyện", "joke": "chuyện"}
"""How pieces are counted: một câu ca dao, một bài thơ."""


def followed(talk: Talk) -> str | None:
    """Return the answer to a reaction, or None where it is none or something else knows it."""
    found = book().find(talk.heard, ("react",)) if not talk.first else None
    if found is None:
        return None
    reaction = found.key.removeprefix("react_")
    return next((text for text in _texts(talk, reaction) if text), None)


def _texts(talk: Talk, reaction: str) -> Iterator[str | None]:
    """Yield what may be said to a reaction, what fits best first."""
    if reaction in _TAKES_UP and (offer := _offered(talk)):
        yield offer
    told = lore.told_last(talk)
    if told in _CALLED:
        yield from _to_piece(talk, told, reaction)
    elif lore.is_riddle_open(talk):
        yield _after(talk, "riddle", reaction)
        return  # the rest are guesses
    elif asked := kind_suggested(talk.last):
        if reaction in ("other", "no"):
            yield suggested(talk, asked)
        yield _after(talk, "suggested", reaction)
    for name in _questions(talk):
        yield _after(talk, name, reaction)
    if reaction in _ANSWERS:
        yield feelings.continued(talk)
    if reaction == "next" and (piece := lore.told_lately(talk)):
        yield lore.tell(talk, f"{piece}_ask")
    if _is_unknown(talk):
        yield _after(talk, "unknown", reaction)
    yield _after(talk, "question" if talk.last.endswith("?") else "statement", reaction)


def _to_piece(talk: Talk, told: str, reaction: str) -> Iterator[str | None]:
    if reaction in ("next", "why"):
        yield lore.more(talk)
    if reaction == "other" or (reaction == "yes" and talk.last.endswith("?")):
        yield lore.tell(talk, f"{told}_ask")
    yield _after(talk, "told", reaction, piece=_CALLED[told])


def _after(talk: Talk, state: str, reaction: str, **slots: str) -> str | None:
    key = f"after_{state}_{reaction}"
    return talk.say(key, **slots) if key in book().entries else None


def _questions(talk: Talk) -> Iterator[str]:
    """Yield the names of the questions that the last answer ended with (`phrases.toml`)."""
    if not talk.last.endswith("?"):
        return
    last = f" {bare_words(sentences(talk.last)[-1])} "
    for name, asked in phrases_of("asked").items():
        if any(f" {bare_words(each)} " in last for each in asked):
            yield name


def _offered(talk: Talk) -> str | None:
    """Return what the assistant has just offered."""
    if not talk.last.endswith("?"):
        return None
    last = f" {bare_words(sentences(talk.last)[-1])} "
    offers = phrases_of("offers").items()
    key = next((key for key, all_ in offers if any(f" {bare_words(e)} " in last for e in all_)), "")
    if key == "piece_ask":
        key = f"{lore.told_lately(talk) or 'story'}_ask"
    return (lore.tell(talk, key) or suggested(talk, key)) if key else None


def _is_unknown(talk: Talk) -> bool:
    last = bare_words(talk.last)
    return any(bare_words(each) in last for each in phrases_of("told")["unknown"])
