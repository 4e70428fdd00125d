"""Text as it is spoken: the public function of the normaliser."""

from __future__ import annotations

from collections.abc import Mapping

from modules.messages import Region
from modules.tts.normalizer.characters import clean_characters
from modules.tts.normalizer.context import WORD, Context
from modules.tts.normalizer.faces import drop_faces, squeeze
from modules.tts.normalizer.finish import finish
from modules.tts.normalizer.markup import strip_markup, unescape
from modules.tts.normalizer.own_words import mark_words
from modules.tts.normalizer.scanner import scan
from modules.tts.normalizer.tables import tables


def normalize(
    text: str,
    region: Region = "north",
    words: Mapping[str, str] | None = None,
) -> str:
    """Return a text as it is spoken: Vietnamese syllables, and , . ? ! ; : … for its pauses.

    Numbers, dates, money, units, abbreviations, addresses, chat spelling and well-known foreign
    words become words, in the way of a region; faces, pictures, markup and letters of other
    scripts are dropped. A foreign word that the tables do not know stays as it is, in plain
    letters. The result is lower case (capitals have no sound), NFC, without a digit, and is not
    changed by being normalised again.

    `words` are the user's own readings (word -> how it is read): they come before everything else,
    as whole words, whatever the case. Any text is accepted; the time is linear in its length.
    """
    text = clean_characters(unescape(text))
    readings: tuple[str, ...] = ()
    if words:
        text, found = mark_words(text, words)
        readings = tuple(normalize(reading.lower(), region) for reading in found)
    text, faces = drop_faces(strip_markup(text))
    text, stretched = squeeze(text)
    chatty = faces or stretched or _is_chat(text)
    return finish(scan(Context(text, region, readings, chatty)))


def _is_chat(text: str) -> bool:
    """Return whether a text has chat spelling in it: "ko", "đc", "j"."""
    return not tables().chat.keys().isdisjoint(WORD.findall(text))
