"""Hides who and where in a message: names, numbers, telephone, addresses, mail, links.

What is masked too much only costs an example; what is missed goes to a language model. So every
number of two digits or more goes, and every word in capitals within a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from modules.persona.data import words
from modules.persona.style.rules import table
from modules.persona.style.tokens import is_term
from modules.text import strip_diacritics

_TABLE = table("mask")
LABELS: dict[str, str] = _TABLE["labels"]
_LEADS = sorted(_TABLE["address"]["leads"], key=len, reverse=True)
_NUMBERED = frozenset(_TABLE["address"]["numbered"])
_SURNAMES = frozenset(_TABLE["names"]["surnames"])
_PLAIN = frozenset(_TABLE["names"]["plain"])
_GIVEN = words("names")
_GIVEN_BARE = frozenset(map(strip_diacritics, _GIVEN))

_MAIL = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+|(?<!\w)@\w[\w.]{2,}")
_LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b(?:[\w-]+\.)+(?:com|vn|net|org|io|me|gl|ly|be|edu|gov|info|app)\b(?:/\S*)?",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<!\w)(?:\+?84|0)(?:[\s.-]?\d){8,10}(?!\w)")
_NUMBER = re.compile(r"(?<!\w)\w?\d(?:[\d.,:/\s-]*\d)+\w*|(?<!\w)\d+[a-zđ]*(?!\w)", re.IGNORECASE)
_SPOKEN = re.compile(
    r"(?<!\w)(?:(?:không|một|hai|ba|bốn|tư|năm|sáu|bảy|tám|chín)(?:\s|$)){6,}", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+")
_LEAD = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _LEADS))})\.?(?!\w)", re.IGNORECASE)
_PLACE = re.compile(
    r"[\s.]*(?:số\s+)?(?:\d[\w/.-]*|\[[^\]]+\])(?:(?:[\s,]+|\.)[A-ZĐÀ-Ỹ][^\W\d_]*)*"
    r"|[\s.]*[A-ZĐÀ-Ỹ][^\W\d_]*(?:\s+(?:[A-ZĐÀ-Ỹ][^\W\d_]*|\d+))*"
)
_SECRET = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _TABLE['secret']['words']))})(?!\w)")
_SENTENCE_ENDS = frozenset(".!?…\n:")


def mask(text: str, names: Iterable[str] = ()) -> str:
    """Return a message with labels ("[tên]") for what tells who or where.

    `names` are the people of the chat: every part of them is hidden, in any case, with or without
    diacritics, unless it is also an everyday word.
    """
    for pattern, label in ((_MAIL, "mail"), (_LINK, "link"), (_PHONE, "phone")):
        text = pattern.sub(LABELS[label], text)
    text = _addresses(text)
    text = _SPOKEN.sub(f"{LABELS['number']} ", text)
    text = _NUMBER.sub(LABELS["number"], text)
    return _without_names(text, names)


def is_secret(text: str) -> bool:
    """Tell whether a message is about a password, a code or an account: nobody learns from it."""
    return bool(_SECRET.search(strip_diacritics(text.casefold())))


def masked_share(text: str) -> float:
    """Return which part of the words of a masked text are labels."""
    labels = sum(text.count(label) for label in LABELS.values())
    for label in LABELS.values():
        text = text.replace(label, " ")
    plain = len(_WORD.findall(text))
    return labels / (labels + plain) if labels + plain else 1.0


def _addresses(text: str) -> str:
    """Hide a place: what says that one follows, and its number or its words in capitals."""
    parts: list[str] = []
    at = 0
    for lead in _LEAD.finditer(text):
        if lead.start() < at:
            continue
        place = _PLACE.match(text, lead.end())
        bare = lead[0].lower().rstrip(".")
        if place is None or (bare in _NUMBERED and not re.search(r"\d|\[", place[0])):
            continue
        parts += [text[at : lead.start()], LABELS["address"]]
        at = place.end()
    joined = "".join((*parts, text[at:]))
    label = re.escape(LABELS["address"])
    return re.sub(rf"(?:{label}[\s,]*)+{label}", LABELS["address"], joined)


def _without_names(text: str, names: Iterable[str]) -> str:
    """Hide names: those of the chat, words in capitals within a sentence, and known given names
    behind a term of address ("chị hằng").
    """
    known = {part for name in names for part in _parts(name)}
    label = LABELS["name"]
    shouted = text.isupper()
    kept: list[str] = []
    at = 0
    before = ""
    hidden = False
    for match in _WORD.finditer(text):
        gap = text[at : match.start()]
        inside = text[: match.start()].rfind("[") > text[: match.start()].rfind("]")
        opens = not kept or bool(set(gap) & _SENTENCE_ENDS)
        word = match[0]
        name = not inside and _is_name(
            word, before, text[match.end() :], known, opens=opens, shouted=shouted
        )
        follows_name = hidden and not gap.strip()
        if name and follows_name:
            pass  # one label for the whole name
        else:
            kept += [gap, label if name else word]
        hidden = name
        before = word.lower()
        at = match.end()
    return "".join((*kept, text[at:]))


def _parts(name: str) -> set[str]:
    found = set()
    for part in _WORD.findall(name.casefold()):
        if len(part) > 1 and not is_term(part):
            found |= {part, strip_diacritics(part)}
    return found


def _is_name(
    word: str, before: str, rest: str, known: set[str], *, opens: bool, shouted: bool
) -> bool:
    form = word.lower()
    if form in known and (word[0].isupper() or is_term(before) or _called(rest)):
        return True
    if is_term(form) or form in _PLAIN:
        return False
    capital = word[0].isupper()
    if capital and not opens and not shouted:
        return True
    if capital and (_called(rest, "ơi|oi") or (form in _SURNAMES and _capital_follows(rest))):
        return True
    given = form in _GIVEN or (form.isascii() and form in _GIVEN_BARE)
    return (is_term(before) or _called(rest)) and given


def _called(rest: str, calls: str = "ơi|oi|à|ạ") -> bool:
    """Say whether somebody is called: "Hằng ơi", "Nam à"."""
    return bool(re.match(rf"\s+(?:{calls})(?!\w)", rest))


def _capital_follows(rest: str) -> bool:
    return bool(re.match(r"\s+[A-ZĐÀ-Ỹ]", rest))
