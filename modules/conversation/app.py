"""The app: everything that exists once per process, made in `app.py` and handed down from there."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, TypeVar, cast

from anyio import to_thread

from modules import asr, avatar, emotion, llm, memory, tts, voice, zerogpu
from modules.avatar.landmarks.finder import finder_of
from modules.avatar.photo.store import FaceStore
from modules.conversation import speaking, upkeep
from modules.conversation.back import Back, back
from modules.conversation.base_voices import BaseVoices
from modules.conversation.cache import Cache, CachedEmbedding
from modules.conversation.dictionaries import Dictionaries
from modules.conversation.files import Files
from modules.conversation.filming import Filming
from modules.conversation.gpu import LentGpu
from modules.conversation.identity import Identity, load_secret
from modules.conversation.idle import IdleLoops
from modules.conversation.loading import Step, fall_back, load_engines
from modules.conversation.overhearing import Pace
from modules.conversation.portrait_loops import PortraitLoops
from modules.conversation.preparing import Preparing
from modules.conversation.ratings import Ratings
from modules.conversation.session import Session
from modules.conversation.sessions import Sessions
from modules.conversation.snapshots import taken_back
from modules.conversation.styling import Styles
from modules.conversation.talk import Budget
from modules.engines import EngineSpec, Stage
from modules.errors import AtCapacity
from modules.memory import DocumentStore, Embedding, MemoryStore, PictureStore, UserMemory
from modules.messages import MediaChunk, Speech, TurnRequest
from modules.models import weights
from modules.residency import Residency
from modules.settings import Settings
from modules.voice import VoiceStore

Result = TypeVar("Result")

TABLES: dict[Stage, tuple[EngineSpec, ...]] = {
    "asr": asr.ENGINES,
    "emotion": emotion.ENGINES,
    "memory": memory.ENGINES,
    "llm": llm.ENGINES,
    "tts": tts.ENGINES,
    "voice": voice.ENGINES,
    "avatar": avatar.ENGINES,
}
_CACHE_BYTES = 32 << 20
_RETRY_S = 5


class App:
    """Owns the engines, the stores, the sessions and the background tasks of one process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.snapshots = taken_back(settings.data, settings.bucket)
        """Copies in a bucket of what is kept of users, taken back already; None without one."""
        secret = settings.secret.get_secret_value() if settings.secret else None
        self.identity = Identity(load_secret(secret, settings.data))
        self.weights = weights(settings)
        self.tables = TABLES
        self.residency = Residency(TABLES, self.weights)
        self.residency.on_exhausted = self._exhausted
        self.residency.research = settings.research
        self.cache = Cache(_CACHE_BYTES)
        self.files = Files(settings.data / "files")
        self.voices = VoiceStore(settings.data / "users")
        self.ratings = Ratings(settings.data / "users")
        self.memories = MemoryStore(settings.data / "users", self._embedding())
        self.documents = DocumentStore(settings.data / "users")
        self.pictures = PictureStore(settings.data / "users", self.memories.embedding)
        self.styles = Styles(settings.data / "users", self.memories.embedding)
        self.dictionaries = Dictionaries(settings.data / "users")
        self.idle_loops = IdleLoops(settings.data / "cache")
        self.faces = FaceStore(settings.data / "users")
        self.portrait_loops = PortraitLoops(self.faces)
        self.finder = finder_of(self.weights)
        self.preparing = Preparing(self)
        self.base_voices = BaseVoices(self.residency, settings.data / "base_voices")
        self.media_budget = Budget()
        self.filming = Filming(self)
        self.sessions = Sessions(self._ended)
        self.gpu = self._lent_gpu()
        """The way to a card that is lent by the call (ZeroGPU); None where there is none."""
        self.back: Back = self.gpu.answer if self.gpu else self._back_here()
        self.pace = Pace()
        self.step: Step | None = None
        """What is being loaded at start, and how far it has come; None when it is done."""
        self.ready = asyncio.Event()
        """Set when everything is loaded and rehearsed; turns work before, only more slowly."""
        self.turns_begun = 0
        """Turns that were begun since the start."""
        self._turns = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    def _back_here(self) -> Back:
        return partial(back, residency=self.residency, cache=self.cache)

    def _lent_gpu(self) -> LentGpu | None:
        if not zerogpu.on_zerogpu():
            return None
        import spaces

        return LentGpu(self.residency, self.cache, spaces.GPU)

    async def load_before_launch(self) -> None:
        """Load everything that is present: on ZeroGPU only before the app is launched.

        All faces too: each worker begins with what stands here, and keeps nothing that it makes.
        """
        await load_engines(self, here=True)
        for each in avatar.avatars():
            avatar.prepare(each.id)

    # --- life -------------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(self, _: object = None) -> AsyncIterator[None]:
        """Load what is embedded, serve, and end cleanly: the web server's lifespan."""
        for work in (upkeep.prepare, upkeep.tidy, upkeep.rest, upkeep.copy_out):
            self.spawn(work(self))
        try:
            yield
        finally:
            for session in self.sessions:
                self.sessions.close(session)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self.filming.close()
            self.memories.close()
            self.residency.close()
            await to_thread.run_sync(upkeep.take_snapshot, self)

    def spawn(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Run work in the background, for as long as the app runs."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @contextmanager
    def one_turn(self) -> Iterator[None]:
        """Count a turn while it lasts. Raises `AtCapacity` where there are too many."""
        if self._turns >= self.settings.max_turns:
            raise AtCapacity("turns", retry_s=_RETRY_S)
        self._turns += 1
        self.turns_begun += 1
        try:
            yield
        finally:
            self._turns -= 1

    @property
    def busy(self) -> bool:
        """Whether anybody is being answered."""
        return self._turns > 0

    def _exhausted(self, stage: Stage, name: str) -> None:
        self.spawn(fall_back(self, stage, name))

    async def say(self, request: TurnRequest) -> Speech:
        """Return `request.text` as speech; see `speaking.say`."""
        if self.gpu:
            return await self.gpu.say(request)
        return await speaking.say(request, self.residency)

    async def show(self, request: TurnRequest, speech: Speech) -> list[MediaChunk]:
        """Return speech as media; see `speaking.show`."""
        if self.gpu:
            return await self.gpu.show(request, speech)
        return await speaking.show(request, self.residency, speech)

    def default_engines(self) -> dict[str, tuple[str, ...]]:
        """Return who serves a new session in each stage, best first."""
        return {
            stage: self.residency.resident(stage, self.settings.preferred(stage))
            for stage in TABLES
        }

    # --- sessions ---------------------------------------------------------------------------------

    def open_session(self, name: str, owner: str | None, *, live: bool) -> Session:
        """Make a session for an owner, or for somebody without a key: then nothing is kept."""
        known = owner is not None
        owner = owner or os.urandom(16).hex()
        memory = self.memory_of(owner) if known else None
        return self.sessions.add(name, Session(self, owner, memory, live=live))

    def memory_of(self, owner: str) -> UserMemory:
        """Return what is remembered of an owner."""
        cached = CachedEmbedding(self.memories.embedding, self.cache.of(owner))
        return self.memories.open(owner, cached)

    def _ended(self, session: Session) -> None:
        session.talk.clear()
        if session.memory is None:  # without a key nobody can come back for these
            self.files.forget(session.owner)
            self.cache.forget(session.owner)

    async def forget(self, owner: str) -> dict[str, int]:
        """Delete everything of an owner, on disk and in memory; return what was removed."""
        for session in self.sessions:
            if session.owner == owner:
                session.halt(session.last_reply)
                session.reset()
        removed = {
            "memories": await to_thread.run_sync(self.memories.delete, owner),
            "documents": await to_thread.run_sync(self.documents.delete_all, owner),
            "pictures": await to_thread.run_sync(self.pictures.delete_all, owner),
            "voices": await to_thread.run_sync(self.voices.delete_all, owner),
            "faces": await to_thread.run_sync(self.faces.delete_all, owner),
            "style": await to_thread.run_sync(self.styles.delete, owner),
            "dictionary": await to_thread.run_sync(self.dictionaries.delete, owner),
            "ratings": await to_thread.run_sync(self.ratings.delete, owner),
            "files": await to_thread.run_sync(self.files.forget, owner),
            "cached": self.cache.forget(owner),
        }
        await to_thread.run_sync(self._remove_home, owner)
        if self.snapshots is not None:
            await to_thread.run_sync(self.snapshots.forget, owner)
        return removed

    async def delete_face(self, owner: str, face: str) -> None:
        """Delete a portrait of an owner, in every session that wears it too.

        Raises `NotFound` "avatar" for an unknown one, `StorageFailed` "disk".
        """
        await to_thread.run_sync(self.faces.delete, owner, face)
        for session in self.sessions:
            if session.owner == owner and session.portrait and session.portrait.id == face:
                session.halt(session.last_reply)
                await session.configure(session.persona.model_copy(update={"avatar": ""}))

    def _remove_home(self, owner: str) -> None:
        shutil.rmtree(self.settings.data / "users" / owner, ignore_errors=True)

    @staticmethod
    def _embedding() -> Embedding:
        engine = memory.ENGINES[-1].make()
        engine.load()
        return cast("Embedding", engine)
