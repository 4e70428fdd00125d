"""The profile of a writer: what a person reads, may change, and take away.

Shares are of messages (0 to 1) unless a field says otherwise. A field that a person has changed is
named in `fixed`, and learning leaves it alone from then on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modules.errors import InvalidInput
from modules.messages import Region
from modules.persona.style import keyness
from modules.persona.style.counting import Counts
from modules.persona.style.tokens import acts
from modules.text import clean

Share = Annotated[float, Field(ge=0, le=1)]
Phrase = Annotated[str, Field(min_length=1, max_length=120)]
_MOST = 12
_LEAST_TIMES = 2
_LEAST_SHARE = 0.005


class Habit(BaseModel):
    """Something that is written often: the share of messages, and how many those are."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    text: Phrase
    share: Share = 0.0
    count: Annotated[int, Field(ge=0)] = 0


class KeyPhrase(BaseModel):
    """A phrase of one's own; `g2` is how telling it is (`keyness`)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    text: Phrase
    count: Annotated[int, Field(ge=0)] = 0
    g2: float = 0.0


class Spelling(BaseModel):
    """A word that is written in a way of one's own: `share` of its uses."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    standard: Phrase
    written: Phrase
    share: Share = 1.0
    count: Annotated[int, Field(ge=0)] = 0


class Replacement(BaseModel):
    """What the user wants said otherwise; an empty `old` stands for nothing particular."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    old: Annotated[str, Field(max_length=400)] = ""
    new: Annotated[str, Field(min_length=1, max_length=400)]


class Punctuation(BaseModel):
    """How messages end that ask nothing, and what stands within them."""

    model_config = ConfigDict(extra="forbid")

    none: Share = 0.0
    full_stop: Share = 0.0
    exclamation: Share = 0.0
    dots: Share = 0.0
    """".." or "…" """
    doubled: Share = 0.0
    """Of the ends with a mark: "!!", "??", "....": more of it than needed."""
    commas: Annotated[float, Field(ge=0, le=10)] = 0.0
    """A message."""


class StyleProfile(BaseModel):
    """How somebody writes."""

    model_config = ConfigDict(extra="forbid")

    messages: Annotated[int, Field(ge=0)] = 0
    words: Annotated[int, Field(ge=0)] = 0
    openers: Annotated[list[Habit], Field(max_length=40)] = []
    opener_marks: Annotated[list[Habit], Field(max_length=8)] = []
    """What follows an opener, as a share of the openers; the rest is nothing."""
    closers: Annotated[list[Habit], Field(max_length=40)] = []
    question_closers: Annotated[list[Habit], Field(max_length=40)] = []
    fillers: Annotated[list[Habit], Field(max_length=40)] = []
    laughs: Annotated[list[Habit], Field(max_length=40)] = []
    laughs_first: Share = 0.0
    """Of the laughs, those that open a message."""
    emoji: Annotated[list[Habit], Field(max_length=40)] = []
    slang: Annotated[list[Habit], Field(max_length=40)] = []
    phrases: Annotated[list[KeyPhrase], Field(max_length=60)] = []
    spelling: Annotated[list[Spelling], Field(max_length=60)] = []
    endings: Annotated[list[Habit], Field(max_length=12)] = []
    """The marks themselves, for messages that end with one."""
    question_marks: Annotated[list[Habit], Field(max_length=12)] = []
    punctuation: Punctuation = Punctuation()
    message_words: Annotated[float, Field(ge=0, le=500)] = 0.0
    sentence_words: Annotated[float, Field(ge=0, le=500)] = 0.0
    bare_questions: Share = 0.0
    """Of the questions that a question word closes, those without a question mark."""
    subjects: Share = 1.0
    """Sentences that begin with a term of address; who drops them writes "nghe đây"."""
    lower_case: Share = 0.0
    """Messages that begin with a small letter."""
    diacritics: Share = 1.0
    """Messages of three words or more with Vietnamese marks. Answers always have them: without,
    they could not be spoken."""
    stretched: Share = 0.0
    """Messages with a stretched word ("quáááá")."""
    formality: Share = 0.5
    humour: Share = 0.0
    """Messages with a laugh."""
    profanity: Share = 0.0
    """Only counted: it is never taken over."""
    region: Region | None = None
    taboo: Annotated[list[Phrase], Field(max_length=100)] = []
    """What an answer must not say."""
    replacements: Annotated[list[Replacement], Field(max_length=100)] = []
    fixed: Annotated[list[str], Field(max_length=40)] = []
    learning: bool = True
    """Whether the conversation is learned from."""
    applied: bool = True
    """Whether answers take the style over."""
    strength: Share = 1.0
    """0: as often as in the user's own messages; 1: so that every answer shows it."""


KEPT = frozenset({"taboo", "replacements", "fixed", "learning", "applied", "strength"})
"""Fields that only a person or their feedback changes."""


def learned(counts: Counts, live: Counts, before: StyleProfile) -> StyleProfile:
    """Return the profile of `counts`; what a person fixed in `before` stays.

    `live` counts the conversation alone: a phrase used three times there is one's own, however
    many messages were read from an export.
    """
    values = _values(counts)
    own = keyness.keys(live.phrases, live.words)
    all_ = keyness.keys(counts.phrases, counts.words)
    phrases = {key.text: KeyPhrase(**asdict(key)) for key in (*own, *all_)}
    values["phrases"] = list(phrases.values())[:40]
    keep = KEPT | set(before.fixed)
    kept = {name: getattr(before, name) for name in keep if name in StyleProfile.model_fields}
    return StyleProfile(**{**values, **kept})


def check_profile(value: object, before: StyleProfile) -> StyleProfile:
    """Return the profile that a person changed; what they changed is fixed.

    `value` holds the fields to change. Raises `InvalidInput` whose `field` is the key.
    """
    if not isinstance(value, dict):
        raise InvalidInput("not_an_object", field="profile")
    try:
        changed = StyleProfile.model_validate({**before.model_dump(), **_tidy(value)})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(("profile", *map(str, first["loc"])))
        reason = "unknown_key" if first["type"] == "extra_forbidden" else "malformed"
        raise InvalidInput(reason, field=field) from None
    names = [n for n in value if n not in KEPT and getattr(changed, n) != getattr(before, n)]
    fixed = sorted({*changed.fixed, *names} & StyleProfile.model_fields.keys())
    return changed.model_copy(update={"fixed": fixed})


def _tidy(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_tidy(each) for each in value]
    return {str(k): _tidy(v) for k, v in value.items()} if isinstance(value, dict) else value


def _values(counts: Counts) -> dict[str, Any]:
    messages, marks = max(counts.messages, 1), counts.marks
    ends = max(sum(counts.endings.values()), 1)
    return {
        "messages": counts.messages,
        "words": counts.words,
        "openers": _habits(counts.openers, messages),
        "opener_marks": _habits(
            Counter({k: v for k, v in counts.opener_marks.items() if k}),
            max(sum(counts.opener_marks.values()), 1),
        ),
        "closers": _habits(counts.closers, max(counts.sentences, 1)),
        "question_closers": _habits(counts.asking, max(marks["asking"], 1)),
        "fillers": _habits(counts.fillers, messages),
        "laughs": _habits(counts.laughs, messages),
        "laughs_first": _share(marks["laugh_first"], marks["laughed"]),
        "emoji": _habits(counts.emoji, messages),
        "slang": _habits(counts.slang, messages),
        "spelling": _spelling(counts.spelling),
        "endings": _habits(Counter({k: v for k, v in counts.endings.items() if k}), ends),
        "question_marks": _habits(counts.questions, max(sum(counts.questions.values()), 1)),
        "punctuation": _punctuation(counts, ends, messages),
        "message_words": round(counts.words / messages, 2),
        "sentence_words": round(counts.words / max(counts.sentences, 1), 2),
        "bare_questions": _share(marks["bare_question"], marks["closed_question"] + 2),
        "subjects": _share(marks["subject"], max(counts.sentences, 1)),
        "lower_case": _share(marks["lower"], marks["letters"]),
        "diacritics": _share(marks["marked"], marks["marked"] + marks["bare"], 1.0),
        "stretched": _share(marks["stretched"], messages),
        "formality": _formality(counts, messages),
        "humour": _share(marks["laughing"], messages),
        "profanity": _share(marks["profane"], messages),
        "region": _region(counts.regions, counts.words),
    }


def _share(part: float, whole: float, empty: float = 0.0) -> float:
    return round(min(1.0, part / whole), 3) if whole else empty


def _habits(counts: Counter[str], of: int) -> list[Habit]:
    often = [(t, n) for t, n in counts.most_common(_MOST) if n >= _LEAST_TIMES]
    return [
        Habit(text=text, share=_share(count, of), count=count)
        for text, count in often
        if count / of >= _LEAST_SHARE
    ]


def _spelling(counts: Counter[str]) -> list[Spelling]:
    totals: Counter[str] = Counter()
    for pair, count in counts.items():
        totals[pair.partition("|")[0]] += count
    found = []
    for pair, count in counts.most_common():
        standard, _, written = pair.partition("|")
        share = count / totals[standard]
        if written and count >= _LEAST_TIMES and share >= 0.15:
            found.append(
                Spelling(standard=standard, written=written, share=round(share, 3), count=count)
            )
    return found[:60]


def _punctuation(counts: Counts, ends: int, messages: int) -> Punctuation:
    endings = counts.endings
    marked = [(mark, n) for mark, n in (*endings.items(), *counts.questions.items()) if mark]
    return Punctuation(
        none=_share(endings[""], ends),
        full_stop=_share(endings["."], ends),
        exclamation=_share(sum(n for mark, n in endings.items() if mark[:1] == "!"), ends),
        dots=_share(sum(n for mark, n in endings.items() if mark in ("..", "...", "…")), ends),
        doubled=_share(sum(n for mark, n in marked if len(mark) > 1), sum(n for _, n in marked)),
        commas=round(min(10.0, counts.marks["comma"] / messages), 2),
    )


def _formality(counts: Counts, messages: int) -> float:
    """Return 0 (street) to 1 (letter): courtesies and marks against chat spelling and faces."""
    marks = counts.marks
    chat = sum(n for pair, n in counts.spelling.items() if not pair.endswith("|"))
    up: float = marks["polite"] + (sum(counts.endings.values()) - counts.endings[""]) / 2
    up += (marks["letters"] - marks["lower"]) / 2
    down: float = chat + marks["laughing"] + sum(counts.slang.values()) + 2 * marks["profane"]
    down += (marks["lower"] + counts.endings[""]) / 2
    return round(up / (up + down), 3) if up + down else 0.5


def _region(votes: Counter[str], words: int) -> Region | None:
    """Return where the words come from, where that is clear: a third more votes than the next."""
    if not votes or sum(votes.values()) < max(5, words // 200):
        return None
    (best, most), *rest = votes.most_common(2)
    clear = most >= 1.34 * (rest[0][1] if rest else 0)
    return best if clear else None  # type: ignore[return-value]


def act_of(kind: str, text: str) -> str:
    """Return what a habit does in a message: the act of its table, "" for one made by hand."""
    found = acts(kind).at(text.split(), 0)
    return found[1][1] if found and found[0] == len(text.split()) else ""
