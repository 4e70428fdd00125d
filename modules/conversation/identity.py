"""Who a user is: a random key that only they hold, and an id that only the app can derive from it.

The key is kept in the browser, or by the caller of the API. Everything kept about a user lies under
the id, so whoever reads the disk learns no key, and whoever invents a key finds nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from modules.errors import InvalidInput, StorageFailed

_RANDOM_BYTES = 24
_TAG_BYTES = 9
_PREFIX = "guong_"


class Identity:
    """Issues and checks user keys with the app's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def new_key(self) -> str:
        """Return a key for a new user; it cannot be recovered if it is lost."""
        random = secrets.token_bytes(_RANDOM_BYTES)
        return _PREFIX + base64.urlsafe_b64encode(random + self._tag(random)).decode()

    def owner(self, key: str) -> str:
        """Return the id behind a key: 32 hexadecimal digits.

        Raises `InvalidInput` for a key that this app did not issue: a mistyped key must not
        silently open an empty account.
        """
        try:
            raw = base64.b64decode(key.removeprefix(_PREFIX), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        random, tag = raw[:_RANDOM_BYTES], raw[_RANDOM_BYTES:]
        if not key.startswith(_PREFIX) or not hmac.compare_digest(tag, self._tag(random)):
            raise InvalidInput("not_issued", field="user_key")
        return self._derive("owner", key)

    def owner_of_account(self, account: str) -> str:
        """Return the id of somebody who signed in with their Hugging Face account."""
        return self._derive("account", account)

    def _derive(self, purpose: str, value: str) -> str:
        message = f"{purpose}:{value}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:32]

    def _tag(self, random: bytes) -> bytes:
        return hmac.new(self._secret, b"key:" + random, hashlib.sha256).digest()[:_TAG_BYTES]


def load_secret(given: str | None, data: Path) -> bytes:
    """Return the app's secret: the given one, or one kept in `data` across restarts.

    Raises `StorageFailed` where the file can be neither read nor made.
    """
    if given:
        return given.encode()
    path = data / "secret"
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, secrets.token_bytes(32))
        return path.read_bytes()
    except OSError as error:
        raise StorageFailed("secret", what=path.name) from error


def _write_once(path: Path, content: bytes) -> None:
    # Two processes may start at once: whoever links first wins, and both read the winner's secret.
    draft = path.with_name(f".secret-{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
