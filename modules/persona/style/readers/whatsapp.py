"""WhatsApp's text export, of Android and iOS, in the forms of many locales.

    25/12/2023, 21:05 - An: Chào            Android
    12/25/23, 9:05 PM - An: Chào            Android, American
    [25/12/2023, 21:05:33] An: Chào         iOS; also [21:05, 25/12/2023], as copied in the browser

A line without a moment goes on with the message before it; one without an author is WhatsApp's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from modules.persona.style.readers.stamps import MOMENT, Clock
from modules.persona.style.readers.stream import LONGEST_MESSAGE, Message

INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_HEAD = re.compile(rf"(?:\[({MOMENT})\]\s*|({MOMENT})\s+[-–]\s+)")
_AUTHOR = re.compile(r"([^:\n]{1,80}?):(?:\s|$)")


def is_whatsapp(lines: Iterable[str]) -> bool:
    """Tell whether lines look like this export."""
    heads = sum(bool(_HEAD.match(INVISIBLE.sub("", line))) for line in lines)
    return heads >= 1


def whatsapp(lines: Iterable[str]) -> Iterator[Message]:
    """Yield the messages of an export, given as its lines."""
    clock = Clock()
    current: Message | None = None
    for raw in lines:
        line = INVISIBLE.sub("", raw)
        head = _HEAD.match(line)
        if head is None:
            if current and len(current.text) < LONGEST_MESSAGE:
                text = f"{current.text}\n{line}"[:LONGEST_MESSAGE]
                current = Message(current.author, current.time, text)
            continue
        if current:
            yield current
        author = _AUTHOR.match(line, head.end())
        current = None
        if author:
            moment = clock.read(head[1] or head[2])
            current = Message(author[1].strip(), moment, line[author.end() :].strip())
    if current:
        yield current
