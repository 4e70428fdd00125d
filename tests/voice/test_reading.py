from __future__ import annotations

import unicodedata

from modules.voice import reading_text

TONE_MARKS = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


def test_the_text_takes_about_twenty_seconds_and_no_sentence_is_long() -> None:
    counts = [len(sentence.split()) for sentence in reading_text()]
    assert 65 <= sum(counts) <= 95
    assert max(counts) <= 20


def test_the_text_is_nfc_and_holds_every_tone_and_vowel() -> None:
    text = " ".join(reading_text()).lower()
    assert unicodedata.is_normalized("NFC", text)
    marks = set(unicodedata.normalize("NFD", text))
    assert marks >= TONE_MARKS
    level = "".join(c for c in unicodedata.normalize("NFD", text) if c not in TONE_MARKS)
    assert set("aăâeêioôơuưy") <= set(unicodedata.normalize("NFC", level))


def test_nothing_in_the_text_has_to_be_normalised_before_it_is_spoken() -> None:
    text = " ".join(reading_text())
    assert all(c.isalpha() or c in " ,." for c in text)
