from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from modules.messages import SPEECH_RATE, FloatArray
from modules.voice.conversion import Conversion
from modules.voice.envelope import BINS
from modules.voice.mapping import RANGE_LIMITS, VoiceMap, map_voices
from modules.voice.periods import HOP, Array
from modules.voice.pitch import track_pitch
from modules.voice.profile import measure_profile
from tests.voice.references import CHANGES, base_profile, reference
from tests.voice.speaking import (
    constant,
    noise,
    reading,
    rms,
    said,
    vowel,
    with_noise,
)

CLAUSE = "Xin chào bạn, hôm nay trời đẹp quá."
TONES = ("ma", "má", "mà", "mả", "mã", "mạ")


def change(
    pitch: float = 1.8, spread: float = 1.0, tract: float = 1.15, base: float = 115.0
) -> VoiceMap:
    return VoiceMap(base, base * pitch, spread, tract, np.zeros(BINS, np.float32))


SAME = change(1.0, 1.0, 1.0)


def converted(samples: FloatArray, wanted: VoiceMap, cuts: list[int] | None = None) -> FloatArray:
    conversion = Conversion(samples, track_pitch(samples.astype(np.float64)), wanted)
    ends = [*sorted(cuts or []), len(samples)]
    return np.concatenate([conversion.render(end) for end in ends])


def contour(f0: Array, points: int = 24) -> Array:
    """Return a pitch contour in semitones around its mean, at equal steps of its voice."""
    semitones = 12 * np.log2(f0)
    return np.interp(np.linspace(0, 1, points), np.linspace(0, 1, len(f0)), semitones)


def distance(first: Array, second: Array) -> float:
    return float(np.sqrt(np.mean((first - second) ** 2)))


@pytest.fixture(scope="module")
def whole() -> FloatArray:
    return converted(said(CLAUSE), change())


@given(st.lists(st.integers(0, 60_000), max_size=6))
@settings(max_examples=8, deadline=None)
def test_pieces_joined_are_the_conversion_of_the_whole(whole: FloatArray, cuts: list[int]) -> None:
    samples = said(CLAUSE)
    pieces = converted(samples, change(), [min(cut, len(samples)) for cut in cuts])
    assert len(pieces) == len(samples)
    assert 20 * np.log10(rms(pieces - whole) / rms(whole) + 1e-9) < -60


def test_the_same_clause_is_always_converted_the_same(whole: FloatArray) -> None:
    np.testing.assert_array_equal(converted(said(CLAUSE), change()), whole)


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_register_and_colour_come_near_the_sample(name: str) -> None:
    base, target = base_profile(), reference(name)
    wanted = map_voices(base, target)
    words = reading()[: 11 * SPEECH_RATE]
    spoken = converted(words, wanted)
    found = measure_profile(spoken, SPEECH_RATE, id="", name="")

    def off(which: FloatArray) -> float:
        sure = (target.envelope_hz > 200) & (target.envelope_hz < 9000)
        return float(np.std((which - target.envelope_db)[sure]))

    meant = wanted.pitch(track_pitch(words.astype(np.float64)))
    heard = track_pitch(spoken.astype(np.float64))
    both = (meant > 0) & (heard > 0)
    assert abs(np.median(1200 * np.log2(heard[both] / meant[both]))) < 5
    assert off(found.envelope_db) < 2.2
    assert off(found.envelope_db) < 0.7 * off(base.envelope_db)


@pytest.mark.parametrize(
    "wanted", [SAME, change(), change(0.75, 0.8, 0.88), change(2.2, 1.5, 1.24)]
)
def test_speech_stays_as_loud_as_it_was_and_never_clips(wanted: VoiceMap) -> None:
    loud = np.asarray(said(CLAUSE) * (0.99 / np.abs(said(CLAUSE)).max()), dtype=np.float32)
    spoken = converted(loud, wanted)
    assert 20 * np.log10(rms(spoken) / rms(loud)) == pytest.approx(0, abs=1.0)
    assert np.abs(spoken).max() < 1.0


def test_loudness_follows_the_original_through_every_sound() -> None:
    words = reading()[: 6 * SPEECH_RATE]
    window = np.ones(4 * HOP) / (4 * HOP)
    before, after = (
        10 * np.log10(np.convolve(sound.astype(np.float64) ** 2, window, "same")[::HOP] + 1e-7)
        for sound in (words, converted(words, SAME))
    )
    voiced = track_pitch(words.astype(np.float64))[: len(before)] > 0
    difference = (after - before)[voiced]
    assert abs(difference.mean()) < 0.6
    assert np.sqrt(np.mean(difference**2)) < 1.4


def test_what_would_clip_is_bent_below_full_scale() -> None:
    # A buzz that is all the way up gets pulses that stand out of it when it is made anew.
    buzz = np.clip(20 * vowel(constant(120, 0.5)), -0.99, 0.99).astype(np.float32)
    assert np.abs(converted(buzz, change())).max() < 1.0


@pytest.mark.parametrize("tract", [0.85, 1.0, 1.2])
def test_hiss_does_not_become_rougher(tract: float) -> None:
    hiss = 0.05 * signal.lfilter([1], [1, -0.5], noise(3.0)).astype(np.float32)
    f0 = np.zeros(len(hiss) // HOP + 1)
    spoken = Conversion(hiss, f0, change(tract=tract)).render(len(hiss))

    def roughness(sound: FloatArray) -> float:
        power = np.abs(signal.stft(sound, SPEECH_RATE, nperseg=512, noverlap=384)[2][8:230]) ** 2
        even = power / power.mean(axis=1, keepdims=True)
        return float((even**2).mean())  # 2 for a steady hiss

    assert roughness(hiss) < 2.1
    assert roughness(spoken) < 2.35
    assert rms(spoken) == pytest.approx(rms(hiss), rel=0.05)


def test_silence_between_words_stays_silent() -> None:
    word = said("chào")
    paused = np.concatenate([word, np.zeros(9000, np.float32), word])
    spoken = converted(paused, change())
    assert not spoken[len(word) + 1500 : len(word) + 8000].any()


def test_a_burst_of_hiss_keeps_its_edges_in_time() -> None:
    burst = np.zeros(SPEECH_RATE, np.float32)
    burst[12_000:13_000] = 0.1 * noise(1.0)[:1000]
    sound = np.concatenate([vowel(constant(120, 0.4)), burst])
    spoken = converted(sound, change())[-SPEECH_RATE:]
    inside = rms(spoken[12_000:13_000])
    assert inside > 0.03
    assert rms(spoken[11_000:11_850]) < 0.01 * inside
    assert rms(spoken[13_150:14_000]) < 0.01 * inside


def test_a_glottal_closure_stays_closed_and_its_release_voiced() -> None:
    f0 = np.concatenate([constant(110, 0.3), constant(0, 0.05), constant(95, 0.06)])
    sound = np.pad(vowel(f0), (0, 2000))
    spoken = converted(sound, change())
    closed = slice(round(0.32 * SPEECH_RATE), round(0.345 * SPEECH_RATE))
    release = slice(round(0.36 * SPEECH_RATE), round(0.40 * SPEECH_RATE))
    assert 20 * np.log10(rms(spoken[closed]) / rms(spoken[:6000])) < -30
    assert 20 * np.log10(rms(spoken[release]) / rms(sound[release])) == pytest.approx(0, abs=3)
    heard = track_pitch(spoken.astype(np.float64))[release.start // HOP + 1 : release.stop // HOP]
    assert np.median(heard) == pytest.approx(95 * 1.8, rel=0.05)


def test_creak_without_a_period_stays_creak() -> None:
    # Pulses 14 to 32 ms apart, as irregular as the end of a nặng in a human voice.
    gaps = np.random.default_rng(5).uniform(0.014, 0.032, 14)
    steps = [constant(1 / gap, gap) for gap in gaps]
    creak = vowel(np.concatenate([constant(115, 0.4), *steps, constant(0, 0.05)]))
    spoken = converted(creak, change(1.9, 1.2))
    part = slice(round(0.42 * SPEECH_RATE), round(0.65 * SPEECH_RATE))
    before, after = (np.abs(sound[part]) for sound in (creak, spoken))
    smooth = np.hanning(90) / 45
    envelopes = [np.convolve(sound, smooth, "same")[::20] for sound in (before, after)]
    depths = [np.std(np.log(envelope + 1e-3)) for envelope in envelopes]
    assert depths[1] > 0.5 * depths[0]  # it rattles on, it does not become a whisper or a tone


@pytest.mark.parametrize(
    ("voice", "pitch", "spread"),
    [("north-man", 1.9, 1.0), ("north-woman", 0.6, 1.0), ("north-man", 1.9, RANGE_LIMITS[0])],
)
def test_the_six_tones_keep_their_contours_and_stay_apart(
    voice: str, pitch: float, spread: float
) -> None:
    wanted = change(pitch, spread, 1.12 if pitch > 1 else 0.9, base=115 if "-man" in voice else 210)
    before, after = {}, {}
    for tone in TONES:
        spoken = said(tone, voice)
        meant = wanted.pitch(track_pitch(spoken.astype(np.float64)))
        heard = track_pitch(converted(spoken, wanted).astype(np.float64))
        both = (meant > 0) & (heard > 0)
        assert np.mean(both) > 0.85 * np.mean(meant > 0), tone
        before[tone], after[tone] = contour(meant[both]), contour(heard[both])
        # At the edges of a voiced stretch half of what the tracker looks at is something else.
        both &= np.convolve(both, np.ones(7), "same") > 6
        assert distance(12 * np.log2(heard[both]), 12 * np.log2(meant[both])) < 0.5, tone
    for first, second in combinations(TONES, 2):
        meant_apart = distance(before[first], before[second])
        assert distance(after[first], after[second]) > 0.9 * meant_apart, (first, second)


def test_tones_are_heard_in_a_noisy_base_voice_too() -> None:
    clean = converted(said("mã"), change()).astype(np.float64)
    noisy = converted(with_noise(said("mã"), noise(2.0), 25.0), change()).astype(np.float64)
    first, second = track_pitch(clean), track_pitch(noisy)
    both = (first > 0) & (second > 0)
    assert np.mean(both) > 0.8 * np.mean(first > 0)
    assert distance(12 * np.log2(first[both]), 12 * np.log2(second[both])) < 1.0
