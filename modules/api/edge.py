"""Where errors meet Gradio: codes become sentences, and nothing internal gets out."""

from __future__ import annotations

import functools
import inspect
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import contextmanager
from typing import Any

import gradio as gr
from anyio import to_thread

from modules.errors import GuongError, trace
from modules.text.catalogue import sentences, tell

log = logging.getLogger("guong.edge")

Language = Callable[..., str]
"""Tells the language of a caller from the arguments of the call."""


def english(*_: object, **__: object) -> str:
    """Return the language of the API."""
    return "en"


def edge(language: Language = english, *, coded: bool = True) -> Callable[[Any], Any]:
    """Make a function (plain, async, or an async generator) safe to hand to Gradio.

    A `GuongError` becomes `gr.Error` with its sentence, the code first where `coded` (the API).
    Anything else is logged by type and id, without what was said, and shown as "internal" with
    that id. Cancellation passes through: it is never an error.
    """

    def decorate(function: Any) -> Any:
        @contextmanager
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                yield
            except GuongError as error:
                raise gr.Error(
                    sentence(language(*args, **kwargs), error, coded=coded),
                    title=tell(language(*args, **kwargs), "error.title"),
                    print_exception=False,
                ) from None
            except gr.Error:
                raise
            except Exception as error:  # noqa: BLE001 - the last resort
                number = secrets.token_hex(4)
                log.error("internal error %s: %s", number, trace(error))
                text = tell(language(*args, **kwargs), "internal", id=number)
                raise gr.Error(
                    f"internal: {text}" if coded else text, print_exception=False
                ) from None

        if inspect.isasyncgenfunction(function):

            @functools.wraps(function)
            async def generator(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
                with guarded(*args, **kwargs):
                    async for value in function(*args, **kwargs):
                        yield value

            return generator

        @functools.wraps(function)
        async def call(*args: Any, **kwargs: Any) -> Any:
            with guarded(*args, **kwargs):
                if inspect.iscoroutinefunction(function):
                    return await function(*args, **kwargs)
                # A plain function works on text of any length: not on the event loop.
                return await to_thread.run_sync(functools.partial(function, *args, **kwargs))

        return call

    return decorate


def sentence(language: str, error: GuongError, *, coded: bool) -> str:
    """Return what a user reads of an error: in the API the keys as they are, else their names."""
    if coded:
        return f"{error.code}: {tell(language, error.code, **error.params)}"
    names = sentences(language)
    params = {
        key: names.get(f"field.{value}", value) if key in ("field", "other") else value
        for key, value in error.params.items()
    }
    return tell(language, error.code, **params)
