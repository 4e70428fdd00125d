"""One turn as the companion sees it: who speaks to whom, and what was said before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from zlib import crc32

from modules.llm.companion.book import Entry, book
from modules.llm.companion.fitting import fitting
from modules.llm.companion.hearing import Heard, hear
from modules.llm.companion.manner import manner_data, particles_of, plain_line, suited
from modules.llm.companion.memories import name_in
from modules.llm.companion.origins import name_told
from modules.llm.companion.wording import Voice, fill, in_tone, sentences, voice_of
from modules.messages import EMOTIONS, EmotionLabel, Mood, TurnRequest
from modules.text import strip_diacritics

SURE = 0.45
"""Score from which a feeling is answered."""
_REMEMBERED_LINES = 20
"""Answers within which no sentence is said twice."""
_NAMED_WITHIN = 20
"""Lines of the user in which a name is looked for."""
_COURTESIES = 2
"""Words that courtesy may add to a sentence or a term of two syllables may."""
_LABELS = frozenset(label.lower() for label in EMOTIONS)
_WORD = re.compile(r"[^\W_]+")
_SLOT = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Talk:
    """Everything that an answer depends on."""

    request: TurnRequest
    heard: Heard
    moment: datetime
    voice: Voice

    @property
    def mood(self) -> EmotionLabel:
        """The user's feeling in this utterance, `Other` where it is not sure."""
        return _sure(self.request.mood)

    @property
    def feeling(self) -> EmotionLabel:
        """The user's feeling; where this utterance tells none, that of the last turns.

        It says how to speak; what to speak of follows `mood`: who changes the subject may.
        """
        return self.mood if self.mood != "Other" else _sure(self.request.overall)

    @cached_property
    def own_lines(self) -> tuple[str, ...]:
        """What the assistant said lately, oldest first, in nobody's manner."""
        return tuple(plain_line(line, self.request.manner) for line in self.raw_lines)

    @cached_property
    def raw_lines(self) -> tuple[str, ...]:
        """What the assistant said lately, oldest first, as it was said."""
        said = [line.text for line in self.request.history if line.role == "assistant"]
        return tuple(said[-_REMEMBERED_LINES:])

    @cached_property
    def user_lines(self) -> tuple[str, ...]:
        """What the user said lately, oldest first, without what they say now."""
        said = [line.text for line in self.request.history if line.role == "user"]
        return tuple(said[-_REMEMBERED_LINES:])

    @cached_property
    def all_user_lines(self) -> tuple[str, ...]:
        """Everything the user said before, oldest first."""
        return tuple(line.text for line in self.request.history if line.role == "user")

    @property
    def first(self) -> bool:
        """True where the assistant has not said anything yet."""
        return not self.own_lines

    @property
    def last(self) -> str:
        """What the assistant said last, or ""."""
        return self.own_lines[-1] if self.own_lines else ""

    @property
    def turn(self) -> int:
        """How many answers there were."""
        return sum(line.role == "assistant" for line in self.request.history)

    @cached_property
    def feeling_before(self) -> str:
        """Key of the answer to a feeling that the assistant gave last, or ""."""
        return self.feeling_of(-1)

    def feeling_of(self, place: int) -> str:
        """Return the key of the answer to a feeling that a line of the assistant was, or ""."""
        if not -len(self.own_lines) <= place < len(self.own_lines):
            return ""
        said = [f" {bare_words(part)} " for part in sentences(self.own_lines[place])]
        return next((key for key, form, n in _feeling_pieces() if _has_form(said, form, n)), "")

    def entry(self, key: str) -> Entry:
        """Return an entry of the book."""
        return book().entries[key]

    def earlier(self, count: int) -> list[Heard]:
        """Return the user's last utterances before this one, as they are read."""
        return [self.read(text) for text in self.user_lines[-count:]]

    def read(self, text: str) -> Heard:
        """Return an utterance of the user as it is read in this conversation."""
        return heard_from(text, self.voice)

    def stay(self, key: str) -> str | None:
        """Return what an entry says when the talk goes on, or what it says where that is all."""
        return self._said_of(key, {}, stay=True)

    def say(self, key: str, **slots: str) -> str | None:
        """Return a template of an entry, filled: one that was not said lately, where there is one.

        The same conversation always gets the same answer. None where every template lacks a slot.
        """
        return self._said_of(key, slots, stay=False)

    def _said_of(self, key: str, slots: Mapping[str, str], *, stay: bool) -> str | None:
        entry = self.entry(key)
        slots = {name: self.pick(name, each) for name, each in entry.fillers.items()} | dict(slots)
        fit = fitting(entry.templates(self.voice.rank, stay=stay), self.heard)
        templates = in_tone(fit, self.voice.tone)
        kinds = manner_data()["plain"]["kinds"]
        plain = entry.kind in kinds or key.partition("_")[0] in kinds
        voice = replace(self.voice, particles=()) if plain else self.voice
        filled = [text for each in templates if (text := fill(each, voice, slots)) is not None]
        if not filled:
            return None
        chosen = self.pick(key, suited(filled, None if plain else self.request.manner))
        return self.pick(key, filled) if self.said(chosen) else chosen

    def pick(self, key: str, choices: Sequence[str]) -> str:
        """Return one of `choices`, by the conversation so far, and none that was said lately."""
        start = self._number(key) % len(choices)
        order = [*choices[start:], *choices[:start]]
        return next((choice for choice in order if not self.said(choice)), order[0])

    def fresh(self, key: str, templates: Sequence[str]) -> str | None:
        """Return one of `templates`, filled, none of whose sentences was said lately, or None."""
        suited_to_tone = in_tone(fitting(templates, self.heard), self.voice.tone)
        filled = [text for each in suited_to_tone if (text := fill(each, self.voice, {}))]
        new = [text for text in filled if not self.said(text)]
        return self.pick(key, suited(new, self.request.manner)) if new else None

    def said_with(self, key: str, **slots: str) -> str | None:
        """Return a template of an entry, filled with `slots`, that was not said lately, or None."""
        filled = [fill(each, self.voice, slots) for each in self.entry(key).say]
        new = [text for text in filled if text and not self.said(text)]
        return self.pick(key, new) if new else None

    def draw(self, name: str) -> float:
        """Return a number from 0 to 1, the same for the same conversation and name."""
        return self._number(name) / 2**32

    def _number(self, key: str) -> int:
        seed = (key, *self.raw_lines[-3:], *self.user_lines[-3:], self.request.text)
        return crc32("\n".join(seed).encode())

    def said(self, text: str) -> bool:
        """Tell whether a sentence of `text`, or words that are no sentence, were said lately."""
        if not text.rstrip().endswith((".", "!", "?", "…")):
            words = bare_words(text)
            return bool(words) and any(words in line for line in self._own_words)
        parts = [plain_words(part) for part in sentences(text)]
        if any(part in self._own_sentences for part in parts if part):
            return True
        longest = max(parts, key=len, default="")
        if self.request.manner:  # who drops subjects: "bạn kể đi" was said as "kể đi"
            for term in (self.voice.assistant_self, self.voice.you):
                longest = longest.removeprefix(f"{bare_words(term)} ")
            return bool(longest) and any(longest in line for line in self._own_words)
        return False

    @cached_property
    def _own_sentences(self) -> frozenset[str]:
        return frozenset(plain_words(part) for line in self.own_lines for part in sentences(line))

    @cached_property
    def _own_words(self) -> tuple[str, ...]:
        return tuple(map(bare_words, self.own_lines))


def _sure(mood: Mood) -> EmotionLabel:
    score = mood.scores.get(mood.label, 0.0) if mood.scores else 1.0
    return mood.label if score >= SURE else "Other"


def heard_from(text: str, voice: Voice) -> Heard:
    """Return an utterance as it is read where these two talk."""
    # Between peers each calls the other "bạn"; elsewhere a term stays with one of the two.
    kin = voice.rank != "peer"
    return hear(text, voice.name, (voice.you, voice.assistant_self) if kin else ("", ""))


def talk_of(request: TurnRequest, moment: datetime) -> Talk:
    """Return the turn of a request."""
    said = [request.text, *(line.text for line in reversed(request.history) if line.role == "user")]
    told = name_told(said[:_NAMED_WITHIN])
    voice = voice_of(request, told or name_in(request.recalled), told=bool(told))
    if own := particles_of(request.manner):
        voice = replace(voice, particles=tuple(own.items()))
    return Talk(request, heard_from(request.text, voice), moment, voice)


def bare_words(text: str) -> str:
    """Return the words of a text in lower case, without diacritics, marks and punctuation."""
    return " ".join(_WORD.findall(strip_diacritics(text.lower())))


def plain_words(sentence: str) -> str:
    """Return the bare words of a sentence without the courtesies and sighs around it."""
    words = bare_words(sentence).split()
    while len(words) > 1 and words[0] in _BEFORE:
        words = words[1:]
    return " ".join(words[:-1] if len(words) > 1 and words[-1] == "a" else words)


_BEFORE = frozenset({"da", "a", "o", "oi", "u"})


def _has_form(said: Sequence[str], pieces: Sequence[str], words: int) -> bool:
    """Tell whether a sentence in `said` has these pieces, and not many more words."""
    return any(
        abs(len(sentence.split()) - words) <= _COURTESIES
        and all(piece in sentence for piece in pieces)
        for sentence in said
    )


@lru_cache(maxsize=1)
def _feeling_pieces() -> tuple[tuple[str, tuple[str, ...], int], ...]:
    """Return, for every template that answers a feeling, its key, and its last sentence's words.

    With them comes how many words it has in all: terms of address and particles are words, too.
    """
    return tuple(
        (
            entry.key,
            tuple(f" {piece} " for part in _SLOT.split(last) if (piece := bare_words(part))),
            len(_SLOT.sub("x", last).split()),
        )
        for entry in book().entries.values()
        if entry.kind == "feeling" or entry.key.rpartition("_")[0] in _LABELS
        for template in (*entry.say, *entry.stay)
        if (last := sentences(template)[-1])
    )
