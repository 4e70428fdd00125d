"""Numbers and dates as a language writes them: 1.234,5 and 22/11/2026; 1,234.5 and 22 Nov 2026."""

from __future__ import annotations

from datetime import datetime

_VIETNAMESE = str.maketrans(",.", ".,")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(language: str, value: float, decimals: int = 0) -> str:
    """Return a number with its thousands grouped and its decimals set off."""
    written = f"{value:,.{decimals}f}"
    return written.translate(_VIETNAMESE) if language == "vi" else written


def date(language: str, moment: str) -> str:
    """Return the day of an ISO 8601 moment; "" where it is none."""
    try:
        day = datetime.fromisoformat(moment)
    except ValueError:
        return ""
    if language == "vi":
        return f"{day.day}/{day.month}/{day.year}"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
