"""Pure functions on Vietnamese text that any stage may use: NFC, syllables, clauses."""

from modules.text.clauses import ClauseSplitter
from modules.text.nfc import clean, has_diacritics, strip_diacritics
from modules.text.syllables import count_syllables, is_bare_syllable, is_vietnamese_syllable

__all__ = [
    "ClauseSplitter",
    "clean",
    "count_syllables",
    "has_diacritics",
    "is_bare_syllable",
    "is_vietnamese_syllable",
    "strip_diacritics",
]
