"""What a sentence says that its subject does: to whom, how well, and what that tells of it."""

from __future__ import annotations

from modules.persona.data import phrases, table
from modules.persona.surroundings import AFTER, EXCLAIMS, JUNIORS, KIN, NEAR, Surroundings
from modules.persona.terms import TERMS, junior, senior
from modules.persona.utterance import LONGEST_SEGMENT, OPENING

_CUES = table("cues")
_PRAISE = phrases(_CUES["praise"]["words"])
_PRAISE_ENDS = phrases(_CUES["praise"]["ends"])
_FETCH = frozenset(_CUES["imperative"]["fetch"])
_DOING = tuple([word] for word in _CUES["question"]["doing"])
_CAUSES = (["vì"], ["nhờ"], ["tại"])
_POINTING = ("này", "nè", "đi", "nhé", "nha")
_CASES = phrases(_CUES["conditional"]["openers"])
_SOFT = frozenset(_CUES["clause"]["softeners"])
_LOOKS = frozenset(_CUES["looks"]["words"])
_DEGREES = phrases(_CUES["looks"]["degrees"])
_NEAR_BY = phrases(_CUES["looks"]["near"])
_FAILINGS = phrases(_CUES["reproach"]["failings"])
_BETWEEN = phrases(_CUES["reproach"]["between"])
_QUIZ_ENDS = tuple([word] for word in _CUES["self_after"]["quiz_ends"])
_TOLD_ENDS = frozenset(_CUES["imperative"]["tails"] + _CUES["self_after"]["leaving_ends"])


class Conduct(Surroundings):
    """One mention, and what it is said to do."""

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
        junior_acts = self.after[length : length + 1] in JUNIORS and len(self.after) > length + 1
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
        if so and after[other : other + 1] in KIN and after[other] != self.mention.term:
            # "chú nói vậy chứ cháu không tin", "mẹ nói thế con buồn lắm"
            return turned or bool(AFTER["own_state"].length(after, other + 1))
        if after[:1] != ["làm"] or after[1:2] == [self.mention.term] or after[1:2] == []:
            return False
        return after[1] in TERMS and bool(AFTER["own_state"].length(after, 2))

    def _wrongs(self) -> bool:
        """Say whether the subject does the other one wrong: "anh lừa em"."""
        loveless = self.starts_with(AFTER["loves_not"]) if senior(self.mention.term) else 0
        if loveless and self.after[loveless : loveless + 1] in JUNIORS:
            return True
        length = self.starts_with(AFTER["wronged"])
        other = self.after[length : length + 1]
        return bool(length) and other in KIN and other != [self.mention.term]

    def _promised(self) -> bool:
        """Say whether a promise is recalled: "anh nói sẽ chở em đi mà"."""
        length = self.starts_with(AFTER["promised"])
        recalled = bool(length) and self.after[-1] == "mà" and length < len(self.after)
        return recalled and self.after[length] not in ("rồi", "mà", *TERMS)

    def reproached(self) -> bool:
        """Say whether a failing is held against the hearer: "em gọi mà anh không bắt máy"."""
        subject = self.last_subject
        if subject is None or not self.starts_with(_FAILINGS):
            return False
        if self.mention.start - subject.end > LONGEST_SEGMENT:
            return False
        said = self.utterance.forms[subject.end : self.mention.start]
        link = len(said) - 1 - said[::-1].index("mà") if "mà" in said else 0
        if not link or not _BETWEEN.fill(said[link + 1 :]):
            return False
        promised = AFTER["promised"].length(said, 0)
        return subject.term != self.mention.term or said[promised : promised + 1] in KIN

    def conditional(self) -> bool:
        """Say whether the hearer's case is supposed: "em mệt thì bảo anh"."""
        if self.after[:2] == ["mà", "là"]:
            return False  # "em mà là anh thì em cũng làm thế"
        if self.after[:1] == ["mà"] and self.before[-1:] in _CAUSES:
            return self.after[1:2] in KIN  # "vì anh mà em khổ"
        # "anh mà không đến là em giận", "hễ em khóc là anh lại cuống lên"
        case = self.after[:1] == ["mà"] or self.ends_with(_CASES)
        links = {"thì", "là"} if case else {"thì"}
        link = next((at for at, form in enumerate(self.after) if at and form in links), 0)
        if not link:
            return False
        behind = self.after[link + 1 :]
        return any(form in TERMS and form != self.mention.term for form in behind)

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

    def needed(self) -> bool:
        """Say whether the hearer's being there matters: "có chị ở đây em yên tâm"."""
        there = self.before in (["có"], ["không", "có"], ["thiếu"], ["vắng"])
        if there and self.starts_with(_NEAR_BY) == len(self.after) > 0:
            return True
        return there and any([form] in KIN and form != self.mention.term for form in self.after)

    def made_to_feel(self) -> bool:
        """Say whether somebody else made them feel so: em in "anh làm em buồn"."""
        subject = self.first_subject
        felt = self.before[-1:] == ["làm"] and bool(self.starts_with(AFTER["own_state"]))
        return felt and subject is not None and subject.term != self.mention.term

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
        if not length or self.after[length : length + 1] not in KIN:
            return False
        return AFTER["about_to"].length(self.after, length + 1) == len(self.after) - length - 1 > 0

    def offers(self) -> bool:
        """Say whether a junior offers help: "cháu đỡ bà lên giường nhé", but not "... đi"."""
        if not junior(self.mention.term):
            return False  # "anh đưa em về nhé" asks
        length = self.starts_with(AFTER["offers"])
        served = self.after[length : length + 1]
        softened = self.after[-1] in _SOFT if self.after else False
        return bool(length) and softened and served in KIN and served != [self.mention.term]

    def fetches(self) -> bool:
        """Say whether something is asked to be done: "lấy cho bố cái điều khiển"."""
        return len(self.after) > 2 and self.after[0] in _FETCH and "cho" in self.after[1:3]

    def quizzed(self) -> bool:
        """Say whether the other one is asked who the subject is: "anh tên gì em biết không"."""
        at = self.starts_with(AFTER["asked_name"])
        other = self.after[at : at + 1]
        if not at or other not in KIN or other == [self.mention.term]:
            return False
        known = AFTER["quiz"].length(self.after, at + 1)
        return bool(known) and [self.after[-1]] in _QUIZ_ENDS and at + 1 + known < len(self.after)

    def wonders(self) -> bool:
        """Say whether a subject asks about itself: "em phải làm gì", but not "em làm gì đấy"."""
        length = self.starts_with(AFTER["own_question"])
        if not length or self.starts_with(AFTER["asked_doing"]) != length:
            return bool(length)
        return self.after[length : length + 1] not in ([], *_DOING)
