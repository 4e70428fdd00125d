"""A chat export as a lesson: whose messages count, and what is counted in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from modules.errors import InvalidInput
from modules.persona.style.counting import Counts
from modules.persona.style.exemplars import Sample
from modules.persona.style.exports import Export, Progress
from modules.persona.style.masking import LABELS, is_secret, mask
from modules.persona.style.profile import StyleProfile
from modules.text import clean

MOST_COUNTED = 10_000
"""Messages of an export that are counted: of more, every second, third ... one."""
_LABEL = re.compile("|".join(map(re.escape, LABELS.values())))
_LISTED_AUTHORS = 50


@dataclass(frozen=True, slots=True)
class Learned:
    """What became of an export: `learned` messages of `author`, out of `messages` of all authors.

    `author` is None where somebody must be picked first: then nothing was learned.
    """

    format: str
    messages: int
    authors: dict[str, int]
    author: str | None
    learned: int
    profile: StyleProfile

    def as_dict(self) -> dict[str, object]:
        """Return it as plain data for the API."""
        return {**asdict(self), "profile": self.profile.model_dump()}


@dataclass(frozen=True, slots=True)
class Lesson:
    """An export that was read; `author` is None where somebody must be picked first."""

    format: str
    authors: dict[str, int]
    """How many messages each wrote."""
    author: str | None
    messages: int = 0
    """Of the author."""
    counts: Counts = field(default_factory=Counts)
    sample: Sample = field(default_factory=Sample)

    def learned(self, profile: StyleProfile) -> Learned:
        """Return what became of it, with the profile that it led to."""
        total, listed = sum(self.authors.values()), dict([*self.authors.items()][:_LISTED_AUTHORS])
        return Learned(self.format, total, listed, self.author, self.messages, profile)


def lesson_of(export: Export, author: str | None, progress: Progress | None) -> Lesson:
    """Read an export twice: who wrote, then what `author` wrote, or the only one who did.

    Raises `InvalidInput` for an author who did not write.
    """
    authors = export.authors(_part(progress, 0.0))
    picked = _picked(authors, author)
    if picked is None:
        return Lesson(export.format, authors, None)
    counts, sample = Counts(), Sample()
    step = -(-authors[picked] // MOST_COUNTED)
    before, place = "", 0
    for message in export.messages(_part(progress, 0.5)):
        if message.author != picked:
            before = message.text
            continue
        if place % step == 0:
            counts.add(unnamed(message.text, authors))
            sample.add(message.text, before, authors)
        place, before = place + 1, ""
    counts.prune()
    return Lesson(export.format, authors, picked, place, counts, sample)


def unnamed(said: str, names: Iterable[str] = ()) -> str:
    """Return a message with a number for every name and place: none becomes a phrase.

    Of a secret nothing is left.
    """
    return "" if is_secret(said) else _LABEL.sub("0", mask(clean(said), names))


def _picked(authors: dict[str, int], author: str | None) -> str | None:
    if author is None:
        return next(iter(authors)) if len(authors) == 1 else None
    wanted = clean(author).casefold()
    for name in authors:
        if name.casefold() == wanted:
            return name
    raise InvalidInput("unknown_author", field="author", author=author[:60])


def _part(progress: Progress | None, begin: float) -> Progress | None:
    """Return a progress for one of the two readings of a file."""
    return None if progress is None else lambda share: progress(begin + share / 2)
