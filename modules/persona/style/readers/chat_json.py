"""One message of Messenger, Telegram, or any JSON that names an author and a text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from modules.persona.style.readers.stamps import iso
from modules.persona.style.readers.stream import Message
from modules.persona.style.rules import table

_COLUMNS = table("exports")["csv"]
_AUTHOR, _TEXT, _TIME = (tuple(_COLUMNS[name]) for name in ("author", "text", "time"))


def message_of(element: object) -> Message | None:
    """Return what somebody wrote, or None: a picture, a call, what the program says itself."""
    if isinstance(element, str):
        return Message("", None, element)
    if not isinstance(element, dict):
        return None
    if "sender_name" in element or "senderName" in element:
        return _messenger(element)
    if "from_id" in element or "text_entities" in element or element.get("type") == "service":
        return _telegram(element)
    author, text = _first(element, _AUTHOR), _first(element, _TEXT)
    return Message(author, _seconds(_first_any(element, _TIME)), text) if text else None


def format_of(head: str) -> str:
    """Return which program wrote a JSON, by how it begins."""
    if '"sender_name"' in head or '"senderName"' in head:
        return "messenger"
    if '"from_id"' in head or '"text_entities"' in head:
        return "telegram"
    return "json"


def repaired(text: str) -> str:
    r"""Return a text whose UTF-8 bytes Messenger wrote as one character each ("Ch\u00c3\u00a0o").

    What is no such text stays as it is: hardly any text in Latin-1 is valid UTF-8 by chance.
    """
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _messenger(element: Mapping[str, object]) -> Message | None:
    if element.get("is_unsent") or element.get("isUnsent") or element.get("share"):
        return None
    if element.get("type") not in (None, "Generic", "text", "Share"):
        return None
    author = element.get("sender_name", element.get("senderName"))
    text = element.get("content", element.get("text"))
    if not isinstance(author, str) or not isinstance(text, str):
        return None
    moment = element.get("timestamp_ms", element.get("timestamp"))
    seconds = moment / 1000 if isinstance(moment, int | float) else None
    return Message(repaired(author), _seconds(seconds), repaired(text))


def _telegram(element: Mapping[str, object]) -> Message | None:
    # What was forwarded, or made by a bot, is not in the words of whoever sent it.
    if element.get("type") != "message" or "forwarded_from" in element or "via_bot" in element:
        return None
    author, text = element.get("from"), _joined(element.get("text"))
    if not isinstance(author, str) or not text:
        return None
    moment = element.get("date_unixtime")
    if isinstance(moment, str) and moment.isdecimal():
        return Message(author, _seconds(int(moment[:12])), text)
    return Message(author, iso(element.get("date")), text)


def _joined(text: object) -> str:
    """Return Telegram's text: a string, or a list of strings and of marked pieces."""
    if isinstance(text, str):
        return text
    if not isinstance(text, list):
        return ""
    pieces = (each.get("text") if isinstance(each, dict) else each for each in text)
    return "".join(piece for piece in pieces if isinstance(piece, str))


def _first(element: Mapping[str, object], names: tuple[str, ...]) -> str:
    value = _first_any(element, names)
    return value if isinstance(value, str) else ""


def _first_any(element: Mapping[str, object], names: tuple[str, ...]) -> object:
    return next((element[name] for name in names if name in element), None)


def _seconds(value: object) -> datetime | None:
    if isinstance(value, str):
        return iso(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
