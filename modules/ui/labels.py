"""Every text on the page that changes with the language, and how to change all of it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr

from modules.text.catalogue import DEFAULT, tell

Component = TypeVar("Component")
Choices = Callable[[str], list[Any]]


class Labels:
    """Components and the codes of their texts."""

    def __init__(self) -> None:
        self._bound: list[tuple[Any, dict[str, str | Choices]]] = []

    def __call__(self, component: Component, **codes: str | Choices) -> Component:
        """Bind properties of a component to codes, or to a function of the language."""
        self._bound.append((component, codes))
        return component

    @property
    def components(self) -> list[Any]:
        """The outputs of an event that changes the language."""
        return [component for component, _ in self._bound]

    def updates(self, language: str) -> list[Any]:
        """Return an update for each of `components`."""
        return [gr.update(**_texts(language, codes)) for _, codes in self._bound]


def first(**codes: str | Choices) -> dict[str, Any]:
    """Return the same texts in the language a page is built in."""
    return _texts(DEFAULT, codes)


def _texts(language: str, codes: dict[str, str | Choices]) -> dict[str, Any]:
    return {
        name: code(language) if callable(code) else tell(language, code)
        for name, code in codes.items()
    }
