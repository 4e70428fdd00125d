"""From a template to a sentence in the right words for whoever is spoken to.

A template begins its sentences in lower case and names people only by slots:

    {self} {you}       the pair in use; {Self} {You} with a capital
    {you_name}         "Nam", "anh Nam", or the term alone where no name is known
    {name}             the assistant's own name
    {nhe} {nhi} {day} {the}    particles of the region
    {da} {a}           "Dạ, " and " ạ" where a junior speaks; most templates leave them to `polish`

A template that begins with ~ is said as it is, without a junior's courtesies.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Literal

from modules.messages import Region, Tone, TurnRequest

Rank = Literal["junior", "peer", "senior"]
TOLD = "\u241f"
"""Stands before what is told or quoted: it gets no courtesies (the symbol for a unit separator)."""
_SENTENCES = re.compile(r"(?<=[.!?…])\s+")
_NAME = re.compile(r"[^\W\d_]+(?: [^\W\d_]+){0,3}")
_CAPITAL = re.compile(r"(^|[.!?…]\s+)(\W*)(\w)")
_FORMATTER = Formatter()


@lru_cache(maxsize=1)
def wording_data() -> Mapping[str, Any]:
    """Return the tables of `wording.toml`."""
    return tomllib.loads(Path(__file__).with_name("wording.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks to whom, and how."""

    assistant_self: str
    you: str
    rank: Rank
    tone: Tone
    region: Region
    name: str
    user_name: str
    particles: tuple[tuple[str, str], ...] = ()
    """Particles of the user's own, by slot: they go before those of the region."""

    @property
    def slots(self) -> dict[str, str]:
        """Return the slots that every template may use."""
        particles: dict[str, str] = dict(wording_data()["particles"][self.region])
        particles |= dict(self.particles)
        junior = self.rank == "junior"
        return particles | {
            "self": self.assistant_self,
            "you": self.you,
            "Self": _capital(self.assistant_self),
            "You": _capital(self.you),
            "you_name": self._you_name(),
            "name": self.name,
            "da": "Dạ, " if junior else "",
            "a": " ạ" if junior else "",
        }

    def _you_name(self) -> str:
        if not self.user_name:
            return self.you
        return self.user_name if self.rank == "peer" else f"{self.you} {self.user_name}"


def voice_of(request: TurnRequest, user_name: str = "", *, told: bool = False) -> Voice:
    """Return how to speak in answer to `request`.

    `user_name` is what memory knows, if anything; `told`: they gave it in this conversation, which
    counts more than the profile.
    """
    pair, persona = request.pair, request.persona
    own = pair.assistant_self.strip() or "mình"
    name = user_name if told else named(request.user.name) or user_name
    return Voice(
        assistant_self=own,
        you=pair.user_term.strip() or "bạn",
        rank=_rank(own.lower(), pair.user_term.lower()),
        tone=persona.tone,
        region=persona.region,
        name=named(persona.name) or wording_data()["small"]["default_name"],
        user_name=name,
    )


def named(text: str) -> str:
    """Return the given name in a name field ("Nguyễn Văn Nam" -> "Nam"), "" where it holds none."""
    match = _NAME.fullmatch(unicodedata.normalize("NFC", text).strip())
    if match is None:
        return ""
    words = match[0].split()
    return (words[-1] if len(words) > 2 else " ".join(words)).title()


def fill(template: str, voice: Voice, slots: Mapping[str, str]) -> str | None:
    """Return the sentences of a template, or None where it needs a slot that is not there."""
    values = voice.slots | dict(slots)
    wanted = {name for _, name, _, _ in _FORMATTER.parse(template) if name}
    if not wanted <= values.keys():
        return None
    return template.format_map(values)


def in_tone(templates: Sequence[str], tone: Tone) -> Sequence[str]:
    """Return the templates that suit a tone; all of them where none does."""
    if tone != "formal":
        return templates
    casual: list[str] = wording_data()["tone"]["casual"]
    found = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, casual))})(?!\w)")
    return [each for each in templates if not found.search(each)] or templates


def polish(text: str, voice: Voice, turn: int) -> str:
    """Return the reply as it is said: courtesies, capitals, spaces, NFC.

    A junior opens with "Dạ" and puts one "ạ" on the first or the last sentence (`turn` decides).
    """
    plain = text.startswith("~")
    own, _, told = text.removeprefix("~").partition(TOLD)
    text = " ".join(own.split())
    if voice.rank == "junior":
        text = re.sub(r"^(à|ồ|ôi), ", "", text)
    if voice.rank == "junior" and not plain and not re.match(r"dạ\b", text.lower()):
        text = f"{wording_data()['courtesy']['opening']}, {_with_a(text, turn)}"
    text = f"{text} {' '.join(told.split())}".strip()
    text = _CAPITAL.sub(lambda match: match[1] + match[2] + match[3].upper(), text)
    return unicodedata.normalize("NFC", text)


def sentences(text: str) -> list[str]:
    """Return the sentences of a reply."""
    return [part for part in _SENTENCES.split(text.strip()) if part]


def _with_a(text: str, turn: int) -> str:
    """Put one "ạ" on the first or the last sentence; "mệt à?" becomes "mệt ạ?"."""
    if re.search(r" ạ\b", text):
        return text
    parts = sentences(text)
    order = [0, len(parts) - 1] if turn % 3 == 0 else [len(parts) - 1, 0]
    for index in order:
        match = re.fullmatch(r"(.*\w)([.!?…]+)", parts[index])
        if match and match[1].endswith((" à", " hả")):
            parts[index] = f"{match[1].rpartition(' ')[0]} ạ{match[2]}"
            break
        last = match[1].split()[-1].lower() if match else "ạ"
        if match and not last.endswith("ạ") and last not in wording_data()["courtesy"]["no_a"]:
            parts[index] = f"{match[1]} ạ{match[2]}"
            break
    return " ".join(parts)


def _rank(own: str, you: str) -> Rank:
    ranks = wording_data()["ranks"]
    if own in ranks["junior"]:
        return "junior"
    if own in ranks["senior"] or (own == "cậu" and you in ("cháu", "con")):
        return "senior"
    return "peer"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
