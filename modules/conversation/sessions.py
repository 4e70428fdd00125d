"""All sessions: found by token or by name, and expired when nobody is left.

A page is named by Gradio's session hash, a caller of the API by its user or its client. A page
that reloads, or whose connection drops, finds its session again within `GRACE_S`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from modules.conversation.session import Session
from modules.errors import AtCapacity

GRACE_S = 30.0
"""How long a session outlives its page."""
API_IDLE_S = 3_600.0
"""How long a session of the API waits for its next call."""
MAX_SESSIONS = 1_000


class Sessions:
    """The registry. Used on the event loop only."""

    def __init__(self, ended: Callable[[Session], None]) -> None:
        self._ended = ended
        self._by_token: dict[str, Session] = {}
        self._by_name: dict[str, Session] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._by_token)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._by_token.values()))

    def add(self, name: str, session: Session) -> Session:
        """Register a session under a name. Raises `AtCapacity` where there are too many."""
        if len(self._by_token) >= MAX_SESSIONS:
            raise AtCapacity("sessions", retry_s=int(GRACE_S))
        self._by_token[session.token] = session
        self.rename(name, session)
        return session

    def rename(self, name: str, session: Session) -> None:
        """Let a session be found under another name, and keep it from expiring."""
        for old in [key for key, value in self._by_name.items() if value is session]:
            del self._by_name[old]
        self._by_name[name] = session
        self.keep(session)

    def by_token(self, token: str) -> Session | None:
        """Return the session of a token, or None."""
        return self._by_token.get(token)

    def by_name(self, name: str) -> Session | None:
        """Return the session of a page or a caller, or None."""
        return self._by_name.get(name)

    def keep(self, session: Session) -> None:
        """Stop the clock of a session: somebody is there."""
        if timer := self._timers.pop(session.token, None):
            timer.cancel()

    def expire(self, session: Session, after_s: float) -> None:
        """Close a session after a while, unless somebody comes before."""
        self.keep(session)
        loop = asyncio.get_running_loop()
        self._timers[session.token] = loop.call_later(after_s, self.close, session)

    def close(self, session: Session) -> None:
        """End a session: its reply, its names, and whatever was kept only for it."""
        self.keep(session)
        if self._by_token.pop(session.token, None) is None:
            return
        for name in [key for key, value in self._by_name.items() if value is session]:
            del self._by_name[name]
        session.halt(session.last_reply)
        self._ended(session)
