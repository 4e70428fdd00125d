"""What the assistant remembers, and what can be forgotten, taken away or deleted."""

from __future__ import annotations

from typing import Any

import gradio as gr
from anyio import to_thread

from modules.conversation.session import Session
from modules.errors import InvalidInput
from modules.memory import UserMemory
from modules.text import clean
from modules.ui.labels import first
from modules.ui.numbers import date
from modules.ui.panels import Bench


class MemoryPanel:
    """A list to tick and forget, and a line to add something."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        labels(
            gr.Markdown(elem_classes="guong-why", **first(value="memory.intro")),
            value="memory.intro",
        )
        self._list = labels(
            gr.CheckboxGroup(
                [], visible=False, elem_classes="guong-memories", **first(label="memory.list")
            ),
            label="memory.list",
        )
        self._empty = labels(gr.Markdown(**first(value="memory.nothing")), value="memory.nothing")
        with gr.Row():
            self._text = labels(
                gr.Textbox(scale=4, max_length=1000, **first(label="memory.add_label")),
                label="memory.add_label",
            )
            self._add = labels(gr.Button(scale=1, **first(value="memory.add")), value="memory.add")
        with gr.Row():
            self._forget = labels(gr.Button(**first(value="memory.forget")), value="memory.forget")
            self._forget_all = labels(
                gr.Button(variant="stop", **first(value="memory.forget_all")),
                value="memory.forget_all",
            )
        self.outputs: list[Any] = [self._list, self._empty]
        self._connect()

    async def show(self, session: Session) -> list[Any]:
        """Return the memories of a session, the newest first."""
        memories = await to_thread.run_sync(session.memory.all) if session.memory else []
        listed = [
            (f"{memory.text} · {date(session.language, memory.created)}", memory.id)
            for memory in reversed(memories)
        ]
        # What is ticked stays ticked. Gradio does not take an empty list of choices, so an empty
        # group is hidden.
        group = gr.update(choices=listed, visible=True) if listed else gr.update(visible=False)
        return [group, gr.update(visible=not listed)]

    def _connect(self) -> None:
        on = self._bench.on
        for event in (self._add.click, self._text.submit):
            on(event, self._remember, self._text, [*self.outputs, self._text])
        on(self._forget.click, self._forget_some, self._list, self.outputs)
        on(self._forget_all.click, self._forget_everything, None, self.outputs)

    async def _remember(self, request: gr.Request, text: str) -> list[Any]:
        session, memory = self._of(request)
        await to_thread.run_sync(memory.remember, clean(text))
        return [*await self.show(session), ""]

    async def _forget_some(self, request: gr.Request, ids: list[str]) -> list[Any]:
        session, memory = self._of(request)
        for each in ids:
            await to_thread.run_sync(memory.forget, each)
        return await self._unticked(session)

    async def _forget_everything(self, request: gr.Request) -> list[Any]:
        session, memory = self._of(request)
        await to_thread.run_sync(memory.forget, "all")
        return await self._unticked(session)

    async def _unticked(self, session: Session) -> list[Any]:
        group, empty = await self.show(session)
        return [{**group, "value": []}, empty]

    def _of(self, request: gr.Request) -> tuple[Session, UserMemory]:
        session = self._bench.visitors.session(request)
        if session.memory is None:
            raise InvalidInput("key_needed", field="user_key")
        return session, session.memory
