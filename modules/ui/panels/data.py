"""A user's own data: their key, everything as a file, and deletion of everything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import gradio as gr
from anyio import to_thread

from modules.conversation import transcript
from modules.conversation.belongings import write_export
from modules.conversation.session import Session
from modules.text.catalogue import tell
from modules.ui.labels import first
from modules.ui.panels import Bench

CONFIRM = "() => window.confirm(window.guong.session.texts['stage.confirm_delete'])"
KEY = "() => localStorage.getItem('guong.key') || ''"


class DataPanel:
    """What is kept, the key to it, and the two buttons that matter."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        self._intro = gr.Markdown(elem_classes="guong-why")
        with gr.Row():
            self._key = labels(
                gr.Textbox(type="password", interactive=False, scale=3, **first(label="data.key")),
                label="data.key",
            )
            self._show_key = labels(
                gr.Button(scale=1, **first(value="data.show_key")), value="data.show_key"
            )
        with gr.Row():
            self._export = labels(gr.Button(**first(value="data.export")), value="data.export")
            self.delete = labels(
                gr.Button(variant="stop", elem_id="guong-delete", **first(value="data.delete")),
                value="data.delete",
            )
        with gr.Row(visible=False, elem_id="guong-rated") as self._rated:
            self._count = gr.Markdown()
            self._ratings = labels(
                gr.Button(size="sm", scale=0, min_width=220, **first(value="rating.export")),
                value="rating.export",
            )
        self._file = gr.File(visible=False, interactive=False, show_label=False)
        self.outputs: list[Any] = [self._intro, self._rated, self._count]
        self._connect()

    async def show(self, session: Session) -> list[Any]:
        """Return what is kept here, and for how long."""
        app, language = self._bench.app, session.language
        text = tell(language, "data.intro", days=app.settings.keep_days)
        if os.environ.get("SPACE_ID") and app.settings.bucket is None:
            text += "\n\n" + tell(language, "data.ephemeral")
        count = len(await to_thread.run_sync(app.ratings.all, session.owner))
        told = tell(language, "rating.count", count=count)
        return [text, gr.update(visible=count > 0), told]

    async def refresh(self, request: gr.Request) -> list[Any]:
        """Show what is kept of a visitor now."""
        return await self.show(self._bench.visitors.session(request))

    def _connect(self) -> None:
        self._bench.on(self._export.click, self._write, None, self._file, busy=True)
        self._bench.on(self._ratings.click, self._write_ratings, None, self._file)
        self._bench.on(self._show_key.click, None, None, self._key, js=KEY)

    async def _write(self, request: gr.Request) -> Any:
        session, app = self._bench.visitors.session(request), self._bench.app
        path: Path = app.files.new(session.owner, "guong.zip")
        await to_thread.run_sync(write_export, app, session.owner, path)
        return gr.update(value=str(path), visible=True)

    async def _write_ratings(self, request: gr.Request) -> Any:
        session, app = self._bench.visitors.session(request), self._bench.app
        path: Path = app.files.new(session.owner, "guong-ratings.jsonl")
        text = await to_thread.run_sync(app.ratings.jsonl, session.owner)
        await to_thread.run_sync(transcript.write, text, path)
        return gr.update(value=str(path), visible=True)
