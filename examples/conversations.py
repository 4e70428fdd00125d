"""Writes `conversations.md`: three conversations with the embedded companion, turn by turn.

python -m examples.conversations

Nothing is drawn by chance and the clock stands still, so that the file is always the same; the
pair, the mood and the guard are those of the app.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

from modules.emotion import classify
from modules.llm.companion.answer import answer
from modules.llm.companion.clock import VIETNAM
from modules.memory import facts_in
from modules.messages import Line, Persona, TurnRequest
from modules.persona import AddressState, Guard, advance

HERE = Path(__file__).parent
OUT = HERE / "conversations.md"


def main() -> None:
    """Write the transcripts."""
    OUT.write_text(transcripts(), encoding="utf-8")


def transcripts() -> str:
    """Return the page with every conversation of `conversations.toml`."""
    data = tomllib.loads((HERE / "conversations.toml").read_text(encoding="utf-8"))
    parts = [data["title"], *(transcript(each) for each in data["conversation"])]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def transcript(told: dict[str, Any]) -> str:
    """Return one conversation as a section of Markdown."""
    card = Persona.model_validate(told["persona"])
    lines = [f"## {told['about']}", ""]
    state, history = AddressState(), list[Line]()
    kept: list[str] = []
    for said in told["said"]:
        state = advance(state, said, card=card)
        request = TurnRequest(
            1, said, history=tuple(history), persona=card, pair=state.pair, mood=classify(said),
            recalled=tuple(reversed(kept[-4:])),
        )  # fmt: skip
        moment = datetime.fromisoformat(told["at"]).replace(tzinfo=VIETNAM)
        guard = Guard(state.pair, card.region, card.tone)
        text = " ".join(answer(request, moment))
        reply = "".join([*guard.push(text), *guard.finish()]).strip()
        lines += [f"**{told['name']}:** {said}  ", f"**{card.name}:** {reply}", ""]
        history += [Line("user", said), Line("assistant", reply)]
        kept += facts_in(said)
    pair = state.pair
    return "\n".join([*lines, f"*{card.name} says {pair.assistant_self}, and {pair.user_term}.*"])


if __name__ == "__main__":
    main()
