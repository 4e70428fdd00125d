"""`/dictionary`: the words that the assistant always and never uses, and how names are read."""

from __future__ import annotations

from typing import Any

from anyio import to_thread

from modules.api.callers import owner_of
from modules.conversation.app import App
from modules.persona import as_dict, check_dictionary


class DictionaryEndpoints:
    """The endpoint of one app."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def dictionary(self, words: dict[str, Any] | None, user_key: str) -> dict[str, Any]:
        """Keep the user's own words, in the place of those before; None only reads them.

        `words` is {"always": [...], "never": {word: what is said instead}, "say": {name: how it is
        read}}; a key that is missing is empty. Returns what is kept now, in the same shape. It
        counts from the next answer on.
        """
        owner = owner_of(self._app, user_key)
        if words is not None:
            given = check_dictionary(words)
            await to_thread.run_sync(self._app.dictionaries.keep, owner, given)
        return as_dict(await to_thread.run_sync(self._app.dictionaries.of, owner))
