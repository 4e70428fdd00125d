"""What can be saved of a conversation: films of it, and transcripts."""

from __future__ import annotations

import html
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import gradio as gr
from anyio import to_thread

from modules.conversation import transcript
from modules.conversation.acted import filmers
from modules.conversation.filming import Film, Progress, Subject
from modules.errors import GuongError
from modules.text.catalogue import tell
from modules.ui.labels import first
from modules.ui.panels import Bench

DOWNLOAD = "() => document.querySelector('#guong-download')?.click()"
ZONE = "(captions) => [captions, new Date().getTimezoneOffset()]"
TOGGLE = """() => {
  const menu = document.querySelector('#guong-saving');
  const open = menu.classList.toggle('open');
  document.querySelector('#guong-save').setAttribute('aria-expanded', open);
  if (open) menu.querySelector('input, button')?.focus();
}"""
WATCH = """
  const button = () => document.querySelector('#guong-save');
  const menu = () => document.querySelector('#guong-saving');
  const close = (back) => {
    if (!menu()?.classList.contains('open')) return;
    menu().classList.remove('open');
    button()?.setAttribute('aria-expanded', 'false');
    if (back) button()?.focus();
  };
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') close(true); });
  document.addEventListener('pointerdown', (event) => {
    if (!event.target.closest?.('#guong-saving, #guong-save')) close(false);
  });
  button()?.setAttribute('aria-expanded', 'false');
  button()?.setAttribute('aria-controls', 'guong-saving');
"""
"""The menu closes with Escape, and when something else is pressed."""

Update = tuple[Any, Any]
"""Of the line that tells how far it is, and of the file to download."""


class Saving:
    """A button, and the menu that it opens: captions or not, then what to save."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        self._open = labels(
            gr.Button(size="sm", elem_id="guong-save", **first(value="saving.menu")),
            value="saving.menu",
        )
        self._download = gr.DownloadButton(elem_id="guong-download", visible="hidden")
        with gr.Column(elem_id="guong-saving"):
            self._captions = labels(
                gr.Checkbox(value=True, container=False, **first(label="saving.captions")),
                label="saving.captions",
            )
            self._answer, self._acted, self._conversation, self._text, self._json = (
                labels(gr.Button(size="sm", visible=shown, **first(value=code)), value=code)
                for code, shown in (
                    ("saving.answer", True), ("saving.acted", False),
                    ("saving.conversation", True), ("saving.text", True), ("saving.json", True),
                )
            )  # fmt: skip
            self._status = gr.HTML(js_on_load=WATCH, elem_id="guong-saving-status", padding=False)
        self._connect()

    def _connect(self) -> None:
        on, out = self._bench.on, [self._status, self._download]
        on(self._open.click, None, js=TOGGLE)
        on(self._open.click, self._offer, None, self._acted)
        films: tuple[tuple[gr.Button, Subject], ...] = (
            (self._answer, "answer"),
            (self._acted, "acted"),
            (self._conversation, "conversation"),
        )
        for button, subject in films:
            saved = on(button.click, self._filmer(subject), self._captions, out)
            on(saved.success, None, js=DOWNLOAD)
        west = gr.State(0)
        for button, make, name in (
            (self._text, transcript.as_text, "guong.txt"),
            (self._json, transcript.as_json, "guong.json"),
        ):
            saved = on(button.click, self._writer(make, name), [self._captions, west], out, js=ZONE)
            on(saved.success, None, js=DOWNLOAD)

    async def _offer(self, request: gr.Request) -> Any:
        """Offer a moving head to who wears a portrait, while an engine is there that acts."""
        session = self._bench.visitors.session(request)
        return gr.update(visible=bool(filmers(self._bench.app, session.portrait)))

    def _filmer(self, subject: Subject) -> Any:
        async def film(request: gr.Request, captions: bool) -> AsyncGenerator[Update, None]:
            session = self._bench.visitors.session(request)
            language = session.language
            making = self._bench.app.filming.film(session, subject, captions=captions)
            try:
                async with aclosing(making) as told:
                    async for each in told:
                        if isinstance(each, Film):
                            yield _done(language, each), gr.update(value=str(each.path))
                        else:
                            yield _progress(language, each), gr.skip()
            except GuongError:
                yield _line(tell(language, "saving.failed")), gr.skip()
                raise

        return film

    def _writer(self, make: Any, name: str) -> Any:
        async def write(request: gr.Request, _: bool, minutes_west: float) -> Update:
            session = self._bench.visitors.session(request)
            text = make(session.talk.exchanges, session.language, transcript.zone(minutes_west))
            path = self._bench.app.files.new(session.owner, name)
            written: Path = await to_thread.run_sync(transcript.write, text, path)
            done = tell(session.language, "saving.done", name=name)
            return _line(done), gr.update(value=str(written))

        return write


def _progress(language: str, progress: Progress) -> str:
    percent = int(100 * progress.share)
    if not percent:
        return _line(tell(language, "saving.waiting"))
    text = tell(language, "saving.making", percent=percent)
    return _line(text, f'<i class="guong-bar" style="--done: {percent}%" aria-hidden="true"></i>')


def _done(language: str, film: Film) -> str:
    code = "saving.incomplete" if film.without_picture else "saving.done"
    return _line(tell(language, code, name=film.path.name, count=film.without_picture))


def _line(text: str, bar: str = "") -> str:
    return f'<div role="status" aria-live="polite">{bar}<span>{html.escape(text)}</span></div>'
