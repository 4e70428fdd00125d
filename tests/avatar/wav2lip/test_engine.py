"""Off until the owner allows it; then it speaks like every other face with a painter."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import anyio
import numpy as np
import pytest

from modules.avatar import ENGINES
from modules.avatar.neural.queue import PaintQueue
from modules.avatar.neural.shelf import motion_file, write_motion
from modules.avatar.wav2lip import engine as engines
from modules.avatar.wav2lip.engine import Wav2LipEngine
from modules.avatar.wav2lip.painter import Wav2LipPainter
from modules.errors import EngineUnavailable, WeightsRejected
from modules.messages import TurnRequest
from modules.models import Receipt, Weights, write_receipts
from modules.residency import Residency
from tests.avatar.conftest import pictures, play, silence, spoken
from tests.avatar.neural import oracle
from tests.avatar.wav2lip.test_painter import face_points
from tests.fetched import as_fetched

SPEC = next(spec for spec in ENGINES if spec.name == "wav2lip")


@pytest.fixture
def fetched(released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """The app's weights, with the filled file where the released one would be."""
    folder = tmp_path / "models" / "wav2lip"
    folder.mkdir(parents=True)
    shutil.copy(released, folder)
    kept = as_fetched(tmp_path / "models", "avatar", hashed=False)
    monkeypatch.setattr(engines, "weights", lambda: kept)
    return kept


def test_it_is_off_until_the_owner_allows_it(
    fetched: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GUONG_RESEARCH", raising=False)
    with pytest.raises(EngineUnavailable) as caught:
        Wav2LipEngine(SPEC).load()
    assert caught.value.code == "engine_unavailable.research"
    assert caught.value.params["remedy"] == "GUONG_RESEARCH=1"


def test_it_is_neither_fetched_nor_loaded_before(fetched: Weights) -> None:
    residency = Residency({"avatar": ENGINES}, fetched)
    assert residency.obstacle(SPEC)[0] == "engine_unavailable.research"
    residency.research = True
    assert residency.obstacle(SPEC)[0] == ""


def test_its_licence_is_shown_as_non_commercial() -> None:
    assert "non-commercial" in SPEC.licence
    assert {"licence", "research"} <= SPEC.needs


def test_once_allowed_it_loads_and_hears(fetched: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUONG_RESEARCH", "1")

    async def load() -> tuple[str, ...]:
        residency = Residency({"avatar": ENGINES}, fetched)
        residency.research = True
        await residency.load("avatar", "wav2lip")
        with residency.lease("avatar", "wav2lip") as engine:
            assert isinstance(engine, Wav2LipEngine)
            assert engine.silence.shape[1:] == (1, 80, 16)
        serving = residency.resident("avatar")
        await residency.unloaded("avatar", "wav2lip")
        return serving

    assert anyio.run(load) == ("wav2lip",)


def test_an_altered_file_is_refused(fetched: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUONG_RESEARCH", "1")
    path = fetched.path("wav2lip") / "wav2lip_gan.pth"
    path.write_bytes(path.read_bytes()[:-1000])
    folder, file = path.parent, fetched.models["wav2lip"].files[0]
    write_receipts(folder, {path.name: Receipt.of(path, file)})
    with pytest.raises(WeightsRejected):
        Wav2LipEngine(SPEC).load()


def test_a_portrait_speaks_and_in_silence_its_own_mouth_is_shown(
    released: Path, tmp_path: Path
) -> None:
    engine = Wav2LipEngine(SPEC)
    engine._queue = PaintQueue(Wav2LipPainter.load(released.parent, None))
    face = oracle.portrait(tmp_path)
    motion = oracle.motion(8, loops=True)
    points = np.stack([face_points(256, 240, 90)] * 8)
    write_motion(motion_file(face), replace(motion, points=points))
    assert engine.prepare(face)
    request = TurnRequest(1, "", portrait=face)
    said, quiet = spoken(0.5), silence(0.8, last=True)
    frames = pictures(play(engine.open(request), said, quiet))
    own = motion.frames.all()
    differences = np.array([np.abs(own.astype(int) - f).mean((1, 2, 3)).min() for f in frames])
    assert len(frames) == 32 + 1 + 10
    assert differences[2:10].min() > 0.1
    assert differences[-15:].max() == 0
    engine.close()
