"""What is still being loaded after the start: the page works before, with simpler engines."""

from __future__ import annotations

import html
from dataclasses import asdict
from typing import Any

import gradio as gr

from modules.conversation.session import Session
from modules.text.catalogue import tell
from modules.ui.panels import Bench

EVERY_S = 2.0


class Starting:
    """A line that follows the loading, and is gone when it is done."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._line = gr.HTML(visible=False, elem_id="guong-starting")
        self._timer = gr.Timer(EVERY_S, active=False)
        self.outputs: list[Any] = [self._line, self._timer]
        bench.on(self._timer.tick, self._look, None, self.outputs)

    async def show(self, session: Session) -> list[Any]:
        """Return the line, and whether it is to be looked at again."""
        step = self._bench.app.step
        if step is None:
            return [gr.update(visible=False, value=""), gr.update(active=False)]
        params = asdict(step)
        text = html.escape(tell(session.language, params.pop("code"), **params))
        value = f'<p role="status">{text}</p>'
        return [gr.update(visible=True, value=value), gr.update(active=True)]

    async def _look(self, request: gr.Request) -> list[Any]:
        return await self.show(self._bench.visitors.session(request))
