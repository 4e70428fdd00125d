"""Plain text, one message a line, with or without "Name: " before it; and tables (CSV)."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from modules.errors import InvalidInput
from modules.persona.style.readers.stamps import iso
from modules.persona.style.readers.stream import LONGEST_LINE, LONGEST_MESSAGE, Message
from modules.persona.style.rules import table

_COLUMNS: dict[str, list[str]] = table("exports")["csv"]
_NAMED = re.compile(r"(?P<name>[^\W\d_][^:]{0,39}):\s+(?P<text>\S.*)")
_MOST_NAMES = 30
_DELIMITERS = ",;\t|"


def is_named(lines: Sequence[str]) -> bool:
    """Tell whether nearly every line is "Name: text", of few names that come again."""
    kept = [line for line in lines if line.strip()]
    names = Counter(match["name"] for line in kept if (match := _NAMED.fullmatch(line.strip())))
    often = sum(count for count in names.values() if count > 1)
    return len(names) <= _MOST_NAMES and often >= 0.8 * len(kept) and len(kept) > 3


def plain(lines: Iterable[str], *, named: bool) -> Iterator[Message]:
    """Yield a message for every line that is not blank."""
    for raw in lines:
        line = raw.strip()[:LONGEST_MESSAGE]
        match = _NAMED.fullmatch(line) if named else None
        if match:
            yield Message(match["name"].strip(), None, match["text"])
        elif line:
            yield Message("", None, line)


def delimiter_of(lines: Sequence[str]) -> str:
    """Return what separates the columns of a table, "" where the first line heads none.

    A table is known by its first line, which must name a column of texts.
    """
    first = next((line for line in lines if line.strip()), "")
    for mark in _DELIMITERS:
        try:
            header = next(csv.reader([first], delimiter=mark), [])
        except csv.Error:
            return ""
        if len(header) > 1 and _place(header, "text") is not None:
            return mark
    return ""


def spreadsheet(lines: Iterable[str], delimiter: str, field: str) -> Iterator[Message]:
    """Yield the messages of a table whose first row names its columns."""
    csv.field_size_limit(LONGEST_LINE)
    rows = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    try:
        header = next((row for row in rows if any(cell.strip() for cell in row)), [])
        places = {name: _place(header, name) for name in ("author", "text", "time")}
        for row in rows:
            text = _cell(row, places["text"])
            if text:
                moment = iso(_cell(row, places["time"]))
                yield Message(_cell(row, places["author"]), moment, text[:LONGEST_MESSAGE])
    except csv.Error:
        raise InvalidInput("csv_malformed", field=field) from None


def _place(header: Sequence[str], name: str) -> int | None:
    names = [cell.strip().strip('"').casefold() for cell in header]
    return next((names.index(each) for each in _COLUMNS[name] if each in names), None)


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""
