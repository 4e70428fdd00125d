"""The first meeting: a persona to choose, one question on how to address the visitor, one click.

The dialog is one HTML component beside the stage. What it needs comes as its value; what the
visitor chose goes through the stage, which counts replies and unlocks sound within the click.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from modules import avatar, persona
from modules.api.face import persona_of
from modules.avatar import AvatarInfo
from modules.conversation.session import Session
from modules.errors import InvalidInput, NotFound
from modules.messages import Pair
from modules.text.catalogue import sentences, tell
from modules.ui.casting import card_of, offered
from modules.ui.numbers import number
from modules.ui.routes import POSTER

_HERE = Path(__file__).parent
AUTOMATIC = "auto"

TEMPLATE = """
<dialog class="guong-welcome" aria-labelledby="guong-welcome-title">
  <form method="dialog">
    <header><h2 id="guong-welcome-title" data-text="welcome.title"></h2>
      <button type="button" class="guong-skip" data-text="welcome.skip"></button></header>
    <fieldset><legend data-text="welcome.who"></legend><div class="guong-cards"></div></fieldset>
    <fieldset><legend data-text="welcome.you"></legend><div class="guong-pairs"></div></fieldset>
    <p class="guong-made" data-text="welcome.made"></p>
    <footer><button type="submit" class="guong-meet"></button></footer>
  </form>
</dialog>
"""


def make() -> gr.HTML:
    """Return the component; it opens by itself for whoever has never met anybody here."""
    return gr.HTML(
        html_template=TEMPLATE,
        js_on_load=(_HERE / "welcome.js").read_text("utf-8"),
        apply_default_css=False,
        elem_id="guong-welcome",
        padding=False,
    )


def value(session: Session) -> dict[str, Any]:
    """Return who can be met, in which pairs, and the texts around them."""
    language = session.language
    return {
        "chosen": session.persona.avatar,
        "personas": [_card(language, each) for each in avatar.avatars()],
        "texts": {
            code: text for code, text in sentences(language).items() if code.startswith("welcome.")
        },
    }


async def meet(session: Session, told: dict[str, Any]) -> str:
    """Let a visitor meet whom they chose, in the pair they chose; return the words of greeting.

    Raises `NotFound` for an unknown persona and `InvalidInput` for a pair that is not offered.
    """
    who = next((each for each in avatar.avatars() if each.id == told.get("avatar")), None)
    if who is None:
        raise NotFound("avatar", id=str(told.get("avatar"))[:40])
    chosen = str(told.get("pair", AUTOMATIC))
    if chosen == AUTOMATIC:
        card = card_of(who)
        await session.configure(card)
        session.address = persona.advance(
            persona.AddressState(), "", card=card, stored=session.user
        )
    else:
        if chosen not in offered(who):
            raise InvalidInput("not_one_of", field="persona.user_term", choices="…")
        await session.configure(persona_of(who))
        session.address = persona.choose(persona.AddressState(), Pair(*chosen.split()))
    return persona.greeting(session.address.pair, who.name)


def _card(language: str, who: AvatarInfo) -> dict[str, Any]:
    age = number(language, who.age)
    region = tell(language, f"region.{who.region}")
    return {
        "id": who.id,
        "name": who.name,
        "about": tell(language, "welcome.about", age=age, region=region),
        "manner": who.manner_en if language == "en" else who.manner_vi,
        "poster": POSTER.removeprefix("/") + who.id,
        "meet": tell(language, "welcome.meet", name=who.name),
        "automatic": tell(language, "welcome.automatic", name=who.name),
        "pairs": [_choice(language, who, pair) for pair in offered(who)],
    }


def _choice(language: str, who: AvatarInfo, pair: str) -> dict[str, str]:
    mine, yours = pair.split()
    return {
        "value": pair,
        "term": yours,
        "note": tell(language, "welcome.calls_itself", name=who.name, term=mine),
    }
