"""The whole way with small networks: files, a prepared portrait, speech in, frames out."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from modules.avatar import ENGINES, serving
from modules.avatar.musetalk import engine as module
from modules.avatar.musetalk.engine import MuseTalkEngine
from modules.avatar.neural.painting import BOXES, MASKS, Run
from modules.avatar.neural.shelf import (
    Motion,
    Pictures,
    motion_file,
    painted_file,
    read_painted,
    write_motion,
)
from modules.engines import EngineSpec
from modules.errors import EngineUnavailable, WeightsRejected
from modules.messages import FACE_POINTS, FRAME_SAMPLES, Portrait, Speech, TurnRequest
from tests.avatar.musetalk.filled import noise
from tests.avatar.musetalk.test_painter import frames, points
from tests.fetched import as_fetched

SPEC = EngineSpec(
    "musetalk", "avatar", "modules.avatar.musetalk.engine:MuseTalkEngine",
    frozenset({"torch", "weights"}), ("torch", "diffusers", "transformers"),
    ("musetalk", "sd-vae-ft-mse", "whisper-tiny"),
)  # fmt: skip
COUNT = 5


@pytest.fixture(scope="module")
def engine(small: Path):
    patch = pytest.MonkeyPatch()
    patch.setattr(module, "weights", lambda: as_fetched(small, "avatar"))
    made = MuseTalkEngine(SPEC)
    made.load()
    yield made
    made.close()
    patch.undo()


def portrait(folder: Path) -> Portrait:
    blank = np.zeros((len(FACE_POINTS), 2), np.float32)
    made = Portrait("photo-" + "0" * 32, "Linh", frames(1)[0], blank, str(folder))
    motion = Motion(Pictures.of(frames(COUNT)), points(COUNT), np.ones(COUNT, bool), True, "clip")
    write_motion(motion_file(made), motion)
    return made


@pytest.fixture(scope="module")
def face(engine, tmp_path_factory: pytest.TempPathFactory) -> Portrait:
    made = portrait(tmp_path_factory.mktemp("face"))
    assert engine.prepare(made)
    return made


def played(engine, face: Portrait, *pieces: Speech):
    stream = engine.open(TurnRequest(1, "", portrait=face))
    return [batch for piece in pieces for batch in stream.process(piece)]


def speech(samples: int, *, last: bool = True, seed: str = "speech") -> Speech:
    return Speech(1, 1, noise(seed, samples) * np.float32(0.1), last=last)


def test_what_is_said_moves_the_mouth_and_the_reply_ends_in_the_idle_pose(engine, face) -> None:
    batches = played(engine, face, speech(20 * FRAME_SAMPLES))
    shown = np.concatenate([batch.rgb for batch in batches])
    motion = engine.attached(face).motion
    assert len(shown) == 30
    assert any((picture != motion.frames[0]).any() for picture in shown[5:15])
    assert np.abs(shown[-1].astype(int) - motion.frames[0]).max() <= 1


def test_in_silence_the_avatars_own_closed_mouth_is_shown(engine, face) -> None:
    silence = Speech(1, 1, np.zeros(20 * FRAME_SAMPLES, np.float32), last=True)
    motion = engine.attached(face).motion
    own = [motion.frames[k] for k in range(COUNT)]
    for batch in played(engine, face, silence):
        for picture in batch.rgb:
            assert any(np.array_equal(picture, each) for each in own)


def test_frames_wait_for_the_future_that_they_need_and_none_is_lost(engine, face) -> None:
    pieces = [speech(9_000, last=False), speech(9_001, last=False, seed="b"), speech(5_000)]
    batches = played(engine, face, *pieces)
    sound = np.concatenate([batch.speech.samples for batch in batches])
    said = np.concatenate([piece.samples for piece in pieces])
    assert np.array_equal(sound[: len(said)], said)
    assert not sound[len(said) :].any()
    assert sum(len(batch.rgb) for batch in batches) * FRAME_SAMPLES == len(sound)


def test_a_portrait_is_prepared_once_with_progress_and_kept(engine, tmp_path: Path) -> None:
    made, shares = portrait(tmp_path), []
    assert not engine.prepared(made)
    assert engine.prepare(made, shares.append)
    assert shares[0] == 0
    assert shares[-1] == 1
    kept = read_painted(painted_file(made, engine.queue.painter), COUNT)
    assert set(kept) == {BOXES, MASKS, "latents", "under"}
    assert engine.prepared(made)


def test_preparation_can_be_given_up(engine, tmp_path: Path) -> None:
    made = portrait(tmp_path)
    assert not engine.prepare(made, cancelled=lambda: True)
    assert not engine.prepared(made)


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.setattr(module, "weights", lambda: as_fetched(tmp_path / "models", "avatar"))
    with pytest.raises(EngineUnavailable):
        MuseTalkEngine(SPEC).load()


def test_files_that_are_not_the_released_ones_are_refused(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Path(shutil.copytree(small, tmp_path / "models"))
    kept = as_fetched(models, "avatar")
    path = models / "sd-vae-ft-mse" / "diffusion_pytorch_model.safetensors"
    data = bytearray(path.read_bytes())
    stat = path.stat()
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    monkeypatch.setattr(module, "weights", lambda: kept)
    with pytest.raises(WeightsRejected) as caught:
        MuseTalkEngine(SPEC).load()
    assert caught.value.code == "weights_rejected.altered"


def test_without_a_card_the_engine_of_the_ladder_says_so(monkeypatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    [spec] = [each for each in ENGINES if each.name == "musetalk"]
    with pytest.raises(EngineUnavailable) as caught:
        MuseTalkEngine(spec).load()
    assert caught.value.code == "engine_unavailable.cuda"


def test_musetalk_is_the_best_rung_for_a_portrait_prepared_for_it_and_for_no_other(face) -> None:
    names = tuple(spec.name for spec in ENGINES)
    ready = replace(face, prepared=("musetalk",))
    assert serving(names, ready)[:2] == ("musetalk", "musetalk-tiny")
    assert not {"musetalk", "musetalk-tiny"} & set(serving(names, face))
    assert not {"musetalk", "musetalk-tiny"} & set(serving(names, None))


def test_both_decoders_take_the_same_preparation(engine, face, small, monkeypatch) -> None:
    monkeypatch.setattr(module, "weights", lambda: as_fetched(small, "avatar"))
    quick = MuseTalkEngine(replace(SPEC, name="musetalk-tiny", weights=(*SPEC.weights, "taesd")))
    quick.load()
    try:
        assert quick.prepared(face)
        shown = [one_frame(each, face) for each in (engine, quick)]
    finally:
        quick.close()
    assert (shown[0] != shown[1]).any()


def one_frame(engine, face: Portrait):
    """The first frame of an avatar with the mouth of silence."""
    avatar, heard = engine.attached(face), engine.silence[:1]
    asked = Run(avatar.prepared, np.array([0]), heard, np.ones(1, np.float32))
    return engine.queue.submit(asked, session=0, due=0.0).result()
