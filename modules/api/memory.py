"""`/remember`, `/recall`, `/forget`, `/add_document`, `/import`, `/new_user`, `/export`, `/delete`:
what is kept of a user.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from anyio import to_thread
from gradio.data_classes import FileData

from modules.api.callers import owner_of
from modules.api.language import checked
from modules.api.turn import file_data, path_of
from modules.conversation.app import App
from modules.conversation.belongings import write_export
from modules.conversation.importing import keep_picture, take_in
from modules.conversation.session import VIETNAM
from modules.keeping import Keeping
from modules.memory import StoredDocument, StoredPicture, UserMemory

RECALLED = 5


class MemoryEndpoints:
    """The endpoints of one app."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def remember(self, text: str, user_key: str) -> dict[str, Any]:
        """Keep a sentence about the user; the same said anew replaces it."""
        memory, said = self._of(user_key), checked(text)
        kept = await to_thread.run_sync(lambda: memory.remember(said, source="api"))
        return dict(kept.as_dict())

    async def recall(self, query: str, user_key: str) -> list[dict[str, Any]]:
        """List what is remembered of a matter, nearest first; all of it for an empty query.

        A question for a time ("hôm trước mình kể gì?") lists what was told then, by the clock of
        Vietnam. Passages of documents and pictures come behind, with `source` "document" or
        "picture" and the `name` and `page` they are from.
        """
        memory, asked = self._of(user_key), checked(query, "query")
        if not asked:
            told: list[dict[str, Any]] = [
                dict(each.as_dict()) for each in await to_thread.run_sync(memory.all)
            ]
            return [*told, *await to_thread.run_sync(self._uploads, memory.owner)]
        now = datetime.now(VIETNAM)
        then = await to_thread.run_sync(memory.recollect, asked, now, RECALLED)
        told = [{**each.memory.as_dict(), "score": round(each.score, 3)} for each in then.found]
        if then.asked is not None:
            return told
        return [*told, *await to_thread.run_sync(self._in_uploads, memory.owner, asked)]

    async def forget(self, id: str, user_key: str) -> dict[str, Any]:  # noqa: A002
        """Forget one memory, document or picture by its id, or "all" memories; tells how many are
        gone.
        """
        memory, which = self._of(user_key), checked(id, "id")
        uploads: dict[str, Keeping[Any]] = {
            "doc": self._app.documents,
            "picture": self._app.pictures,
        }
        if kept := uploads.get(which.partition("-")[0]):
            await to_thread.run_sync(kept.delete, memory.owner, which)
            return {"forgotten": 1}
        return {"forgotten": await to_thread.run_sync(memory.forget, which)}

    async def add_document(
        self, file: FileData, user_key: str, caption: str | None = None
    ) -> dict[str, Any]:
        """Keep a document (TXT, DOCX, PDF: its text, in passages), or with a caption a picture.

        The same file again is kept once. A long document takes its time: 500 pages half a minute.
        """
        owner, app = owner_of(self._app, user_key), self._app
        path = app.files.uploaded(path_of(file), "file")
        try:
            if caption is not None:
                said = checked(caption, "caption")
                kept = await to_thread.run_sync(keep_picture, app, owner, path, said)
                return {"id": kept}
            document = await to_thread.run_sync(app.documents.add, owner, path.name, path)
        finally:
            app.files.discard(path)
        return {
            "id": document.id, "name": document.name, "kind": document.kind,
            "pages": document.pages, "passages": document.passages,
        }  # fmt: skip

    async def import_(self, file: FileData, user_key: str) -> dict[str, Any]:
        """Take in the zip of `/export`, or the memories.json in it: memories, documents, pictures.

        Importing twice makes nothing twice. Tells how much came in, was known, and was refused.
        """
        owner, app = owner_of(self._app, user_key), self._app
        path = app.files.uploaded(path_of(file), "file")
        try:
            done = await to_thread.run_sync(take_in, app, owner, path)
        finally:
            app.files.discard(path)
        return dict(done.as_dict())

    async def new_user(self) -> dict[str, Any]:
        """Give a key for a new user. Keep it: it cannot be recovered."""
        return {"user_key": self._app.identity.new_key()}

    async def export(self, user_key: str) -> FileData:
        """Give everything that is kept of the user, as a zip file."""
        owner = owner_of(self._app, user_key)
        path = self._app.files.new(owner, "guong.zip")
        await to_thread.run_sync(write_export, self._app, owner, path)
        return file_data(path)

    async def delete(self, user_key: str) -> dict[str, Any]:
        """Delete everything of the user; tells what was removed. It cannot be undone."""
        return dict(await self._app.forget(owner_of(self._app, user_key)))

    def _uploads(self, owner: str) -> list[dict[str, Any]]:
        documents = [_of_document(each) for each in self._app.documents.list(owner)]
        return documents + [_of_picture(each) for each in self._app.pictures.list(owner)]

    def _in_uploads(self, owner: str, asked: str) -> list[dict[str, Any]]:
        passages = [
            {
                **_of_document(each.document), "text": each.passage.text,
                "page": each.passage.page, "score": round(each.score, 3),
            }
            for each in self._app.documents.recall(owner, asked)
        ]  # fmt: skip
        pictures = [
            {**_of_picture(each), "score": round(score, 3)}
            for each, score in self._app.pictures.recall(owner, asked)
        ]
        return [*passages, *pictures]

    def _of(self, user_key: str) -> UserMemory:
        return self._app.memory_of(owner_of(self._app, user_key))


def _of_document(document: StoredDocument) -> dict[str, Any]:
    return {
        "id": document.id, "text": document.name, "created": _moment(document.created),
        "source": "document", "name": document.name,
    }  # fmt: skip


def _of_picture(picture: StoredPicture) -> dict[str, Any]:
    return {
        "id": picture.id, "text": picture.caption, "created": _moment(picture.created),
        "source": "picture", "name": picture.caption,
    }  # fmt: skip


def _moment(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")
