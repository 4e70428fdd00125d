"""Recorded voices in the ladder: what is wrong with one is told, and the next engine speaks."""

from __future__ import annotations

from pathlib import Path

import anyio
import numpy as np
import pytest

from modules import tts
from modules.conversation.base_voices import BaseVoices
from modules.conversation.speaking import run
from modules.errors import EngineUnavailable, WeightsRejected
from modules.messages import SPEECH_RATE, Clause, Persona, Speech, TurnRequest
from modules.models import Weights
from modules.residency import Residency
from modules.tts.piper import engine as piper_engine
from modules.tts.piper.network import PiperNetwork
from tests.tts import piper_voice

WOMAN = Persona(gender="female", region="north")
CLAUSES = [Clause(0, 0, "", "Mẹ mua một bó hoa."), Clause(0, 1, "", "Bố pha trà.", True)]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    made = piper_voice.fetched(tmp_path / "models")
    monkeypatch.setattr(piper_engine, "weights", lambda: made)
    return made


async def speak(residency: Residency, **changes: object) -> list[Speech]:
    engines = {"tts": residency.resident("tts")}
    request = TurnRequest(0, "", persona=WOMAN, engines=engines, live=False, **changes)  # type: ignore[arg-type]
    return await run(request, residency, "tts", CLAUSES)


def test_a_fetched_voice_speaks_before_the_drawn_one(kept: Weights) -> None:
    async def turn() -> list[Speech]:
        residency = Residency({"tts": tts.ENGINES}, kept)
        await residency.load_embedded()
        await residency.load("tts", "piper")
        assert residency.resident("tts") == ("piper", "espeak")
        return await speak(residency)

    pieces = anyio.run(turn)
    assert [word.text for piece in pieces for word in piece.words][:3] == ["Mẹ", "mua", "một"]
    hum = np.abs(np.fft.rfft(pieces[0].samples))
    assert abs(np.argmax(hum) * SPEECH_RATE / len(pieces[0].samples) - 200) < 60


def test_without_weights_the_page_is_told_what_to_get(tmp_path: Path) -> None:
    async def load() -> None:
        residency = Residency({"tts": tts.ENGINES}, Weights(tmp_path))
        residency.research = True
        await residency.load_embedded()
        for name, key in (
            ("vieneu", "vieneu-v3-turbo"), ("piper", "piper-vais1000"), ("mms", "mms-tts-vie")
        ):  # fmt: skip
            with pytest.raises(EngineUnavailable):
                await residency.load("tts", name)
            line = next(each for each in residency.report() if each.spec.name == name)
            assert (line.reason, line.remedy) == ("engine_unavailable.weights_missing", key)
        assert residency.resident("tts") == ("espeak",)

    anyio.run(load)


def test_a_voice_that_was_tampered_with_is_named_and_the_drawn_one_goes_on(
    kept: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kept.directory / piper_voice.KEY / piper_voice.NAME
    data = bytearray(path.read_bytes())
    data[100] ^= 1

    async def turn() -> list[Speech]:
        residency = Residency({"tts": tts.ENGINES}, kept)
        await residency.load_embedded()
        assert kept.present(piper_voice.KEY)
        path.write_bytes(data)
        monkeypatch.setattr(residency, "obstacle", lambda spec: ("", ""))
        monkeypatch.setattr(kept, "path", lambda key: kept.directory / key)
        with pytest.raises(WeightsRejected):
            await residency.load("tts", "piper")
        line = next(each for each in residency.report() if each.spec.name == "piper")
        assert (line.state, line.reason) == ("failed", "weights_rejected.altered")
        return await speak(residency)

    assert sum(len(piece.samples) for piece in anyio.run(turn)) > SPEECH_RATE


def test_a_network_that_breaks_in_mid_turn_hands_the_clause_over(
    kept: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = PiperNetwork.run
    calls = []

    def breaking(self: PiperNetwork, ids: list[int], pace: float = 1.0) -> object:
        calls.append(len(ids))
        samples, frames = real(self, ids, pace)
        return (samples * np.nan if len(calls) == 2 else samples), frames

    async def turn() -> list[Speech]:
        residency = Residency({"tts": tts.ENGINES}, kept)
        await residency.load_embedded()
        await residency.load("tts", "piper")
        monkeypatch.setattr(PiperNetwork, "run", breaking)
        return await speak(residency)

    pieces = anyio.run(turn)
    assert len(calls) == 2  # the first clause, and the second that broke
    assert {piece.clause for piece in pieces} == {0, 1} and pieces[-1].last
    assert all(np.isfinite(piece.samples).all() for piece in pieces)


def test_each_engine_has_a_base_voice_of_its_own_that_a_match_starts_from(
    kept: Weights, tmp_path: Path
) -> None:
    async def measure() -> BaseVoices:
        residency = Residency({"tts": tts.ENGINES}, kept)
        await residency.load_embedded()
        await residency.load("tts", "piper")
        voices = BaseVoices(residency, tmp_path / "base_voices")
        assert voices.ready(WOMAN, ("piper", "espeak")) == (("piper", "espeak"), None)
        drawn = await voices.at_once(WOMAN, ("piper", "espeak"))
        assert await voices.at_once(WOMAN, ("piper", "espeak")) is drawn
        assert voices.ready(WOMAN, ("piper", "espeak")) == (("espeak", "piper"), drawn)
        recorded = await voices.of(WOMAN, ("piper", "espeak"))
        assert drawn is not None and recorded is not None
        assert (drawn.id, recorded.id) == ("north-woman", "piper-vais1000")
        assert voices.ready(WOMAN, ("piper", "espeak")) == (("piper", "espeak"), recorded)
        return voices

    anyio.run(measure)
    kept_samples = sorted(path.name for path in (tmp_path / "base_voices").glob("*.flac"))
    assert [name.rsplit("-", 1)[0] for name in kept_samples] == [
        "espeak-north-woman", "piper-piper-vais1000"
    ]  # fmt: skip
