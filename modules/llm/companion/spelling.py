"""Words as such: spelled, counted, read aloud, and numbers counted off."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from modules.llm.companion.clock import Answer
from modules.llm.companion.numbers import number_words, read_number, tokens_of
from modules.llm.companion.phrases import alternatives
from modules.text import is_vietnamese_syllable, strip_diacritics

MAX_READ = 300
_MAX_SPELLED = 4
_MAX_COUNT = 30
_QUOTED = re.compile(r"[\"“”«'‘:]\s*([^\"“”»'’]+)")


def spell(text: str) -> Answer | None:
    """Return the syllables of the word asked for, spelled as in school: hờ, a, ha, huyền, hà."""
    word = _word_in(text)
    syllables = word.split()[:_MAX_SPELLED]
    if not syllables or not all(map(is_vietnamese_syllable, syllables)):
        return _letters_of(word)
    return "spell", {"spelling": "; ".join(map(spell_syllable, syllables))}


def spell_syllable(syllable: str) -> str:
    """Return one syllable as it is spelled aloud: onset, rhyme, both, tone, the whole."""
    onset, rhyme, tone = _parts(syllable.lower())
    toneless = onset + rhyme.removeprefix("i") if onset == "gi" else onset + rhyme
    names = _tables()
    said = [names["onsets"][onset], rhyme] if onset else [rhyme]
    if onset:
        said.append(toneless)
    if tone:
        said += [names["tones"][tone], syllable.lower()]
    return ", ".join(said)


def letters(text: str) -> Answer | None:
    """Return the letters of the word asked for, by their names."""
    return _letters_of(_word_in(text))


def count_letters(text: str) -> Answer | None:
    """Return how many letters and how many syllables the words asked for have."""
    word = _word_in(text)
    count = sum(map(str.isalpha, unicodedata.normalize("NFC", word)))
    if not count:
        return None
    slots = {"word": f"“{word}”", "letters": str(count), "words": str(len(word.split()))}
    return "letter_count", slots


def count_off(text: str, *, bare: bool) -> Answer | None:
    """Return numbers counted off, up or down, at most `_MAX_COUNT` of them."""
    words = number_words(bare)
    tokens = [token for token in tokens_of(text) if token != "tu"]  # "từ" or "tư": here the first
    found: list[int] = []
    at = 0
    while at < len(tokens):
        number = read_number(tokens, at, words)
        if number and number[0].denominator == 1:
            found.append(int(number[0]))
        at = number[1] if number else at + 1
    down = any(strip_diacritics(token) == "nguoc" for token in tokens)
    if not found:
        found = [10]
    first, last = (found[0], found[1]) if len(found) > 1 else (1, found[0])
    if down and first < last:
        first, last = last, first
    step = 1 if last >= first else -1
    numbers = list(range(first, last + step, step)) if abs(last - first) < _MAX_COUNT else []
    return ("count", {"numbers": ", ".join(map(str, numbers))}) if numbers else ("too_large", {})


def read_aloud(text: str) -> Answer:
    """Return the words to be read; `text` is plain, so that no markup is ever repeated."""
    ask, between = alternatives("reading", "ask"), alternatives("reading", "between")
    request = rf"(?i)^.*?{ask}(?:\s+{between})*\s*[:,]?\s*"
    words = re.sub(request, "", text, count=1).strip(" \"“”'‘’«»")[:MAX_READ].strip()
    if not any(map(str.isalnum, words)) or words == text:
        return "read_what", {}
    return "read", {"words": f"“{words}”."}


def _letters_of(word: str) -> Answer | None:
    table, tones = _tables()["letters"], _tables()["tones"]
    names: list[str] = []
    for character in word.lower().replace(" ", ""):
        tone = next((mark for mark in unicodedata.normalize("NFD", character) if mark in tones), "")
        plain = unicodedata.normalize(
            "NFC", unicodedata.normalize("NFD", character).replace(tone, "")
        )
        if plain not in table:
            return None
        names.append(table[plain])
        if tone:
            names[-1] += f" {tones[tone]}"
    if not 0 < len(names) <= 24:
        return None
    return "letters", {"word": f"“{word}”", "letters": ", ".join(names)}


def _word_in(text: str) -> str:
    """Return the word that a sentence asks about: quoted, or behind the request."""
    if match := _QUOTED.search(text):
        return match[1].strip(" .,!?")
    ask, between, tail = (alternatives("spelling", name) for name in ("ask", "between", "tail"))
    match = re.search(rf"(?i){ask}(?:\s+{between})*\s+(.+)", text)
    return re.sub(rf"(?i)\s*{tail}.*$", "", match[1]).strip(" .,!?\"'") if match else ""


def _parts(syllable: str) -> tuple[str, str, str]:
    """Return onset, rhyme and tone mark: nghiêng -> ngh, iêng; gì -> gi, i, huyền."""
    tones = _tables()["tones"]
    parts = unicodedata.normalize("NFD", syllable)
    tone = next((mark for mark in parts if mark in tones), "")
    plain = unicodedata.normalize("NFC", parts.replace(tone, "") if tone else parts)
    onsets = sorted(_tables()["onsets"], key=len, reverse=True)
    onset = next((each for each in onsets if plain.startswith(each) and plain != each), "")
    if plain == "gi":
        return "gi", "i", tone
    return onset, plain[len(onset) :], tone


@lru_cache(maxsize=1)
def _tables() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(Path(__file__).with_name("spelling.toml").read_text(encoding="utf-8"))
