"""SadTalker in the product: films of whole answers, never a turn; it moves portraits that idle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import anyio
import numpy as np
import pytest
import torch

from modules.avatar import ENGINES, FILMERS, serving
from modules.avatar.landmarks.finder import finder_of
from modules.avatar.landmarks.mapping import points68
from modules.avatar.neural.painting import Mover
from modules.avatar.sadtalker import checkpoint
from modules.avatar.sadtalker import engine as engines
from modules.avatar.sadtalker.checkpoint import SadTalker
from modules.avatar.sadtalker.engine import SadTalkerEngine
from modules.avatar.sadtalker.mapping import MappingNet
from modules.avatar.sadtalker.studio import Head, Kind, Studio
from modules.errors import EngineFailed, EngineUnavailable, WeightsRejected
from modules.messages import ByteArray, FloatArray, Frames, Speech, TurnRequest
from modules.models import MODELS, Weights
from tests.avatar.conftest import cut, pictures, play, sound, spoken
from tests.avatar.sadtalker.toys import portrait, toys

SPECS = {spec.name: spec for spec in ENGINES}


@pytest.fixture(scope="module")
def studio(networks: SadTalker, mappings: dict[str, MappingNet]) -> Studio:
    return Studio(toys(networks), lambda kind: mappings[kind], batch=4)


def engine(studio: Studio, name: str = "sadtalker") -> SadTalkerEngine:
    made = SadTalkerEngine(SPECS[name])
    made._studio = studio
    return made


def film(studio: Studio, *pieces: Speech, name: str = "sadtalker") -> list[Frames]:
    request = TurnRequest(1, "", portrait=portrait(), live=False)
    found: list[Frames] = play(engine(studio, name).open(request), *pieces)
    return found


def test_an_answer_is_filmed_whole_with_exactly_its_sound(studio: Studio) -> None:
    said = spoken(0.4, last=True)
    batches = film(studio, said)
    frames = pictures(batches)
    assert len(frames) == 10 + 10
    assert frames.shape[1:] == (512, 512, 3)
    np.testing.assert_array_equal(sound(batches)[: len(said.samples)], said.samples)
    assert [batch.first for batch in batches] == list(
        np.cumsum([0, *(len(batch.rgb) for batch in batches)])[:-1]
    )


class Knows:
    """A finder that sees a face elsewhere than its owner marked it."""

    def __init__(self, by: float) -> None:
        self.by, self.asked = by, 0

    def picture(self, rgb: ByteArray, marked: FloatArray) -> FloatArray:
        self.asked += 1
        return marked + np.float32(self.by)


@pytest.mark.parametrize("by", [0.0, 14.0])
def test_a_film_is_made_from_the_points_that_are_found(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, by: float
) -> None:
    finder, seen = Knows(by), list[FloatArray]()
    monkeypatch.setattr("modules.avatar.landmarks.finder.finder_of", lambda weights: finder)
    see = studio.see

    def noted(rgb: ByteArray, points: FloatArray, kind: Kind) -> Head:
        seen.append(points)
        return see(rgb, points, kind)

    monkeypatch.setattr(studio, "see", noted)
    film(studio, spoken(0.2, last=True))
    assert finder.asked == 1
    np.testing.assert_array_equal(seen[0], points68(portrait().points) + np.float32(by))


def test_all_that_look_for_points_share_one_finder(tmp_path: Path) -> None:
    first = finder_of(Weights(tmp_path))
    assert finder_of(Weights(tmp_path)) is first
    assert finder_of(Weights(tmp_path / "other")) is not first


def test_pieces_wait_for_the_last_and_make_the_same_film(studio: Studio) -> None:
    said = spoken(0.4, last=True)
    first, second = cut(said, 4_000)
    batches = film(studio, first, second)
    assert len(batches[0].rgb) == 0
    np.testing.assert_array_equal(pictures(batches), pictures(film(studio, said)))


def test_a_still_head_keeps_its_pose_and_a_moving_one_does_not(studio: Studio) -> None:
    said = spoken(0.4, last=True)
    moving, still = (pictures(film(studio, said, name=n)) for n in ("sadtalker", "sadtalker-still"))
    assert np.abs(moving.astype(int) - still).max() > 0


def test_a_turn_that_is_played_meanwhile_is_refused(studio: Studio) -> None:
    with pytest.raises(EngineFailed, match="not_live"):
        engine(studio).open(TurnRequest(1, "", portrait=portrait()))
    with pytest.raises(EngineFailed, match="no_portrait"):
        engine(studio).open(TurnRequest(1, "", live=False))


def test_it_serves_films_of_portraits_only() -> None:
    names = tuple(SPECS)
    face = portrait()
    assert not FILMERS & set(serving(names, face))
    assert not FILMERS & set(serving(names, None, films=True))
    assert set(serving(names, face, films=True)) >= FILMERS
    chosen = replace(face, engine="sadtalker")
    assert not FILMERS & set(serving(names, chosen))


def test_it_moves_portraits_that_idle(studio: Studio) -> None:
    mover: Mover = engine(studio).mover
    assert (mover.name, mover.version) == ("sadtalker", "1")


def test_it_opens_only_when_it_is_loaded_and_needs_a_gpu() -> None:
    made = SadTalkerEngine(SPECS["sadtalker"])
    with pytest.raises(EngineUnavailable, match="not_loaded"):
        made.open(TurnRequest(1, "", portrait=portrait(), live=False))
    with pytest.raises(EngineUnavailable, match="cuda"):
        made.load()


def test_a_film_that_nobody_waits_for_stops(studio: Studio) -> None:
    async def stopped() -> int:
        request = TurnRequest(1, "", portrait=portrait(), live=False)
        stream = engine(studio).open(request)
        await stream.push(spoken(1.0, last=True))
        given = 0
        async for frames in stream:
            given += len(frames.rgb)
            await stream.clear()
        return given

    assert 0 < anyio.run(stopped) < 30


def test_moving_and_still_share_what_is_loaded(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[str] = []

    def make(self: SadTalkerEngine) -> Studio:
        made.append(self.spec.name)
        return studio

    class Kept:
        directory = tmp_path

        def path(self, key: str) -> Path:
            return tmp_path / key

    monkeypatch.setattr(engines, "weights", Kept)
    monkeypatch.setattr(SadTalkerEngine, "_made", make)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    moving, still = (SadTalkerEngine(SPECS[name]) for name in ("sadtalker", "sadtalker-still"))
    moving.load()
    still.load()
    assert made == ["sadtalker"]
    moving.close()
    still.open(TurnRequest(1, "", portrait=portrait(), live=False))


def test_the_released_files_are_loaded_and_a_wrong_mapping_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(checkpoint, "load_networks", lambda path, sha256: loaded.append(path.name))
    monkeypatch.setattr("modules.avatar.sadtalker.studio.Studio.__init__", _init)

    class Kept:
        models = MODELS

        def path(self, key: str) -> Path:
            return tmp_path

    monkeypatch.setattr(engines, "weights", Kept)
    with pytest.raises(WeightsRejected) as caught:
        SadTalkerEngine(SPECS["sadtalker"])._made()
    assert caught.value.params["file"] == "mapping_00109-model.pth.tar"
    assert loaded == ["SadTalker_V0.0.2_256.safetensors"]


def _init(self: Studio, networks: object, mappings: object, device: str, batch: int) -> None:
    self._mappings, self._load, self.device = {}, mappings, torch.device("cpu")  # type: ignore
