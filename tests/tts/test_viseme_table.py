"""Every sound that espeak makes of Vietnamese has a mouth."""

from __future__ import annotations

import tomllib
import typing
from collections.abc import Iterator
from importlib import resources

import pytest

from modules.messages import VisemeShape
from modules.tts import espeak_library
from modules.tts.phrases import respelled
from modules.tts.viseme_table import SHAPES, bare, is_known, sound
from modules.tts.voices import VOICES, voice_file
from tests.tts.syllables import all_syllables

ALL_SHAPES = set(typing.get_args(VisemeShape))
ACCENTS = [next(voice for voice in VOICES if voice.rules == rules) for rules in (0, 1, 2)]


def spoken(region_voice: object, words: list[str]) -> Iterator[str]:
    """Bare phoneme names of words said forty at a time."""
    file = voice_file(region_voice)  # type: ignore[arg-type]
    for start in range(0, len(words), 40):
        text = respelled(" ".join(words[start : start + 40]), region_voice.region)  # type: ignore[attr-defined]
        for phoneme in espeak_library.speak(text, file, 440).phonemes:
            yield phoneme.name


@pytest.mark.parametrize("voice", ACCENTS, ids=lambda voice: voice.region)
def test_no_phoneme_of_any_syllable_is_without_a_shape(voice: object) -> None:
    names = set(spoken(voice, all_syllables()))
    # Syllables that no word uses, such as "buy", are taken for English.
    foreign = {name for name in names if name.startswith("(")}
    names = {bare(name) for name in names} - {""}
    unknown = {name for name in names if not is_known(name)}
    assert len(names) > 40
    assert foreign <= {"(en)", "(vi)"}
    assert unknown <= {"aɪ", "iː", "uː", "eə", "əʊ"}


def test_words_of_the_language_are_never_read_as_english() -> None:
    words = "trong veo, quy qui, hung dữ, huy huệ, giết giếng gì, xoong nồi, buýt".replace(",", "")
    for voice in ACCENTS:
        assert not any(name.startswith("(") for name in spoken(voice, words.split()))


def test_every_word_of_the_south_keeps_a_vowel() -> None:
    words = ["hu", "hua", "hui", "hum", "hun", "hung", "qui", "veo"]
    file = voice_file(ACCENTS[2])
    for word in words:
        made = espeak_library.speak(respelled(word, "south"), file, 180)
        vowels = [p for p in made.phonemes if bare(p.name) and sound(bare(p.name)).vowel]
        assert len(vowels) == 1, (word, made.phonemes)


def test_the_table_is_well_formed() -> None:
    text = (resources.files("modules.tts") / "data" / "visemes.toml").read_text("utf-8")
    data = tomllib.loads(text)
    assert set(SHAPES) == ALL_SHAPES
    for shape in SHAPES.values():
        assert all(0 <= value <= 1 for value in (shape.open, shape.spread, shape.round))
    used = {shape for shapes in data["vowel"].values() for shape in shapes}
    used |= {*data["consonant"].values(), *data["final"].values(), *data["foreign"].values()}
    assert used <= ALL_SHAPES
    assert used | {"rest"} == ALL_SHAPES
    assert all(0 < weight <= 1 for weight in data["weight"].values())


@pytest.mark.parametrize("text", ["hello world", "The quick brown fox", "Facebook, Google, Wi-Fi"])
def test_english_gets_shapes_of_its_letters(text: str) -> None:
    made = espeak_library.speak(text, voice_file(ACCENTS[0]), 180)
    names = {bare(phoneme.name) for phoneme in made.phonemes} - {""}
    assert all(set(sound(name).shapes) <= ALL_SHAPES for name in names)
    assert sound("əʊ").shapes == ("mid", "round")
    assert sound("aɪ").shapes == ("open", "spread")
    assert sound("dʒ").shapes == ("tongue",)
