"""Tells whether a term of address calls somebody, or somebody is only spoken about."""

from __future__ import annotations

from collections.abc import Sequence

from modules.persona.data import Phrases, phrases, table, words
from modules.persona.terms import TERMS, junior
from modules.persona.utterance import OPENING, Segment, Utterance
from modules.text.nfc import strip_diacritics

_CUES = table("cues")
_CALL = _CUES["call"]
_TRAPS = table("traps")
_THIRD = _TRAPS["third"]
TERM_PHRASES = Phrases((name, name) for name in TERMS)
TRAP_PHRASES = phrases(_TRAPS["phrases"])
_BROKEN = {phrase: frozenset(behind) for phrase, behind in _TRAPS["broken"].items()}
_LOOSED = {phrase: frozenset(before) for phrase, before in _TRAPS["loosed"].items()}
MAY_BREAK = phrases(_BROKEN)
CALLS = frozenset(_CALL["after"])
OF = frozenset(_TRAPS["possession"]["of"])
RANKS = frozenset(_THIRD["ranks"])
"""The number of a child among its siblings, which serves as a name: "dì Ba"."""
COUNTED = frozenset(_THIRD["counted"])
"""Behind a rank these show that it is a number: "anh ba mươi tuổi"."""
GREETINGS = phrases(_CALL["greetings"])

_ROLE_GREETINGS = phrases(_CALL["role_greetings"])
_ON_TELEPHONE = phrases(_CALL["telephone"])
_ANSWERS = frozenset(_CALL["answers"])
_ASKED_ROLES = frozenset(_CALL["asked_roles"])
_CLOSING = frozenset(_CALL["closing"])
_HEARKEN = frozenset(_CALL["hearken"])
_ATTENTION = phrases(_CALL["attention"], _CUES["opening"]["assent"])
_ASSENT = frozenset(_CUES["opening"]["assent"])
_OPINION = _CUES["before"]["opinion"]
_OBJECTS = frozenset(_CALL["objects"])
PARTICLES = frozenset(_CALL["particles"])
_NOT_HAILED = frozenset(_CALL["not_hailed"])
_TAILS = frozenset(_CALL["tails"])
_DOUBTFUL = frozenset(_CALL["doubtful"])
_THIRD_AFTER = phrases(_THIRD["after"])
_THIRD_BEFORE = frozenset(_THIRD["before"])
_POINTING = frozenset(_THIRD["pointing"])
_SEVERAL = frozenset(_THIRD["several"])
_WHERE = frozenset(_THIRD["where"])
_SPEAKS = phrases(_CUES["self_after"]["speaks"])
_ASKED = frozenset(_CUES["before"]["benefit"])
_HELP = _ASKED - {"cho"}
_REQUEST_VERBS = phrases(_CUES["before"]["request_verbs"])
_NEAR_BY = phrases(_CUES["looks"]["near"])
_TAKES_PERSON = frozenset(_CUES["looks"]["takes_person"])
_SOFT = frozenset(_CUES["clause"]["softeners"])
_NAMES = words("names")
_BARE_NAMES = frozenset(map(strip_diacritics, _NAMES))
_LONGEST_NAME = 3


def trap_length(forms: Sequence[str], index: int, end: int | None = None) -> int:
    """Return how many words the fixed expression at `index` has, 0 where there is none.

    It is none where its second half goes with what follows ("bạn | học lớp mấy"), or its first one
    with what stands before ("chỉ bạn | đường").
    """
    length = TRAP_PHRASES.length(forms, index, end)
    if not length or breaks(forms, index, index + length):
        return 0
    before = forms[index - 1] if index else ""
    return 0 if before in _LOOSED.get(" ".join(forms[index : index + length]), ()) else length


def breaks(forms: Sequence[str], start: int, end: int) -> bool:
    """Say whether what stands behind the words from `start` to `end` takes them apart."""
    behind = _BROKEN.get(" ".join(forms[start:end]), ())
    return end < len(forms) and forms[end] in behind


def called(utterance: Utterance, segment: Segment, start: int, end: int, term: str) -> str:
    """Return the rule by which the term at `start` to `end` addresses somebody, or ""."""
    rest = utterance.forms[end : segment.end]
    if rest[:1] and (rest[0] in CALLS or (rest[0] in OF and rest[2:3] and rest[2] in CALLS)):
        return "vocative"  # "anh ơi", "anh của em ơi"
    if TERMS[term].role == "self":
        return ""
    if hailed_at(utterance, segment, end):
        return "vocative"  # "cô bán hàng ơi"
    if spoken_about(utterance, segment, start, end):
        return ""
    words_before = utterance.before(segment, start)
    if _ON_TELEPHONE.fill(words_before) and words_before and rest[:1] and rest[0] in _ANSWERS:
        return ""
    if OPENING.fill(words_before) and _role_is_asked(segment, term, rest):
        return "asked_role"
    if words_before[-1:] == ["chúc"] and rest[-1:] == ["đi"]:
        return ""  # "chúc em may mắn đi"
    if GREETINGS.end(words_before) or (
        "role" in TERMS[term].classes and _ROLE_GREETINGS.end(words_before)
    ):
        return "greeting"
    if _stands_alone(utterance, segment, start, end, term):
        return "standalone"
    before = utterance.form(segment, start - 1)
    named = end - start > len(term.split())
    taken = before in _OBJECTS or ((named or rest == ["à"]) and before in _TAKES_PERSON)
    if rest == ["ạ"] and before in _TAKES_PERSON and junior(term):
        taken = taken or utterance.forms[segment.start] in TERMS  # "bác gọi cháu ạ?"
    if len(rest) == 1 and rest[0] in _CLOSING and not taken:
        return "closing"  # "rồi em ạ", but not "em dám cãi chị à"
    again = not rest and start - segment.start > 2 and utterance.forms[segment.start] == term
    asked = before == "với" and not _ASKED.isdisjoint(words_before)
    if again and (asked or before not in _TAKES_PERSON):
        return "final"  # "bố nghỉ tay uống nước đã bố"
    softened = segment.act == "request" and len(rest) == 1 and rest[0] in _SOFT
    if softened and len(words_before) > 1 and before not in _TAKES_PERSON | PARTICLES:
        return "final"  # "nhớ mặc áo ấm vào con nhé"
    final = before in PARTICLES and len(rest) <= 1 and set(rest) <= _TAILS
    return "final" if final and _is_particle(utterance, segment, start - 1) else ""


def hailed_at(utterance: Utterance, segment: Segment, end: int) -> int:
    """Return where "ơi" stands behind a term and a few words that describe it, 0 if nowhere."""
    for index in range(end + 1, min(end + _LONGEST_NAME, segment.end)):
        form = utterance.forms[index]
        if form in CALLS:
            described = utterance.forms[end:index]
            return 0 if any(word in _NOT_HAILED or word in TERMS for word in described) else index
    return 0


def _role_is_asked(segment: Segment, term: str, rest: Sequence[str]) -> bool:
    """Say whether a role is asked: "bác sĩ cho em hỏi", "shop còn màu đen không"."""
    if segment.act != "statement" and term in _ASKED_ROLES:
        return True
    if segment.act == "question" and segment.deferential and TERM_PHRASES.length(rest, 1):
        return "role" in TERMS[term].classes  # "sếp gọi em có việc gì ạ"
    if "role" not in TERMS[term].classes or rest[-1:] in (["rồi"], ["xong"]):
        return False
    if rest[:1] == ["cho"]:
        return rest[1:2] != [] and rest[1] in TERMS and bool(_REQUEST_VERBS.length(rest, 2))
    helped = (at for at in range(min(4, len(rest) - 1)) if rest[at] in _HELP)
    return any(rest[at + 1] in TERMS for at in helped)


def _stands_alone(utterance: Utterance, segment: Segment, start: int, end: int, term: str) -> bool:
    """Say whether a term is all that is said, but for assent, or another person takes over."""
    before, rest = utterance.before(segment, start), utterance.forms[end : segment.end]
    following = TERM_PHRASES.at(utterance.forms, end, segment.end)
    if before == _OPINION and segment.act == "question":
        return following is not None  # "theo chị | em có nên ..."
    if not _ATTENTION.fill(before):
        return False
    if not rest or (len(rest) == 1 and rest[0] in _CLOSING | _TAILS):
        return True
    handed_over = following is not None and following[1] != term  # "vâng chị | em hiểu rồi"
    return bool(before) and (handed_over or before[0] in _HEARKEN)


def _is_particle(utterance: Utterance, segment: Segment, index: int) -> bool:
    """Say whether a word closes what was said: "giúp em với | chị", but not "đi với chị"."""
    form = utterance.forms[index]
    if form in _DOUBTFUL:
        return index > segment.start
    before = utterance.form(segment, index - 1)
    return form != "với" or before in TERMS or before in PARTICLES


def addressed(utterance: Utterance, segment: Segment, index: int) -> bool:
    """Say whether a term at `index` would call somebody, behind assent ("dạ chị") or a greeting."""
    before = utterance.before(segment, index)
    if not before:
        return False
    assents = before[0] in _ASSENT and OPENING.length(before, 0) == len(before)
    return assents or before == _OPINION or GREETINGS.end(before)


def spoken_about(utterance: Utterance, segment: Segment, start: int, end: int) -> bool:
    """Say whether a term is a third person by its neighbours: "anh ấy", "hai chị"."""
    before = utterance.before(segment, start)
    if (before and before[-1] in _THIRD_BEFORE) or _is_england(utterance, segment, start):
        return True
    if before == ["có"] and _NEAR_BY.length(utterance.forms, end, segment.end):
        return False  # "có em bên cạnh, anh thấy bình yên"
    following = utterance.form(segment, end)
    several = utterance.form(segment, start - 1) in _SEVERAL
    if several and following in _WHERE and segment.act == "statement":
        return True
    length = _THIRD_AFTER.length(utterance.forms, end, segment.end)
    if breaks(utterance.forms, start, end + 1):
        length = 0  # "anh nuôi mèo à"
    points = following in _POINTING and end + length == segment.end  # "yêu anh đó"
    return following in OF or (bool(length) and not points)


def _is_england(utterance: Utterance, segment: Segment, start: int) -> bool:
    """Say whether "Anh" with a capital within a sentence is the country."""
    return utterance.cased and utterance.tokens[start].text == "Anh" and start > segment.start


def takes_part(utterance: Utterance, segment: Segment, start: int, end: int) -> bool:
    """Say whether somebody named speaks ("em Lan chào cô") or is asked ("anh Nam cho em hỏi")."""
    if not OPENING.fill(utterance.before(segment, start)) or end >= segment.end:
        return False
    forms = utterance.forms
    rest = range(end, min(end + 2, segment.end - 1))
    asked = any(forms[index] in _ASKED and forms[index + 1] in TERMS for index in rest)
    return asked or bool(_SPEAKS.length(forms, end, segment.end))


def name_end(utterance: Utterance, segment: Segment, end: int) -> int:
    """Return where a name behind a term ends; `end` itself where there is none."""
    index = end
    while index < min(segment.end, end + _LONGEST_NAME):
        if index == end and (_is_rank(utterance, index) or _hailed(utterance, segment, index)):
            return index + 1
        if not _is_name(utterance, index, first=index == end):
            break
        index += 1
    return index


def _hailed(utterance: Utterance, segment: Segment, index: int) -> bool:
    """Say whether one word stands between a term and "ơi": in "bé na ơi" it is a name."""
    called_to = utterance.form(segment, index + 1) in CALLS
    return called_to and utterance.forms[index] not in TERMS and utterance.forms[index] not in OF


def _is_rank(utterance: Utterance, index: int) -> bool:
    if utterance.forms[index] not in RANKS or trap_length(utterance.forms, index):
        return False
    return utterance.tokens[index].capital or not utterance.cased


def _is_name(utterance: Utterance, index: int, *, first: bool) -> bool:
    """Say whether a word is a name: by its capital, or, in a text without any, by the list."""
    token = utterance.tokens[index]
    if token.kind != "word" or token.form in TERMS or token.form in PARTICLES:
        return False
    if utterance.cased:
        return token.capital and token.form not in CALLS
    bare = token.form == token.text and token.text in _BARE_NAMES
    return first and (token.form in _NAMES or bare)
