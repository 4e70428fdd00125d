"""A term of address in its surroundings: what stands before and behind it, and what that says."""

from __future__ import annotations

from collections.abc import Sequence

from modules.persona.calls import PARTICLES
from modules.persona.data import Phrases, phrases, table
from modules.persona.mentions import Mention
from modules.persona.terms import TERMS, junior
from modules.persona.utterance import OPENING, Utterance

_CUES = table("cues")
AFTER = {key: phrases(entries) for key, entries in _CUES["self_after"].items()}
TOLD_END = frozenset(_CUES["before"]["told_end"])
EXCLAIMS = frozenset(_CUES["praise"]["exclaims"])
WE = (["tụi"], ["bọn"], ["chúng"])
NEAR = 2
"""Words behind a subject within which praise is certain to be about it."""
_PARENTS = phrases(table("traps")["possession"]["parents"])
_AND = frozenset(_CUES["together"]["and"])
_PAIRED = frozenset(_CUES["together"]["behind"])
KIN = tuple([name] for name, term in TERMS.items() if term.role == "both" and not term.called)
_REPORTED_CLASSES = frozenset({"parent", "teacher", "grand"})
JUNIORS = tuple([term] for term in TERMS if junior(term))
_COMPLEMENTS = ("là", "rằng")
_LINKS = frozenset(_CUES["opening"]["links"])


def _opens(before: Sequence[str]) -> bool:
    """Say whether a subject may follow: behind nothing, "hôm nay", "nói thật là"."""
    if len(before) > 1 and before[-1] in _COMPLEMENTS and OPENING.fill(before[:-1]):
        return True
    return OPENING.fill(before)


class Surroundings:
    """One mention with the words of its segment before and behind it."""

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
        self.last_subject = next(reversed(subjects.values()), None)
        self.subject = not mention.owned and not mention.called and _opens(self.before)

    @property
    def reported(self) -> bool:
        """Whether a parent or teacher is told about: "thầy khen em", "mẹ mắng con"."""
        elder = not _REPORTED_CLASSES.isdisjoint(self.term.classes)
        if elder and self.before[-1:] in (["bị"], ["được"]) and self._junior_subject():
            return True  # "con bị cô phạt"
        length = self.starts_with(AFTER["reported"])
        told = elder and self.subject and self.mention.segment.act == "statement"
        if told and length and self.after[length : length + 1] in JUNIORS:
            return True
        told_me = self.starts_with(AFTER["told_me"]) if told else 0
        softened = self.after[-1] in PARTICLES if self.after else True
        if told_me and not softened and self.after[told_me : told_me + 1] in JUNIORS:
            return len(self.after) > told_me + 1  # "mẹ bảo con phải tự học", but not "... đấy"
        if told and " " in self.mention.term and any([form] in JUNIORS for form in self.after):
            return "grand" in self.term.classes  # "bà ngoại cho em tiền"
        # "bà nội bảo ăn phải nhai kỹ"
        said = self.starts_with(AFTER["said"]) if told and " " in self.mention.term else 0
        return bool(said) and self.after[said : said + 1] not in ([], *KIN)

    def _junior_subject(self) -> bool:
        subject = self.first_subject
        return subject is not None and junior(subject.term) and len(self.after) > 0

    def general(self) -> bool:
        """Say whether nobody's child is meant: "cha mẹ nên dạy con thế nào"."""
        if self.mention.term != "con" or self.mention.owned or not self.before:
            return False
        lengths = ((at, _PARENTS.length(self.before, at)) for at in range(len(self.before)))
        return any(
            length and self.before[at + length : at + length + 1] not in KIN
            for at, length in lengths
        )

    def coordinated(self) -> bool:
        """Say whether either of two may be the speaker: both of "anh và em cùng đi"."""
        if self.mention.named or self.mention.owned:
            return False
        if self.after[:1] and self.after[0] in _AND and self.after[1:2] in KIN:
            with_name = self._starts_name(2) and not self.term.rank  # "anh Ba với chị Tư"
            with_name = with_name or self.after[2:3] in (["ấy"], ["ta"], ["kia"], ["đó"])
            return self._pairs(self.before) and not with_name
        first = len(self.before) - 2
        joined = first >= 0 and self.before[-1] in _AND and [self.before[first]] in KIN
        return joined and self._pairs(self.before[:first])

    def _pairs(self, before: Sequence[str]) -> bool:
        return OPENING.fill(before) or before[-1] in _PAIRED

    def _starts_name(self, count: int) -> bool:
        index = self.mention.end + count
        tokens = self.utterance.tokens
        return index < self.mention.segment.end and (tokens[index].capital and self.utterance.cased)

    def together(self) -> bool:
        """Say whether "mình" is both: "mình đi ăn nhé", "tụi mình đi chơi đi"."""
        if self.mention.term != "mình" or self.mention.segment.act != "request":
            return False
        if self.after[-1:] == ["không"] or any(form in TERMS for form in self.after[:-1]):
            return False  # "mình có thể đổi lịch được không", "mình hỏi bạn cái này"
        return self.subject or self.before[-1:] in WE

    def done_for(self) -> bool:
        """Say whether a subject tells what it does for somebody: "mẹ nấu canh cho con"."""
        heard = bool(self.after) and self.after[0] in TOLD_END
        return self.first_subject is not None and not heard

    def child_of(self) -> bool:
        """Say whether a parent speaks of their own: "con gái rượu của bố đâu rồi"."""
        elder = not _REPORTED_CLASSES.isdisjoint(self.term.classes)
        child = any([form] in JUNIORS for form in self.before)
        return elder and child and self.before[-1] == "của"

    def links(self) -> bool:
        """Say whether a clause begins here: "mà anh", "em với chị", but not "bất công với em"."""
        if not self.before or self.before[-1] not in _LINKS:
            return False
        return self.before[-1] != "với" or self.before[-2:-1] == [] or self.before[-2] in TERMS

    def introduces(self) -> bool:
        """Say whether a speaker gives their name: "em tên là Lan", "em là Lan"."""
        length = self.starts_with(AFTER["introduction"])
        if not length or self.mention.segment.act == "question" or length >= len(self.after):
            return False
        if self.after[:length] != ["là"]:
            return True
        return self.utterance.tokens[self.mention.end + length].capital

    def starts_with(self, cue: Phrases[None]) -> int:
        """Return how many words the cue right behind the mention has, 0 where there is none."""
        return cue.length(self.after, 0) if self.after else 0

    def ends_with(self, cue: Phrases[None]) -> bool:
        """Say whether a cue stands right before the mention."""
        return cue.end(self.before)
