"""The voices that people left with their consent: biometric data, kept by owner and by content.

    users/<owner>/voices/<id>/sample.flac  profile.npz  meta.json

A voice is built in a directory beside it and renamed when it is whole; `id` is the hash of the
sound, so the same sample is the same voice. The name is what the user calls it: data, never a path.
"""

from __future__ import annotations

import io
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import soundfile

from modules.errors import ConsentRequired, InvalidInput, NotFound, StorageFailed
from modules.messages import SPEECH_RATE, FloatArray, VoiceProfile
from modules.private import PREFIX, make_private, remove, storage, write_private
from modules.text.names import clean_name
from modules.voice.profile import load_profile, measure_profile, save_profile
from modules.voice.record import (
    ID,
    META,
    PROFILE,
    SAMPLE,
    StoredVoice,
    digest,
    id_of,
    read_record,
    write_record,
)
from modules.voice.sample import prepare_sample

log = logging.getLogger("guong.voice")

MOST_VOICES = 20
"""Per owner: enough for a family, too few to fill a disk."""

_TOUCH_AFTER_S = 3600.0
_ABANDONED_S = 3600.0  # younger, and another process may still be writing it
_DAY_S = 86_400.0


# In the class below `list` is a method.
Voices = list[StoredVoice]
Paths = list[Path]


class VoiceStore:
    """The voices under one directory of users. Safe to use from several threads and processes."""

    def __init__(self, users: Path, clock: Callable[[], float] = time.time) -> None:
        self._users = users
        self._clock = clock

    def add(
        self, owner: str, name: str, samples: FloatArray, rate: int, consent: bool
    ) -> StoredVoice:
        """Clean, measure and keep a sample (mono float32 [n] at `rate`) of somebody's voice.

        A sample that is there already gets the new name. Raises `ConsentRequired` "voice" before
        anything is analysed or written, `InvalidInput` for the name ("empty", "too_long"), the
        sample (see `prepare_sample`) or one voice too many ("too_many"), `StorageFailed` "disk".
        """
        if not consent:
            raise ConsentRequired("voice")
        name = clean_name(name)
        home = self._home(owner)
        sha256 = digest(samples, rate)
        now = self._clock()
        directory = home / id_of(sha256)
        if (known := read_record(directory)) is not None:
            voice = replace(known, name=name, consented=now, used=now)
            self._rewrite(directory, voice)
            return voice
        if len(self.list(owner)) >= MOST_VOICES:
            raise InvalidInput("too_many", field="sample", limit=MOST_VOICES)
        cleaned = prepare_sample(samples, rate)
        seconds = round(len(cleaned) / SPEECH_RATE, 1)
        voice = StoredVoice(directory.name, name, seconds, now, now, now, sha256)
        profile = measure_profile(cleaned, SPEECH_RATE, id=voice.id, name=name)
        with storage(directory.name):
            _build(directory, voice, cleaned, profile)
        log.info("voice %s kept: %.1f s", voice.id, seconds)
        return voice

    def list(self, owner: str) -> Voices:
        """Return an owner's voices, the oldest first."""
        found = [read_record(directory) for directory in _directories(self._home(owner))]
        return sorted((v for v in found if v), key=lambda voice: (voice.created, voice.id))

    def get(self, owner: str, id: str) -> VoiceProfile:  # noqa: A002
        """Return a voice's profile, and note that it was used.

        A profile that is damaged, or of another version, is measured again. Raises `NotFound`
        "voice" for an unknown id, and for another owner's in the same way; `StorageFailed`
        "unreadable" where the sample is damaged too.
        """
        directory, voice = self._find(owner, id)
        try:
            profile = load_profile(directory / PROFILE)
        except StorageFailed:
            log.warning("profile of voice %s is measured again", voice.id)
            profile = _measured_again(directory, voice)
        self._touch(directory, voice)
        return replace(profile, name=voice.name)

    def delete(self, owner: str, id: str) -> None:  # noqa: A002
        """Delete a voice. Raises `NotFound` "voice" as `get` does, `StorageFailed` "disk"."""
        directory, _ = self._find(owner, id)
        with storage(directory.name):
            remove(directory)
        log.info("voice %s deleted", directory.name)

    def delete_all(self, owner: str) -> int:
        """Delete all voices of an owner, and whatever is left of unfinished ones; return how many
        voices there were. Raises `StorageFailed` "disk".
        """
        home = self._home(owner)
        count = len(self.list(owner))
        with storage(home.name):
            for directory in home.iterdir() if home.exists() else ():
                remove(directory)
        return count

    def expire(self, older_than_days: float) -> int:
        """Delete the voices that were not used for so long; return how many.

        What a crash left unfinished is deleted too. Raises `StorageFailed` "disk".
        """
        deadline = self._clock() - older_than_days * _DAY_S
        failed: list[StorageFailed] = []
        count = 0
        for directory in sorted(self._users.glob("*/voices/*")):
            voice = read_record(directory)
            if voice.used < deadline if voice else self._abandoned(directory):
                try:
                    with storage(directory.name):
                        remove(directory)
                    count += voice is not None
                except StorageFailed as error:  # the others are due all the same
                    failed.append(error)
        if failed:
            raise failed[0]
        return count

    def export(self, owner: str) -> Paths:
        """Return all files of an owner's voices."""
        home = self._home(owner)
        return [
            home / voice.id / file for voice in self.list(owner) for file in (SAMPLE, PROFILE, META)
        ]

    def _home(self, owner: str) -> Path:
        # An owner is an id that the app derived; anything else is a way out of the directory.
        if not ID.fullmatch(owner):
            raise NotFound("owner")
        return self._users / owner / "voices"

    def _find(self, owner: str, id: str) -> tuple[Path, StoredVoice]:  # noqa: A002
        if ID.fullmatch(owner) and ID.fullmatch(id):
            directory = self._home(owner) / id
            if (voice := read_record(directory)) is not None:
                return directory, voice
        raise NotFound("voice", id=id[:64])

    def _touch(self, directory: Path, voice: StoredVoice) -> None:
        now = self._clock()
        if now - voice.used < _TOUCH_AFTER_S:
            return
        try:
            self._rewrite(directory, replace(voice, used=now))
        except StorageFailed:
            # A full disk must not silence a voice that can be read.
            log.warning("use of voice %s could not be noted", voice.id)

    def _rewrite(self, directory: Path, voice: StoredVoice) -> None:
        with storage(directory.name):
            write_record(directory, voice)

    def _abandoned(self, directory: Path) -> bool:
        try:
            return directory.stat().st_mtime < self._clock() - _ABANDONED_S
        except FileNotFoundError:  # finished, or deleted, this very moment
            return False


def _build(directory: Path, voice: StoredVoice, cleaned: FloatArray, profile: VoiceProfile) -> None:
    make_private(directory.parent)
    unfinished = Path(mkdtemp(prefix=PREFIX, dir=directory.parent))  # mkdtemp's own mode is 0700
    try:
        packed = io.BytesIO()  # libsndfile would swallow the error of a full disk
        soundfile.write(packed, cleaned, SPEECH_RATE, format="FLAC", subtype="PCM_16")
        write_private(unfinished / SAMPLE, packed.getvalue())
        save_profile(profile, unfinished / PROFILE)
        write_record(unfinished, voice)
        _put(unfinished, directory)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _measured_again(directory: Path, voice: StoredVoice) -> VoiceProfile:
    try:
        samples, rate = soundfile.read(directory / SAMPLE, dtype="float32")
        profile = measure_profile(samples, rate, id=voice.id, name=voice.name)
    except (soundfile.LibsndfileError, InvalidInput) as error:
        raise StorageFailed("unreadable", what=SAMPLE) from error
    with storage(directory.name):
        save_profile(profile, directory / PROFILE)
    return profile


def _put(unfinished: Path, directory: Path) -> None:
    if directory.exists() and read_record(directory) is None:
        remove(directory)
    try:
        unfinished.rename(directory)
    except OSError:
        if read_record(directory) is None:
            raise
        # Another request brought the same sample meanwhile: its voice is this one.


def _directories(home: Path) -> Iterator[Path]:
    if home.is_dir():
        yield from (path for path in home.iterdir() if ID.fullmatch(path.name))
