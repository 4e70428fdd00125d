"""The offer of a recogniser to whoever presses the microphone where there is none."""

from __future__ import annotations

import os
from typing import Any

import gradio as gr

from modules import asr, card
from modules.conversation.fetching import download_bytes, fetch_engine
from modules.engines import EngineSpec
from modules.text.catalogue import tell
from modules.ui.events import Events
from modules.ui.labels import first
from modules.ui.panels import Bench
from modules.ui.panels.engines import progress_in_megabytes


class RecogniserOffer:
    """Nobody who presses the microphone meets a dead end: fetch, borrow, or type."""

    def __init__(self, bench: Bench, events: Events, stage: gr.HTML) -> None:
        self._bench = bench
        self._events = events
        labels = bench.labels
        with gr.Group(visible=False, elem_id="guong-recogniser") as self._box:
            labels(gr.Markdown(**first(value="recogniser.intro")), value="recogniser.intro")
            self._which = gr.Radio([], show_label=False)
            with gr.Row():
                self._fetch = labels(
                    gr.Button(variant="primary", **first(value="recogniser.fetch")),
                    value="recogniser.fetch",
                )
                self._borrow = labels(
                    gr.Button(**first(value="recogniser.browser")), value="recogniser.browser"
                )
                self._type = labels(
                    gr.Button(**first(value="recogniser.type")), value="recogniser.type"
                )
            self._fetching = gr.HTML()
        self._connect(stage)

    def _connect(self, stage: gr.HTML) -> None:
        on = self._bench.on
        on(stage.input, self._offer, None, [self._box, self._which])
        on(self._fetch.click, self._fetch_chosen, self._which,
           [self._box, stage, self._fetching], busy=True)  # fmt: skip
        on(self._borrow.click, self._borrow_browsers, None, [self._box, stage])
        on(self._type.click, self._hide, None, self._box)

    async def _offer(self, request: gr.Request, event: gr.EventData) -> list[Any]:
        language, app = self._bench.visitors.session(request).language, self._bench.app
        listed = [
            (
                tell(
                    language, "recogniser.choice", engine=spec.name, licence=spec.licence,
                    megabytes=round(download_bytes(app, spec) / 1e6),
                ),
                spec.name,
            )
            for spec in _recognisers()
        ]  # fmt: skip
        return [gr.update(visible=True), gr.update(choices=listed, value=listed[0][1])]

    async def _fetch_chosen(
        self,
        request: gr.Request,
        name: str,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> list[Any]:
        self._bench.visitors.require_owner(request)
        session = self._bench.visitors.session(request)
        progress(0.0, desc=tell(session.language, "recogniser.connecting"))
        shown = progress_in_megabytes(progress, session.language)
        await fetch_engine(self._bench.app, "asr", name, shown)
        value = {**self._events.stage_value(session), "do": "microphone"}
        return [gr.update(visible=False), value, ""]

    async def _borrow_browsers(self, request: gr.Request) -> list[Any]:
        """Let the browser's own recogniser hear."""
        session = self._bench.visitors.session(request)
        return [gr.update(visible=False), {**self._events.stage_value(session), "do": "browser"}]

    async def _hide(self) -> Any:
        return gr.update(visible=False)


def _recognisers() -> list[EngineSpec]:
    """Return the recognisers that this machine can run: the one that suits it, then the smallest
    first.
    """
    plugged_in = card.plugged_in()
    free_mb = (card.free_mb() or asr.sizes.MEDIUM_FROM_MB) if plugged_in else None
    best = asr.suggested(os.cpu_count() or 1, free_mb)
    able = [
        spec
        for spec in reversed(asr.ENGINES)
        if "cuda" not in spec.needs or (plugged_in and not spec.missing_packages)
    ]
    return sorted(able, key=lambda spec: spec.name != best)
