"""How the user writes: what a turn takes over of it, and what it leaves behind.

The style is the persona stage's, the vectors that find fitting examples are the memory stage's: the
two meet only here.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread

from modules.errors import GuongError
from modules.memory import Embedding
from modules.messages import Line, Manner, Notice
from modules.persona import style

_LIMIT_S = 0.4
"""A style that is not read by then is left out of the turn: nobody waits for it."""
_OPEN = 8
"""Users whose exemplars are held with their vectors, 2 MB each."""
_SENTENCES = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True, slots=True)
class Styled:
    """What a turn takes over: the manner, and the paragraph for a language model."""

    manner: Manner | None = None
    paragraph: str = ""


PLAIN = Styled()


class Styles:
    """The styles of all users, with the vectors of their exemplars. Safe for threads."""

    def __init__(self, users: Path, embedding: Embedding) -> None:
        self._store = style.StyleStore(users)
        self._embedding = embedding
        self._guard = threading.Lock()
        self._open: OrderedDict[str, tuple[tuple[int, int], style.Exemplars]] = OrderedDict()

    def of(self, owner: str) -> style.StyleShelf:
        """Return the style of a user; `owner` is lower-case hexadecimal."""
        return self._store.of(owner)

    def styled(self, owner: str, said: str) -> Styled:
        """Return what the answer to `said` takes over. Raises `StorageFailed`."""
        profile = self.of(owner).profile()
        if not profile.applied or not (profile.messages or profile.replacements or profile.taboo):
            return PLAIN
        manner = style.manner_of(profile)
        fitting = self._exemplars(owner).fitting(said)
        return Styled(manner, style.paragraph(profile, fitting))

    def delete(self, owner: str) -> int:
        """Remove the style of a user; return how many files it was."""
        with self._guard:
            self._open.pop(owner, None)
        return self.of(owner).erase()

    def _exemplars(self, owner: str) -> style.Exemplars:
        shelf = self.of(owner)
        stamp = shelf.stamp()
        with self._guard:
            known = self._open.get(owner)
            if known and known[0] == stamp:
                self._open.move_to_end(owner)
                return known[1]
        made = style.Exemplars(shelf.exemplars(), self._embedding.embed)
        with self._guard:
            self._open[owner] = (stamp, made)
            self._open.move_to_end(owner)
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)
        return made


async def styled(
    styles: Styles, owner: str | None, said: str, reply: int
) -> tuple[Styled, list[Notice]]:
    """Return what a turn takes over of an owner's style, and what went wrong."""
    if owner is None:
        return PLAIN, []
    try:
        with anyio.fail_after(_LIMIT_S):
            found = await to_thread.run_sync(styles.styled, owner, said, abandon_on_cancel=True)
    except TimeoutError:
        return PLAIN, []  # the vectors are being made: the next turn has them
    except GuongError as error:
        return PLAIN, [Notice(reply, error.code, dict(error.params), "persona")]
    return found, []


async def learn(
    styles: Styles, owner: str | None, said: str, last: str, reply: int, *, typed: bool
) -> list[Notice]:
    """Learn from what the user said; return what they should be told of it.

    A style that fails must not fail the turn: that too becomes a notice.
    """
    if owner is None:
        return []
    shelf = styles.of(owner)
    try:
        correction = await to_thread.run_sync(lambda: shelf.hear(said, last, typed=typed))
    except GuongError as error:
        return [Notice(reply, error.code, dict(error.params), "persona")]
    return [Notice(reply, "style_noted", stage="persona")] if correction else []


def last_sentence(history: list[Line]) -> str:
    """Return the last sentence that the assistant said, "" where it said nothing."""
    said = next((line.text for line in reversed(history) if line.role == "assistant"), "")
    return next(iter(reversed(_SENTENCES.split(said.strip()))), "")
