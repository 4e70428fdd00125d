"""The converter as a rung of the ladder, above the WORLD match."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest

from modules.conversation.fallback import Fallback
from modules.errors import EngineFailed
from modules.messages import (
    SPEECH_RATE,
    FloatArray,
    Notice,
    Speech,
    SpokenWord,
    TurnRequest,
    Viseme,
)
from modules.residency import Residency
from modules.voice import ENGINES, write_sample
from modules.voice.openvoice.conversion import Conversion
from modules.voice.openvoice.engine import OpenVoiceEngine
from modules.voice.pieces import FIRST_PIECE
from tests.voice.openvoice.conftest import put
from tests.voice.references import base_profile, reference
from tests.voice.speaking import other_reading, reading, rms, said

CLAUSE = "Xin chào bạn, hôm nay trời đẹp quá, mình cùng đi dạo nhé."
BY_NAME = {spec.name: spec for spec in ENGINES}
ON_CPU = BY_NAME["openvoice-cpu"]


@pytest.fixture(scope="module")
def engine(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenVoiceEngine]:
    made = OpenVoiceEngine(ON_CPU)
    with pytest.MonkeyPatch.context() as patch:
        kept = put(small, tmp_path_factory.mktemp("weights"))
        patch.setattr("modules.voice.openvoice.engine.weights", lambda: kept)
        made.load()
    yield made
    made.close()


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> TurnRequest:
    return asked(tmp_path_factory.mktemp("samples"))


@pytest.fixture
def fresh(tmp_path: Path) -> TurnRequest:
    """A request whose samples nobody has heard yet, in folders of the test's own."""
    return asked(tmp_path)


def asked(folder: Path) -> TurnRequest:
    profiles = []
    for name, known, sound in (
        ("voices", reference("female-like"), other_reading("north-woman")),
        ("base", base_profile(), reading()),
    ):
        path = folder / name / "sample.flac"
        path.parent.mkdir()
        write_sample(path, sound[: 5 * SPEECH_RATE])
        profiles.append(replace(known, sample=str(path)))
    names = ("openvoice-cpu", "world")
    return TurnRequest(1, "", voice=profiles[0], base_voice=profiles[1], engines={"voice": names})


def speech(samples: FloatArray, **changes: Any) -> Speech:
    return Speech(1, 3, samples.copy(), **{"last": True, **changes})


def converted(engine: OpenVoiceEngine, request: TurnRequest, item: Speech) -> list[Speech]:
    return list(engine.open(request).process(item))


def joined(pieces: list[Speech]) -> FloatArray:
    return np.concatenate([piece.samples for piece in pieces])


def test_it_stands_above_the_world_match_and_says_what_it_needs() -> None:
    assert [spec.name for spec in ENGINES] == ["openvoice", "openvoice-cpu", "world"]
    assert {"packages", "weights", "torch", "cuda"} == BY_NAME["openvoice"].needs
    assert {"packages", "weights", "torch"} == ON_CPU.needs
    for spec in ENGINES[:2]:
        assert (spec.licence, spec.weights, spec.embedded) == ("MIT", ("openvoice-v2",), False)


def test_importing_the_engine_imports_nothing_heavy() -> None:
    code = (
        "import sys, modules.voice.openvoice.engine\n"
        "sys.exit(' '.join({'torch', 'pyworld', 'scipy', 'soxr'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_clause_comes_in_pieces_that_are_together_as_long(
    engine: OpenVoiceEngine, request_: TurnRequest
) -> None:
    samples = said(CLAUSE)
    visemes = (Viseme(0, 20_000, "open"), Viseme(20_000, len(samples), "rest"))
    words = (SpokenWord(0, 5_000, "xin"), SpokenWord(30_000, 34_000, "trời"))
    pieces = converted(engine, request_, speech(samples, visemes=visemes, words=words))
    assert len(pieces[0].samples) == FIRST_PIECE
    assert len(joined(pieces)) == len(samples)
    assert [piece.last for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert [word.text for piece in pieces for word in piece.words] == ["xin", "trời"]
    assert sum(v.end - v.start for piece in pieces for v in piece.visemes) == len(samples)
    assert rms(joined(pieces) - samples) > 0.3 * rms(samples)


def test_it_is_as_loud_as_the_base_voice(engine: OpenVoiceEngine, request_: TurnRequest) -> None:
    samples = said(CLAUSE)
    out = joined(converted(engine, request_, speech(samples)))
    assert abs(20 * np.log10(rms(out) / rms(samples))) < 4  # random weights know no words


def test_where_the_clause_is_silent_so_is_the_conversion(
    engine: OpenVoiceEngine, request_: TurnRequest
) -> None:
    quiet = np.zeros(SPEECH_RATE, np.float32)
    samples = np.concatenate([said("Xin chào."), quiet, said("Dạ.")])
    out = joined(converted(engine, request_, speech(samples)))
    begin = len(said("Xin chào.")) + 4_000
    assert np.abs(out[begin : begin + 12_000]).max() < 1e-4


@pytest.mark.parametrize("samples", [np.zeros(9_000, np.float32), np.zeros(0, np.float32)])
def test_silence_and_nothing_pass_unharmed(
    engine: OpenVoiceEngine, request_: TurnRequest, samples: FloatArray
) -> None:
    (given,) = converted(engine, request_, speech(samples))
    np.testing.assert_array_equal(given.samples, samples)


def test_without_a_voice_the_base_voice_speaks(
    engine: OpenVoiceEngine, request_: TurnRequest
) -> None:
    (given,) = converted(engine, replace(request_, voice=None), speech(said("Dạ.")))
    np.testing.assert_array_equal(given.samples, said("Dạ."))


def test_speakers_and_their_filter_are_kept_and_not_heard_again(
    engine: OpenVoiceEngine, fresh: TurnRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = joined(converted(engine, fresh, speech(said("Dạ."))))
    kept = sorted(path.name.split("-")[0] for path in tmp_path.rglob("*.npy"))
    assert kept == ["openvoice"] * 3  # two speakers, and the filter beside the user's sample
    assert len(list((tmp_path / "voices").glob("*.npy"))) == 2
    monkeypatch.setattr(
        "modules.voice.openvoice.pairs.speaker_of", lambda *_: pytest.fail("heard again")
    )
    again = joined(converted(engine, fresh, speech(said("Dạ."))))
    np.testing.assert_allclose(first, again, atol=1e-4)


@pytest.mark.parametrize("damage", [np.zeros(3), np.full(256, np.nan)])
def test_what_is_kept_in_another_shape_is_heard_anew(
    engine: OpenVoiceEngine, fresh: TurnRequest, tmp_path: Path, damage: FloatArray
) -> None:
    first = joined(converted(engine, fresh, speech(said("Dạ."))))
    for path in tmp_path.rglob("*.npy"):
        np.save(path, damage.astype(np.float32))
    again = joined(converted(engine, fresh, speech(said("Dạ."))))
    np.testing.assert_allclose(first, again, atol=1e-4)


def test_without_a_sample_of_the_base_voice_its_first_speech_stands_in(
    engine: OpenVoiceEngine, fresh: TurnRequest, tmp_path: Path
) -> None:
    out = converted(engine, replace(fresh, base_voice=None), speech(said(CLAUSE)))
    assert len(joined(out)) == len(said(CLAUSE))
    assert list((tmp_path / "base").glob("*.npy")) == []


def test_the_same_sample_and_clause_give_the_same_sound_in_every_turn(
    engine: OpenVoiceEngine, request_: TurnRequest
) -> None:
    one = joined(converted(engine, request_, speech(said(CLAUSE))))
    other = joined(converted(engine, pickle.loads(pickle.dumps(request_)), speech(said(CLAUSE))))
    np.testing.assert_array_equal(one, other)


def test_sound_at_another_rate_is_a_fault_of_the_engine_before(
    engine: OpenVoiceEngine, request_: TurnRequest
) -> None:
    with pytest.raises(EngineFailed, match="wrong_rate"):
        converted(engine, request_, speech(said("Dạ."), rate=16_000))


def laddered(
    engine: OpenVoiceEngine, request: TurnRequest, item: Speech
) -> tuple[list[Speech], list[Notice]]:
    async def turn() -> tuple[list[Speech], list[Notice]]:
        residency = Residency({"voice": ENGINES})
        residency.adopt(engine)
        await residency.load("voice", "world")
        notices: list[Notice] = []

        async def tell(notice: Notice) -> None:
            notices.append(notice)

        stage = Fallback[Speech, Speech]("voice", request, residency, tell=tell)
        pieces = [piece async for piece in stage.run(item)]
        await stage.aclose()
        return pieces, notices

    return anyio.run(turn)


def test_the_ladder_serves_it_first(engine: OpenVoiceEngine, request_: TurnRequest) -> None:
    pieces, notices = laddered(engine, request_, speech(said(CLAUSE)))
    assert notices == []
    # Another thread may add up in another order.
    np.testing.assert_allclose(
        joined(pieces), joined(converted(engine, request_, speech(said(CLAUSE)))), atol=1e-4
    )


def test_where_the_sample_is_gone_the_world_match_takes_over(
    engine: OpenVoiceEngine, fresh: TurnRequest
) -> None:
    assert fresh.voice is not None
    Path(fresh.voice.sample).unlink()
    pieces, notices = laddered(engine, fresh, speech(said(CLAUSE)))
    assert len(joined(pieces)) == len(said(CLAUSE))
    (notice,) = notices
    assert notice.code == "demoted"
    assert notice.params == {
        "engine": "openvoice-cpu", "next": "world", "why": "engine_failed.no_sample",
    }  # fmt: skip


@pytest.mark.parametrize("fault", ["out of memory", "not a number"])
def test_a_fault_inside_the_network_demotes_it(
    engine: OpenVoiceEngine, request_: TurnRequest, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    converted(engine, request_, speech(said("Dạ.")))

    def broken(self: object, until: int) -> FloatArray:
        if fault == "out of memory":
            raise RuntimeError("CUDA out of memory")
        return np.full(until, np.nan, dtype=np.float32)

    monkeypatch.setattr(Conversion, "render", broken)
    pieces, (notice,) = laddered(engine, request_, speech(said(CLAUSE)))
    why = {"out of memory": "engine_failed.memory", "not a number": "engine_failed.not_finite"}
    assert notice.params["why"] == why[fault]
    assert len(joined(pieces)) == len(said(CLAUSE))
