"""The parts of the memory panel for what is uploaded: documents, pictures, an export."""

from __future__ import annotations

import base64
import html
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import gradio as gr
from anyio import from_thread, to_thread

from modules.conversation.importing import keep_picture, take_in
from modules.conversation.session import Session
from modules.errors import InvalidInput
from modules.memory import StoredDocument, StoredPicture
from modules.memory.documents import MOST_BYTES as MOST_FILE
from modules.memory.documents import MOST_DOCUMENTS, MOST_TEXT
from modules.memory.pictures import LONGEST_CAPTION, MOST_PICTURES
from modules.memory.pictures import MOST_BYTES as MOST_PIXELS
from modules.text.catalogue import tell
from modules.ui.labels import first
from modules.ui.numbers import number
from modules.ui.panels import Bench

_MEGA = 1_000_000
_SHOWN = 24
"""Pictures in the gallery: each is some ten kilobytes of page."""


class DocumentsPart:
    """Documents: one is uploaded and read; those kept are listed and deleted."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        labels(gr.Markdown(**first(value="memory.documents")), value="memory.documents")
        self._intro = gr.Markdown(elem_classes="guong-why")
        self._file = labels(
            gr.File(
                file_types=[".txt", ".docx", ".pdf"], height=140, elem_id="guong-document",
                **first(label="memory.documents_file"),
            ),
            label="memory.documents_file",
        )  # fmt: skip
        self._status = gr.HTML(elem_id="guong-document-status", padding=False)
        self._list = labels(
            gr.CheckboxGroup(
                [], visible=False, elem_classes="guong-memories", elem_id="guong-documents",
                **first(label="memory.documents_list"),
            ),
            label="memory.documents_list",
        )  # fmt: skip
        self._delete = labels(
            gr.Button(size="sm", visible=False, **first(value="memory.documents_delete")),
            value="memory.documents_delete",
        )
        self.outputs: list[Any] = [self._intro, self._list, self._delete]
        on = bench.on
        on(self._file.upload, self._add, self._file, [*self.outputs, self._file, self._status])
        on(self._delete.click, self._remove, self._list, [*self.outputs, self._status])

    async def show(self, session: Session) -> list[Any]:
        """Return what is kept of a session's owner."""
        store, language = self._bench.app.documents, session.language
        kept = await to_thread.run_sync(store.list, session.owner) if session.keeper else []
        intro = tell(
            language, "memory.documents_intro", megabytes=MOST_FILE // _MEGA, count=len(kept),
            limit=MOST_DOCUMENTS, most_size=MOST_TEXT // _MEGA,
            size=number(language, sum(each.bytes for each in kept) / _MEGA, 1),
        )  # fmt: skip
        listed = [(_line(language, each), each.id) for each in reversed(kept)]
        return [intro, _choices(listed), gr.update(visible=bool(listed))]

    async def _add(
        self, request: gr.Request, file: str | None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> list[Any]:  # fmt: skip
        session, app = _keeper(self._bench, request), self._bench.app
        if not file:
            raise InvalidInput("empty", field="document")
        reading = tell(session.language, "memory.reading")
        progress(0.0, desc=reading)

        def told(share: float) -> None:
            from_thread.run_sync(lambda: progress(share, desc=reading))

        path = Path(file)
        try:
            document = await to_thread.run_sync(
                app.documents.add, session.owner, path.name, path, told
            )
        finally:
            app.files.discard(path)
        said = tell(
            session.language, "memory.document_kept", name=document.name, passages=document.passages
        )
        return [*await self.show(session), None, _status(said)]

    async def _remove(self, request: gr.Request, ids: list[str]) -> list[Any]:
        session = _keeper(self._bench, request)
        for each in ids:
            await to_thread.run_sync(self._bench.app.documents.delete, session.owner, each)
        intro, group, button = await self.show(session)
        return [intro, {**group, "value": []}, button, ""]


class PicturesPart:
    """Pictures: one is uploaded with its caption; those kept are shown and deleted."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        labels(gr.Markdown(**first(value="memory.pictures")), value="memory.pictures")
        self._intro = gr.Markdown(elem_classes="guong-why")
        self._file = labels(
            gr.File(
                file_types=["image"], height=140, elem_id="guong-picture",
                **first(label="memory.pictures_file"),
            ),
            label="memory.pictures_file",
        )  # fmt: skip
        self._caption = labels(
            gr.Textbox(
                max_length=LONGEST_CAPTION, elem_id="guong-caption",
                **first(label="memory.pictures_caption"),
            ),
            label="memory.pictures_caption",
        )  # fmt: skip
        self._keep = labels(
            gr.Button(size="sm", **first(value="memory.pictures_keep")),
            value="memory.pictures_keep",
        )
        self._gallery = gr.HTML(elem_id="guong-gallery", padding=False)
        self._list = labels(
            gr.CheckboxGroup(
                [], visible=False, elem_classes="guong-memories", elem_id="guong-pictures",
                **first(label="memory.pictures_list"),
            ),
            label="memory.pictures_list",
        )  # fmt: skip
        self._delete = labels(
            gr.Button(size="sm", visible=False, **first(value="memory.pictures_delete")),
            value="memory.pictures_delete",
        )
        self.outputs: list[Any] = [self._intro, self._gallery, self._list, self._delete]
        inputs, cleared = [self._file, self._caption], [self._file, self._caption]
        bench.on(self._keep.click, self._add, inputs, [*self.outputs, *cleared])
        bench.on(self._delete.click, self._remove, self._list, self.outputs)

    async def show(self, session: Session) -> list[Any]:
        """Return what is kept of a session's owner."""
        store, language = self._bench.app.pictures, session.language
        kept = await to_thread.run_sync(store.list, session.owner) if session.keeper else []
        intro = tell(
            language, "memory.pictures_intro", count=len(kept), limit=MOST_PICTURES,
            most_size=MOST_PIXELS // _MEGA,
            size=number(language, sum(each.bytes for each in kept) / _MEGA, 1),
        )  # fmt: skip
        kept.reverse()
        gallery = await to_thread.run_sync(self._painted, session.owner, kept[:_SHOWN])
        listed = [(each.caption, each.id) for each in kept]
        return [intro, gallery, _choices(listed), gr.update(visible=bool(listed))]

    def _painted(self, owner: str, pictures: list[StoredPicture]) -> str:
        shown = [
            small_picture(self._bench.app.pictures.small(owner, each.id), each.caption)
            for each in pictures
        ]
        return f'<div class="guong-gallery">{"".join(shown)}</div>' if shown else ""

    async def _add(self, request: gr.Request, file: str | None, caption: str) -> list[Any]:
        session, app = _keeper(self._bench, request), self._bench.app
        if not file:
            raise InvalidInput("empty", field="picture")
        path = Path(file)
        await to_thread.run_sync(keep_picture, app, session.owner, path, caption)
        app.files.discard(path)
        return [*await self.show(session), None, ""]

    async def _remove(self, request: gr.Request, ids: list[str]) -> list[Any]:
        session = _keeper(self._bench, request)
        for each in ids:
            await to_thread.run_sync(self._bench.app.pictures.delete, session.owner, each)
        intro, gallery, group, button = await self.show(session)
        return [intro, gallery, {**group, "value": []}, button]


class ImportPart:
    """What was exported elsewhere, read back."""

    def __init__(
        self, bench: Bench, show: Callable[[Session], Awaitable[list[Any]]], outputs: list[Any]
    ) -> None:
        self._bench = bench
        self._show = show
        labels = bench.labels
        labels(gr.Markdown(**first(value="memory.import_title")), value="memory.import_title")
        labels(
            gr.Markdown(elem_classes="guong-why", **first(value="memory.import_intro")),
            value="memory.import_intro",
        )
        self._file = labels(
            gr.File(
                file_types=[".zip", ".json"], height=140, elem_id="guong-import",
                **first(label="memory.import_file"),
            ),
            label="memory.import_file",
        )  # fmt: skip
        self._status = gr.HTML(elem_id="guong-import-status", padding=False)
        bench.on(self._file.upload, self._take, self._file, [*outputs, self._file, self._status])

    async def _take(self, request: gr.Request, file: str | None) -> list[Any]:
        session, app = _keeper(self._bench, request), self._bench.app
        if not file:
            raise InvalidInput("empty", field="file")
        path = Path(file)
        try:
            done = await to_thread.run_sync(take_in, app, session.owner, path)
        finally:
            app.files.discard(path)
        said = tell(session.language, "memory.imported", **done.as_dict())
        return [*await self._show(session), None, _status(said)]


def small_picture(data: bytes, caption: str) -> str:
    """Return a picture with its caption, for a page: in the page itself, at no address."""
    said = html.escape(caption)
    source = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
    return (
        f'<figure><img src="{source}" alt="{said}" loading="lazy">'
        f"<figcaption>{said}</figcaption></figure>"
    )


def _keeper(bench: Bench, request: gr.Request) -> Session:
    session = bench.visitors.session(request)
    if session.keeper is None:
        raise InvalidInput("key_needed", field="user_key")
    return session


def _line(language: str, document: StoredDocument) -> str:
    code = "memory.document_line" if document.pages else "memory.document_line_plain"
    return tell(
        language, code, name=document.name, pages=document.pages, passages=document.passages
    )


def _choices(listed: list[tuple[str, str]]) -> dict[str, Any]:
    shown = gr.update(choices=listed, visible=True) if listed else gr.update(visible=False)
    return dict(shown)


def _status(text: str) -> str:
    return f'<p class="guong-notice" role="status">{html.escape(text)}</p>'
