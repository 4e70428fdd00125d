"""The companion's answers in the user's own way of writing.

Everything here changes how a sentence is dressed, never what it says: openers, closers, spelling,
marks, faces. Every question keeps its question mark, every term of address stays, and what is told
or quoted is left as it is. The same conversation gets the same dress.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

from modules.llm.companion.book import book
from modules.llm.companion.wording import Voice, wording_data
from modules.messages import Habit, Manner, Spelled

_SENTENCE = re.compile(r"(.*?\w\W*?|\W*)([.!?…]*)", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»")
_FACES = re.compile(r"[^\w.!?…”\"»)]+$")
_VOWELS = frozenset("aáàảãạeéèẻẽẹêếềểễệiíìỉĩịoóòỏõọôốồổỗộơớờởỡợuúùủũụưứừửữựyýỳỷỹỵ")
_EMPHASIS = 6.0
"""An answer is short and its content is not the user's: their habits show only where they are met
more often than among their own messages, in which everything else is theirs, too."""
_FEW_SUBJECTS = 0.3
_FEW_COMMAS, _SHORT_SENTENCE = 0.15, 5.0
_LEAST_CLAUSE = 2
"""Words of a clause that may stand as a sentence of its own."""


@lru_cache(maxsize=1)
def manner_data() -> Mapping[str, Any]:
    """Return the tables of `manner.toml`."""
    return tomllib.loads(Path(__file__).with_name("manner.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Dress:
    """What decides how an answer is dressed, beside the manner itself."""

    manner: Manner
    voice: Voice
    kind: str
    seed: str
    sad: bool
    """The user feels bad: no laugh, no delight."""

    def draw(self, name: str) -> float:
        """Return a number from 0 to 1, always the same for the same conversation and name."""
        return crc32(f"{name}\n{self.seed}".encode()) / 2**32

    def pick(self, name: str, habits: Sequence[Habit], times: float = 1.0) -> str:
        """Return one of the habits as often as it is used, "" for the rest of the time.

        `times` is how many messages the answer stands for.
        """
        total = sum(habit.share for habit in habits)
        chance = 1.0 - (1.0 - min(total, 1.0)) ** times
        drawn = self.draw(name)
        if not total or drawn >= chance:
            return ""
        place = drawn / chance * total
        for habit in habits:
            place -= habit.share
            if place < 0:
                return habit.text
        return habits[-1].text


def in_manner(parts: Sequence[str], dress: Dress, told: int) -> list[str]:
    """Return the sentences of an answer as the user would write them.

    The last `told` of them are told or quoted and stay. Answers in danger stay as a whole.
    """
    if dress.kind in manner_data()["plain"]["kinds"]:
        return list(parts)
    own = list(parts[: len(parts) - told])
    kept = list(parts[len(parts) - told :])
    own = [_replaced(sentence, dress.manner) for sentence in own]
    if dress.manner.sentence_words:
        own = _shortened(own, dress)
        own = _joined(_split([_subjectless(each, dress) for each in own], dress.manner), dress)
        last = len(own) - 1 if not told else -1
        own = [_dressed(each, place, dress, last=place == last) for place, each in enumerate(own)]
        own = _with_faces(_opened(own, dress), dress)
        own = [_cased(sentence, place, dress) for place, sentence in enumerate(own)]
        own = [_replaced(sentence, dress.manner) for sentence in own]  # said so, it was corrected
    return [sentence for sentence in (*own, *kept) if sentence.strip()]


def plain_line(line: str, manner: Manner | None) -> str:
    """Return a line of the assistant as it was before it was dressed, near enough to be known."""
    if manner is None:
        return line
    standard = {each.written: each.standard for each in manner.spelling}
    text = _FACES.sub("", line)
    for each in sorted(manner.laughs, key=lambda habit: -len(habit.text)):
        text = text.removesuffix(each.text).rstrip()
    text = re.sub(r"\?{2,}", "?", _FACES.sub("", text))
    for written in sorted(standard, key=len, reverse=True):
        text = _word(written).sub(standard[written], text)
    words = _WORD.findall(text.lower())
    asks = bool(words) and words[-1] in manner_data()["asks"]["ends"]
    return f"{text}?" if asks and manner.bare_questions and text[-1:].isalpha() else text


def suited(filled: list[str], manner: Manner | None) -> list[str]:
    """Return the answers whose sentences are about as long as the user's: the nearer half."""
    if manner is None or not manner.sentence_words or len(filled) < 3:
        return filled
    wanted = manner.sentence_words

    def distance(text: str) -> float:
        sentences = [part for part in re.split(r"[.!?…]\s+", text) if part]
        return abs(sum(len(part.split()) for part in sentences) / len(sentences) - wanted)

    kept = sorted(filled, key=distance)[: (len(filled) + 1) // 2]
    return [text for text in filled if text in kept]


def particles_of(manner: Manner | None) -> dict[str, str]:
    """Return the user's own words for the slots of particles, where they have any."""
    if manner is None:
        return {}
    slots = {"nhe": "soften", "nhi": "tag"}
    closed = [*manner.closers, *manner.question_closers]
    found = dict(wording_data()["particles"][manner.region]) if manner.region else {}
    found |= {
        slot: max(fitting, key=lambda habit: habit.share).text
        for slot, act in slots.items()
        if (fitting := [h for h in closed if h.act == act and h.text in _SLOT_WORDS[slot]])
    }
    stress = [h for h in manner.closers if h.text in _SLOT_WORDS["day"]]
    if stress:
        found["day"] = max(stress, key=lambda habit: habit.share).text
    return found


_ONLY_SOFT = frozenset({"nhé", "nha", "nhá", "nghen", "hí", "nhen"})
_SLOT_WORDS = {
    "nhe": ("nhé", "nha", "nhá", "nghen", "nghe", "hí", "nhen"),
    "nhi": ("nhỉ", "ha", "hen", "hè", "hỉ"),
    "day": ("đấy", "đó", "á", "nè", "nì"),
}


def _replaced(sentence: str, manner: Manner) -> str:
    """Say what the user asked to be said in the place of a sentence, a phrase, or a word."""
    for old, new in manner.replacements:
        if _bare(old) == _bare(sentence):
            return new if new[-1:] in ".!?…" else f"{new}{sentence[-1:]}"
        sentence = _swapped(sentence, old, new)
    for word in manner.taboo:
        sentence = re.sub(r"\s{2,}", " ", _word(word).sub("", sentence)).strip()
    return sentence


def _shortened(sentences: list[str], dress: Dress) -> list[str]:
    """Keep one sentence of small talk, the question where there is one, for who writes so."""
    small = manner_data()["small_talk"]
    short = 0 < dress.manner.message_words < small["words"] and dress.kind in small["kinds"]
    if not short or len(sentences) < 2 or "soạn sẵn" in " ".join(sentences):
        return sentences
    return [next((each for each in sentences if each.endswith("?")), sentences[0])]


def _split(sentences: list[str], manner: Manner) -> list[str]:
    """Make sentences of what commas part, for who writes short ones and hardly any comma."""
    if manner.commas > _FEW_COMMAS or manner.sentence_words > _SHORT_SENTENCE:
        return sentences
    parts: list[str] = []
    for sentence in sentences:
        pieces = _clauses(sentence[:-1]) if sentence.endswith(".") and ":" not in sentence else []
        parts += [f"{each[:1].upper()}{each[1:]}." for each in pieces] or [sentence]
    return parts


def _clauses(sentence: str) -> list[str]:
    """Return the parts between commas that may each stand alone; an enumeration stays whole."""
    not_first = manner_data()["lead"]["not_first"]
    clauses: list[str] = []
    for piece in sentence.split(", "):
        short = len(piece.split()) < _LEAST_CLAUSE
        if clauses and (short or clauses[-1].split()[0].lower() in not_first):
            clauses[-1] = f"{clauses[-1]}, {piece}"
        else:
            clauses.append(piece)
    return clauses if all(len(clause.split()) >= _LEAST_CLAUSE for clause in clauses[1:]) else []


def _subjectless(sentence: str, dress: Dress) -> str:
    """Drop the "I" or "you" that a sentence begins with, for who hardly ever writes it.

    Not before a senior, where that would be curt.
    """
    if dress.manner.subjects > _FEW_SUBJECTS or dress.voice.rank == "junior":
        return sentence
    for term in (dress.voice.assistant_self, dress.voice.you):
        rest = sentence[len(term) + 1 :]
        following = _WORD.match(rest)
        if sentence.lower().startswith(f"{term.lower()} ") and following:
            kept = following[0].lower() in manner_data()["subject"]["not_before"]
            drop = not kept and dress.draw(f"subject {sentence}") > dress.manner.subjects
            return rest[:1].upper() + rest[1:] if drop else sentence
    return sentence


def _joined(sentences: list[str], dress: Dress) -> list[str]:
    """Join statements by a comma, for who hardly ever ends one with a mark."""
    marked = sum(habit.share for habit in dress.manner.endings)
    if marked > 0.5 or dress.manner.commas <= _FEW_COMMAS:
        return sentences
    parts = sentences[:1]
    for sentence in sentences[1:]:
        if parts[-1].endswith(".") and not parts[-1].endswith(".."):
            parts[-1] = f"{parts[-1][:-1]}, {_lowered(sentence, dress.voice)}"
        else:
            parts.append(sentence)
    return parts


def _dressed(sentence: str, place: int, dress: Dress, *, last: bool) -> str:
    """Spell a sentence, close it, and end it with the user's marks."""
    match = _SENTENCE.fullmatch(sentence)
    body, mark = (match[1], match[2]) if match else (sentence, "")
    body = _closed(body, dress, place, asks="?" in mark)
    body = _spelled(body, dress)
    if "?" in mark:
        words = _WORD.findall(body.lower())
        bare = dress.draw(f"bare {place}") < dress.manner.bare_questions
        if last and bare and words and words[-1] in _asking_ends(dress.manner):
            return body
        marks = [habit for habit in dress.manner.question_marks if "?" in habit.text]
        return body + (dress.pick(f"question {place}", marks) or "?")
    if body[-1:] in '”"»)':
        return body + mark
    ended = dress.pick(f"end {place}", dress.manner.endings)
    if not ended and not last:
        ended = dress.manner.endings[0].text if dress.manner.endings else "."
    return body + ended


def _closed(body: str, dress: Dress, place: int, *, asks: bool) -> str:
    data = manner_data()
    words = _WORD.findall(body.lower())
    last = words[-1] if words else ""
    if not words or not body[-1:].isalpha():
        return body
    name = f"close {place}"
    if asks:
        return _closed_question(body, last, dress, name)
    by_act: dict[str, list[Habit]] = {}
    for habit in dress.manner.closers:
        by_act.setdefault(habit.act, []).append(habit)
    invites = last in data["invites"]["ends"] or not set(words).isdisjoint(data["invites"]["holds"])
    fitting: list[Habit] = []
    softeners = [h for h in by_act.get("soften", []) if h.text in _SLOT_WORDS["nhe"]]
    if last in _ONLY_SOFT and not dress.pick(f"soft {place}", softeners, _EMPHASIS):
        return body[: -len(last)].rstrip()  # who hardly ever softens does not do it here
    if last in data["closed"]["words"]:
        return body
    if invites:
        fitting = softeners
    elif last in data["judged"]["ends"]:
        fitting = by_act.get("more", [])
    elif last in (dress.voice.you, dress.voice.assistant_self):
        return body
    fitting = fitting or [h for h in dress.manner.closers if h.text in data["stress"]["words"]]
    found = dress.pick(name, fitting, _EMPHASIS)
    return f"{body} {_stretched(found, dress, name)}" if found else body


def _closed_question(body: str, last: str, dress: Dress, name: str) -> str:
    data = manner_data()["wh"]
    fitting = list(dress.manner.question_closers)
    if last in data["yes_no"]:
        fitting = [habit for habit in fitting if habit.text in data["yes_no_closers"]]
    found = dress.pick(name, fitting, _EMPHASIS)
    if not found or last not in (*data["ends"], *data["swapped"]) or last == found:
        return body
    if last in data["swapped"]:
        before = body[: -len(last)].rstrip()
        return f"{before} {found}" if before else body
    return f"{body} {found}"


def _stretched(word: str, dress: Dress, name: str) -> str:
    """Lengthen the last vowel ("nhaaa"), for who does so."""
    if word[-1:].lower() in _VOWELS and dress.draw(f"stretch {name}") < 2 * dress.manner.stretched:
        return word + word[-1] * 2
    return word


def _spelled(body: str, dress: Dress) -> str:
    """Write words as the user does, outside quotations, each word always in the same way."""
    by_word: dict[str, list[Spelled]] = {}
    for each in dress.manner.spelling:
        by_word.setdefault(each.standard, []).append(each)
    for standard in sorted(by_word, key=len, reverse=True):
        habits = [Habit(each.written, each.share) for each in by_word[standard]]
        written = dress.pick(f"spell {standard}", habits)
        if written:
            body = _rewritten(body, by_word[standard][0], written)
    return body


def _rewritten(body: str, spelled: Spelled, written: str) -> str:
    quoted = [match.span() for match in _QUOTED.finditer(body)]

    def write(match: re.Match[str]) -> str:
        before = _WORD.findall(body[: match.start()].lower())[-1:]
        after = _WORD.findall(body[match.end() :].lower())[:1]
        inside = any(start <= match.start() < end for start, end in quoted)
        if inside or set(before) & spelled.not_after or set(after) & spelled.not_before:
            return match[0]
        return _in_case(match[0], written)

    return _word(spelled.standard).sub(write, body)


def _opened(sentences: list[str], dress: Dress) -> list[str]:
    """Open an answer as the user would, where what they say there fits."""
    data = manner_data()["openers"]
    if not sentences or dress.voice.rank == "junior":
        return sentences  # whose answers open with dạ
    first = sentences[0]
    words = _WORD.findall(first.lower())
    interjection = next((w for w in _interjections() if first.lower().startswith(f"{w}, ")), "")
    if not words or words[0] in data["not_before"]:
        return sentences
    fitting = [habit for habit in dress.manner.openers if _fits(habit, dress, asks="?" in first)]
    taken = set(words[: 3 if interjection else 2])
    if words[0] in manner_data()["wh"]["swapped"]:  # "thế vậy ..." says it twice
        fitting = [habit for habit in fitting if habit.act != "link"]
    fitting = [habit for habit in fitting if taken.isdisjoint(habit.text.split())]
    opener = dress.pick("opener", fitting, _EMPHASIS)
    if not opener:
        return sentences
    if interjection:
        first = first[len(interjection) + 2 :]
    marks = dress.manner.opener_marks
    mark = dress.pick("opener mark", marks)
    if any(habit.text == opener and habit.act == "link" for habit in fitting):
        mark = ""
    elif not mark and sum(habit.share for habit in marks) > 0.5:
        mark = marks[0].text
    ends = mark[:1] in (".", "!")
    rest = first[:1].upper() + first[1:] if ends else _lowered(first, dress.voice)
    return [f"{opener[:1].upper()}{opener[1:]}{mark} {rest}", *sentences[1:]]


def _fits(habit: Habit, dress: Dress, *, asks: bool) -> bool:
    data = manner_data()["openers"]
    if dress.kind not in data.get(habit.act, ()):
        return False
    if dress.sad and (habit.text in data["glad"] or habit.act == "surprise"):
        return False
    if not dress.sad and habit.text in data["pity"]:
        return False
    return habit.act != "surprise" or asks


def _with_faces(sentences: list[str], dress: Dress) -> list[str]:
    """Put a laugh and an emoji behind the last sentence, as often as the user does."""
    if not sentences:
        return sentences
    act = "sad" if dress.sad else "glad"
    if dress.sad and dress.kind != "feeling":
        return sentences
    laughs = [habit for habit in dress.manner.laughs if habit.act == act]
    emoji = [habit for habit in dress.manner.emoji if habit.act == act]
    laugh = "" if dress.sad else dress.pick("laugh", laughs, _EMPHASIS)
    if laugh.isalpha() and dress.draw("laugh first") < dress.manner.laughs_first:
        first = _lowered(sentences[0], dress.voice, own_words(dress.manner))
        sentences = [f"{laugh[:1].upper()}{laugh[1:]}, {first}", *sentences[1:]]
        laugh = ""
    found = [face for face in (laugh, dress.pick("emoji", emoji, _EMPHASIS)) if face]
    return [*sentences[:-1], " ".join((sentences[-1], *found))]


def _cased(sentence: str, place: int, dress: Dress) -> str:
    small = dress.draw("case") < dress.manner.lower_case
    if small or (place and dress.manner.lower_case > 0.5):
        return _lowered(sentence, dress.voice, own_words(dress.manner))
    match = re.match(r"\W*", sentence)
    start = match.end() if match else 0
    return sentence[:start] + sentence[start : start + 1].upper() + sentence[start + 1 :]


def _lowered(sentence: str, voice: Voice, own: frozenset[str] = frozenset()) -> str:
    """Begin a sentence with a small letter, unless it begins with a name.

    `own` are words that no template holds and that are no names either.
    """
    first = _WORD.match(sentence)
    if first is None or (len(first[0]) > 1 and first[0].isupper()):
        return sentence
    word = first[0].lower()
    known = word in _common_words() or word in (voice.assistant_self, voice.you, *own)
    if not known or first[0] in (*voice.name.split(), *voice.user_name.split()):
        return sentence  # a name
    return sentence[:1].lower() + sentence[1:]


@lru_cache(maxsize=16)
def own_words(manner: Manner) -> frozenset[str]:
    """Return the first words of what only the user says: openers, and their spelling."""
    texts = (*(habit.text for habit in manner.openers), *(s.written for s in manner.spelling))
    return frozenset(text.split()[0].lower() for text in texts)


def _interjections() -> Iterable[str]:
    return sorted(manner_data()["interjections"]["words"], key=len, reverse=True)


@lru_cache(maxsize=16)
def _asking_ends(manner: Manner) -> frozenset[str]:
    """Return the words that ask, in the user's spelling too."""
    ends = set(manner_data()["asks"]["ends"])
    return frozenset(ends | {each.written for each in manner.spelling if each.standard in ends})


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    """Return the words that templates, which write only names with capitals, hold."""
    texts = (text for entry in book().entries.values() for text in (*entry.say, *entry.stay))
    ranked = (
        t for entry in book().entries.values() for each in entry.by_rank.values() for t in each
    )
    words = (word for text in (*texts, *ranked) for word in _WORD.findall(text))
    return frozenset(word for word in words if word.islower())


@lru_cache(maxsize=1_024)
def _word(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)", re.IGNORECASE)


def _in_case(original: str, written: str) -> str:
    return written[:1].upper() + written[1:] if original[:1].isupper() else written


def _swapped(sentence: str, old: str, new: str) -> str:
    return _word(old).sub(lambda match: _in_case(match[0], new), sentence)


def _bare(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))
