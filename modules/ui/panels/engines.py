"""The engines: what runs, what could run, how to get it, its size and its licence."""

from __future__ import annotations

import html
import re
from typing import Any, cast

import gradio as gr

from modules.conversation.fetching import download_bytes, fetch_engine
from modules.conversation.session import Session
from modules.engines import Stage
from modules.errors import InvalidInput
from modules.residency import EngineStatus
from modules.text.catalogue import sentences, tell
from modules.ui.labels import first
from modules.ui.numbers import number
from modules.ui.panels import Bench

_HEADINGS = ("stage", "engine", "state", "size", "licence")


class EnginesPanel:
    """A table for everybody; a visitor's choice among what runs; getting more, for the owner."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        labels(
            gr.Markdown(elem_classes="guong-why", **first(value="engines.intro")),
            value="engines.intro",
        )
        self._table = gr.HTML(elem_classes="guong-engines")
        with gr.Row():
            self._choice = labels(
                gr.Dropdown([], scale=3, **first(label="engines.choose")), label="engines.choose"
            )
            self._use = self._button("engines.use")
            self._get = self._button("engines.get")
            self._unload = self._button("engines.unload")
        self._status = gr.HTML()
        self.outputs: list[Any] = [self._table, self._choice]
        self._connect()

    async def show(self, session: Session) -> list[Any]:
        """Return the table and the choices."""
        language, report = session.language, self._bench.app.residency.report()
        best = {stage: names[:1] for stage, names in session.engines().items()}
        rows = [
            self._row(language, line, line.spec.name in best[line.spec.stage]) for line in report
        ]
        listed = [
            (
                f"{tell(language, f'stage_name.{line.spec.stage}')} · {line.spec.name}",
                f"{line.spec.stage}/{line.spec.name}",
            )
            for line in report
        ]
        return [_table(language, rows), gr.update(choices=listed)]

    def _row(self, language: str, line: EngineStatus, active: bool) -> str:
        spec = line.spec
        if line.state == "resident":
            state = tell(language, "engines.active" if active else "engines.resident")
        elif line.state == "loading":
            state = tell(language, "engines.loading")
        else:
            state = tell(language, line.reason or "engines.absent", remedy=line.remedy)
        if line.resting:
            state += " · " + tell(language, "engines.resting")
        missing = download_bytes(self._bench.app, spec)
        size = f"{number(language, spec.megabytes)} MB" if spec.megabytes else "–"
        if missing:
            fetched = number(language, missing / 1e6)
            size += " · " + tell(language, "engines.download", megabytes=fetched)
        stage = tell(language, f"stage_name.{spec.stage}")
        cells = [html.escape(text) for text in (stage, spec.name, state, size, spec.licence or "–")]
        gives = f"gives.{re.sub('[-.]', '_', spec.name)}"
        if gives in sentences(language):
            cells[1] += f"<small>{html.escape(tell(language, gives))}</small>"
        mark = ' class="active"' if active else ""
        return f"<tr{mark}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"

    def _connect(self) -> None:
        outputs = [*self.outputs, self._status]
        for button, action in (
            (self._use, self._use_it),
            (self._get, self._get_it),
            (self._unload, self._unload_it),
        ):
            self._bench.on(button.click, action, self._choice, outputs, busy=True)

    async def _use_it(self, request: gr.Request, choice: str | None) -> list[Any]:
        session = self._bench.visitors.session(request)
        stage, name = _chosen(choice)
        if name not in self._bench.app.residency.resident(stage):
            raise InvalidInput("not_resident", field="engine", engine=name)
        session.choices[stage] = name
        return await self._done(session, "engines.used", name)

    async def _get_it(
        self,
        request: gr.Request,
        choice: str | None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> list[Any]:
        self._bench.visitors.require_owner(request)
        session = self._bench.visitors.session(request)
        stage, name = _chosen(choice)
        await fetch_engine(
            self._bench.app, stage, name, progress_in_megabytes(progress, session.language)
        )
        return await self._done(session, "engines.got", name)

    async def _unload_it(self, request: gr.Request, choice: str | None) -> list[Any]:
        self._bench.visitors.require_owner(request)
        session = self._bench.visitors.session(request)
        stage, name = _chosen(choice)
        if self._bench.app.residency.spec(stage, name).embedded:
            raise InvalidInput("always_there", field="engine", engine=name)
        self._bench.app.residency.unload(stage, name)
        return await self._done(session, "engines.unloaded", name)

    async def _done(self, session: Session, code: str, name: str) -> list[Any]:
        return [*await self.show(session), tell(session.language, code, engine=name)]

    def _button(self, code: str) -> gr.Button:
        return self._bench.labels(gr.Button(scale=1, min_width=90, **first(value=code)), value=code)


def progress_in_megabytes(progress: gr.Progress, language: str) -> Any:
    """Return a callback of (bytes done, bytes in all) that moves Gradio's progress bar."""

    def show(done: int, total: int) -> None:
        text = tell(
            language,
            "engines.fetching",
            done=number(language, done / 1e6),
            total=number(language, total / 1e6),
        )
        progress(done / total if total else 0.0, desc=text)

    return show


def _chosen(choice: str | None) -> tuple[Stage, str]:
    if not choice:
        raise InvalidInput("empty", field="engine")
    stage, _, name = choice.partition("/")
    return cast("Stage", stage), name


def _table(language: str, rows: list[str]) -> str:
    heads = "".join(f"<th>{tell(language, f'engines.head_{name}')}</th>" for name in _HEADINGS)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    # On a phone it is wider than the screen: the keyboard must be able to scroll it.
    label = tell(language, "tab.engines")
    return (
        f'<div class="guong-scroll" role="region" tabindex="0" aria-label="{label}">{table}</div>'
    )
