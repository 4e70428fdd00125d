"""Learning from a chat export: a file, whose messages, and a bar while they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import gradio as gr
from anyio import to_thread

from modules.conversation.session import Session
from modules.errors import GuongError, InvalidInput
from modules.persona.style import StyleShelf, open_export
from modules.text.catalogue import tell
from modules.ui.labels import first
from modules.ui.numbers import number
from modules.ui.panels import Bench


class StyleLessons:
    """The upload, the choice of a writer, and learning from what they wrote."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._build()
        ask = [self._author, self._learn, self.status]
        read = bench.on(self._file.upload, self._read, self._file, ask, busy=True)
        bench.on(read.failure, self._ask_again, None, [self._file, *ask])
        bench.on(self._file.clear, self._ask_again, None, [self._file, *ask])
        # One bar is enough: what was learned is shown by a step of its own.
        self.learned = bench.on(
            self._learn.click, self._take, [self._file, self._author], self.status, busy=True
        )
        """The event after which the profile is another one."""
        bench.on(self.learned.success, self._put_away, None, [self._file, *ask[:2]])

    def _build(self) -> None:
        labels = self._bench.labels
        labels(gr.Markdown(**first(value="style.learn_title")), value="style.learn_title")
        self._file = labels(
            gr.File(height=150, elem_id="guong-style-file", **first(label="style.file")),
            label="style.file",
        )
        self._author = labels(
            gr.Dropdown(
                [], visible=False, elem_id="guong-style-author",
                **first(label="style.author", info="style.author_info"),
            ),
            label="style.author",
            info="style.author_info",
        )  # fmt: skip
        self._learn = labels(
            gr.Button(
                variant="primary", visible=False, elem_id="guong-style-learn",
                **first(value="style.learn"),
            ),
            value="style.learn",
        )  # fmt: skip
        self.status = gr.HTML(elem_id="guong-style-status", padding=False)

    async def _read(
        self, request: gr.Request, file: str | None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> list[Any]:  # fmt: skip
        """Find out who wrote in the file that was just uploaded."""
        language = self._bench.visitors.session(request).language
        path = _path(file)
        told = _progress(progress, language)
        try:
            authors = await to_thread.run_sync(
                lambda: open_export(path, field="chat").authors(told)
            )
        except GuongError:
            self._bench.app.files.discard(path)
            raise
        listed = [(_author(name, count, language), name) for name, count in authors.items()]
        only = listed[0][1] if len(listed) == 1 else None
        found = tell(language, "style.found_one" if only is not None else "style.pick",
                     count=number(language, sum(authors.values())))  # fmt: skip
        return [
            gr.update(choices=listed, value=only, visible=True),
            gr.update(visible=True),
            found,
        ]

    async def _ask_again(self) -> list[Any]:
        return [None, gr.update(visible=False), gr.update(visible=False), ""]

    async def _take(
        self, request: gr.Request, file: str | None, author: str | None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> AsyncIterator[str]:  # fmt: skip
        """Learn from the messages of whom the visitor picked."""
        session = self._bench.visitors.session(request)
        path = _path(file)
        if author is None:
            raise InvalidInput("empty", field="author")
        yield ""  # the bar takes the place of what stood there
        shelf, told = shelf_of(self._bench, session), _progress(progress, session.language)
        learned = await to_thread.run_sync(
            lambda: shelf.learn(open_export(path, field="chat"), author, told)
        )
        self._bench.app.files.discard(path)
        yield tell(
            session.language, "style.learned",
            learned=number(session.language, learned.learned),
            author=_author(learned.author or "", None, session.language),
        )  # fmt: skip

    async def _put_away(self) -> list[Any]:
        return (await self._ask_again())[:-1]


def shelf_of(bench: Bench, session: Session) -> StyleShelf:
    """Return the style of a session's user. Raises `InvalidInput` for somebody without a key."""
    if session.keeper is None:
        raise InvalidInput("key_needed", field="user_key")
    return bench.app.styles.of(session.keeper)


def _path(file: str | None) -> Path:
    if not file:
        raise InvalidInput("empty", field="chat")
    return Path(file)


def _author(name: str, count: int | None, language: str) -> str:
    """Return how an author is listed: plain text and CSV may name none."""
    shown = name or tell(language, "style.nobody")
    return shown if count is None else f"{shown} · {number(language, count)}"


def _progress(progress: gr.Progress, language: str) -> Any:
    """Return a callback of the share that was read (0 to 1) that moves Gradio's progress bar."""

    def show(share: float) -> None:
        progress(share, desc=tell(language, "style.reading"))

    return show
