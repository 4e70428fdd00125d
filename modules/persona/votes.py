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
from modules.persona.conduct import Conduct
from modules.persona.data import phrases, table
from modules.persona.mentions import Mention
from modules.persona.surroundings import AFTER, EXCLAIMS, NEAR, TOLD_END, WE
from modules.persona.terms import TERMS, junior, senior
from modules.persona.utterance import OPENING, Utterance

Side = Literal["self", "addressee"]

_CUES = table("cues")
WEIGHTS: dict[str, float] = _CUES["weights"]
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
_REQUEST_VERBS = phrases(_CUES["before"]["request_verbs"])
_LONGING = phrases(_CUES["longing"]["words"])
_COME_WITH = phrases(_CUES["before"]["come_with"])
_ALL = ["các"]


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
    spoken_about = _spoken_about(mentions)
    for mention in mentions:
        if mention.term in spoken_about and not mention.third:
            continue
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


def _spoken_about(mentions: Sequence[Mention]) -> set[str]:
    """Return the terms that mean somebody who was named: both of "dì Năm nói để dì coi"."""
    first: dict[str, Mention] = {}
    for mention in mentions:
        first.setdefault(mention.term, mention)
    called = {mention.term for mention in mentions if mention.called}
    return {
        term
        for term, mention in first.items()
        if mention.third and mention.named and term not in called and senior(term)
    }


class _Place(Conduct):
    """One mention, and what its surroundings vote for."""

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
            if not self.together():
                yield self.vote(side, "pronoun")
            elif self.before[-1:] not in WE:
                yield self.vote(side, "inclusive")
            return
        if self.general():
            return
        if self.coordinated():
            yield from self._deference()
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
        if self.reproached():
            yield self.vote("addressee", "reproach")
            return
        if self.mention.named and not self.subject:
            return
        yield from self._subject() if self.subject else self._object()

    def _owner(self) -> Vote:
        """Whose mother, house or birthday: the hearer's where one asks, praises, congratulates."""
        if self.child_of():
            return self.vote("self", "owner")
        if self.others and "là" not in self.before:  # "cô ấy là bạn gái anh à" asks the hearer
            return self.vote("self", "told_about")
        judged = self.after[-1:] != [] and (self.after[-1] in EXCLAIMS or "giọng" in self.before)
        praised = judged and self.praised()
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
        if self.ends_with(_LET_ME):
            yield self.vote("self", "let_me")
        if self.ends_with(_BENEFIT):
            if self.before[-1] == "cho" and self.starts_with(_REQUEST_VERBS):
                shows = self.first_subject is not None and junior(self.first_subject.term)
                shows = shows and senior(self.mention.term) and self.after[:1] == ["xem"]
                yield self.vote("self", "benefit" if shows else "request")
            elif self.mention.segment.act != "statement" or not self.done_for():
                yield self.vote("self", "benefit")
        elif self.ends_with(_TOLD) and self.after and self.after[0] in TOLD_END:
            plea = self.before[-1] in _PLEAS or self.mention.segment.act == "request"
            if plea or self.first_subject is None:
                yield self.vote("self", "benefit")
        if self.ends_with(_HEARD) and (self.starts_with(_SAID) or self.after[:1] == ["này"]):
            # "nghe anh này", but not "con muốn nghe bà kể"
            told = OPENING.fill(self.before[:-1]) and self.after[-1] in ("này", "nè", "đã")
            yield self.vote("self" if told else "addressee", "heard")
        if self.before == _OPINION:
            asked = self.mention.segment.act == "question"
            yield self.vote("addressee" if asked else "self", "opinion")
        if self.ends_with(_FAVOUR):
            known = any(form in TERMS for form in self.before)
            asked = known or OPENING.fill(self.before[:-1])
            yield self.vote("addressee" if asked else "self", "ask_favour")

    def _subject(self) -> Iterator[Vote]:
        act = self.mention.segment.act
        if self.quizzed():
            yield self.vote("self", "quizzed")
            return
        if self.starts_with(AFTER["asked_name"]):
            yield self.vote("addressee", "asked_name")
            return
        if self.told_to(act):
            yield self.vote("addressee", "told_to")
            return
        if self.blamed():
            yield self.vote("addressee", "blamed")
            return
        if act == "statement" and self.starts_with(AFTER["absent"]):
            return
        if act != "question" and self.tells():
            yield self.vote("self", "speech_act")
            return
        if self.introduces():
            yield self.vote("self", "introduction")
        for rule in ("speech_act", "promise"):
            if self.starts_with(AFTER[rule]) and act != "question":
                yield self.vote("self", rule)
        if self.after[:2] == ["đây", "rồi"]:
            yield self.vote("addressee", "praise")  # "cậu đây rồi"
            return
        if self.after and len(self.after) <= NEAR and self.starts_with(AFTER["here"]):
            yield self.vote("self", "here")
        if self.praised():
            yield self.vote("addressee", "praise")
            return
        leaves = self.starts_with(AFTER["leaving"])
        if leaves and self.after[leaves:] and set(self.after[leaves:]) <= _LEAVING_ENDS:
            yield self.vote("self", "leaving")
            return
        yield from self._acting(act)

    def _acting(self, act: str) -> Iterator[Vote]:
        """Vote by what the sentence does, where its subject alone is known."""
        if act == "question" and self.wonders():
            yield self.vote("self", "own_question")
            return
        if self.ends_with(_GUESS):
            yield self.vote("addressee", "guess")
            return
        if self.conditional():
            yield self.vote("addressee", "conditional")
            return
        if act == "request" and self.offers():
            yield self.vote("self", "offer")
            return
        if act == "request" and self.ends_with(_LATER):
            yield self.vote("self", "plan_together")
            return
        if act == "statement":
            if self.starts_with(AFTER["own_plan"]):
                yield self.vote("self", "own_plan")
            if self.feels():
                yield self.vote("self", "own_state")
            if self.fetches():
                yield self.vote("addressee", "subject_request")
                return
        asserts = act == "request" and self.starts_with(AFTER["asserts"])
        side: Side = "self" if act == "statement" or asserts else "addressee"
        yield self.vote(side, f"subject_{act}")

    def _object(self) -> Iterator[Vote]:
        act = self.mention.segment.act
        if junior(self.mention.term) and self.starts_with(AFTER["done"]):
            yield self.vote("self", "done")
            return
        if self.before[-1:] == _ALL:
            yield self.vote("addressee", "all")
            return
        if self.ends_with(_COME_WITH):
            yield self.vote("self", "come_with")
            return
        if self.looks():
            yield self.vote("addressee", "looks")
            return
        if self.needed():
            yield self.vote("addressee", "conditional")
            return
        if self.before[-1:] == ["mà"] and self.starts_with(AFTER["experienced"]):
            yield self.vote("self", "experienced")
            return
        if self.made_to_feel():
            yield self.vote("self", "made_to_feel")
            return
        if self.links() and act == "statement" and not (self.first_subject or self.others):
            yield from self._subject()  # "cứ đến mùa đông là em lại buồn"
            return
        if self.links():
            yield self.vote("self" if act == "statement" else "addressee", "later_subject")
            return
        if self.first_subject and self.first_subject.term != self.mention.term:
            side: Side = "addressee" if act == "statement" else "self"
            yield self.vote(side, f"object_{act}")
        elif not self.first_subject and act == "statement":
            if " " in self.mention.term:
                return  # "bác sĩ bảo ông nội phải mổ": not how one speaks of oneself
            longing = self.ends_with(_LONGING) and not self.others
            yield self.vote("addressee", "longing") if longing else self.vote("self", "told_about")
        elif not self.first_subject:
            asks_who = act == "question" and self.before[:1] == ["ai"]
            yield self.vote("addressee" if asks_who else "self", f"object_{act}")
