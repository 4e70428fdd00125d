"""The record of a conversation: who said what and when, and each answer's picture and sound.

Media lie as files in a directory of the session, as the page got them, and go with it. How much is
kept is bounded: the oldest answers lose their picture first, and last their text.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from anyio import to_thread

from modules.conversation.files import Files
from modules.conversation.reply import Reply
from modules.errors import StorageFailed
from modules.messages import FPS, TRACKS, Caption, Mood, Pair, Persona, TurnRequest

log = logging.getLogger("guong.talk")

MOST_BYTES = 96 << 20
"""Media of one session: about twelve minutes of answers, at 140 kB a second."""
MOST_BYTES_OF_ALL = 1 << 30
MOST_EXCHANGES = 300


@dataclass(frozen=True, slots=True)
class Media:
    """An answer as it was sent: one file of fragmented MP4 for each track."""

    video: Path
    audio: Path
    size: int


@dataclass
class Exchange:
    """What the user said, and what was answered: so far, if the answer is still being given."""

    reply: int
    said: str
    spoken: bool
    """Whether it was said aloud, and is what a recogniser understood."""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    answer: str = ""
    """The text as far as it was heard; empty where nobody answered."""
    whole: bool = True
    persona: Persona = field(default_factory=Persona)
    pair: Pair = field(default_factory=Pair)
    mood: Mood | None = None
    recalled: tuple[str, ...] = ()
    engines: dict[str, str] = field(default_factory=dict)
    captions: tuple[Caption, ...] = ()
    seconds: float = 0.0
    """How much of the answer was played."""
    media: Media | None = None
    verdict: str = ""
    """What the user thought of the answer: "good" or "bad", empty where they did not say."""

    def understood(self, request: TurnRequest) -> None:
        """Note what the front made of it."""
        self.said, self.persona, self.pair = request.text, request.persona, request.pair
        self.mood, self.recalled = request.mood, request.recalled


class Budget:
    """How many bytes of media all sessions together hold."""

    def __init__(self, most: int = MOST_BYTES_OF_ALL) -> None:
        self.most = most
        self.held = 0

    @property
    def exceeded(self) -> bool:
        """Whether somebody has to give something up."""
        return self.held > self.most


class Talk:
    """The exchanges of one session. Used on the event loop; files are written in threads."""

    def __init__(self, files: Files, owner: str, budget: Budget, *,
                 most_bytes: int = MOST_BYTES) -> None:  # fmt: skip
        self.exchanges: list[Exchange] = []
        self.forgotten = 0
        """How many of the oldest exchanges are not in the list any more."""
        self._files = files
        self._owner = owner
        self._budget = budget
        self._most_bytes = most_bytes
        self._room: Path | None = None
        self._lent = 0
        self._unlent: list[Path] = []

    def begin(self, reply: int, said: str, *, spoken: bool) -> Exchange:
        """Note that the user has said something."""
        exchange = Exchange(reply, said, spoken)
        self.exchanges.append(exchange)
        while len(self.exchanges) > MOST_EXCHANGES:
            self._drop(self.exchanges.pop(0))
            self.forgotten += 1
        return exchange

    def withdraw(self, reply: int) -> None:
        """Forget an exchange that came to nothing: what was said could not be understood."""
        self.exchanges = [each for each in self.exchanges if each.reply != reply]

    def of(self, reply: int) -> Exchange | None:
        """Return the exchange of a reply, None where there is none (any more)."""
        return next((each for each in reversed(self.exchanges) if each.reply == reply), None)

    def answered(self, reply: Reply, heard: str, *, whole: bool) -> None:
        """Note what the user has heard of a reply: all of it, or until it was interrupted."""
        exchange = self.of(reply.id)
        if exchange is not None:
            exchange.answer, exchange.whole = heard, whole
            exchange.captions = tuple(reply.captions)
            exchange.seconds = reply.length_s if whole else min(reply.length_s, reply.played_s)

    async def keep(self, reply: Reply) -> None:
        """Write the media of a reply that has ended, as far as it was played.

        Without room on the disk the exchange stays without a picture: no turn fails for it.
        """
        exchange = self.of(reply.id)
        if exchange is None or exchange.seconds < 1 / FPS:
            return
        try:
            media = await to_thread.run_sync(self._write, reply, exchange.seconds)
        except (StorageFailed, OSError) as error:
            log.warning("the media of a reply are not kept: %s", type(error).__name__)
            return
        if exchange not in self.exchanges:  # deleted meanwhile
            self._remove(media)
            return
        exchange.media = media
        self._budget.held += media.size
        self._make_room()

    @contextmanager
    def lent(self) -> Iterator[list[Exchange]]:
        """Lend the exchanges as they are now: their files stay until they are given back."""
        self._lent += 1
        try:
            yield list(self.exchanges)
        finally:
            self._lent -= 1
            if not self._lent:
                for path in self._unlent:
                    path.unlink(missing_ok=True)
                self._unlent.clear()

    def clear(self) -> None:
        """Forget everything, media included."""
        for exchange in self.exchanges:
            self._drop(exchange)
        self.exchanges = []
        self.forgotten = 0
        if self._room is not None:
            self._files.leave(self._room)
            shutil.rmtree(self._room, ignore_errors=True)
            self._room = None

    @property
    def held(self) -> int:
        """Bytes of media that are kept."""
        return sum(each.media.size for each in self.exchanges if each.media)

    def _write(self, reply: Reply, seconds: float) -> Media:
        if self._room is None:
            self._room = self._files.room(self._owner)
        name, paths, size = uuid4().hex, [], 0
        for track in TRACKS:
            data = b"".join(
                chunk.data
                for chunk in reply.chunks
                if chunk.track == track and (chunk.start_s <= seconds or chunk.init)
            )
            paths.append(self._room / f"{name}.{track}")
            size += len(data)
            try:
                paths[-1].write_bytes(data)
            except OSError:
                for path in paths:
                    path.unlink(missing_ok=True)
                raise
        return Media(paths[0], paths[1], size)

    def _make_room(self) -> None:
        """Let the oldest answers lose their picture until the rest fits; the newest keeps its."""
        kept = [each for each in self.exchanges if each.media]
        for exchange in kept[:-1]:
            if self.held <= self._most_bytes and not self._budget.exceeded:
                return
            self._drop(exchange)

    def _drop(self, exchange: Exchange) -> None:
        if exchange.media is not None:
            self._budget.held -= exchange.media.size
            self._remove(exchange.media)
            exchange.media = None

    def _remove(self, media: Media) -> None:
        paths = (media.video, media.audio)
        if self._lent:
            self._unlent += paths
            return
        for path in paths:
            with suppress(OSError):
                path.unlink(missing_ok=True)
