"""The rules, in the order in which they are tried at a digit, a letter or a sign."""

from modules.tts.normalizer.rules import (
    abbreviations,
    addresses,
    codes,
    dates,
    marks,
    maths,
    measures,
    money,
    numbers,
    phones,
    ranges,
    ratios,
    times,
    web,
    words,
)

DIGIT_RULES = (
    *phones.DIGIT_RULES,
    *dates.FULL_RULES,
    *addresses.DIGIT_RULES,
    *dates.RULES,
    *times.RULES,
    *web.RULES,
    *ratios.RULES,
    *numbers.COUNT_RULES,
    *money.DIGIT_RULES,
    *measures.RULES,
    *money.SCALE_RULES,
    *codes.DIGIT_RULES,
    *numbers.RULES,
)
LETTER_RULES = (
    *marks.GREEK_RULES,
    *web.RULES,
    *money.LETTER_RULES,
    *maths.LETTER_RULES,
    *marks.UNIT_RULES,
    *abbreviations.RULES,
    *numbers.ROMAN_RULES,
    *codes.LETTER_RULES,
    *words.RULES,
)
MARK_RULES = (
    *phones.MARK_RULES,
    *money.MARK_RULES,
    *web.MARK_RULES,
    *ranges.RULES,
    *maths.MARK_RULES,
    *marks.RULES,
)
