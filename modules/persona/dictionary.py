"""A user's own words: what an answer says in their place, and what a language model is told.

{"always": ["trái", "chén"],
 "never": {"deadline": "hạn chót", "okie": ""},
 "say": {"Ea H'leo": "ê a hờ leo"}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modules.errors import InvalidInput
from modules.messages import Dictionary
from modules.persona.data import table
from modules.persona.edits import Edit, apply, in_case_of
from modules.text.nfc import clean
from modules.text.region.words import Word, glued, words_of

NO_WORDS = Dictionary()
KINDS = ("always", "never", "say")
MOST = 200
"""Entries of each kind."""
LONGEST = 60
"""Characters of a word; LONGEST_READING of what is said for it."""
LONGEST_READING = 120
_LINES: dict[str, Any] = table("prompt")["dictionary"]
_TOLD = 12
"""Words of each kind that a language model is told: more crowd out the rules."""

_Entry = tuple[str, tuple[str, ...], str | None]
"""A phrase, its words, and what is said in its place (None: it stays)."""


def check_dictionary(value: object) -> Dictionary:
    """Return a dictionary that was given as plain data; a kind that is missing is empty.

    Raises `InvalidInput` whose `field` is the key: "words.never.deadline".
    """
    if not isinstance(value, Mapping):
        raise InvalidInput("not_an_object", field="words")
    for key in value:
        if key not in KINDS:
            raise InvalidInput("unknown_key", field=f"words.{str(key)[:LONGEST]}")
    never = _pairs(value.get("never", {}), "words.never")
    say = _pairs(value.get("say", {}), "words.say")
    for word, reading in say:
        if not reading:
            raise InvalidInput("empty", field=f"words.say.{word}")
    always = _list(value.get("always", []))
    banned = {word.lower() for word, _ in never}
    for word in always:
        if word.lower() in banned:
            raise InvalidInput("conflict_word", field="words.always", word=word)
    return Dictionary(always, never, say)


def as_dict(dictionary: Dictionary) -> dict[str, Any]:
    """Return a dictionary as the plain data that `check_dictionary` takes."""
    return {
        "always": list(dictionary.always),
        "never": dict(dictionary.never),
        "say": dict(dictionary.say),
    }


def kept(dictionary: Dictionary) -> tuple[str, ...]:
    """Return the words that no other rule may exchange: the user spoke of them."""
    said = (*dictionary.always, *(word for word, _ in dictionary.say))
    return (*said, *(each for pair in dictionary.never for each in pair if each))


def replaced(
    text: str, dictionary: Dictionary, masked: Sequence[tuple[int, int]] = ()
) -> tuple[str, int]:
    """Return `text` with the words that are never used exchanged, and how many were left.

    Whole words, the longest first, in any case; quotations, links and parts of names that are
    always used stay. A word without another in its place is left, and counted.
    """
    if not dictionary.never:
        return text, 0
    words = words_of(text, masked)
    entries: list[_Entry] = [(phrase, _forms(phrase), None) for phrase in dictionary.always]
    entries += [(phrase, _forms(phrase), instead) for phrase, instead in dictionary.never]
    entries.sort(key=lambda entry: len(entry[1]), reverse=True)
    edits: list[Edit] = []
    left = index = 0
    while index < len(words):
        found = _longest(words, index, text, entries)
        if found is None:
            index += 1
            continue
        end, instead = found
        start, stop = words[index].start, words[end - 1].end
        if instead:
            edits.append(Edit(start, stop, in_case_of(text[start:stop], instead)))
        left += instead == ""
        index = end
    return (apply(text, edits) if edits else text), left


def paragraph(dictionary: Dictionary) -> Iterator[str]:
    """Give the lines for a language model."""
    if dictionary.always:
        yield _LINES["always"].format(list=_quoted(dictionary.always))
    instead = [(word, other) for word, other in dictionary.never if other][:_TOLD]
    if instead:
        pairs = ", ".join(f'"{other}" thay cho "{word}"' for word, other in instead)
        yield _LINES["instead"].format(list=pairs)
    banned = [word for word, other in dictionary.never if not other]
    if banned:
        yield _LINES["never"].format(list=_quoted(banned))


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f'"{word}"' for word in words[:_TOLD])


def _longest(
    words: Sequence[Word], index: int, text: str, entries: Sequence[_Entry]
) -> tuple[int, str | None] | None:
    """Return where the longest entry at `index` ends, and what is said in its place."""
    for phrase, forms, instead in entries:
        end = index + len(forms)
        if tuple(word.form for word in words[index:end]) != forms:
            continue
        start, stop = words[index].start, words[end - 1].end
        said = text[start:stop].lower()
        if said.split() == phrase.lower().split() and not glued(text, start, stop):
            return end, instead
    return None


def _forms(phrase: str) -> tuple[str, ...]:
    """Return the words of a phrase as `words_of` sees them."""
    return tuple(word.form for word in words_of(phrase.lower()))


def _list(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise InvalidInput("not_a_list", field="words.always")
    _limited(value, "words.always")
    words = (_word(each, "words.always") for each in value)
    return tuple(dict.fromkeys(words))


def _pairs(value: object, field: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise InvalidInput("not_an_object", field=field)
    _limited(value, field)
    found: dict[str, str] = {}
    for word, said in value.items():
        cleaned = _word(word, field)
        if not isinstance(said, str):
            raise InvalidInput("not_text", field=f"{field}.{cleaned}")
        reading = " ".join(clean(said).split())
        if len(reading) > LONGEST_READING:
            raise InvalidInput("too_long", field=f"{field}.{cleaned}", limit=LONGEST_READING)
        if reading.lower() == cleaned.lower():
            raise InvalidInput("same_word", field=f"{field}.{cleaned}")
        found[cleaned] = reading
    return tuple(found.items())


def _limited(value: Sequence[object] | Mapping[object, object], field: str) -> None:
    if len(value) > MOST:
        raise InvalidInput("too_many_entries", field=field, limit=MOST)


def _word(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput("not_text", field=field)
    word = " ".join(clean(value).split())
    if not any(map(str.isalnum, word)):
        raise InvalidInput("empty", field=field)
    if len(word) > LONGEST:
        raise InvalidInput("too_long", field=field, limit=LONGEST)
    return word
