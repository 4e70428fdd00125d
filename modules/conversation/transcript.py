"""A conversation as text to read, and as JSON to work with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any

from modules.conversation.talk import Exchange
from modules.errors import NotFound, StorageFailed
from modules.text.catalogue import tell

_TIME = "%H:%M"
FORMAT = "guong-transcript"
VERSION = 1


def zone(minutes_west: object) -> tzinfo:
    """Return the time zone of a visitor, from what JavaScript's `getTimezoneOffset` says."""
    if isinstance(minutes_west, int | float) and abs(minutes_west) < 24 * 60:
        return timezone(timedelta(minutes=-round(minutes_west)))
    return UTC


def as_text(exchanges: Sequence[Exchange], language: str, where: tzinfo = UTC) -> str:
    """Return a conversation to be read, labels and dates in `language`, times in a zone.

    Raises `NotFound` where nothing was said.
    """
    _check(exchanges)
    begin, end = (exchanges[at].at.astimezone(where) for at in (0, -1))
    lines = [
        tell(language, "transcript.title"),
        f"{_date(begin, language)}, {begin.strftime(_TIME)} – {end.strftime(_TIME)}",
        tell(language, "transcript.ai"),
    ]
    you, day = tell(language, "transcript.you"), begin.date()
    for each in exchanges:
        at = each.at.astimezone(where)
        if at.date() != day:
            day = at.date()
            lines += ["", _date(at, language)]
        lines += ["", f"[{at.strftime(_TIME)}]"]
        if each.said:  # what is said unasked answers nothing
            lines += [f"{you}{_felt(each, language)}:", each.said]
        if each.answer:
            pair = f"{each.pair.assistant_self} – {each.pair.user_term}"
            name = each.persona.name or tell(language, "transcript.assistant")
            lines += [f"{name} ({pair}):", each.answer]
    return "\n".join(lines) + "\n"


def as_json(exchanges: Sequence[Exchange], language: str, where: tzinfo = UTC) -> str:
    """Return a conversation as JSON (UTF-8, letters as they are). Raises `NotFound` for none.

    The object has

    - `format`: "guong-transcript"; `version`: 1
    - `language`: of the page, "vi" or "en"
    - `exported`: when, ISO 8601 with the visitor's offset from UTC
    - `notice`: that the answers are made by AI, a sentence in `language`
    - `lines`: what was said, in order. Each line has
        - `who`: "user" or "assistant"; `name`: the persona's, "" for the user
        - `when`: ISO 8601; an answer has the time of what it answers
        - `text`: what was said; of an answer, as far as it was heard
        - of the user: `spoken` (bool: said aloud, and understood by a recogniser) and `mood`:
          null, or {`label`, `scores`: label -> probability, `engine`}
        - of the assistant: `whole` (bool: false where it was interrupted),
          `pair`: {`assistant_self`, `user_term`}, `engines`: stage -> engine,
          `recalled`: the memories that it had before it
    """
    _check(exchanges)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "language": language,
        "exported": _stamp(datetime.now(UTC), where),
        "notice": tell(language, "transcript.ai"),
        "lines": [line for each in exchanges for line in _lines(each, where)],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def write(text: str, path: Path) -> Path:
    """Write a transcript; return `path`. Raises `StorageFailed` where the disk refuses."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StorageFailed("disk", what=path.name) from error
    return path


def _lines(exchange: Exchange, where: tzinfo) -> list[dict[str, Any]]:
    when, mood = _stamp(exchange.at, where), exchange.mood
    lines: list[dict[str, Any]] = []
    if exchange.said:
        lines.append(
            {
                "who": "user",
                "name": "",
                "when": when,
                "text": exchange.said,
                "spoken": exchange.spoken,
                "mood": {"label": mood.label, "scores": dict(mood.scores), "engine": mood.engine}
                if mood
                else None,
            }
        )
    if exchange.answer:
        pair = exchange.pair
        lines.append(
            {
                "who": "assistant",
                "name": exchange.persona.name,
                "when": when,
                "text": exchange.answer,
                "whole": exchange.whole,
                "pair": {"assistant_self": pair.assistant_self, "user_term": pair.user_term},
                "engines": dict(exchange.engines),
                "recalled": list(exchange.recalled),
            }
        )
    return lines


def _felt(exchange: Exchange, language: str) -> str:
    if exchange.mood is None or exchange.mood.label == "Other":
        return ""
    return f" ({tell(language, f'mood.{exchange.mood.label}')})"


def _date(at: datetime, language: str) -> str:
    return f"{at.day} {at:%B %Y}" if language == "en" else f"{at:%d/%m/%Y}"


def _stamp(at: datetime, where: tzinfo) -> str:
    return at.astimezone(where).isoformat(timespec="seconds")


def _check(exchanges: Sequence[Exchange]) -> None:
    if not exchanges:
        raise NotFound("conversation", id="")
