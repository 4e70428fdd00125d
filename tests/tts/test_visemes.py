"""What the mouth does in Vietnamese words, and that it never stands still or jumps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.messages import SPEECH_RATE, Persona, Region, Viseme
from modules.tts import espeak_library
from modules.tts.espeak_library import Phoneme
from modules.tts.phrases import Phrase
from modules.tts.prosody import PROSODY
from modules.tts.speaker import Speaker, joined, silence
from modules.tts.visemes import visemes, whole
from modules.tts.voices import VOICES, base_voice


def mouth(text: str, region: Region = "north", rate: float = 1.0) -> tuple[Viseme, ...]:
    speaker = Speaker(base_voice(Persona(region=region)), PROSODY["Other"], rate=rate)
    return joined([speaker.say(Phrase(text, ".")), silence(4000)]).visemes


def shapes(text: str, region: Region = "north") -> list[str]:
    made = [viseme.shape for viseme in mouth(text, region)]
    assert made.pop() == "rest"
    return made


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    espeak_library.load()


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("ba", "closed open"),
        ("phở", "lip_teeth mid"),
        ("về", "lip_teeth spread_mid"),
        ("đi", "tongue spread"),
        ("sư", "sibilant unrounded"),
        # Diphthongs move.
        ("tiền", "tongue spread spread_mid tongue"),
        ("mưa", "closed unrounded mid"),
        ("mua", "closed round mid"),
        ("mây", "closed mid spread"),
        ("yêu", "spread spread_mid round"),
        ("người", "unrounded unrounded mid spread"),
        ("rượu", "palatal unrounded mid round"),
        ("uống", "round mid velar"),
        ("tai", "tongue open spread"),
        ("tôi", "tongue round_mid spread"),
        ("chơi", "sibilant mid spread"),
        ("vui", "lip_teeth round spread"),
        ("sâu", "sibilant mid round"),
        # The glide rounds, and so does the velar in front of it.
        ("hoa", "round round open"),
        ("sao", "sibilant open round"),
        ("xoay", "sibilant round open spread"),
        ("quê", "round round spread_mid"),
        ("khuya", "round round spread mid"),
        ("khuỷu", "round round spread round"),
        ("thuở", "tongue round mid"),
        # -ng and -c behind o, ô, u close the lips, behind other vowels they do not.
        ("ông", "round_mid closed"),
        ("lóc", "tongue round_open closed"),
        ("dùng", "palatal round closed"),
        ("lang", "tongue open velar"),
        ("luông", "tongue round mid velar"),
        ("học", "round_open round_open closed"),
        ("cúc", "round round closed"),
        ("một", "closed round_mid tongue"),
        # The oo of loans is long, and says that the lips stay apart.
        ("xoong", "sibilant round_open velar"),
        ("boong", "closed round_open velar"),
        ("nam", "tongue open closed"),
        ("nếp", "tongue spread_mid closed"),
        ("lạnh", "tongue spread_open palatal"),
        ("lích", "tongue spread palatal"),
        ("ếch", "spread_mid palatal"),
        ("lác", "tongue open velar"),
        # Velars wait for their vowel.
        ("ca", "open open"),
        ("cô", "round_mid round_mid"),
        ("khi", "spread spread"),
    ],
)
def test_a_word_makes_its_shapes(word: str, expected: str) -> None:
    assert shapes(word) == expected.split()


@pytest.mark.parametrize(
    ("word", "region", "expected"),
    [
        ("va", "south", "palatal open"),
        ("con", "south", "round_open round_open velar"),
        ("công", "south", "round_mid round_mid closed"),
        ("bún", "south", "closed round closed"),
        ("bún", "north", "closed round tongue"),
        ("ma", "central", "closed open"),
    ],
)
def test_regions_have_their_own(word: str, region: Region, expected: str) -> None:
    assert shapes(word, region) == expected.split()


def test_velars_are_faint_and_closures_whole() -> None:
    velar, vowel, _ = mouth("cô")
    assert velar.weight < 0.5 < vowel.weight
    assert all(v.weight == 1 for v in mouth("mẹ mua bó hoa") if v.shape == "closed")


@pytest.mark.parametrize("rate", [0.5, 1.0, 1.6])
def test_a_closure_lasts_long_enough_to_be_seen(rate: float) -> None:
    closures = [v for v in mouth("mẹ ba đi mua bốn bó hoa hồng", rate=rate) if v.shape == "closed"]
    assert len(closures) == 6
    assert all(v.end - v.start > 0.045 * SPEECH_RATE for v in closures)


@pytest.mark.parametrize("word", ["mắm", "bóp", "mập", "bặm", "búp"])
@pytest.mark.parametrize("rate", [1.0, 1.35])
def test_a_vowel_between_two_closures_is_seen_to_open(word: str, rate: float) -> None:
    first, vowel, last = mouth(word, rate=rate)[:3]
    assert (first.shape, last.shape) == ("closed", "closed")
    assert vowel.end - vowel.start >= 0.035 * SPEECH_RATE


def test_the_lips_close_at_the_end_of_a_labial_velar_and_not_before() -> None:
    *_, nucleus, closure = [v for v in mouth("sông") if v.shape != "rest"]
    assert (nucleus.shape, closure.shape) == ("round_mid", "closed")
    assert nucleus.end - nucleus.start >= 0.05 * SPEECH_RATE
    assert closure.weight == 1.0
    assert 0.05 < (closure.end - closure.start) / SPEECH_RATE < 0.2


def test_a_vowel_weighs_as_much_as_it_is_loud() -> None:
    samples = np.concatenate([np.full(4000, 0.3), np.full(4000, 0.03)]).astype(np.float32)
    loud, soft = visemes([Phoneme(0, "ˈaː", "a"), Phoneme(4000, "ˈaː", "a")], samples, SPEECH_RATE)
    assert loud.weight == 1.0
    assert soft.weight == pytest.approx(1 - 14 / 24, abs=0.02)


def test_the_mouth_rests_in_a_pause_but_not_between_words() -> None:
    speaker = Speaker(VOICES[0], PROSODY["Other"])
    words = speaker.say(Phrase("ta đi ta đi", "."))
    assert "rest" not in [v.shape for v in words.visemes[:-1]]
    both = joined([words, silence(6000), words])
    rests = [v for v in both.visemes[:-1] if v.shape == "rest"]
    assert len(rests) == 1
    assert rests[0].end - rests[0].start >= 6000


def test_silence_is_rest_and_nothing_is_nothing() -> None:
    assert visemes((), np.zeros(100, np.float32), SPEECH_RATE) == (Viseme(0, 100, "rest", 1.0),)
    assert visemes((), np.zeros(0, np.float32), SPEECH_RATE) == ()


NAMES = st.sampled_from(["", "(en)", "ˈaː", "ˌiə", "m", "k", "ŋ", "c", "w", "ɗ", "əʊ", "??"])


@given(
    phonemes=st.lists(
        st.builds(Phoneme, st.integers(0, 3000), NAMES, st.sampled_from(["", "ong", "con"]))
    ),
    total=st.integers(0, 3000),
)
def test_any_events_are_covered_without_gap_or_overlap(phonemes: list[Phoneme], total: int) -> None:
    phonemes.sort(key=lambda phoneme: phoneme.start)
    made = visemes(phonemes, np.ones(total, np.float32), SPEECH_RATE)
    covers(made, total)


@given(
    spans=st.lists(st.tuples(st.floats(-10, 600), st.just("open"), st.floats(-1, 2))),
    total=st.integers(0, 500),
)
def test_any_spans_become_whole_samples(spans: list[tuple[float, str, float]], total: int) -> None:
    covers(whole(spans, total), total)  # type: ignore[arg-type]


def covers(made: tuple[Viseme, ...], total: int) -> None:
    assert sum(v.end - v.start for v in made) == total
    assert all(v.end > v.start and 0 <= v.weight <= 1 for v in made)
    assert all(a.end == b.start for a, b in itertools.pairwise(made))
    assert not made or (made[0].start, made[-1].end) == (0, total)
