"""Who calls: the user behind a key, and the session that their calls share."""

from __future__ import annotations

import gradio as gr

from modules.conversation.app import App
from modules.conversation.session import Session
from modules.conversation.sessions import API_IDLE_S
from modules.errors import InvalidInput


def owner_of(app: App, user_key: object) -> str:
    """Return the user behind a key; raises `InvalidInput` for none and for an invented one."""
    owner = owner_if_any(app, user_key)
    if owner is None:
        raise InvalidInput("key_needed", field="user_key")
    return owner


def owner_if_any(app: App, user_key: object) -> str | None:
    """Return the user behind a key, None without one; raises `InvalidInput` for an invented one.

    Whatever is no text is an invented one too: a caller's mistake must not make them nobody.
    """
    if user_key is None or user_key == "":
        return None
    if not isinstance(user_key, str):
        raise InvalidInput("not_text", field="user_key")
    return app.identity.owner(user_key)


def session_of(app: App, user_key: object, request: gr.Request) -> Session:
    """Return the session of a caller, made at the first call and kept for an hour after the last.

    With a key it belongs to the user, wherever they call from; without one to the client.
    """
    owner = owner_if_any(app, user_key)
    name = f"user:{owner}" if owner else f"client:{request.session_hash}"
    session = app.sessions.by_name(name)
    if session is None:
        session = app.open_session(name, owner, live=False)
    app.sessions.expire(session, API_IDLE_S)
    return session
