"""`/address`, `/repair`, `/normalize`: what the app knows of Vietnamese."""

from __future__ import annotations

from typing import Any, get_args

from modules import persona as personas
from modules import tts
from modules.errors import InvalidInput
from modules.messages import Region
from modules.text import clean

LONGEST_TEXT = 100_000


def address(
    utterance: str,
    persona: dict[str, Any] | None = None,
    user: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Tell what the speaker calls themselves and the assistant, and the pair the app would use."""
    assistant = personas.check_persona(persona)
    speaker = personas.check_user(user, assistant)
    return dict(personas.address(checked(utterance, "utterance"), assistant, speaker))


def repair(text: str, assistant_self: str, user_term: str) -> str:
    """Mend the address terms of a text so that it speaks in the given pair."""
    said = checked(text)
    own, called = checked(assistant_self, "assistant_self"), checked(user_term, "user_term")
    assistant = personas.check_persona({"self_term": own, "user_term": called})
    if not assistant or not assistant.self_term or not assistant.user_term:
        raise InvalidInput("empty", field="user_term" if own else "assistant_self")
    return personas.repair(said, assistant.self_term, assistant.user_term)


def normalize(text: str, region: str = "north") -> str:
    """Write a text as it is read aloud in a region: north, central or south."""
    return tts.normalize(checked(text), checked_region(region))


def checked(text: object, field: str = "text", limit: int = LONGEST_TEXT) -> str:
    """Return a text that was given, cleaned. Raises `InvalidInput` for what is none or too long."""
    if not isinstance(text, str):
        raise InvalidInput("not_text", field=field)
    if len(text) > limit:
        raise InvalidInput("too_long", field=field, limit=limit)
    return clean(text)


def named(name: object, field: str) -> str:
    """Return a name that may be left out, empty then. Raises `InvalidInput` as `checked` does."""
    return "" if name is None else checked(name, field)


def checked_region(region: object) -> Region:
    """Return a region that was given. Raises `InvalidInput` for any other word."""
    for known in get_args(Region):
        if region == known:
            return known  # type: ignore[no-any-return]
    raise InvalidInput("not_one_of", field="region", choices=", ".join(get_args(Region)))
