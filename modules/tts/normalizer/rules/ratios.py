"""Two numbers that belong together: scores, ratios, fractions, "nine out of ten"."""

from __future__ import annotations

import re

from modules.tts.normalizer.characters import CAPITAL
from modules.tts.normalizer.context import Context, Rule, follows
from modules.tts.normalizer.rules.dates import in_sum, is_day, read_day
from modules.tts.normalizer.rules.measures import read_unit, unit_pattern

END = r"(?![^\W_])(?![.,/:]\d)"
SCORE_REACH = 7
"""Words that may stand between "thắng" and its score: "thắng U23 Lào trên sân khách 3-0"."""
SERIES = 8
"""Characters between the sets of one match: "6-4, 7-5"."""
AMOUNT_NEXT = re.compile(r"\s?(?:%|°|độ|usd|(?:kg|km|m|cm|k|tr|đ|h)(?![^\W_]))")
NAME_BEFORE = re.compile(rf"(?<![^\W_]){CAPITAL}[^\W\d_]{{1,12}}\s$")
NAME_AFTER = re.compile(rf"\s{CAPITAL}[^\W\d_]")
EQUALS = re.compile(r"\s?=")
ROUND_THE_CLOCK = frozenset({("24", "7"), ("24", "24"), ("7", "7")})


def _row(match: re.Match[str], context: Context) -> str:
    # A formation (3-4-3), measurements (86-60-92)
    return " ".join(map(context.numerals.cardinal, match[0].split("-")))


def _score(match: re.Match[str], context: Context) -> str | None:
    at, left, right = match.start(), match[1], match[2]
    again = at - context.score_end <= SERIES or _between_names(match, context)
    again = again or (" " not in match[0] and "0" in (left, right) and left not in ("10", "20"))
    words = context.before(at, 10)
    if not again and not follows(words, context.tables.cues["score"], SCORE_REACH):
        return None
    if words and words[-1] in context.tables.cues["about"]:
        return None  # "thua liên tiếp trong 2-3 tuần"
    if EQUALS.match(context.text, match.end()) or context.counts(match.end()):
        return None
    if _continues(match, context):
        return None
    if len(left) > 2 or len(right) > 2 or (int(left) > 30 and int(right) > int(left) + 40):
        return None
    context.score_end = match.end()
    return f"{context.numerals.cardinal(left)} {context.numerals.cardinal(right)}"


def _between_names(match: re.Match[str], context: Context) -> bool:
    # "Việt Nam 4-0 Yemen"
    before = NAME_BEFORE.search(context.text[max(0, match.start() - 24) : match.start()])
    after = NAME_AFTER.match(context.text, match.end())
    short = " " not in match[0] or max(len(match[1]), len(match[2])) == 1
    return before is not None and after is not None and short


def _continues(match: re.Match[str], context: Context) -> bool:
    # "5-10%", "3-5 kg": a range of amounts, not a score
    return AMOUNT_NEXT.match(context.lower, match.end()) is not None


def _ratio(match: re.Match[str], context: Context) -> str | None:
    left, right = (context.numerals.cardinal(part) for part in match.groups())
    if EQUALS.match(context.text, match.end()) and " " in match[0]:
        return f"{left} chia {right}"
    if " " in match[0] and not context.cued(match.start(), "ratio", 3):
        return None
    large = context.cued(match.start(), "ratio", 3) or len(match[2]) > 2
    return f"{left} trên {right}" if large and len(match[1]) == 1 else f"{left} {right}"


def _share(match: re.Match[str], context: Context) -> str | None:
    top, bottom = match.groups()
    at, end = match.start(), match.end()
    over = f"{context.numerals.cardinal(top)} trên {context.numerals.cardinal(bottom)}"
    if (top, bottom) in ROUND_THE_CLOCK:
        return over
    if (
        context.cued(at, "dotted")
        or context.cued(at, "over", 2)
        or context.followed(end, "over_after")
    ):
        return over
    small = 0 < int(top) < int(bottom)
    share = context.cued(at, "fraction_before") or context.followed(end, "fraction_after")
    if small and int(bottom) <= 20 and share:
        return read_fraction(top, bottom, context)
    if small and in_sum(match, context):
        mixed = "và " if context.kind == "number" else ""
        return mixed + read_fraction(top, bottom, context)
    if is_day(top, bottom) and (int(top) > 9 or not small):
        return read_day(top, bottom, context, at, end)
    if small and (int(bottom) <= 10 or top == "1"):
        return read_fraction(top, bottom, context)
    fraction = context.cued(at, "fraction_before") and int(bottom) <= 10
    return read_fraction(top, bottom, context) if fraction else over


def read_fraction(top: str, bottom: str, context: Context) -> str:
    """Read a fraction: "ba phần tư"."""
    below = "tư" if bottom == "4" else context.numerals.cardinal(bottom)
    return f"{context.numerals.cardinal(top)} phần {below}"


def _share_of_unit(match: re.Match[str], context: Context) -> str | None:
    # 1/2kg, 3/4 lít
    top, bottom, unit = match.groups()
    at = match.start()
    if not 0 < int(top) < int(bottom) or context.cued(at, "has_day"):
        return None
    if context.cued(at, "over", 2) or context.followed(match.start(3), "over_after"):
        return None
    return f"{read_fraction(top, bottom, context)} {read_unit(unit, None)}"


def _fraction(match: re.Match[str], context: Context) -> str:
    return read_fraction(match[1], match[2], context)


RULES = (
    Rule("number", re.compile(r"(\d{1,3})⁄(\d{1,3})(?!\d)"), _fraction),
    Rule("score", re.compile(rf"\d{{1,3}}(?:-\d{{1,3}}){{2,5}}{END}(?!-)"), _row),
    Rule("score", re.compile(rf"(\d{{1,3}})\s?[-–:]\s?(\d{{1,3}}){END}(?!\s?[-–]\s?\d)"), _score),
    Rule("score", re.compile(rf"(\d{{1,4}})\s?:\s?(\d{{1,6}}){END}"), _ratio),
    Rule(
        "measure",
        re.compile(rf"(\d{{1,2}})/(\d{{1,2}})\s?({unit_pattern()})(?![^\W_])"),
        _share_of_unit,
    ),
    Rule("number", re.compile(rf"(\d{{1,5}})/(\d{{1,5}}){END}"), _share),
)
