"""A term of address in its surroundings: what stands before and behind it, and what that says."""

from __future__ import annotations

from collections.abc import Sequence

from modules.persona.calls import PARTICLES
from modules.persona.data import Phrases, phrases, table
from modules.persona.mentions import Mention
from modules.persona.terms import TERMS, junior, senior
from modules.persona.utterance import OPENING, Utterance

_CUES = table("cues")
AFTER = {key: phrases(entries) for key, entries in _CUES["self_after"].items()}
TOLD_END = frozenset(_CUES["before"]["told_end"])
EXCLAIMS = frozenset(_CUES["praise"]["exclaims"])
WE = (["tụi"], ["bọn"], ["chúng"])
NEAR = 2
"""Words behind a subject within which praise is certain to be about it."""

_PRAISE = phrases(_CUES["praise"]["words"])
_PRAISE_ENDS = phrases(_CUES["praise"]["ends"])
_FETCH = frozenset(_CUES["imperative"]["fetch"])
_PARENTS = phrases(table("traps")["possession"]["parents"])
_AND = frozenset(_CUES["together"]["and"])
_PAIRED = frozenset(_CUES["together"]["behind"])
_KIN = tuple([name] for name, term in TERMS.items() if term.role == "both" and not term.called)
_REPORTED_CLASSES = frozenset({"parent", "teacher", "grand"})
_JUNIORS = tuple([term] for term in TERMS if junior(term))
_DOING = tuple([word] for word in _CUES["question"]["doing"])
_CAUSES = (["vì"], ["nhờ"], ["tại"])
_COMPLEMENTS = ("là", "rằng")
_LINKS = frozenset(_CUES["opening"]["links"])
_POINTING = ("này", "nè", "đi", "nhé", "nha")
_CASES = phrases(_CUES["conditional"]["openers"])
_SOFT = frozenset(_CUES["clause"]["softeners"])
_LOOKS = frozenset(_CUES["looks"]["words"])
_DEGREES = phrases(_CUES["looks"]["degrees"])
_NEAR_BY = phrases(_CUES["looks"]["near"])
_FAILINGS = phrases(_CUES["reproach"]["failings"])
_BETWEEN = phrases(_CUES["reproach"]["between"])
_TOLD_ENDS = frozenset(_CUES["imperative"]["tails"] + _CUES["self_after"]["leaving_ends"])


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
        self.last_subject = subjects[max(subjects)] if subjects else None
        self.subject = not mention.owned and not mention.called and _opens(self.before)

    @property
    def reported(self) -> bool:
        """Whether a parent or teacher is told about: "thầy khen em", "mẹ mắng con"."""
        elder = not _REPORTED_CLASSES.isdisjoint(self.term.classes)
        if elder and self.before[-1:] in (["bị"], ["được"]) and self._junior_subject():
            return True  # "con bị cô phạt"
        length = self.starts_with(AFTER["reported"])
        told = elder and self.subject and self.mention.segment.act == "statement"
        if told and length and self.after[length : length + 1] in _JUNIORS:
            return True
        told_me = self.starts_with(AFTER["told_me"]) if told else 0
        softened = self.after[-1] in PARTICLES if self.after else True
        if told_me and not softened and self.after[told_me : told_me + 1] in _JUNIORS:
            return len(self.after) > told_me + 1  # "mẹ bảo con phải tự học", but not "... đấy"
        if told and " " in self.mention.term and any([form] in _JUNIORS for form in self.after):
            return "grand" in self.term.classes  # "bà ngoại cho em tiền"
        # "bà nội bảo ăn phải nhai kỹ"
        said = self.starts_with(AFTER["said"]) if told and " " in self.mention.term else 0
        return bool(said) and self.after[said : said + 1] not in ([], *_KIN)

    def _junior_subject(self) -> bool:
        subject = self.first_subject
        return subject is not None and junior(subject.term) and len(self.after) > 0

    def general(self) -> bool:
        """Say whether nobody's child is meant: "cha mẹ nên dạy con thế nào"."""
        if self.mention.term != "con" or self.mention.owned or not self.before:
            return False
        lengths = ((at, _PARENTS.length(self.before, at)) for at in range(len(self.before)))
        return any(
            length and self.before[at + length : at + length + 1] not in _KIN
            for at, length in lengths
        )

    def coordinated(self) -> bool:
        """Say whether either of two may be the speaker: both of "anh và em cùng đi"."""
        if self.mention.named or self.mention.owned:
            return False
        if self.after[:1] and self.after[0] in _AND and self.after[1:2] in _KIN:
            with_name = self._starts_name(2) and not self.term.rank  # "anh Ba với chị Tư"
            with_name = with_name or self.after[2:3] in (["ấy"], ["ta"], ["kia"], ["đó"])
            return self._pairs(self.before) and not with_name
        first = len(self.before) - 2
        joined = first >= 0 and self.before[-1] in _AND and [self.before[first]] in _KIN
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

    def told_to(self, act: str) -> bool:
        """Say whether the subject is told what to do: "mẹ đừng lo", "em lại đây anh xem"."""
        if self.starts_with(AFTER["told_to"]):
            return True
        whole = self.starts_with(AFTER["told_whole"])
        if whole and act != "question" and set(self.after[whole:]) <= _TOLD_ENDS:
            return True
        if self.shown():
            return True
        length = self.starts_with(AFTER["come_here"])
        goes_on = length < len(self.after) or not self.mention.segment.mark
        return length > 0 and goes_on and act != "question"

    def shown(self) -> bool:
        """Say whether the subject shall look: "mẹ xem con vẽ này"."""
        length = self.starts_with(AFTER["shown"])
        junior_acts = self.after[length : length + 1] in _JUNIORS and len(self.after) > length + 1
        return bool(length) and junior_acts and self.after[-1] in _POINTING

    def blamed(self) -> bool:
        """Say whether the subject is told what it does to the speaker: "anh làm em buồn"."""
        if self.starts_with(AFTER["erred"]):
            return not self.mention.segment.deferential
        after = self.after
        if self.starts_with(AFTER["misread"]) and after[-1] == "rồi":
            return True
        if self._wrongs() or self._promised():
            return True
        so = self.starts_with(AFTER["acted_so"])
        turned = after[so : so + 1] in (["chứ"], ["mà"], ["nhưng"])
        other = so + turned
        if so and after[other : other + 1] in _KIN and after[other] != self.mention.term:
            # "chú nói vậy chứ cháu không tin", "mẹ nói thế con buồn lắm"
            return turned or bool(AFTER["own_state"].length(after, other + 1))
        if after[:1] != ["làm"] or after[1:2] == [self.mention.term] or after[1:2] == []:
            return False
        return after[1] in TERMS and bool(AFTER["own_state"].length(after, 2))

    def _wrongs(self) -> bool:
        """Say whether the subject does the other one wrong: "anh lừa em"."""
        loveless = self.starts_with(AFTER["loves_not"]) if senior(self.mention.term) else 0
        if loveless and self.after[loveless : loveless + 1] in _JUNIORS:
            return True
        length = self.starts_with(AFTER["wronged"])
        other = self.after[length : length + 1]
        return bool(length) and other in _KIN and other != [self.mention.term]

    def _promised(self) -> bool:
        """Say whether a promise is recalled: "anh nói sẽ chở em đi mà"."""
        length = self.starts_with(AFTER["promised"])
        recalled = bool(length) and self.after[-1] == "mà" and length < len(self.after)
        return recalled and self.after[length] not in ("rồi", "mà", *TERMS)

    def wonders(self) -> bool:
        """Say whether a subject asks about itself: "em phải làm gì", but not "em làm gì đấy"."""
        length = self.starts_with(AFTER["own_question"])
        if not length or self.starts_with(AFTER["asked_doing"]) != length:
            return bool(length)
        return self.after[length : length + 1] not in ([], *_DOING)

    def conditional(self) -> bool:
        """Say whether the hearer's case is supposed: "em mệt thì bảo anh"."""
        if self.after[:2] == ["mà", "là"]:
            return False  # "em mà là anh thì em cũng làm thế"
        if self.after[:1] == ["mà"] and self.before[-1:] in _CAUSES:
            return self.after[1:2] in _KIN  # "vì anh mà em khổ"
        # "anh mà không đến là em giận", "hễ em khóc là anh lại cuống lên"
        case = self.after[:1] == ["mà"] or self.ends_with(_CASES)
        links = {"thì", "là"} if case else {"thì"}
        link = next((at for at, form in enumerate(self.after) if at and form in links), 0)
        if not link:
            return False
        behind = self.after[link + 1 :]
        return any(form in TERMS and form != self.mention.term for form in behind)

    def reproached(self) -> bool:
        """Say whether a failing is held against the hearer: "em gọi mà anh không bắt máy"."""
        subject = self.last_subject
        if subject is None or not self.starts_with(_FAILINGS):
            return False
        said = self.utterance.forms[subject.end : self.mention.start]
        link = len(said) - 1 - said[::-1].index("mà") if "mà" in said else 0
        if not link or not _BETWEEN.fill(said[link + 1 :]):
            return False
        promised = AFTER["promised"].length(said, 0)
        return subject.term != self.mention.term or said[promised : promised + 1] in _KIN

    def looks(self) -> bool:
        """Say whether the hearer's appearance is told: "hôm nay trông chị tươi thế"."""
        looked = bool(self.before) and self.before[-1] in _LOOKS and OPENING.fill(self.before[:-1])
        return looked and len(self.after) > 0 and self.mention.segment.act != "request"

    def feels(self) -> bool:
        """Say whether the subject tells a state of its own: "chị rất tiếc"."""
        if not self.after:
            return False
        skipped = _DEGREES.length(self.after, 0)
        return bool(AFTER["own_state"].length(self.after, skipped))

    def child_of(self) -> bool:
        """Say whether a parent speaks of their own: "con gái rượu của bố đâu rồi"."""
        elder = not _REPORTED_CLASSES.isdisjoint(self.term.classes)
        child = any([form] in _JUNIORS for form in self.before)
        return elder and child and self.before[-1] == "của"

    def needed(self) -> bool:
        """Say whether the hearer's being there matters: "có chị ở đây em yên tâm"."""
        there = self.before in (["có"], ["không", "có"], ["thiếu"], ["vắng"])
        if there and self.starts_with(_NEAR_BY) == len(self.after) > 0:
            return True
        return there and any([form] in _KIN and form != self.mention.term for form in self.after)

    def made_to_feel(self) -> bool:
        """Say whether somebody else made them feel so: em in "anh làm em buồn"."""
        subject = self.first_subject
        felt = self.before[-1:] == ["làm"] and bool(self.starts_with(AFTER["own_state"]))
        return felt and subject is not None and subject.term != self.mention.term

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

    def praised(self) -> bool:
        """Say whether the hearer is judged: "anh giỏi quá", but not "em thấy anh ấy giỏi"."""
        own = self.starts_with(AFTER["own_plan"]) or self.starts_with(AFTER["own_state"])
        if self.mention.segment.act == "request" or own:
            return False
        places = range(len(self.after))
        praise = next((index for index in places if _PRAISE.length(self.after, index)), None)
        if praise is None:
            return False
        near = praise < NEAR or self.after[-1] in EXCLAIMS or self.after[praise - 1] in _LOOKS
        return near and any(_PRAISE_ENDS.length(self.after, index) for index in places[1:])

    def tells(self) -> bool:
        """Say whether the subject is about to tell something: "em bảo chị cái này"."""
        length = self.starts_with(AFTER["tells"])
        if not length or self.after[length : length + 1] not in _KIN:
            return False
        return AFTER["about_to"].length(self.after, length + 1) == len(self.after) - length - 1 > 0

    def offers(self) -> bool:
        """Say whether a junior offers help: "cháu đỡ bà lên giường nhé", but not "... đi"."""
        if not junior(self.mention.term):
            return False  # "anh đưa em về nhé" asks
        length = self.starts_with(AFTER["offers"])
        served = self.after[length : length + 1]
        softened = self.after[-1] in _SOFT if self.after else False
        return bool(length) and softened and served in _KIN and served != [self.mention.term]

    def fetches(self) -> bool:
        """Say whether something is asked to be done: "lấy cho bố cái điều khiển"."""
        return len(self.after) > 2 and self.after[0] in _FETCH and "cho" in self.after[1:3]

    def starts_with(self, cue: Phrases[None]) -> int:
        """Return how many words the cue right behind the mention has, 0 where there is none."""
        return cue.length(self.after, 0) if self.after else 0

    def ends_with(self, cue: Phrases[None]) -> bool:
        """Say whether a cue stands right before the mention."""
        return cue.end(self.before)
