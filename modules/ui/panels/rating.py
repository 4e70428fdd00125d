"""Two buttons on every answer, good or bad; and where it was bad, the question why."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import gradio as gr
from anyio import to_thread

from modules.conversation.ratings import LONGEST_COMMENT, REASONS, rating_of
from modules.conversation.session import Session
from modules.conversation.talk import Exchange
from modules.errors import InvalidInput, NotFound
from modules.text.catalogue import tell
from modules.ui.labels import first
from modules.ui.panels import Bench

_SCRIPT = Path(__file__).parent / "rating.js"
_TEXTS = ("group", "good", "bad")


class RatingPanel:
    """The buttons are put beside the answers by `rating.js`, which gets its texts from here."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        self._buttons = gr.HTML(
            html_template="<span hidden></span>",
            js_on_load=_SCRIPT.read_text("utf-8"),
            apply_default_css=False,
            elem_id="guong-ratings",
            padding=False,
        )
        self._rated = gr.State(0)
        with gr.Column(visible=False, elem_id="guong-why") as self._why:
            self._reasons = labels(
                gr.CheckboxGroup(**first(label="rating.why", choices=_reasons)),
                label="rating.why", choices=_reasons,
            )  # fmt: skip
            self._comment = labels(
                gr.Textbox(
                    lines=1, max_lines=4, max_length=LONGEST_COMMENT,
                    **first(label="rating.comment"),
                ),
                label="rating.comment",
            )  # fmt: skip
            with gr.Row():
                self._send = labels(
                    gr.Button(variant="primary", size="sm", **first(value="rating.send")),
                    value="rating.send",
                )
                self._close = labels(
                    gr.Button(size="sm", **first(value="rating.close")), value="rating.close"
                )
        self.outputs: list[Any] = [self._buttons]
        self._connect()

    async def show(self, session: Session) -> list[Any]:
        """Return what each answer of the conversation was rated."""
        return [_value(session)]

    def _connect(self) -> None:
        on = self._bench.on
        shown = [*self.outputs, self._rated, self._why, self._reasons, self._comment]
        self.rated = on(self._buttons.submit, self._rate, None, shown, trigger_mode="multiple")
        """The event after which there is another number of ratings."""
        on(self._send.click, self._explain, [self._rated, self._reasons, self._comment], self._why)
        on(self._close.click, self._leave, None, self._why)

    async def _rate(self, request: gr.Request, event: gr.EventData) -> list[Any]:
        """Rate an answer; the same again takes the rating back."""
        told: dict[str, Any] = event._data or {}
        session, exchange = self._of(request, told.get("reply"))
        verdict = str(told.get("verdict", ""))
        name = _name(session)
        ratings = self._bench.app.ratings
        if exchange.verdict == verdict:
            await to_thread.run_sync(ratings.take_back, session.owner, f"{name}-{exchange.reply}")
            exchange.verdict = ""
        else:
            rating = rating_of(exchange, name, verdict)
            await to_thread.run_sync(ratings.put, session.owner, rating)
            exchange.verdict = rating.verdict
        asked = gr.update(visible=exchange.verdict == "bad")
        return [_value(session), exchange.reply, asked, gr.update(value=[]), ""]

    async def _explain(
        self, request: gr.Request, reply: int, reasons: list[str], comment: str
    ) -> Any:
        session, exchange = self._of(request, reply)
        rating = rating_of(exchange, _name(session), "bad", reasons, comment)
        await to_thread.run_sync(self._bench.app.ratings.put, session.owner, rating)
        gr.Info(tell(session.language, "rating.thanks"))
        return gr.update(visible=False)

    async def _leave(self) -> Any:
        return gr.update(visible=False)

    def _of(self, request: gr.Request, reply: object) -> tuple[Session, Exchange]:
        session = self._bench.visitors.session(request)
        if session.memory is None:  # without a key nobody could ever delete it again
            raise InvalidInput("key_needed", field="user_key")
        exchange = session.talk.of(reply) if isinstance(reply, int) else None
        if exchange is None or not exchange.answer:
            raise NotFound("rated", id=str(reply))
        return session, exchange


def _value(session: Session) -> dict[str, Any]:
    """Return the answers as they are shown, each with its reply and what it was rated."""
    known = {each.reply: each.verdict for each in session.talk.exchanges}
    answers = [line.reply for line in session.history if line.role == "assistant"]
    return {
        "answers": [[reply, known.get(reply)] for reply in answers],
        "texts": {
            "log": tell(session.language, "page.conversation"),
            **{code: tell(session.language, f"rating.{code}") for code in _TEXTS},
        },
    }


def _name(session: Session) -> str:
    """Return what names a session in its user's ratings, and tells nobody its token."""
    return sha256(session.token.encode()).hexdigest()[:12]


def _reasons(language: str) -> list[tuple[str, str]]:
    return [(tell(language, f"rating.{reason}"), reason) for reason in REASONS]
