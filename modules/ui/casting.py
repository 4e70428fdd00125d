"""Who plays: the card of a drawn persona, the pairs it offers, and what comes with another face."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, cast

from modules import avatar, persona, tts
from modules.api.face import persona_of
from modules.avatar import AvatarInfo
from modules.conversation.session import Session
from modules.messages import Persona

_DATA = Path(__file__).with_name("casting.toml")
_OFFERS: list[dict[str, Any]] = tomllib.loads(_DATA.read_text("utf-8"))["offers"]
_IDENTITY = ("name", "gender", "age", "region", "style")


def offered(who: AvatarInfo) -> list[str]:
    """Return the pairs that a persona offers, as "assistant_self user_term"."""
    return cast("list[str]", _offer(who)[who.gender])


def card_of(who: AvatarInfo) -> Persona:
    """Return a drawn persona as it meets somebody who has not said how to be called."""
    card = persona_of(who)
    if own := _offer(who).get("card", {}).get(who.gender):
        mine, yours = own.split()
        return card.model_copy(update={"self_term": mine, "user_term": yours})
    return card


def with_face(worn: Persona, face: str) -> Persona:
    """Return a persona with another face. With a drawn one comes who it shows: name, gender, age,
    region, manner, pair and voice. What the visitor wrote, and a voice of their own, stay.
    """
    cards = {each.id: card_of(each) for each in avatar.avatars()}
    if (card := cards.get(face)) is None:
        return worn.model_copy(update={"avatar": face})
    update: dict[str, Any] = {"avatar": face}
    for field in _IDENTITY:
        value = getattr(worn, field)
        if not value or value in {getattr(each, field) for each in cards.values()}:
            update[field] = getattr(card, field)
    if not worn.voice or tts.find_voice(worn.voice):
        update["voice"] = card.voice
    terms = {(each.self_term, each.user_term) for each in cards.values()}
    if (worn.self_term, worn.user_term) in terms:
        update |= {"self_term": card.self_term, "user_term": card.user_term}
    return worn.model_copy(update=update)


async def put_on(session: Session, face: str) -> None:
    """Give a session another face, and whoever comes with it.

    A pair that was chosen stays; one that was heard was meant for somebody else. Raises `NotFound`
    for a face that does not exist or belongs to another.
    """
    before, after = session.persona, with_face(session.persona, face)
    await session.configure(after)
    somebody_else = any(getattr(before, field) != getattr(after, field) for field in _IDENTITY)
    if somebody_else and not session.address.chosen:
        session.address = persona.advance(
            persona.AddressState(), "", card=after, stored=session.user
        )


def _offer(who: AvatarInfo) -> dict[str, Any]:
    return max((row for row in _OFFERS if row["age"] <= who.age), key=lambda row: row["age"])
