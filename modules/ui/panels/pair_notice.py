"""One line under the conversation when a turn changed the pair: why, and the way back."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr

from modules import persona
from modules.conversation.session import Session
from modules.messages import Pair
from modules.text.catalogue import tell
from modules.ui.labels import first
from modules.ui.panels import Bench

_SHOWN = 1
"""Signs that are named, the strongest first."""
_CALLED = frozenset({"vocative", "greeting", "standalone", "final", "closing", "ask_favour"})


class PairNotice:
    """Says which pair is used from now on and why; one click takes the change back."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        with gr.Row(visible=False, elem_id="guong-pair-notice") as self._row:
            self._line = gr.HTML(elem_classes="guong-pair-line")
            self._undo = bench.labels(
                gr.Button(size="sm", scale=0, min_width=120, **first(value="persona.undo_short")),
                value="persona.undo_short",
            )
        self.outputs: list[Any] = [self._row, self._line]
        self.undone = bench.on(self._undo.click, self._take_back, None, self.outputs)
        """The event after which the pair is another one."""

    async def show(self, session: Session) -> list[Any]:
        """Return the line of the last turn, hidden where it changed nothing."""
        state = session.address
        changed = state.changed and state.previous is not None and state.reason != "given"
        return [gr.update(visible=changed), notice(session) if changed else ""]

    async def _take_back(self, request: gr.Request) -> list[Any]:
        session = self._bench.visitors.session(request)
        session.address = persona.undo(session.address)
        return await self.show(session)


def notice(session: Session) -> str:
    """Return the line as HTML: the pair, the one before, and what showed it."""
    state, language = session.address, session.language
    return tell(
        language,
        "persona.pair_changed",
        pair=f"<b>{_spelled(state.pair)}</b>",
        before=_spelled(state.previous or state.pair),
        why=explained(session) or tell(language, f"pair.{state.reason}"),
    )


def explained(session: Session) -> str:
    """Return what showed the pair in use, in the visitor's words, as HTML; "" where nothing did."""
    said = [
        tell(session.language, f"evidence.{_kind(rule)}", words=html.escape(words))
        for rule, words in session.address.shown_by[:_SHOWN]
        if words
    ]
    return ", ".join(said)


def _kind(rule: str) -> str:
    return "wish" if rule == "wish" else "called" if rule in _CALLED else "heard"


def _spelled(pair: Pair) -> str:
    return f"{pair.assistant_self} / {pair.user_term}"
