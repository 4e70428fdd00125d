"""The measure of a speaking face tells good ones from bad ones."""

import numpy as np
import pytest

from benchmarks import face
from benchmarks.face import SEAM, _seam, border_of, steeper
from benchmarks.lips import Measured, measured, opening
from modules.avatar import ENGINES
from modules.avatar.neural.painting import BOXES, MASKS
from modules.avatar.neural.pasting import soft_mask
from modules.messages import FRAME_SAMPLES, SPEECH_RATE, Speech, Viseme
from tests.avatar.conftest import spoken
from tests.avatar.neural.oracle import OracleEngine
from tests.avatar.photo.conftest import drafts, faces

__all__ = ["drafts", "faces"]


def syllables(frames=150, seed=0):
    """Sound in syllables with two pauses, and how far a good mouth opens in each frame."""
    random = np.random.default_rng(seed)
    loud = np.zeros(frames)
    k = 4
    while k < frames - 12:
        if 48 < k < 68 or 95 < k < 115:
            k += 1
            continue
        length = int(random.integers(4, 8))
        loud[k : k + length] = np.hanning(length + 2)[1:-1] * random.uniform(0.5, 1)
        k += length + int(random.integers(1, 3))
    noise = random.normal(0, 0.2, frames * FRAME_SAMPLES)
    sound = (noise * np.repeat(loud, FRAME_SAMPLES)).astype(np.float32)
    return sound, (0.25 + 0.1 * loud).astype(np.float32)


def test_a_mouth_that_follows_its_sound_passes():
    sound, opens = syllables()
    found = measured(opens, sound)
    assert found.passes
    assert abs(found.lag_ms) <= 20
    assert found.fit > 0.6


@pytest.mark.parametrize("frames", [-4, 3, 5])
def test_one_that_is_late_or_early_fails_by_its_lag(frames):
    sound, opens = syllables()
    found = measured(np.roll(opens, frames), sound)
    assert found.lag_ms == pytest.approx(40 * frames, abs=20)
    assert not found.passes


def test_a_frozen_one_and_one_of_another_text_fail():
    sound, opens = syllables()
    assert not measured(np.full_like(opens, 0.3), sound).passes
    _, other = syllables(seed=7)
    assert measured(other, sound).fit < measured(opens, sound).fit


def test_one_that_chews_in_silence_fails():
    sound, opens = syllables()
    chewing = opens + 0.04 * (np.arange(len(opens)) % 2)
    assert not measured(chewing.astype(np.float32), sound).passes
    assert Measured(0.9, 0.0, 0.1).passes


def test_a_hard_border_costs_and_a_soft_one_does_not():
    rest = np.full((512, 512, 3), 120, np.uint8)
    mask = np.zeros((64, 64), np.uint8)
    mask[8:-8, 8:-8] = 255
    soft = mask.copy()
    soft[8:12] = soft[-12:-8] = soft[:, 8:12] = soft[:, -12:-8] = 96
    border = border_of((150, 250, 350, 450), soft)
    hard = rest.copy()
    hard[275:425, 175:325] = 160
    assert steeper(hard, rest, border) > 4
    assert steeper(rest, rest, border) == 0


class Copying(OracleEngine):
    """Paints what is there already, and a hard border where a test asks for one."""

    def __init__(self, hard):
        super().__init__()
        self.hard = hard

    def make(self):
        self.oracle.size = 128
        self.oracle.prepare = lambda frames, points: {
            BOXES: np.tile(np.array([192, 230, 320, 358], np.int32), (len(frames), 1)),
            MASKS: np.tile(soft_mask(128), (len(frames), 1, 1)),
        }
        self.oracle.attach = lambda frames, arrays: frames
        self.oracle._painted = self.painted
        return self.oracle

    def painted(self, run):
        crops = np.stack([run.prepared[int(k)][230:358, 192:320] for k in run.indices]).copy()
        if self.hard:
            crops[:, ::4] = 0
        return crops


@pytest.mark.parametrize("hard", [False, True])
def test_the_seam_of_a_painter_is_measured_where_its_mask_ends(hard, faces):
    engine = Copying(hard)
    engine.load()
    found = _seam(engine, next(iter(faces.values())), spoken(0.8, reply=0, last=True))
    assert (found > SEAM) == hard
    engine.close()


def said(count):
    """Syllables of b and an open vowel, with a pause in the middle."""
    random, sound, visemes, at = np.random.default_rng(0), [], [], 0
    for k in range(count):
        steps = [("rest", 0.6)] if k == count // 2 else []
        for shape, seconds in [*steps, ("closed", 0.06), ("open", random.uniform(0.12, 0.26))]:
            length = round(seconds * SPEECH_RATE)
            loud = np.hanning(length) * random.uniform(0.6, 1) * (shape == "open")
            sound.append(random.normal(0, 0.2, length) * loud)
            visemes.append(Viseme(at, at + length, shape))
            at += length
    return Speech(0, 0, np.concatenate(sound).astype(np.float32), tuple(visemes), last=True)


@pytest.fixture(scope="module")
def shown(faces):
    """A puppet that says ten syllables."""
    engine = next(spec for spec in ENGINES if spec.name == "puppet").make()
    engine.load()
    yield face.taken(engine, faces["fair"], said(10))
    engine.close()


def test_the_puppet_passes_and_its_frozen_and_late_copies_do_not(shown, faces):
    assert measured(opening(shown.frames, faces["fair"]), shown.sound).passes
    frozen, late = face._controls(shown, faces["fair"])
    assert frozen.met
    assert frozen.detail == "fit 0.00"
    assert late.met
    assert "lag 1" in late.detail


def test_the_controls_fail_where_the_measure_does_not_look_at_the_pictures(
    shown, faces, monkeypatch
):
    good = opening(shown.frames, faces["fair"])
    monkeypatch.setattr(face, "opening", lambda frames, portrait: good)
    assert not any(row.met for row in face._controls(shown, faces["fair"]))
