"""Chat spelling: ko, đc, ntn, and the letters that stand for people ("e cảm ơn a")."""

from __future__ import annotations

import re

from modules.tts.normalizer.characters import CAPITAL
from modules.tts.normalizer.context import Context, Rule, follows, precedes
from modules.tts.normalizer.numerals import DIGITS

NUMBER_WORDS = frozenset(
    [*DIGITS, "mười", "mươi", "mốt", "tư", "lăm", "trăm", "nghìn", "ngàn", "triệu", "tỷ"]
)
CLAUSE_END = re.compile(r"\s*(?:[.,!?…]|$)")
OPERATOR_NEXT = re.compile(r"\s?[=+*/^<>÷×≠≈≤≥]|,\s?[^\W\d_](?![^\W_])")
LETTER_NEXT = re.compile(r"\s[B-DF-Z](?![^\W_])")
SMALL_NEXT = re.compile(rf"\s(?!{CAPITAL})[^\W_\d]")


def _chat(match: re.Match[str], context: Context) -> str | None:
    word, at, end = match[0], match.start(), match.end()
    small = word.lower()
    always, sometimes = context.tables.chat, context.tables.chat_only
    reading = always.get(small) or sometimes.get(small)
    if reading is None:
        return None
    if _is_kept(small, at, end, context):
        return small if len(small) > 1 else None
    if len(word) == 1 and _is_addressed(small, at, end, context):
        context.chatty = True
        return reading
    if small not in always and not context.chatty:
        return None
    if len(word) == 1:
        return reading if _is_person(word, at, end, context) else None
    return None if word.isupper() and not context.shouted else reading


def _is_kept(small: str, at: int, end: int, context: Context) -> bool:
    """Return whether the words beside a form leave it its own meaning: "bê thui", "bít tất"."""
    if follows(context.before(at), context.tables.keep.get(small, frozenset())):
        return True
    return precedes(context.after(end), context.tables.keep_next.get(small, frozenset()))


def _is_addressed(letter: str, at: int, end: int, context: Context) -> bool:
    """Return whether somebody is spoken to by a letter, which shows that the text is a chat."""
    tables = context.tables
    before = context.before(at)
    ends = CLAUSE_END.match(context.text, end) is not None
    if ends and letter in tables.end_letters:
        return follows(before, tables.end_particles)  # "ngủ ngon nhé c"
    if context.kind in ("code", "number", "letter"):
        return False
    if before and (before[-1] in NUMBER_WORDS or before[-1] in tables.letters.values()):
        return False
    if not ends and context.text[end] == " " and context.after(end, 1) == ["ơi"]:
        return True
    if letter not in "ae":
        return False
    if follows(before, tables.vocative_before):
        return ends or precedes(context.after(end), tables.vocative_then)
    if context.text[end : end + 1] != " " or not precedes(context.after(end), tables.vocative_next):
        return False
    return context.kind in ("", "pause") or follows(before, tables.vocative_lead)


def _is_person(letter: str, at: int, end: int, context: Context) -> bool:
    """Return whether a letter in a chat stands for a word, not for itself ("điểm b", "a = b")."""
    if context.cued(at, "label") or context.kind in ("letter", "operator", "code"):
        return False
    if OPERATOR_NEXT.match(context.text, end) or LETTER_NEXT.match(context.text, end):
        return False
    opens = context.kind in ("", "pause") and SMALL_NEXT.match(context.text, end) is not None
    return letter.islower() or opens


def _hour(match: re.Match[str], context: Context) -> str | None:
    return "giờ" if follows(context.before(match.start()), context.tables.hour_before) else None


RULES = (
    Rule("word", re.compile(r"h(?![^\W_])"), _hour),
    Rule("word", re.compile(r"[^\W\d_]{1,12}(?![^\W\d_])"), _chat),
)
