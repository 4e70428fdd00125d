"""What is counted in somebody's messages. Counts grow with each message and stay bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from modules.persona.style.rules import table
from modules.persona.style.tokens import (
    MARKS_THAT_END,
    Token,
    acts,
    found_in,
    is_term,
    phrases_in,
    tokens_of,
    without_terms,
)
from modules.text import has_diacritics

LONGEST_OWN = 1_200
"""Characters; what is longer was pasted, not typed."""
MAX_PHRASES = 60_000
"""Different phrases held while learning; the rarest go when there are more."""
KEPT_PHRASES = 3_000
"""Different phrases kept on disk."""
LONGEST_PHRASE = 5
_FEW_WORDS = 3
_LAUGHS = tuple(sorted(table("habits")["laughs"]["glad"], key=len, reverse=True))
_SAD = frozenset(table("habits")["laughs"]["sad"])
_ASKING, _ASKING_ENDS, _ASKING_PARTICLES = (
    frozenset(table("habits")["questions"][name]) for name in ("holds", "ends", "particles")
)
_SPELLINGS: dict[str, list[tuple[str, ...]]] = {
    standard: [tuple(written.split()) for written in row["written"]]
    for standard, row in table("spelling")["words"].items()
}
_REGIONS: dict[str, str] = {
    word: region for region, words in table("regions").items() for word in words
}


class Counts(BaseModel):
    """How often what occurs, over `messages` messages of one writer."""

    model_config = ConfigDict(extra="forbid")

    messages: int = 0
    words: int = 0
    sentences: int = 0
    openers: Counter[str] = Field(default_factory=Counter)
    opener_marks: Counter[str] = Field(default_factory=Counter)
    closers: Counter[str] = Field(default_factory=Counter)
    asking: Counter[str] = Field(default_factory=Counter)
    fillers: Counter[str] = Field(default_factory=Counter)
    laughs: Counter[str] = Field(default_factory=Counter)
    emoji: Counter[str] = Field(default_factory=Counter)
    slang: Counter[str] = Field(default_factory=Counter)
    spelling: Counter[str] = Field(default_factory=Counter)
    """"standard|written" -> times; with nothing behind the bar, written as it should be."""
    regions: Counter[str] = Field(default_factory=Counter)
    endings: Counter[str] = Field(default_factory=Counter)
    """How a message that asks nothing ends: ".", "!", "…", "..", "~", or "" for no mark."""
    questions: Counter[str] = Field(default_factory=Counter)
    marks: Counter[str] = Field(default_factory=Counter)
    """Whatever else is counted by message or sentence: see `_add_marks` and `_add_ends`."""
    phrases: Counter[str] = Field(default_factory=Counter)
    """Runs of one to five words, counted once a message."""

    def add(self, text: str, *, typed: bool = True) -> None:
        """Count one message (cleaned, NFC). What is too long to be typed is left out.

        Of what was spoken only the phrases and the words are counted.
        """
        if len(text) > LONGEST_OWN:
            return
        tokens = tokens_of(text)
        if not tokens:
            return
        forms = [token.form for token in tokens if token.kind == "word"]
        self.words += len(forms)
        if typed:
            self.messages += 1
            self._add_marks(text, tokens, forms)
            self._add_ends(tokens)
            self._add_words(forms)
        for phrase in set(_runs(tokens)):
            self.phrases[phrase] += 1
        if len(self.phrases) > MAX_PHRASES:
            self.prune(MAX_PHRASES // 2)

    def prune(self, most: int = KEPT_PHRASES) -> None:
        """Keep the most frequent phrases only; of equally frequent ones the newest."""
        if len(self.phrases) > most:
            newest_first = list(self.phrases.items())[::-1]
            newest_first.sort(key=lambda item: -item[1])
            self.phrases = Counter(dict(newest_first[:most][::-1]))

    def _add_marks(self, text: str, tokens: list[Token], forms: list[str]) -> None:
        marks = self.marks
        first = next((c for c in text if c.isalpha()), "")
        marks["letters"] += bool(first)
        marks["lower"] += first.islower()
        marks["comma"] += sum(token.text == "," for token in tokens)
        marks["line"] += "\n" in text
        marks["stretched"] += any(
            t.kind == "word" and len(t.text) - len(t.form) > 1 for t in tokens
        )
        if len(forms) >= _FEW_WORDS:
            marks["marked" if has_diacritics(text) else "bare"] += 1
        polite = phrases_in("habits", "formality", "polite")
        marks["polite"] += bool(found_in(polite, forms))
        marks["profane"] += bool(found_in(phrases_in("habits", "profanity"), forms))
        laughed = [laugh for token in tokens if (laugh := _laugh(token))]
        marks["laughed"] += bool(laughed)
        marks["laugh_first"] += bool(_laugh(tokens[0])) and len(tokens) > 1
        marks["laughing"] += any(laugh not in _SAD for laugh in laughed)
        self.laughs.update(set(laughed))
        self.emoji.update({token.text for token in tokens if token.kind == "emoji"})
        marks["faces"] += any(token.kind in ("emoji", "face") for token in tokens)

    def _add_ends(self, tokens: list[Token]) -> None:
        for sentence in _sentences(tokens):
            forms = [t.form for t in sentence if t.kind == "word" and not _laugh(t)]
            if not forms:
                continue
            self.sentences += 1
            self.marks["subject"] += is_term(forms[0])
            closed = without_terms(forms)
            asks = any("?" in t.text for t in sentence if t.kind == "mark")
            if _asks_by_words(closed):
                self.marks["closed_question"] += 1
                self.marks["bare_question"] += not asks
                asks = True
            self.marks["asking"] += asks
            found = _closing(closed)
            if found:
                (self.asking if asks else self.closers)[found] += 1
        kept = [t for t in tokens if t.kind in ("word", "number", "mark")]
        while len(kept) > 1 and _laugh(kept[-1]):
            kept.pop()
        last = kept[-1] if kept else None
        if last and last.kind == "mark" and "?" in last.text:
            self.questions[last.text[:3]] += 1
        elif last:
            self.endings[_ending(last)] += 1
        self._add_opener(tokens)

    def _add_opener(self, tokens: list[Token]) -> None:
        words = [(place, t.form) for place, t in enumerate(tokens) if t.kind == "word"]
        opened = acts("openers").at([form for _, form in words], 0)
        if not opened or tokens[0].kind == "number":
            return
        length, (opener, _) = opened
        if words[length - 1][0] - words[0][0] != length - 1:
            return  # a mark stands within
        self.openers[opener] += 1
        behind = tokens[words[length - 1][0] + 1 :]
        if behind and any(token.kind == "word" for token in behind):
            mark = behind[0].text if behind[0].kind == "mark" else ""
            self.opener_marks[mark if mark in (",", ".", "!", "...", "..", "!!") else ""] += 1

    def _add_words(self, forms: list[str]) -> None:
        self.fillers.update(set(found_in(phrases_in("habits", "fillers"), forms)))
        self.slang.update(set(found_in(phrases_in("slang", "slang"), forms)))
        self.regions.update(region for form in forms if (region := _REGIONS.get(form)))
        line = f" {' '.join(forms)} "
        for standard, written in _SPELLINGS.items():
            times = line.count(f" {standard} ")
            if times:
                self.spelling[f"{standard}|"] += times
            for each in written:
                joined = " ".join(each)
                if joined in line and (times := line.count(f" {joined} ")):
                    self.spelling[f"{standard}|{joined}"] += times


def _sentences(tokens: list[Token]) -> Iterator[list[Token]]:
    """Yield the sentences of a message; what ends one belongs to it, and so do faces behind it."""
    sentence: list[Token] = []
    ended = False
    for token in tokens:
        if ended and token.kind in ("word", "number"):
            yield sentence
            sentence, ended = [], False
        sentence.append(token)
        ended = ended or (token.kind == "mark" and token.text[0] in MARKS_THAT_END)
    if sentence:
        yield sentence


def _closing(forms: list[str]) -> str:
    """Return the longest phrase of the closers that ends the words, "" for none."""
    phrases = acts("closers")
    for start in range(max(0, len(forms) - 3), len(forms)):
        match = phrases.at(forms, start)
        if match and start + match[0] == len(forms) and start:
            return match[1][0]
    return ""


def _asks_by_words(forms: list[str]) -> bool:
    """Tell whether words close as a question does: "đi không", "làm gì dzậy"."""
    while len(forms) > 1 and forms[-1] in _ASKING_PARTICLES:
        forms = forms[:-1]
        if set(forms) & _ASKING:
            return True
    return len(forms) > 1 and forms[-1] in _ASKING_ENDS


def _laugh(token: Token) -> str:
    """Return a laugh or a sob as it is typed, cut to a usual length; "" for anything else."""
    if token.kind == "face":
        return token.text[:5]
    if token.kind != "word":
        return ""
    text = token.text.casefold()
    for laugh in (*_LAUGHS, *_SAD):
        if laugh.isalpha() and text.startswith(laugh) and set(text) <= set(laugh):
            return text[:8]
    return ""


def _ending(token: Token) -> str:
    if token.kind != "mark" or token.text[0] not in ".!…~":
        return ""
    return token.text[:3]


def _runs(tokens: list[Token]) -> Iterator[str]:
    """Yield runs of words that no mark and no number interrupts, and that say something."""
    run: list[str] = []
    for token in (*tokens, None):
        if token is not None and token.kind == "word" and not _laugh(token):
            run.append(token.form)
            continue
        for start in range(len(run)):
            for end in range(start + 1, min(start + LONGEST_PHRASE, len(run)) + 1):
                part = run[start:end]
                if not (is_term(part[0]) or is_term(part[-1])):
                    yield " ".join(part)
        run = []
