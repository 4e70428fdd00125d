"""Finds what is no Vietnamese in a Vietnamese answer: English words, words without their marks.

What `rules/foreign.toml` knows is replaced; the rest is counted and left. Names, brands, code,
links, quotations, words taken over from English, and whole English sentences stay as they are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from modules.persona.data import Phrases, phrases, table
from modules.persona.marks import lines, sure_marks
from modules.persona.reading import Token
from modules.persona.terms import TERMS
from modules.persona.utterance import Utterance
from modules.text.edits import Edit, in_case_of
from modules.text.nfc import has_diacritics
from modules.text.syllables import is_bare_syllable, is_vietnamese_syllable

_RULES = table("foreign")
_ENGLISH = Phrases(_RULES["english"].items())
_MARKS = Phrases(_RULES["marks"].items())
_KEPT = frozenset(_RULES["kept"]["words"])
_CITED = phrases(_RULES["cited"]["behind"])
_FUNCTION = frozenset(_RULES["function"]["words"])
_CITED_WORDS = 3
_SENTENCE_ENDS = frozenset(".!?…\n")
_CODE = frozenset("-_/\\@#+=<>{}[]|*^~&%$")
_VOWELS = frozenset("aeiouy")
_SENTENCE_WORDS = 4
_RESTORED_WORDS = 3
"""From so many words on a sentence may be given its marks as a whole, or is counted as one."""
_LONGEST_LEAK = 2
"""Foreign words or phrases in a row that are still a slip; more are a sentence of their own."""


def foreign_words(answer: Utterance) -> tuple[list[Edit], int]:
    """Return the edits that put Vietnamese in place, and how many words were left in doubt."""
    edits: list[Edit] = []
    left = 0
    if words := _bare(answer):
        whole = _marked(answer)
        if whole or words >= _SENTENCE_WORDS:
            return whole, int(not whole)  # half of its words with marks would mend nothing
    for start, end in _runs(answer):
        found, doubtful = _judge(answer, start, end)
        edits += found
        left += doubtful
    return edits, left


def _bare(answer: Utterance) -> int:
    """Return how many words a sentence has that is Vietnamese without its marks, else 0.

    It is none where the table has it all.
    """
    spoken = [index for index, token in enumerate(answer.tokens) if token.kind == "word"]
    forms = [answer.forms[index] for index in spoken]
    if len(forms) < _RESTORED_WORDS or any(has_diacritics(form) for form in forms):
        return 0
    marked = any(
        not is_vietnamese_syllable(form) or _MARKS.length(forms, index)
        for index, form in enumerate(forms)
    )
    bare = all(is_bare_syllable(form) for form in forms)
    return len(forms) if bare and marked and not _MARKS.fill(forms) else 0


def _marked(answer: Utterance) -> list[Edit]:
    """Return the edits that give all words of a sentence their marks; none where one is unsure."""
    edits: list[Edit] = []
    inner = [token for line in lines(answer.tokens) for token in line[1:]]
    if any(token.masked or token.kind == "number" for token in answer.tokens):
        return []
    if any(token.capital for token in inner):
        return []  # a name
    for line in lines(answer.tokens):
        words = sure_marks([token.form for token in line])
        if words is None:
            return []
        edits += [
            Edit(token.start, token.end, in_case_of(token.text, word))
            for token, word in zip(line, words, strict=True)
            if word != token.form
        ]
    return edits


def _runs(answer: Utterance) -> Iterator[tuple[int, int]]:
    """Give the stretches of words next to each other that do not look Vietnamese."""
    tokens = answer.tokens
    index = 0
    while index < len(tokens):
        end = index
        while end < len(tokens) and _looks_foreign(answer, end, begun=end > index):
            end += max(1, _known(answer, end))
        if end > index:
            yield index, end
        index = max(end, index + 1)


def _looks_foreign(answer: Utterance, index: int, *, begun: bool) -> bool:
    token = answer.tokens[index]
    if token.kind != "word" or token.masked or token.form in TERMS:
        return False
    if begun and token.form in _FUNCTION:
        return True
    if _known(answer, index):
        return True
    if has_diacritics(token.text) or (begun and not token.text.isascii()):
        return False
    return not is_vietnamese_syllable(token.form)


def _known(answer: Utterance, index: int) -> int:
    """Return how many words the entry of the tables at `index` has, 0 where there is none."""
    return max(words.length(answer.forms, index) for words in (_MARKS, _ENGLISH))


def _judge(answer: Utterance, start: int, end: int) -> tuple[list[Edit], int]:
    """Return the edits of one stretch, and how many of its words were left in doubt."""
    if _stays(answer, start, end):
        return [], 0
    edits: list[Edit] = []
    doubtful = 0
    index = start
    while index < end:
        known = _MARKS.at(answer.forms, index, end) or _ENGLISH.at(answer.forms, index, end)
        if known:
            edits.append(_edit(answer, index, *known))
        else:
            doubtful += _doubtful(answer.tokens[index])
        index += known[0] if known else 1
    led = start > 0 and answer.forms[start - 1] in _FUNCTION  # "my friend"
    if len(edits) > _LONGEST_LEAK or (edits and (doubtful or led)):
        return [], 1  # a sentence in English, or a name whose other half no table knows
    return edits, doubtful


def _edit(answer: Utterance, index: int, length: int, word: str) -> Edit:
    first, last = answer.tokens[index], answer.tokens[index + length - 1]
    return Edit(first.start, last.end, in_case_of(first.text, word))


def _stays(answer: Utterance, start: int, end: int) -> bool:
    """Say whether a stretch is a name, code, or cited."""
    tokens = answer.tokens
    before = answer.forms[max(0, start - _CITED_WORDS) : start]
    if _CITED.end(before) or any(_is_name(answer, index) for index in range(start, end)):
        return True
    return any(_touches_code(tokens, index) for index in range(start, end))


def _is_name(answer: Utterance, index: int) -> bool:
    """A capital within a sentence, or capitals alone, are a name."""
    token = answer.tokens[index]
    if len(token.text) > 1 and token.text.lower() not in (token.text, _uncapped(token.text)):
        return True
    opens = not index or answer.forms[index - 1] in _SENTENCE_ENDS
    follows_name = bool(index) and answer.tokens[index - 1].capital and index > 1
    return (token.capital and not opens) or (follows_name and _named_before(answer, index))


def _uncapped(text: str) -> str:
    """Return a word with a small first letter, all else as it is."""
    return text[:1].lower() + text[1:]


def _named_before(answer: Utterance, index: int) -> bool:
    before = answer.tokens[index - 1]
    return before.text.isascii() and not is_vietnamese_syllable(before.form)


def _touches_code(tokens: Sequence[Token], index: int) -> bool:
    """Say whether a word is glued to another sign than punctuation: "user_name", "a.b"."""
    token = tokens[index]
    if index and tokens[index - 1].end == token.start:
        glued = index > 1 and tokens[index - 2].end == tokens[index - 1].start
        if tokens[index - 1].text in _CODE or (tokens[index - 1].text in ".:(" and glued):
            return True
    if index + 1 == len(tokens) or tokens[index + 1].start != token.end:
        return False
    following = tokens[index + 1]
    dotted = index + 2 < len(tokens) and tokens[index + 2].start == following.end
    glued = following.text in ".:(" and dotted and tokens[index + 2].kind in ("word", "number")
    return following.kind == "number" or following.text in _CODE or glued


def _doubtful(token: Token) -> bool:
    """Say whether a word that no table knows is a slip: another script, English, without marks."""
    spelled_out = _VOWELS.isdisjoint(token.form)  # "bpm": a unit
    if token.form in _KEPT or token.form in _FUNCTION or spelled_out:
        return _other_script(token.text)
    if _other_script(token.text) or is_bare_syllable(token.form):
        return True
    return token.text.isascii()


def _other_script(text: str) -> bool:
    return any(letter.isalpha() and _script(letter) != "LATIN" for letter in text)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
