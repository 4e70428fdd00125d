"""How the assistant listens: when a pause is the end, or only while a button is held."""

from __future__ import annotations

from typing import Any

import gradio as gr

from modules.asr import SILENCE_S
from modules.conversation.session import Session
from modules.ui.labels import first
from modules.ui.panels import Bench

_STEP_S = 0.1
TELL_STAGE = "(held) => { guong.pushToTalk(held); return held }"


class ListeningPanel:
    """A slider for the pause that ends a turn, and the choice of push-to-talk."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        labels(
            gr.Markdown(elem_classes="guong-why", **first(value="listening.intro")),
            value="listening.intro",
        )
        self._silence = labels(
            gr.Slider(
                *SILENCE_S,
                value=bench.app.settings.end_of_turn_s,
                step=_STEP_S,
                elem_id="guong-silence",
                **first(label="listening.silence", info="listening.silence_info"),
            ),
            label="listening.silence",
            info="listening.silence_info",
        )
        self._hold = labels(
            gr.Checkbox(
                value=False,
                elem_id="guong-push-to-talk",
                **first(label="listening.hold", info="listening.hold_info"),
            ),
            label="listening.hold",
            info="listening.hold_info",
        )
        self.outputs: list[Any] = [self._silence, self._hold]
        bench.on(self._silence.release, self._set_silence, self._silence)
        bench.on(self._hold.input, self._set_hold, self._hold, js=TELL_STAGE)

    async def show(self, session: Session) -> list[Any]:
        """Return how a session listens."""
        return [session.end_of_turn_s, session.push_to_talk]

    async def _set_silence(self, request: gr.Request, seconds: float) -> None:
        low, high = SILENCE_S
        session = self._bench.visitors.session(request)
        session.end_of_turn_s = min(high, max(low, float(seconds)))

    async def _set_hold(self, request: gr.Request, held: bool) -> None:
        self._bench.visitors.session(request).push_to_talk = bool(held)
