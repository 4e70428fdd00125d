"""Conversations through the whole front: the feeling as it is read, the pair as it is chosen."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from modules.emotion import classify
from modules.llm.companion.answer import answer
from modules.llm.companion.wording import voice_of
from modules.messages import Line, Persona, TurnRequest
from modules.persona import AddressState, advance
from tests.llm.test_dialogues import EVENING, check_form

DIALOGUES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("visitors.toml").read_text(encoding="utf-8")
)["dialogue"]


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue["about"])
def test_a_visitor_is_answered_sensibly(dialogue: dict[str, Any]) -> None:
    card = Persona(name="Linh", region=dialogue.get("region", "north"))
    state = AddressState()
    history: list[Line] = []
    for turn in dialogue["turns"]:
        state = advance(state, turn["user"], card=card)
        pair, mood = state.pair, classify(turn["user"])
        asked = TurnRequest(
            1, turn["user"], history=tuple(history), persona=card, pair=pair, mood=mood
        )
        text = " ".join(answer(asked, EVENING))
        said = f"{turn['user']!r} [{mood.label}] -> {text!r}"
        check_form(text, voice_of(asked))
        low = text.lower()
        assert [pair.assistant_self, pair.user_term] == turn.get("pair", [*_pair(pair)]), said
        assert all(part.lower() in low for part in turn.get("all", ())), said
        assert not turn.get("any") or any(part.lower() in low for part in turn["any"]), said
        assert not any(part.lower() in low for part in turn.get("never", ())), said
        assert not history or text != history[-1].text, said
        history += [Line("user", turn["user"]), Line("assistant", text)]


def _pair(pair: Any) -> tuple[str, str]:
    return pair.assistant_self, pair.user_term


def test_there_are_many_turns() -> None:
    assert sum(len(dialogue["turns"]) for dialogue in DIALOGUES) >= 40
