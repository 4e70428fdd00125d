"""Weighs every mention: does it stand for the speaker or for the hearer?

Each rule gives votes; the weights and the words are in `rules/cues.toml`. The order of strength is
that of the usage manuals: calling by a term, introducing oneself, asking a favour, then the plain
place of a term in the sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from modules.persona.calls import GREETINGS
from modules.persona.data import Phrases, phrases, table
from modules.persona.mentions import Mention
from modules.persona.terms import TERMS, junior, senior
from modules.persona.utterance import OPENING, Utterance

Side = Literal["self", "addressee"]

_CUES = table("cues")
WEIGHTS: dict[str, float] = _CUES["weights"]
_AFTER = {key: phrases(entries) for key, entries in _CUES["self_after"].items()}
_LEAVING_ENDS = frozenset(_CUES["self_after"]["leaving_ends"])
_LET_ME = phrases(_CUES["before"]["let_me"])
_BENEFIT = phrases(_CUES["before"]["benefit"])
_FAVOUR = phrases(_CUES["before"]["ask_favour"])
_TOLD = phrases(_CUES["before"]["told"])
_PLEAS = frozenset(_CUES["before"]["plea"])
_OPINION = _CUES["before"]["opinion"]
_HEARD = phrases(_CUES["before"]["heard"])
_SAID = phrases(_CUES["before"]["said"])
_GUESS = phrases(_CUES["opening"]["guess"])
_LATER = phrases(_CUES["opening"]["later"])
_TOLD_END = frozenset(_CUES["before"]["told_end"])
_REQUEST_VERBS = phrases(_CUES["before"]["request_verbs"])
_PRAISE = phrases(_CUES["praise"]["words"])
_PRAISE_ENDS = phrases(_CUES["praise"]["ends"])
_EXCLAIMS = frozenset(_CUES["praise"]["exclaims"])
_LONGING = phrases(_CUES["longing"]["words"])
_FETCH = frozenset(_CUES["imperative"]["fetch"])
_COME_WITH = phrases(_CUES["before"]["come_with"])
_ALL = ["các"]
_WE = (["tụi"], ["bọn"], ["chúng"])
_REPORTED_CLASSES = frozenset({"parent", "teacher", "grand"})
_JUNIORS = tuple([term] for term in TERMS if junior(term))
_DOING = tuple([word] for word in _CUES["question"]["doing"])
_LINKS = frozenset(_CUES["opening"]["links"])
_NEAR = 2
"""Words behind a subject within which praise is certain to be about it."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One sign that `term` is the speaker's or the hearer's; `words` show it in the text."""

    term: str
    side: Side
    weight: float
    rule: str
    words: str


def votes(utterance: Utterance, mentions: Sequence[Mention]) -> list[Vote]:
    """Return all votes on the mentions that are not third persons."""
    found: list[Vote] = []
    subjects: dict[int, Mention] = {}
    thirds: set[int] = set()
    for mention in mentions:
        if mention.third:
            thirds.add(mention.segment.start)
            continue
        place = _Place(utterance, mention, subjects, others=mention.segment.start in thirds)
        if place.reported:
            thirds.add(mention.segment.start)
            continue
        if place.subject:
            subjects.setdefault(mention.segment.start, mention)
        found += place.votes()
    return found


class _Place:
    """One mention in its surroundings."""

    def __init__(
        self, utterance: Utterance, mention: Mention, subjects: dict[int, Mention], *, others: bool
    ) -> None:
        self.utterance = utterance
        self.mention = mention
        self.term = TERMS[mention.term]
        self.before = utterance.forms[mention.segment.start : mention.start]
        self.after = utterance.forms[mention.end : mention.segment.end]
        self.others = others  # a third person stands before it in its segment
        self.first_subject = subjects.get(mention.segment.start)
        self.subject = not mention.owned and not mention.called and OPENING.fill(self.before)

    def vote(self, side: Side, rule: str, weight: float | None = None) -> Vote:
        """Return a vote of this mention, with the words around it as evidence."""
        start, end = self.mention.start, self.mention.end
        said = self.utterance.said(
            max(self.mention.segment.start, start - 1), min(self.mention.segment.end, end + 1)
        )
        value = WEIGHTS[rule] if weight is None else weight
        return Vote(self.mention.term, side, value, rule, said)

    def votes(self) -> Iterator[Vote]:
        """Give the votes of this mention, the strongest signs first."""
        if self.mention.called:
            yield self.vote("addressee", self.mention.called)
            yield self.vote("addressee", "mention")
            return
        if self.term.role != "both":
            side: Side = "self" if self.term.role == "self" else "addressee"
            if not self._together():
                yield self.vote(side, "pronoun")
            elif self.before[-1:] not in _WE:
                yield self.vote(side, "inclusive")
            return
        yield self.vote("self", "mention")
        yield self.vote("addressee", "mention")
        yield from self._deference()
        if self.mention.owned:
            yield self._owner()
            return
        if "peer" in self.term.classes:
            yield self.vote("addressee", "peer")
        yield from self._served()
        if self.mention.named and not self.subject:
            return
        yield from self._subject() if self.subject else self._object()

    @property
    def reported(self) -> bool:
        """Whether a parent or teacher is told about: "thầy khen em", "mẹ mắng con"."""
        elder = not _REPORTED_CLASSES.isdisjoint(self.term.classes)
        length = self._starts_with(_AFTER["reported"])
        told = elder and self.subject and self.mention.segment.act == "statement"
        return told and bool(length) and self.after[length : length + 1] in _JUNIORS

    def _together(self) -> bool:
        """Say whether "mình" is both: "mình đi ăn nhé", "tụi mình đi chơi đi"."""
        if self.mention.term != "mình" or self.mention.segment.act != "request":
            return False
        return self.subject or self.before[-1:] in _WE

    def _owner(self) -> Vote:
        """Whose mother, house or birthday: the hearer's where one asks, praises, congratulates."""
        if self.others and "là" not in self.before:  # "cô ấy là bạn gái anh à" asks the hearer
            return self.vote("self", "told_about")
        praised = self._praised() and self.after[-1] in _EXCLAIMS
        if praised or self.mention.segment.act == "question":
            return self.vote("addressee", "owner")
        if self.before and GREETINGS.length(self.before, 0):
            return self.vote("addressee", "greeting")
        return self.vote("self", "owner")

    def _deference(self) -> Iterator[Vote]:
        if self.mention.segment.deferential:
            if junior(self.mention.term):
                yield self.vote("self", "deferential")
            elif senior(self.mention.term) and not self.mention.owned:
                yield self.vote("addressee", "deferred_to")

    def _served(self) -> Iterator[Vote]:
        """Somebody to whom, or for whom, something is done: "cho em hỏi", "để em"."""
        if self._ends_with(_LET_ME):
            yield self.vote("self", "let_me")
        if self._ends_with(_BENEFIT):
            if self.before[-1] == "cho" and self._starts_with(_REQUEST_VERBS):
                yield self.vote("self", "request")
            elif self.mention.segment.act != "statement" or not self._done_for():
                yield self.vote("self", "benefit")
        elif self._ends_with(_TOLD) and self.after and self.after[0] in _TOLD_END:
            plea = self.before[-1] in _PLEAS or self.mention.segment.act == "request"
            if plea or self.first_subject is None:
                yield self.vote("self", "benefit")
        if self._ends_with(_HEARD) and self._starts_with(_SAID):
            yield self.vote("addressee", "heard")
        if self.before == _OPINION and self.mention.segment.act != "question":
            yield self.vote("self", "opinion")
        if self._ends_with(_FAVOUR):
            yield self.vote("addressee", "ask_favour")

    def _done_for(self) -> bool:
        """Say whether a subject tells what it does for somebody: "mẹ nấu canh cho con"."""
        heard = bool(self.after) and self.after[0] in _TOLD_END
        return self.first_subject is not None and not heard

    def _subject(self) -> Iterator[Vote]:
        act = self.mention.segment.act
        if self._starts_with(_AFTER["asked_name"]):
            yield self.vote("addressee", "asked_name")
            return
        if self._told_to(act):
            yield self.vote("addressee", "told_to")
            return
        if self._blamed():
            yield self.vote("addressee", "blamed")
            return
        if self._introduces():
            yield self.vote("self", "introduction")
        for rule in ("speech_act", "promise"):
            if self._starts_with(_AFTER[rule]) and act != "question":
                yield self.vote("self", rule)
        if self.after and len(self.after) <= _NEAR and self._starts_with(_AFTER["here"]):
            yield self.vote("self", "here")
        if self._praised():
            yield self.vote("addressee", "praise")
            return
        leaves = self._starts_with(_AFTER["leaving"])
        if leaves and self.after[leaves:] and set(self.after[leaves:]) <= _LEAVING_ENDS:
            yield self.vote("self", "leaving")
            return
        yield from self._acting(act)

    def _acting(self, act: str) -> Iterator[Vote]:
        """Vote by what the sentence does, where its subject alone is known."""
        if act == "question" and self._wonders():
            yield self.vote("self", "own_question")
            return
        if self._ends_with(_GUESS):
            yield self.vote("addressee", "guess")
            return
        if self._conditional():
            yield self.vote("addressee", "conditional")
            return
        if act == "request" and self._ends_with(_LATER):
            yield self.vote("self", "plan_together")
            return
        if act == "statement":
            for rule in ("own_plan", "own_state"):
                if self._starts_with(_AFTER[rule]):
                    yield self.vote("self", rule)
            if self._fetches():
                yield self.vote("addressee", "subject_request")
                return
        side: Side = "self" if act == "statement" else "addressee"
        yield self.vote(side, f"subject_{act}")

    def _told_to(self, act: str) -> bool:
        """Say whether the subject is told what to do: "mẹ đừng lo", "em lại đây anh xem"."""
        if self._starts_with(_AFTER["told_to"]):
            return True
        length = self._starts_with(_AFTER["come_here"])
        return 0 < length < len(self.after) and act != "question"

    def _blamed(self) -> bool:
        """Say whether the subject is told what it does to the speaker: "anh làm em buồn"."""
        if self._starts_with(_AFTER["erred"]):
            return not self.mention.segment.deferential
        after = self.after
        if after[:1] != ["làm"] or after[1:2] == [self.mention.term] or after[1:2] == []:
            return False
        return after[1] in TERMS and bool(_AFTER["own_state"].length(after, 2))

    def _wonders(self) -> bool:
        """Say whether a subject asks about itself: "em phải làm gì", but not "em làm gì đấy"."""
        length = self._starts_with(_AFTER["own_question"])
        if not length or self._starts_with(_AFTER["asked_doing"]) != length:
            return bool(length)
        return self.after[length : length + 1] not in ([], *_DOING)

    def _conditional(self) -> bool:
        """Say whether the hearer's case is supposed: "em mệt thì bảo anh"."""
        if "thì" not in self.after[1:]:
            return False
        behind = self.after[self.after.index("thì") + 1 :]
        return any(form in TERMS and form != self.mention.term for form in behind)

    def _object(self) -> Iterator[Vote]:
        act = self.mention.segment.act
        if self.before[-1:] == _ALL:
            yield self.vote("addressee", "all")
            return
        if self._ends_with(_COME_WITH):
            yield self.vote("self", "come_with")
            return
        if self._made_to_feel():
            yield self.vote("self", "made_to_feel")
            return
        if self._links():
            yield self.vote("self" if act == "statement" else "addressee", "later_subject")
            return
        if self.first_subject and self.first_subject.term != self.mention.term:
            side: Side = "addressee" if act == "statement" else "self"
            yield self.vote(side, f"object_{act}")
        elif not self.first_subject and act == "statement":
            longing = self._ends_with(_LONGING) and not self.others
            yield self.vote("addressee", "longing") if longing else self.vote("self", "told_about")
        elif not self.first_subject:
            asks_who = act == "question" and self.before[:1] == ["ai"]
            yield self.vote("addressee" if asks_who else "self", f"object_{act}")

    def _made_to_feel(self) -> bool:
        subject = self.first_subject
        felt = self.before[-1:] == ["làm"] and bool(self._starts_with(_AFTER["own_state"]))
        return felt and subject is not None and subject.term != self.mention.term

    def _links(self) -> bool:
        """Say whether a clause begins here: "mà anh", "em với chị", but not "bất công với em"."""
        if not self.before or self.before[-1] not in _LINKS:
            return False
        return self.before[-1] != "với" or self.before[-2:-1] == [] or self.before[-2] in TERMS

    def _introduces(self) -> bool:
        length = self._starts_with(_AFTER["introduction"])
        if not length or self.mention.segment.act == "question" or length >= len(self.after):
            return False
        if self.after[:length] != ["là"]:
            return True
        return self.utterance.tokens[self.mention.end + length].capital

    def _praised(self) -> bool:
        """Say whether the hearer is judged: "anh giỏi quá", but not "em thấy anh ấy giỏi"."""
        own = self._starts_with(_AFTER["own_plan"]) or self._starts_with(_AFTER["own_state"])
        if self.mention.segment.act == "request" or own:
            return False
        places = range(len(self.after))
        praise = next((index for index in places if _PRAISE.length(self.after, index)), None)
        if praise is None:
            return False
        near = praise < _NEAR or self.after[-1] in _EXCLAIMS
        return near and any(_PRAISE_ENDS.length(self.after, index) for index in places[1:])

    def _fetches(self) -> bool:
        return len(self.after) > 2 and self.after[0] in _FETCH and "cho" in self.after[1:3]

    def _starts_with(self, cue: Phrases[None]) -> int:
        return cue.length(self.after, 0) if self.after else 0

    def _ends_with(self, cue: Phrases[None]) -> bool:
        return cue.end(self.before)
