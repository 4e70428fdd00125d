"""Base voices are measured once, and half a minute of each is kept for engines that listen."""

from __future__ import annotations

import stat
from pathlib import Path

import anyio
import numpy as np
import pytest
import soundfile

from modules import tts
from modules.conversation.base_voices import BaseVoices
from modules.messages import SPEECH_RATE, Persona, VoiceProfile
from modules.residency import Residency
from tests.voice.references import base_profile

MAN = Persona(voice="north-man")


def profile(folder: Path, *, engines: tuple[str, ...] = ("espeak",)) -> VoiceProfile | None:
    async def ask() -> VoiceProfile | None:
        residency = Residency({"tts": tts.ENGINES})
        await residency.load("tts", "espeak")
        return await BaseVoices(residency, folder).of(MAN, engines)

    return anyio.run(ask)


def test_half_a_minute_of_a_base_voice_is_kept_under_the_digest_of_its_sound(
    tmp_path: Path,
) -> None:
    found = profile(tmp_path / "base_voices")
    assert found is not None
    path = Path(found.sample)
    assert path.parent == tmp_path / "base_voices"
    assert path.name.startswith("espeak-north-man-")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == SPEECH_RATE
    assert 28 < len(samples) / rate < 45
    assert np.abs(samples).max() > 0.1


def test_its_measures_are_still_those_of_the_text_that_people_read(tmp_path: Path) -> None:
    found, known = profile(tmp_path), base_profile("north-man")
    assert found is not None
    assert found.f0_hz == pytest.approx(known.f0_hz, rel=0.01)
    np.testing.assert_allclose(found.envelope_db, known.envelope_db, atol=0.5)


def test_it_is_written_once_and_again_only_where_the_voice_speaks_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = profile(tmp_path)
    assert first is not None
    kept = Path(first.sample)
    (tmp_path / f"openvoice-{kept.stem}-0.npy").write_bytes(b"")
    written = kept.stat().st_mtime_ns
    again = profile(tmp_path)
    assert again is not None
    assert (again.sample, kept.stat().st_mtime_ns) == (first.sample, written)
    monkeypatch.setattr("modules.voice.more_to_read", lambda: ("Một câu khác.",), raising=False)
    other = profile(tmp_path)
    assert other is not None
    assert [path.name for path in tmp_path.iterdir()] == [Path(other.sample).name]
    assert other.sample != first.sample


def test_on_a_full_disk_the_voice_is_measured_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr("modules.voice.record.write_private", full)
    found = profile(tmp_path)
    assert found is not None
    assert found.sample == ""
    assert found.f0_hz > 0


def test_without_an_engine_there_is_nothing_to_measure(tmp_path: Path) -> None:
    assert profile(tmp_path, engines=()) is None
