"""The words of every user: one private file each, written whole, read at every turn.

users/<owner>/dictionary.json
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from anyio import to_thread

from modules.errors import GuongError, InvalidInput, NotFound, StorageFailed
from modules.messages import Dictionary, Notice
from modules.persona import NO_WORDS, as_dict, check_dictionary
from modules.private import make_private, storage, write_private

FILE = "dictionary.json"
_OWNER = re.compile(r"[0-9a-f]{16,64}")


class Dictionaries:
    """The dictionaries of all users. Safe for threads: a reader sees the old one or the new."""

    def __init__(self, users: Path) -> None:
        self._users = users

    def of(self, owner: str) -> Dictionary:
        """Return a user's dictionary, an empty one where none was kept. Raises `StorageFailed`."""
        try:
            data = json.loads(self._path(owner).read_text(encoding="utf-8"))
            return check_dictionary(data)
        except FileNotFoundError:
            return NO_WORDS
        except (OSError, ValueError, InvalidInput) as error:
            raise StorageFailed("unreadable") from error

    def keep(self, owner: str, dictionary: Dictionary) -> None:
        """Keep a dictionary in the place of the one before. Raises `StorageFailed` "disk"."""
        path = self._path(owner)
        text = json.dumps(as_dict(dictionary), ensure_ascii=False, indent=1)
        with storage(FILE):
            make_private(path.parent)
            write_private(path, text.encode())

    def files(self, owner: str) -> list[Path]:
        """Return what is kept of a user, for an export."""
        path = self._path(owner)
        return [path] if path.is_file() else []

    def delete(self, owner: str) -> int:
        """Remove a user's dictionary; return how many files it was. Raises `StorageFailed`."""
        count = len(self.files(owner))
        with storage(FILE):
            self._path(owner).unlink(missing_ok=True)
        return count

    def _path(self, owner: str) -> Path:
        # An owner is an id that the app derived; anything else is a way out of the directory.
        if not _OWNER.fullmatch(owner):
            raise NotFound("owner")
        return self._users / owner / FILE


async def words_of(
    dictionaries: Dictionaries, owner: str | None, reply: int
) -> tuple[Dictionary, list[Notice]]:
    """Return the words that a turn keeps to, and what went wrong: it never fails a turn."""
    if owner is None:
        return NO_WORDS, []
    try:
        return await to_thread.run_sync(dictionaries.of, owner), []
    except GuongError as error:
        return NO_WORDS, [Notice(reply, error.code, dict(error.params), "persona")]
