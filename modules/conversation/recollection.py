"""What is recalled for a turn: what the user told, their documents and their pictures.

By meaning, and by time where they ask for it ("hôm trước em kể gì?"): then what they said in the
conversation that is still open counts too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from modules.errors import GuongError
from modules.memory import Asked, Found, Recollected, StoredPicture, asked_when, moment_of
from modules.memory import spoken_day as day_of
from modules.messages import Message, Notice, Recollection

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from datetime import datetime

    from modules.conversation.session import Session

LIMIT_S = 0.5
"""What is not found by then is left out: nobody waits for it."""
_TOLD, _PASSAGES, _PICTURES = 4, 2, 2
_LEAST_WORDS = 3
"""Words of the shortest thing said that counts as told."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What goes into the request of a turn."""

    items: tuple[Recollection, ...] = ()
    asked_when: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """What the user said themselves, as they said it."""
        return tuple(item.text for item in self.items if item.kind == "said")

    @property
    def dated(self) -> tuple[str, ...]:
        """The same with its day, for a language model."""
        said = [item for item in self.items if item.kind == "said"]
        return tuple(f"{item.text} (kể {item.when}, {item.said_at[:10]})" for item in said)


async def recalled(
    session: Session, text: str, reply: int, tell: Callable[[Message], Awaitable[None]]
) -> Recalled:
    """Return what memory has for a turn; what went wrong is told, and fails no turn."""
    if session.memory is None:
        return Recalled()
    now = session.now()
    try:
        with anyio.fail_after(LIMIT_S):
            found = await to_thread.run_sync(_found, session, text, now, abandon_on_cancel=True)
    except TimeoutError:
        await tell(Notice(reply, "memory_slow", stage="memory"))
        return Recalled()
    except GuongError as error:
        await tell(Notice(reply, error.code, dict(error.params), "memory"))
        return Recalled()
    for notice in session.memory.take_notices(reply):
        await tell(notice)
    return found


def _found(session: Session, text: str, now: datetime) -> Recalled:
    if session.memory is None:
        return Recalled()
    memory = session.memory.recollect(text, now, _TOLD)
    items = _told(memory, now)
    if memory.asked is not None:
        items += _said_here(session, memory.asked, items, now)
        return Recalled(tuple(items), memory.asked.phrase)
    app, owner = session.app, session.owner
    items += [_passage(each, now) for each in app.documents.recall(owner, text, _PASSAGES)]
    items += [_picture(each, now) for each, _ in app.pictures.recall(owner, text, _PICTURES)]
    return Recalled(tuple(items))


def _told(memory: Recollected, now: datetime) -> list[Recollection]:
    return [
        Recollection(item.memory.text, "said", item.memory.id, *_when(moment_of(item.memory), now))
        for item in memory.found
    ]


def _said_here(
    session: Session, asked: Asked, told: list[Recollection], now: datetime
) -> list[Recollection]:
    """Return what was said in this conversation at the time, and is not remembered anyway."""
    said = [
        Recollection(each.said, "said", "", *_when(each.at, now))
        for each in list(session.talk.exchanges)[:-1]
        if asked.span.holds(each.at) and _tells(each.said, now)
        and not any(item.text in each.said for item in told)
    ]  # fmt: skip
    room = max(0, _TOLD - len(told))
    return said[:room] if asked.first else said[len(said) - min(room, len(said)) :]


def _tells(said: str, now: datetime) -> bool:
    long_enough = len(said.split()) >= _LEAST_WORDS
    return long_enough and "?" not in said and asked_when(said, now) is None


def _passage(found: Found, now: datetime) -> Recollection:
    document, passage = found.document, found.passage
    return Recollection(
        passage.text, "document", document.id, *_when_kept(document.created, now),
        name=document.name, page=passage.page, quote=found.quote,
    )  # fmt: skip


def _picture(picture: StoredPicture, now: datetime) -> Recollection:
    return Recollection(
        picture.caption, "picture", picture.id, *_when_kept(picture.created, now),
        name=picture.caption,
    )  # fmt: skip


def _when(moment: datetime, now: datetime) -> tuple[str, str]:
    there = moment.astimezone(now.tzinfo)
    return there.isoformat(timespec="minutes"), day_of(there, now)


def _when_kept(seconds: float, now: datetime) -> tuple[str, str]:
    return _when(type(now).fromtimestamp(seconds, now.tzinfo), now)
