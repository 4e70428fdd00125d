"""What the assistant remembers: facts, documents and pictures, each to be added and deleted."""

from __future__ import annotations

from typing import Any

import gradio as gr
from anyio import to_thread

from modules.conversation.session import Session
from modules.errors import InvalidInput
from modules.memory import MAX_BYTES, MAX_MEMORIES, UserMemory
from modules.text import clean
from modules.text.catalogue import tell
from modules.ui.labels import first
from modules.ui.numbers import date, number
from modules.ui.panels import Bench
from modules.ui.panels.memory_files import DocumentsPart, ImportPart, PicturesPart

_KILO = 1_000


class MemoryPanel:
    """A list to tick and forget, a line to add something, and what was uploaded."""

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
        self._usage = gr.Markdown(elem_classes="guong-usage")
        with gr.Row(elem_classes="guong-kept-files"):
            with gr.Column(min_width=300):
                self._documents = DocumentsPart(bench)
            with gr.Column(min_width=300):
                self._pictures = PicturesPart(bench)
        self._facts = [self._list, self._empty, self._usage]
        self.outputs: list[Any] = [*self._facts, *self._documents.outputs, *self._pictures.outputs]
        self._import = ImportPart(bench, self.show, self.outputs)
        self._connect()

    async def show(self, session: Session) -> list[Any]:
        """Return the memories of a session, the newest first, and what was uploaded."""
        return [
            *await self._shown(session),
            *await self._documents.show(session),
            *await self._pictures.show(session),
        ]

    async def _shown(self, session: Session) -> list[Any]:
        language = session.language
        memories = await to_thread.run_sync(session.memory.all) if session.memory else []
        listed = [
            (f"{memory.text} · {date(language, memory.created)}", memory.id)
            for memory in reversed(memories)
        ]
        size = sum(len(memory.text.encode()) for memory in memories)
        usage = tell(
            language, "memory.usage", count=number(language, len(memories)),
            most=number(language, MAX_MEMORIES), size=number(language, size / _KILO, 1),
            most_size=number(language, MAX_BYTES / _KILO),
        )  # fmt: skip
        # What is ticked stays ticked. Gradio does not take an empty list of choices, so an empty
        # group is hidden.
        group = gr.update(choices=listed, visible=True) if listed else gr.update(visible=False)
        return [group, gr.update(visible=not listed), usage]

    def _connect(self) -> None:
        on = self._bench.on
        for event in (self._add.click, self._text.submit):
            on(event, self._remember, self._text, [*self._facts, self._text])
        on(self._forget.click, self._forget_some, self._list, self._facts)
        on(self._forget_all.click, self._forget_everything, None, self._facts)

    async def _remember(self, request: gr.Request, text: str) -> list[Any]:
        session, memory = self._of(request)
        await to_thread.run_sync(memory.remember, clean(text))
        for notice in memory.take_notices():
            gr.Info(tell(session.language, f"notice.{notice.code}", **notice.params))
        return [*await self._shown(session), ""]

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
        group, *rest = await self._shown(session)
        return [{**group, "value": []}, *rest]

    def _of(self, request: gr.Request) -> tuple[Session, UserMemory]:
        session = self._bench.visitors.session(request)
        if session.memory is None:
            raise InvalidInput("key_needed", field="user_key")
        return session, session.memory
