"""A user's style on disk: the profile, the counts behind it, and the masked exemplars.

    users/<owner>/style/profile.json      what a person reads and edits
    users/<owner>/style/counts.json       what it is computed from: no message, only counts
    users/<owner>/style/exemplars.jsonl   masked messages

Files are written beside and renamed, mode 0600. Messages themselves are not kept.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from modules.errors import InvalidInput, StorageFailed
from modules.persona.style import feedback
from modules.persona.style.counting import Counts
from modules.persona.style.exemplars import MOST, Exemplar, Sample
from modules.persona.style.exports import Export, Progress
from modules.persona.style.feedback import Correction
from modules.persona.style.lessons import Learned, lesson_of, unnamed
from modules.persona.style.profile import StyleProfile, check_profile, learned

PROFILE, COUNTS, EXEMPLARS = "profile.json", "counts.json", "exemplars.jsonl"
_LIVE_EXEMPLARS = 100

Kept = TypeVar("Kept", bound=BaseModel)


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")

    read: Counts = Field(default_factory=Counts)
    """The messages of exports, and of the conversation."""
    live: Counts = Field(default_factory=Counts)
    """Those of the conversation alone."""


class StyleStore:
    """The styles of all users; safe for threads, each user's files touched by one at a time."""

    def __init__(self, users: Path) -> None:
        self._users = users
        self._guard = threading.Lock()
        self._locks: dict[str, tuple[threading.Lock, int]] = {}

    def of(self, owner: str) -> StyleShelf:
        """Return the style of a user: a light handle. `owner` is lower-case hexadecimal."""
        if not owner or set(owner) - set("0123456789abcdef"):
            raise InvalidInput("malformed", field="owner")
        return StyleShelf(self._users / owner / "style", lambda: self._held(owner))

    @contextmanager
    def _held(self, owner: str) -> Iterator[None]:
        with self._guard:
            lock, waiting = self._locks.get(owner, (threading.Lock(), 0))
            self._locks[owner] = lock, waiting + 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, waiting = self._locks[owner]
                if waiting > 1:
                    self._locks[owner] = lock, waiting - 1
                else:
                    del self._locks[owner]


class StyleShelf:
    """The style of one user."""

    def __init__(self, home: Path, held: Callable[[], AbstractContextManager[None]]) -> None:
        self._home = home
        self._held = held

    # --- reading ----------------------------------------------------------------------------------

    def profile(self) -> StyleProfile:
        """Return the profile, an empty one where nothing was learned. Raises `StorageFailed`."""
        return _loaded(self._home / PROFILE, StyleProfile)

    def exemplars(self) -> list[Exemplar]:
        """Return the masked messages. Raises `StorageFailed`."""
        try:
            lines = (self._home / EXEMPLARS).read_text(encoding="utf-8").splitlines()
            return [Exemplar(**json.loads(line)) for line in lines]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise StorageFailed("unreadable") from error

    def stamp(self) -> tuple[int, int]:
        """Return what changes whenever the exemplars do: for a cache of their vectors."""
        try:
            status = (self._home / EXEMPLARS).stat()
        except OSError:
            return (0, 0)
        return (status.st_mtime_ns, status.st_ino)

    def files(self) -> list[Path]:
        """Return the files, for an export of all that is kept."""
        return [
            path for name in (PROFILE, COUNTS, EXEMPLARS) if (path := self._home / name).exists()
        ]

    # --- learning ---------------------------------------------------------------------------------

    def learn(
        self, export: Export, author: str | None = None, progress: Progress | None = None
    ) -> Learned:
        """Learn from the messages of one author of an export; the newest export counts.

        Without an author everything is learned where only one wrote; where several did, nothing
        is, and the answer names them. Raises `InvalidInput` for an author who did not write.
        """
        lesson = lesson_of(export, author, progress)
        if lesson.author is None:
            return lesson.learned(self.profile())
        with self._opened() as kept:
            fresh = _Kept(read=_merged(lesson.counts, kept.live), live=kept.live)
            profile = self._keep(fresh, lesson.sample.found())
        return lesson.learned(profile)

    def hear(self, said: str, last: str = "", *, typed: bool = True) -> Correction | None:
        """Learn from what the user writes in the conversation, unless they opted out.

        Of what was spoken (not `typed`) only the words count: the recogniser wrote the rest.
        Returns a correction of `last`, the assistant's last sentence, where it is one: that counts
        in any case, and nothing else is learned from it.
        """
        correction = correction_of(said, last)
        if correction is not None:
            self.correct(correction)
            return correction
        with self._opened() as kept:
            profile = self.profile()
            if not profile.learning:
                return None
            for counts in (kept.read, kept.live):
                counts.add(unnamed(said), typed=typed)
                counts.prune()
            self._keep(kept, self._with_exemplar(said, last) if typed else self.exemplars())
        return None

    def correct(self, correction: Correction) -> StyleProfile:
        """Keep a correction; return the profile. Raises `StorageFailed`."""
        with self._locked():
            profile = feedback.applied(self.profile(), correction)
            self._write(PROFILE, profile.model_dump_json(indent=1))
        return profile

    def edit(self, changes: object) -> StyleProfile:
        """Change fields of the profile as a person did; they stay as they are from then on.

        Raises `InvalidInput` whose `field` is the key, and `StorageFailed`.
        """
        with self._locked():
            profile = check_profile(changes, self.profile())
            self._write(PROFILE, profile.model_dump_json(indent=1))
        return profile

    def erase(self) -> int:
        """Remove everything; return how many files it was."""
        with self._locked():
            count = len(self.files())
            shutil.rmtree(self._home, ignore_errors=True)
        return count

    # --- files ------------------------------------------------------------------------------------

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._held():
            yield

    @contextmanager
    def _opened(self) -> Iterator[_Kept]:
        with self._locked():
            yield _loaded(self._home / COUNTS, _Kept)

    def _keep(self, kept: _Kept, exemplars: list[Exemplar]) -> StyleProfile:
        profile = learned(kept.read, kept.live, self.profile())
        self._write(COUNTS, kept.model_dump_json())
        rows = [json.dumps(asdict(each), ensure_ascii=False) for each in exemplars]
        self._write(EXEMPLARS, "".join(f"{row}\n" for row in rows))
        self._write(PROFILE, profile.model_dump_json(indent=1))
        return profile

    def _with_exemplar(self, said: str, last: str) -> list[Exemplar]:
        sample = Sample(1)
        sample.add(said, last)
        known = self.exemplars()
        fresh = [each for each in sample.found() if each.text not in {e.text for e in known}]
        return [*known, *fresh][-(MOST + _LIVE_EXEMPLARS) :]

    def _write(self, name: str, text: str) -> None:
        path = self._home / name
        partial = path.with_suffix(".partial")
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise StorageFailed("disk", what=name) from error


def correction_of(said: str, last: str) -> Correction | None:
    """Return the correction in what was said: see `feedback.correction_in`."""
    return feedback.correction_in(said, last)


def _merged(one: Counts, other: Counts) -> Counts:
    """Return what two counts have together."""
    values = {}
    for name in Counts.model_fields:
        values[name] = getattr(one, name) + getattr(other, name)
    return Counts(**values)


def _loaded(path: Path, model: type[Kept]) -> Kept:
    try:
        return model.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return model()
    except (OSError, ValueError) as error:  # pydantic's ValidationError is a ValueError
        raise StorageFailed("unreadable") from error
