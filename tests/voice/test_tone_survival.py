"""The check of tones passes what keeps them and fails what does not; the matches keep them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.spoiled_tones import flattened, identity, nga_as_sac, without_creak, world_copy
from benchmarks.tone_survival import Convert, Survival, said, survival
from modules.messages import FloatArray, Speech, TurnRequest
from modules.tts import espeak_library
from modules.tts.voices import VOICES, Voice
from modules.voice.world import WorldStream
from tests.voice.references import base_profile, reference

SYLLABLES = (("m", "a"), ("n", "i"), ("v", "ơ"))
WOMAN, MAN = VOICES[:2]


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    espeak_library.load()


def checked(convert: Convert, voice: Voice) -> Survival:
    return survival(convert, voice, SYLLABLES)


@pytest.mark.parametrize("voice", [WOMAN, MAN], ids=lambda voice: voice.id)
def test_sound_itself_survives_without_a_scratch(voice: Voice) -> None:
    found = checked(identity, voice)
    assert found.faults == []
    assert max(found.semitones.values()) == 0
    assert set(found.glottal.values()) == {1.0}


@pytest.mark.parametrize("voice", [WOMAN, MAN], ids=lambda voice: voice.id)
@pytest.mark.parametrize("moved", [1.0, 1.6])
def test_a_world_copy_survives_in_its_own_register_and_in_another(
    voice: Voice, moved: float
) -> None:
    assert checked(lambda samples: world_copy(samples, moved=moved), voice).faults == []


@pytest.mark.parametrize("voice", [WOMAN, MAN], ids=lambda voice: voice.id)
def test_a_flattened_melody_is_found(voice: Voice) -> None:
    found = checked(flattened, voice)
    assert not found.survived
    assert found.range_ratio < 0.5
    assert found.nearest_ratio < 0.5
    assert "sắc>ngang" in found.taken_for


@pytest.mark.parametrize("voice", [WOMAN, MAN], ids=lambda voice: voice.id)
def test_nga_turned_into_sac_is_found_and_named(voice: Voice) -> None:
    found = checked(nga_as_sac(voice, SYLLABLES), voice)
    assert not found.survived
    assert found.taken_for["ngã>sắc"] == pytest.approx(1)
    assert found.nearest_pair == "sắc/ngã"
    assert found.glottal["ngã"] < 0.6


@pytest.mark.parametrize("voice", [WOMAN, MAN], ids=lambda voice: voice.id)
def test_creak_that_is_gone_is_found_where_every_contour_stayed(voice: Voice) -> None:
    found = checked(without_creak(voice, SYLLABLES), voice)
    assert max(found.semitones.values()) < 1.0
    assert found.glottal["ngã"] < 0.5
    assert not found.survived


def silenced(samples: FloatArray) -> FloatArray:
    return np.zeros_like(samples)


def hissed(samples: FloatArray) -> FloatArray:
    hiss = np.random.default_rng(0).standard_normal(len(samples))
    return (0.1 * hiss).astype(np.float32)


@pytest.mark.parametrize("convert", [silenced, hissed])
def test_a_conversion_that_loses_the_voice_does_not_pass(
    convert: Callable[[FloatArray], FloatArray],
) -> None:
    assert not checked(convert, WOMAN).survived


def test_a_conversion_that_changes_the_length_is_no_conversion() -> None:
    with pytest.raises(ValueError, match="length"):
        checked(lambda samples: samples[:-1], WOMAN)


def test_every_syllable_lies_where_it_is_said_to_lie() -> None:
    samples, spans = said(WOMAN, SYLLABLES)
    assert len(spans) == 6 * len(SYLLABLES)
    for span in spans.values():
        assert np.abs(samples[span]).max() > 0.05
        assert not samples[span.stop : span.stop + 2_000].any()


def test_all_six_tones_survive_the_world_match() -> None:
    def match(samples: FloatArray) -> FloatArray:
        request = TurnRequest(1, "", voice=reference("female-like"), base_voice=base_profile())
        pieces = WorldStream(request).process(Speech(1, 0, samples.copy()))
        return np.concatenate([piece.samples for piece in pieces])

    assert checked(match, MAN).faults == []
