"""Dates and times as chat programs write them."""

from __future__ import annotations

import re
from datetime import datetime

DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}"
TIME = r"\d{1,2}[:h.]\d{2}(?:[:.]\d{2})?(?:\s?(?:[AaPp]\.?\s?[Mm]\.?|SA|CH|sa|ch)\b\.?)?"
MOMENT = rf"(?:{DATE}(?:,| lúc| at)?\s+{TIME}|{TIME}(?:,| ngày)?\s+{DATE})"
"""Date and time in either order: "25/12/2023, 21:05", "21:05 25/12/2023", "12/25/23, 9:05 PM"."""

_DATE = re.compile(DATE)
_TIME = re.compile(r"(\d{1,2})[:h.](\d{2})(?:[:.](\d{2}))?(?:\s?([AaPpSsCc])(?=[\s.]?[MmAaHh]))?")


class Clock:
    """Reads the moments of one export; a day above 12 tells whether it stands first or second."""

    def __init__(self) -> None:
        self._day_first = True

    def read(self, text: str) -> datetime | None:
        """Return the moment that a text names, None where it names no day or an impossible one."""
        date = _DATE.search(text)
        rest = text.replace(date[0], " ", 1) if date else text
        time = _TIME.search(rest)
        if date is None:
            return None
        year, month, day = self._order([int(part) for part in re.split(r"[./-]", date[0])])
        hour, minute, second = (int(part or 0) for part in time.groups()[:3]) if time else (0, 0, 0)
        half = (time[4] or "").lower() if time else ""
        if half in ("p", "c") and hour < 12:
            hour += 12
        elif half in ("a", "s") and hour == 12:
            hour = 0
        try:
            return datetime(year, month, day, hour, minute, second)
        except ValueError:
            return None

    def _order(self, parts: list[int]) -> tuple[int, int, int]:
        first, second, third = parts
        if first > 31:
            return first, second, third
        if second > 12:
            self._day_first = False
        elif first > 12:
            self._day_first = True
        year = third + 2000 if third < 100 else third
        return (year, second, first) if self._day_first else (year, first, second)


def iso(value: object) -> datetime | None:
    """Return a moment in ISO 8601, None for anything else."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
