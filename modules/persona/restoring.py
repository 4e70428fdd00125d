"""The likeliest marks of a text that was typed without any, for whoever reads more than terms."""

from __future__ import annotations

from modules.persona.reading import read
from modules.text.nfc import has_diacritics


def restored(text: str) -> str:
    """Return `text` (NFC) with the marks that its words most likely have; "" where it has some.

    Marks, numbers, links and capitals stay where they are. What it gives is a guess by neighbours,
    right for about 99 words of 100 of everyday talk: nothing grave rests on it alone.
    """
    if has_diacritics(text):
        return ""
    parts, at = [], 0
    for token in read(text):
        parts.append(text[at : token.start])
        shown = token.form if token.kind == "word" and not token.masked else token.text
        parts.append(shown.capitalize() if token.capital and shown else shown)
        at = token.end
    found = "".join((*parts, text[at:]))
    return found if has_diacritics(found) else ""
