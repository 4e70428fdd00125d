"""Whose voice a persona has in each engine, and which engines may speak for it."""

from __future__ import annotations

import itertools

import pytest

from modules.messages import Persona
from modules.tts import (
    ENGINES,
    VOICES,
    find_voice,
    serving,
    voice_in,
    voices_of,
)
from modules.tts.neural_voices import NEURAL_VOICES
from modules.tts.voices import base_voice

EVERYBODY = [
    Persona(gender=gender, region=region, age=age)
    for gender, region, age in itertools.product(
        ("female", "male"), ("north", "central", "south"), (8, 30, 70)
    )
]
NAMES = tuple(spec.name for spec in ENGINES)


def test_the_table_is_well_formed() -> None:
    ids = [voice.id for voice in (*VOICES, *NEURAL_VOICES)]
    assert len(ids) == len(set(ids))
    specs = {spec.name: spec for spec in ENGINES}
    for voice in NEURAL_VOICES:
        assert voice.engine in specs and voice.id.startswith(f"{voice.engine}-")
        assert voice.gender in ("female", "male")
        assert voice.region in ("north", "central", "south", None)
        assert 0 < voice.ages[0] < voice.ages[1]
        # A licence that restricts a voice stands on its engine as well, where people see it.
        assert voice.licence in specs[voice.engine].licence


def test_every_neural_engine_has_a_voice_and_stands_above_the_drawn_ones() -> None:
    assert NAMES[-1] == "espeak"
    assert {voice.engine for voice in NEURAL_VOICES} == set(NAMES[:-1])


@pytest.mark.parametrize("persona", EVERYBODY)
def test_everybody_has_a_recorded_voice_of_their_own_sex_and_region(persona: Persona) -> None:
    fit = voice_in("vieneu", persona)
    assert fit is not None and fit.gender and fit.region
    assert (fit.voice.gender, fit.voice.region) == (persona.gender, persona.region)


@pytest.mark.parametrize("persona", EVERYBODY)
def test_the_part_that_a_persona_names_is_played_by_every_engine(persona: Persona) -> None:
    named = Persona(voice=base_voice(persona).id)  # nothing else is known of it
    for engine in ("vieneu", "espeak"):
        fit = voice_in(engine, named)
        assert fit is not None
        assert (fit.voice.gender, fit.voice.region) == (persona.gender, persona.region)


def test_what_an_engine_lacks_is_told() -> None:
    south = voice_in("piper", Persona(gender="female", region="south"))
    assert south is not None and south.gender and not south.region
    man = voice_in("piper", Persona(gender="male"))
    assert man is not None and not man.gender
    # Nobody says which region the reader is from: it is nobody's own.
    assert not any(
        fit.region
        for region in ("north", "central", "south")
        if (fit := voice_in("mms", Persona(gender="male", region=region)))
    )
    assert voice_in("gone", Persona()) is None


def test_a_voice_of_the_wrong_sex_stands_behind_a_plain_one() -> None:
    able = ("vieneu", "piper", "mms", "espeak")
    assert serving(able, Persona(gender="female")) == ("vieneu", "piper", "espeak", "mms")
    assert serving(able, Persona(gender="male")) == ("vieneu", "mms", "espeak", "piper")
    assert serving(("piper", "espeak"), Persona(gender="other")) == ("espeak", "piper")


def test_a_recorded_voice_that_is_named_speaks_whoever_the_persona_is() -> None:
    named = Persona(gender="male", region="south", voice="piper-vais1000")
    assert serving(("vieneu", "piper", "espeak"), named)[0] == "piper"
    fit = voice_in("piper", named)
    assert fit is not None and fit.voice.id == "piper-vais1000"


def test_without_its_engine_somebody_of_its_sex_and_region_speaks() -> None:
    named = Persona(gender="male", voice="vieneu-thuc-doan", age=40)
    assert base_voice(named).id == "south-woman"
    fit = voice_in("piper", named)
    assert fit is not None and fit.gender and not fit.region


def test_the_order_of_the_owner_is_kept_among_those_that_fit() -> None:
    assert serving(("espeak", "vieneu"), Persona()) == ("espeak", "vieneu")


def test_voices_are_found_by_their_ids_and_listed_by_their_engines() -> None:
    assert find_voice("north-man") is VOICES[1] or find_voice("north-man") in VOICES
    assert find_voice("vieneu-truc-ly") is NEURAL_VOICES[0]
    assert find_voice("") is None and find_voice("gone") is None
    assert voices_of(("piper", "espeak", "piper")) == (
        next(voice for voice in NEURAL_VOICES if voice.engine == "piper"), *VOICES
    )  # fmt: skip
