"""`/learn_style` and `/feedback`: how the user writes, learned from a chat export or corrected."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from gradio.data_classes import FileData

from modules.api.callers import owner_of
from modules.api.language import checked
from modules.api.turn import path_of
from modules.conversation.app import App
from modules.conversation.styling import last_sentence
from modules.persona import style

_LONGEST_NAME = 200


class StyleEndpoints:
    """The endpoints of one app."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def learn_style(
        self, file: FileData, user_key: str, author: str | None = None
    ) -> dict[str, Any]:
        """Learn how somebody writes from a chat export: Messenger and Telegram (JSON), WhatsApp
        (txt), Zalo (as copied), plain text (a message a line), CSV.

        Where several people wrote, `author` says whose messages to learn; without it nothing is
        learned and `authors` lists them.
        """
        path = self._app.files.uploaded(path_of(file), "file")
        try:
            shelf = self._app.styles.of(owner_of(self._app, user_key))
            wanted = checked(author, "author", _LONGEST_NAME) if author is not None else ""
            learned = await to_thread.run_sync(
                lambda: shelf.learn(style.open_export(path), wanted or None)
            )
        finally:
            self._app.files.discard(path)
        return learned.as_dict()

    async def feedback(self, correction: str, user_key: str) -> dict[str, Any]:
        """Say how the assistant should speak: "đừng nói X, nói là Y", "đừng nói chữ X", "nói ngắn
        thôi", "I'd say it like this: Y". It counts from the next answer on.
        """
        owner = owner_of(self._app, user_key)
        session = self._app.sessions.by_name(f"user:{owner}")
        last = last_sentence(list(session.history)) if session else ""
        parsed = style.parse_correction(correction, last)
        profile = await to_thread.run_sync(self._app.styles.of(owner).correct, parsed)
        return {
            "kind": parsed.kind,
            "old": parsed.old,
            "new": parsed.new,
            "profile": profile.model_dump(),
        }
