"""The table of voices, the choice among them, and the ways of speaking."""

from __future__ import annotations

import re
import subprocess
import sys
import typing

import pytest

from modules.messages import EMOTIONS, Gender, Persona, Region
from modules.tts import ENGINES, VOICES, base_voice
from modules.tts.prosody import PROSODY, WORDS_PER_MINUTE, pause_s
from modules.tts.voices import voice_file

GENDERS = typing.get_args(Gender)
REGIONS = typing.get_args(Region)


def test_the_table_is_well_formed() -> None:
    assert len({voice.id for voice in VOICES}) == len(VOICES)
    assert len({voice.name for voice in VOICES}) == len(VOICES)
    for voice in VOICES:
        drawn = voice.timbre
        assert re.fullmatch(r"[a-z-]+", voice.id)
        assert voice.gender in GENDERS and voice.region in REGIONS
        assert (voice.engine, voice.licence) == ("espeak", "GPL-3.0-or-later")
        assert 80 <= drawn.level_hz <= 300
        assert 0.7 <= drawn.pace <= 1.3
        assert 0 <= drawn.flutter <= 100
        assert (len(drawn.formants), len(drawn.heights), len(drawn.tone)) == (9, 9, 5)
        assert all(0 <= height <= 255 for height in drawn.tone)
        assert len(drawn.breath) in (0, 7)


def test_every_kind_of_persona_has_one_voice() -> None:
    for gender in GENDERS:
        for region in REGIONS:
            for age in (None, *range(1, 121)):
                voice = base_voice(Persona(gender=gender, region=region, age=age))
                assert (voice.gender, voice.region) == (gender, region)
                assert age is None or voice.ages[0] <= age <= voice.ages[1]


def test_a_person_can_choose_young_and_old_of_both() -> None:
    ids = {voice.id for voice in VOICES}
    kinds = ("woman", "man", "older-woman", "older-man", "girl", "boy")
    assert {f"north-{kind}" for kind in kinds} <= ids


def test_a_named_voice_is_taken_whatever_the_persona_is() -> None:
    persona = Persona(gender="female", region="north", voice="south-older-man")
    assert base_voice(persona).id == "south-older-man"


def test_an_unknown_name_gives_the_voice_of_the_persona() -> None:
    assert base_voice(Persona(voice="gone", gender="male", age=70)).id == "north-older-man"


def test_every_feeling_has_a_prosody_that_keeps_the_tones_apart() -> None:
    assert set(PROSODY) == set(EMOTIONS)
    for label, prosody in PROSODY.items():
        assert prosody.range >= 80, label
        assert 0.7 <= prosody.rate <= 1.4, label
        assert abs(prosody.pitch) <= 4, label
        assert abs(prosody.volume) <= 6, label
        assert 0.5 <= prosody.pause <= 2, label
    assert 150 <= WORDS_PER_MINUTE <= 220


@pytest.mark.parametrize(("shorter", "longer"), [("", ","), (",", ";"), (";", "."), (".", "…")])
def test_a_stronger_mark_asks_for_a_longer_pause(shorter: str, longer: str) -> None:
    assert pause_s(shorter) < pause_s(longer)


def test_a_voice_file_holds_what_espeak_understands() -> None:
    known = {"name", "language", "dictrules", "words", "pitch", "flutter", "roughness", "tone"}
    known |= {"consonants", "formant", "breath"}
    for voice in VOICES:
        lines = voice_file(voice, semitones=-8, pitch_range=120, brightness_db=9).splitlines()
        assert {line.split()[0] for line in lines} <= known
        # espeak reads lines of 119 characters.
        assert max(map(len, lines)) < 119
        numbers = [int(n) for line in lines for n in re.findall(r"-?\d+", line)]
        assert all(0 <= n <= 8000 for n in numbers)


def test_importing_the_stage_is_cheap() -> None:
    code = "import sys, modules.tts; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"scipy", "espeakng_loader", "pyworld", "torch", "soxr", "modules.tts.espeak"}
    assert not heavy & set(done.stdout.split())


def test_the_engine_is_embedded_and_makes_itself() -> None:
    spec = ENGINES[-1]
    assert spec.embedded and not spec.missing_packages
    assert spec.make().spec is spec
