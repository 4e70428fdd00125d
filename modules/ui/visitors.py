"""Who looks at the page: their session, their language, and whether the app is theirs."""

from __future__ import annotations

import os
from typing import Any

import gradio as gr

from modules.conversation.app import App
from modules.conversation.session import Session
from modules.conversation.sessions import GRACE_S
from modules.errors import Forbidden, InvalidInput
from modules.text.catalogue import DEFAULT, choose_language


class Visitors:
    """Finds the session of a Gradio request."""

    def __init__(self, app: App) -> None:
        self._app = app

    def arrive(
        self, token: str, key: str, language: str, request: gr.Request
    ) -> tuple[Session, str | None]:
        """Return the session of a page that loads, and a new key where it needs one.

        A page that reloads gets its session back; a duplicated tab, whose twin is alive, does not.
        """
        name = _page(request)
        owner, new_key = self._owner(key, request)
        session = self._app.sessions.by_token(token)
        # Another owner: somebody signed in or out, or deleted everything in another tab.
        if session is None or session.line or not session.live or session.owner != owner:
            session = self._app.open_session(name, owner, live=True)
        else:
            self._app.sessions.rename(name, session)
        session.language = choose_language(language, self._app.settings.language)
        return session, new_key

    def leave(self, request: gr.Request) -> None:
        """Let the session of a page that closes be silent at once, and end after a while."""
        session = self._app.sessions.by_name(_page(request))
        if session is not None:
            session.halt(session.last_reply)
            self._app.sessions.expire(session, GRACE_S)

    def session(self, request: gr.Request) -> Session:
        """Return the session of a page; one that expired meanwhile begins anew."""
        session = self._app.sessions.by_name(_page(request))
        if session is None:
            session = self._app.open_session(_page(request), None, live=True)
        return session

    def language(self, *args: Any, **kwargs: Any) -> str:
        """Return the language of the page that a call of Gradio comes from."""
        for value in (*args, *kwargs.values()):
            if isinstance(value, gr.Request):
                session = self._app.sessions.by_name(_page(value))
                return session.language if session else DEFAULT
        return DEFAULT

    def is_owner(self, request: gr.Request) -> bool:
        """Tell whether a visitor owns the app: it is their computer, or their Space."""
        if os.environ.get("SPACE_ID"):
            who = _signed_in(request)
            # The author may be an organisation; the creator is always a person.
            creator, author = (
                os.environ.get(f"SPACE_{name}") for name in ("CREATOR_USER_ID", "AUTHOR_NAME")
            )
            return bool(who) and (
                who.get("sub", "") == creator or who.get("preferred_username", "") == author
            )
        return _loopback() and "x-forwarded-for" not in request.headers

    def require_owner(self, request: gr.Request) -> None:
        """Raise `Forbidden` for anybody but the owner."""
        if not self.is_owner(request):
            raise Forbidden("owner_only")

    def _owner(self, key: str, request: gr.Request) -> tuple[str, str | None]:
        if account := _account(request):
            return self._app.identity.owner_of_account(account), None
        try:
            return self._app.identity.owner(key), None
        except InvalidInput:  # none yet, or from before the app's secret changed
            new = self._app.identity.new_key()
            return self._app.identity.owner(new), new


def _loopback() -> bool:
    # Gradio binds to loopback unless told otherwise; a share link lets strangers in all the same.
    host = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")
    return host in ("127.0.0.1", "localhost", "::1") and not os.environ.get("GRADIO_SHARE")


def _page(request: gr.Request) -> str:
    return f"page:{request.session_hash}"


def _account(request: gr.Request) -> str | None:
    """Return the Hugging Face user who signed in, where OAuth is on."""
    return _signed_in(request).get("preferred_username") or None


def _signed_in(request: gr.Request) -> dict[str, str]:
    """Return what Hugging Face says of who signed in (OpenID Connect); empty for nobody."""
    raw = getattr(request, "request", None)
    if raw is None or "session" not in raw.scope:
        return {}
    info = raw.scope["session"].get("oauth_info") or {}
    return dict(info.get("userinfo") or {})
