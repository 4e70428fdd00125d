"""Off until the owner allows it; then it speaks like every other face with a painter."""

from __future__ import annotations

import shutil
from pathlib import Path

import anyio
import pytest

from modules.avatar import ENGINES
from modules.avatar.wav2lip import engine as engines
from modules.avatar.wav2lip.engine import Wav2LipEngine
from modules.errors import EngineUnavailable, WeightsRejected
from modules.models import FileSpec, ModelSpec, Receipt, Weights, write_receipts
from modules.residency import Residency

SPEC = next(spec for spec in ENGINES if spec.name == "wav2lip")


@pytest.fixture
def fetched(released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """The app's weights, with the filled file where the released one would be."""
    folder = tmp_path / "models" / "wav2lip"
    folder.mkdir(parents=True)
    shutil.copy(released, folder)
    path = folder / released.name
    file = FileSpec(released.name, path.stat().st_size, "test/filled", "0" * 40)
    spec = ModelSpec(
        "wav2lip", "avatar", "test/filled", "0" * 40, (file,), "none", False, "made by a test"
    )
    write_receipts(folder, {file.name: Receipt.of(path, file)})
    kept = Weights(tmp_path / "models", {"wav2lip": spec})
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
