"""The panels beside the conversation. Each is a class: its components, and what they do."""

from __future__ import annotations

from typing import Any, Protocol

import gradio as gr

from modules.api.edge import edge
from modules.conversation.app import App
from modules.conversation.session import Session
from modules.ui.labels import Labels
from modules.ui.visitors import Visitors


class Panel(Protocol):
    """What the page needs to know of a panel."""

    outputs: list[Any]
    """Components that `show` fills."""

    async def show(self, session: Session) -> list[Any]:
        """Return the updates that make the panel show a session, one for each of `outputs`."""
        ...


class Bench:
    """What every panel is made with, and how its events are connected."""

    def __init__(self, app: App, visitors: Visitors, labels: Labels) -> None:
        self.app = app
        self.visitors = visitors
        self.labels = labels
        self.drafts: list[Any] = []
        """Boxes that may hold what a visitor has not saved yet: another language leaves them."""
        self._safe = edge(visitors.language, coded=False)
        self._nowhere = gr.State()

    def on(
        self, event: Any, function: Any, inputs: Any = None, outputs: Any = None, *,
        busy: bool = False, **options: Any,
    ) -> Any:  # fmt: skip
        """Connect an event: errors in the visitor's language, private, any number at once.

        `busy` shows Gradio's progress on the outputs.
        """
        return event(
            self._safe(function) if function else None,
            inputs,
            outputs,
            show_progress="full" if busy else "hidden",
            # Gradio's page copies all properties of every component that has ever shown progress,
            # hidden or not, at each step of any event: 100 ms of a turn, if they were the outputs.
            show_progress_on=None if busy else self._nowhere,
            api_visibility="private",
            concurrency_limit=None,
            **options,
        )
