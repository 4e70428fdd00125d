"""What was told at some time: which memories answer "hôm trước em kể gì?". Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from modules.memory.records import Memory, Recalled
from modules.memory.times import Asked

_WEEKDAYS = ("thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "chủ nhật")
_DAY = re.compile(
    rf"\b(?:{'|'.join(_WEEKDAYS)}|thứ [2-7]|ngày \d{{1,2}}|mùng \w+|rằm)\b", re.IGNORECASE
)
_ASKS = re.compile(r"[?]|\b(?:gì|chi|đâu|nào|mấy|không|hông)\b", re.IGNORECASE)
_NAMED = ("hôm nay", "hôm qua", "hôm kia")
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Recollected:
    """What memory has for an utterance; `asked` is the time that it asks about, if it does."""

    found: tuple[Recalled, ...] = ()
    asked: Asked | None = None


def chosen(
    memories: Sequence[Memory], near: Sequence[Recalled], asked: Asked, limit: int
) -> list[Recalled]:
    """Return what was told at the time that is asked about, in the order of telling.

    `near` is what has to do with the question's other words: of what was told then, that alone
    counts where there is some. Nothing told then is nothing, unless the time was vague.
    """
    then = [memory for memory in memories if asked.span.holds(moment_of(memory))]
    matter = {item.memory.id for item in near}
    if about := [memory for memory in then if memory.id in matter]:
        then = about
    if not then and asked.loose:
        earlier = [m for m in memories if moment_of(m) < asked.span.start]
        then = earlier or list(memories)
    some = then[:limit] if asked.first else then[-limit:]
    return [Recalled(memory, 1.0) for memory in some]


def asked_days(said: str) -> set[str]:
    """Return the days that a question names: "thứ hai" of "thứ hai bác phải làm gì?"."""
    return _days_in(said) if _ASKS.search(said) else set()


def of_the_days(memories: Sequence[Memory], days: set[str], limit: int) -> list[Recalled]:
    """Return the newest memories that name one of these days: "thứ hai bác đi khám mắt", which
    shares no other word with the question.
    """
    named = [memory for memory in memories if days & _days_in(memory.text)]
    return [Recalled(memory, 1.0) for memory in named[-limit:]]


def _days_in(text: str) -> set[str]:
    return {day.lower() for day in _DAY.findall(text)}


def moment_of(memory: Memory) -> datetime:
    """Return when a memory was told."""
    try:
        found = datetime.fromisoformat(memory.created)
    except ValueError:  # of an older version, or edited by hand
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def spoken_day(moment: datetime, now: datetime) -> str:
    """Return a day as one says it today: "hôm qua", "thứ bảy tuần trước", "ngày 5 tháng 9".

    The day is that of `now`'s time zone.
    """
    day, today = moment.astimezone(now.tzinfo).date(), now.date()
    ago = (today - day).days
    if 0 <= ago < len(_NAMED):
        return _NAMED[ago]
    monday = today - timedelta(days=today.weekday())
    if ago > 0 and day >= monday - timedelta(days=_WEEK):
        return f"{_WEEKDAYS[day.weekday()]} {'tuần này' if day >= monday else 'tuần trước'}"
    year = f" năm {day.year}" if day.year != today.year else ""
    return f"ngày {day.day} tháng {day.month}{year}"
