"""`/remember`, `/recall`, `/forget`, `/new_user`, `/export`, `/delete`: what is kept of a user."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from gradio.data_classes import FileData

from modules.api.callers import owner_of
from modules.api.language import checked
from modules.api.turn import file_data
from modules.conversation.app import App
from modules.conversation.belongings import write_export
from modules.memory import UserMemory

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
        """List what is remembered of a matter, nearest first; all of it for an empty query."""
        memory, asked = self._of(user_key), checked(query, "query")
        if not asked:
            return [dict(each.as_dict()) for each in await to_thread.run_sync(memory.all)]
        found = await to_thread.run_sync(memory.recall, asked, RECALLED)
        return [{**each.memory.as_dict(), "score": round(each.score, 3)} for each in found]

    async def forget(self, id: str, user_key: str) -> dict[str, Any]:  # noqa: A002
        """Forget one memory by its id, or "all"; tells how many are gone."""
        memory, which = self._of(user_key), checked(id, "id")
        return {"forgotten": await to_thread.run_sync(memory.forget, which)}

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

    def _of(self, user_key: str) -> UserMemory:
        return self._app.memory_of(owner_of(self._app, user_key))
