"""Who shows a portrait: the choice among the engines, and preparing the face for one of them."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import gradio as gr
from anyio import to_thread

from modules import avatar
from modules.conversation.session import Session
from modules.errors import NotFound
from modules.text.catalogue import tell
from modules.ui.casting import put_on
from modules.ui.labels import first
from modules.ui.panels import Bench


class FaceEngine:
    """A list of engines and a button; nothing of it is seen where there is no choice."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        with gr.Row():
            self.choice = labels(
                gr.Dropdown(
                    [], visible=False, scale=3, elem_id="guong-face-engine",
                    **first(label="face.engine", info="face.engine_why"),
                ),
                label="face.engine",
                info="face.engine_why",
            )  # fmt: skip
            self.button = labels(
                gr.Button(
                    size="sm",
                    visible=False,
                    elem_id="guong-face-prepare",
                    **first(value="face.prepare"),
                ),
                value="face.prepare",
            )
        self.outputs: list[Any] = [self.choice, self.button]

    def show(self, session: Session) -> list[Any]:
        """Return who may show the portrait that is worn; nothing to choose without a network."""
        portrait, language = session.portrait, session.language
        wanted = self._bench.app.preparing.wanted()
        if portrait is None or not wanted:
            return [gr.update(visible=False), gr.update(visible=False)]
        resident = self._bench.app.residency.resident("avatar")
        missing = self._bench.app.preparing.missing(portrait)
        able = [name for name in avatar.serving(resident, portrait) if name not in missing]
        listed = [(tell(language, "face.engine_any"), "")]
        listed += [(name, name) for name in able]
        listed += [(tell(language, "face.engine_unready", engine=n), n) for n in missing]
        chosen = portrait.engine if portrait.engine in {*able, *missing} else ""
        return [gr.update(choices=listed, value=chosen, visible=True), gr.update(visible=True)]

    async def choose(self, session: Session, engine: str, progress: gr.Progress) -> str:
        """Let an engine show the face from now on; one that paints is prepared first.

        Returns the sentence that says it was prepared, "" where that was not needed. Raises
        `NotFound` where no portrait is worn, and what preparing raises.
        """
        app = self._bench.app
        if session.portrait is None:
            raise NotFound("avatar", id="")
        face, told = session.portrait.id, ""
        if engine in app.preparing.missing(session.portrait):
            told = await self.make_ready(session, engine, progress)
        await to_thread.run_sync(lambda: app.faces.change(session.owner, face, engine=engine))
        await put_on(session, face)
        return told

    async def make_ready(self, session: Session, engine: str, progress: gr.Progress) -> str:
        """Prepare the face that is worn; return the sentence that says so."""
        assert session.portrait is not None
        steps = self._bench.app.preparing.prepare(session.owner, session.portrait.id, engine)
        async with aclosing(steps) as shares:
            async for share in shares:
                progress(share, tell(session.language, "face.preparing", engine=engine))
        return tell(session.language, "face.prepared", engine=engine)
