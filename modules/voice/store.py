"""The voices that people left with their consent: biometric data, kept by owner and by content.

    users/<owner>/voices/<id>/sample.flac  profile.npz  meta.json

A voice is built in a directory beside it and renamed when it is whole; `id` is the hash of the
sound, so the same sample is the same voice. The name is what the user calls it: data, never a path.
An engine that listens to the sample itself may keep what it heard beside it, in files of its own:
they go when the voice goes.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import soundfile

from modules.errors import ConsentRequired, InvalidInput, StorageFailed
from modules.keeping import META, Keeping, Kind
from modules.messages import SPEECH_RATE, FloatArray, VoiceProfile
from modules.private import storage
from modules.text.names import clean_name
from modules.voice.profile import load_profile, measure_profile, save_profile
from modules.voice.record import ID, PROFILE, SAMPLE, StoredVoice, digest, id_of, write_sample
from modules.voice.sample import prepare_sample

log = logging.getLogger("guong.voice")

MOST_VOICES = 20
"""Per owner: enough for a family, too few to fill a disk."""


class VoiceStore(Keeping[StoredVoice]):
    """The voices under one directory of users. Safe to use from several threads and processes.

    An unknown voice, and another owner's, is `NotFound` "voice".
    """

    kind = Kind(
        StoredVoice, "voices", ID, (SAMPLE, PROFILE, META), unknown="voice", word="voice", log=log
    )

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
        if (known := self._read(directory)) is not None:
            voice = replace(known, name=name, consented=now, used=now)
            self._rewrite(directory, voice)
            return voice
        if len(self.list(owner)) >= MOST_VOICES:
            raise InvalidInput("too_many", field="sample", limit=MOST_VOICES)
        cleaned = prepare_sample(samples, rate)
        seconds = round(len(cleaned) / SPEECH_RATE, 1)
        voice = StoredVoice(directory.name, name, seconds, now, now, now, sha256)
        profile = measure_profile(cleaned, SPEECH_RATE, id=voice.id, name=name)
        self._build(directory, voice, lambda folder: _fill(folder, cleaned, profile))
        log.info("voice %s kept: %.1f s", voice.id, seconds)
        return voice

    def get(self, owner: str, id: str) -> VoiceProfile:  # noqa: A002
        """Return a voice's profile with the path of its sample, and note that it was used.

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
        return replace(profile, name=voice.name, sample=str(directory / SAMPLE))


def _fill(folder: Path, cleaned: FloatArray, profile: VoiceProfile) -> None:
    write_sample(folder / SAMPLE, cleaned)
    save_profile(profile, folder / PROFILE)


def _measured_again(directory: Path, voice: StoredVoice) -> VoiceProfile:
    try:
        samples, rate = soundfile.read(directory / SAMPLE, dtype="float32")
        profile = measure_profile(samples, rate, id=voice.id, name=voice.name)
    except (soundfile.LibsndfileError, InvalidInput) as error:
        raise StorageFailed("unreadable", what=SAMPLE) from error
    with storage(directory.name):
        save_profile(profile, directory / PROFILE)
    return profile
