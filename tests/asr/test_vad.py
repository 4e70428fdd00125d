"""The detector itself: its state, its two forms, and regions of speech."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.asr import vad
from modules.asr.vad import FRAME, Region, SileroGgml, SileroOnnx, silero, speech_regions
from modules.errors import EngineUnavailable
from modules.messages import LISTEN_RATE
from tests.asr.speech import SENTENCES, silence, speak

SOUND = np.concatenate([silence(0.5), speak(SENTENCES[0]), silence(0.5)])


def test_frame_by_frame_and_all_at_once_agree() -> None:
    detector = silero()
    whole = detector.whole(SOUND)
    count = len(SOUND) // FRAME
    single = [detector(SOUND[i * FRAME : (i + 1) * FRAME]) for i in range(count)]
    assert np.allclose(whole[:count], single, atol=1e-5)


def test_the_embedded_set_brings_the_fast_form() -> None:
    assert isinstance(silero(), SileroOnnx)


def test_both_forms_of_the_network_find_the_same_speech() -> None:
    fast, slow = silero(), SileroGgml()
    for text in SENTENCES[:2]:
        sound = np.concatenate([silence(0.5), speak(text), silence(0.5)])
        (one,), (other,) = speech_regions(fast.whole(sound)), speech_regions(slow.whole(sound))
        assert abs(one.start - other.start) <= 2 * FRAME
        assert abs(one.end - other.end) <= 2 * FRAME


def test_without_the_onnx_file_the_other_form_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vad, "_onnx_file", lambda: None)
    detector = silero()
    assert isinstance(detector, SileroGgml)
    assert 0.0 <= detector(np.zeros(FRAME, np.float32)) < 0.2
    detector.reset()


def test_without_either_package_hearing_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vad, "_onnx_file", lambda: None)
    monkeypatch.setattr(vad.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineUnavailable) as caught:
        silero()
    assert caught.value.params["stage"] == "asr"
    assert "pip install" in str(caught.value.params["remedy"])


def test_two_sessions_do_not_hear_each_other() -> None:
    alone, beside, other = silero(), silero(), silero()
    expected = [alone(f) for f in _frames()]
    found = []
    for frame in _frames():
        found.append(beside(frame))
        other(np.random.default_rng(0).normal(0, 0.3, FRAME).astype(np.float32))
    assert expected == found


def test_after_a_reset_the_past_is_forgotten() -> None:
    detector = silero()
    first = [detector(f) for f in _frames()]
    assert [detector(f) for f in _frames()] != first
    detector.reset()
    assert [detector(f) for f in _frames()] == first


def _frames() -> list[np.ndarray]:
    return [SOUND[i : i + FRAME] for i in range(0, 40 * FRAME, FRAME)]


def test_a_recording_that_ends_within_a_frame_keeps_its_end() -> None:
    assert len(silero().whole(SOUND[: FRAME * 3 + 1])) == 4
    assert len(silero().whole(np.zeros(0, np.float32))) == 1


def test_regions_follow_hysteresis_bridge_gaps_and_drop_bursts() -> None:
    p = np.array(
        [0.0] * 5 + [0.9] * 10 + [0.4] * 5 + [0.9] * 5  # unsure frames belong to speech
        + [0.0] * 5 + [0.9] * 10  # a gap of 0.16 s is bridged
        + [0.0] * 20 + [0.9] * 2 + [0.0] * 20 + [0.9] * 5,  # a burst of 64 ms is none
        np.float32,
    )  # fmt: skip
    assert speech_regions(p) == [Region(5 * FRAME, 40 * FRAME), Region(82 * FRAME, 87 * FRAME)]


@given(st.lists(st.floats(0, 1, width=32), max_size=200))
def test_regions_are_ordered_apart_and_inside(probabilities: list[float]) -> None:
    regions = speech_regions(np.array(probabilities, np.float32))
    edges = [edge for region in regions for edge in (region.start, region.end)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(probabilities) * FRAME for edge in edges)
    gaps = [b.start - a.end for a, b in itertools.pairwise(regions)]
    assert all(gap >= 0.3 * LISTEN_RATE for gap in gaps)
