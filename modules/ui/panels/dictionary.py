"""The visitor's own words: what is always and never said, how names are read, and a try of it."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr
from anyio import to_thread

from modules import persona
from modules.conversation.session import Session
from modules.errors import InvalidInput
from modules.messages import Dictionary
from modules.text import clean
from modules.text.catalogue import tell
from modules.tts import normalize
from modules.ui.labels import first
from modules.ui.panels import Bench

_KINDS = ("always", "never", "say")
_ARROWS = ("→", "->", "=>", "=", "\t")
"""What may stand between a word and what is said for it: the first that is found."""
_LONGEST_BOX = 20_000
_LONGEST_TRY = 300


class DictionaryPanel:
    """Three boxes of words, an entry a line, and a sentence to try them on."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        labels(
            gr.Markdown(elem_classes="guong-why", **first(value="dictionary.intro")),
            value="dictionary.intro",
        )
        with gr.Row():
            self._boxes = [self._box(kind) for kind in _KINDS]
        bench.drafts += self._boxes
        self._save = labels(
            gr.Button(
                variant="primary", elem_id="guong-words-save", **first(value="dictionary.save")
            ),
            value="dictionary.save",
        )
        self._status = gr.Markdown(elem_id="guong-words-status", visible=False)
        with gr.Row():
            self._sentence = labels(
                gr.Textbox(
                    scale=4, max_length=_LONGEST_TRY, elem_id="guong-words-try",
                    **first(label="dictionary.try_label", placeholder="dictionary.try_placeholder"),
                ),
                label="dictionary.try_label",
                placeholder="dictionary.try_placeholder",
            )  # fmt: skip
            self._try = labels(
                gr.Button(scale=1, **first(value="dictionary.try")), value="dictionary.try"
            )
        self._tried = gr.HTML(
            visible=False, elem_id="guong-words-tried", elem_classes="guong-reading"
        )
        self.outputs: list[Any] = [*self._boxes, self._status, self._tried]
        self._connect()

    async def show(self, session: Session) -> list[Any]:
        """Return the words that are kept of a visitor, one entry a line."""
        kept = await self._kept(session)
        return [*_written(kept), gr.update(visible=False), gr.update(visible=False)]

    def _box(self, kind: str) -> Any:
        codes = {name: f"dictionary.{kind}{ending}" for name, ending in _TEXTS}
        return self._bench.labels(
            gr.Textbox(
                lines=6, max_lines=12, max_length=_LONGEST_BOX, min_width=260,
                elem_id=f"guong-words-{kind}", **first(**codes),
            ),
            **codes,
        )  # fmt: skip

    def _connect(self) -> None:
        on = self._bench.on
        on(self._save.click, self._keep, self._boxes, [*self._boxes, self._status])
        for event in (self._try.click, self._sentence.submit):
            on(event, self._attempt, [self._sentence, *self._boxes], self._tried)

    async def _keep(self, request: gr.Request, *boxes: str) -> list[Any]:
        session = self._bench.visitors.session(request)
        if session.keeper is None:
            raise InvalidInput("key_needed", field="user_key")
        words = _read(boxes, session.language)
        await to_thread.run_sync(self._bench.app.dictionaries.keep, session.keeper, words)
        count = len(words.always) + len(words.never) + len(words.say)
        told = tell(session.language, "dictionary.saved", count=count)
        return [*_written(words), gr.update(value=told, visible=True)]

    async def _attempt(self, request: gr.Request, said: str, *boxes: str) -> Any:
        """Show a sentence as it would be written and read with the words as they stand."""
        session = self._bench.visitors.session(request)
        words, text = _read(boxes, session.language), clean(said)
        if not text:
            raise InvalidInput("empty", field=tell(session.language, "dictionary.try_label"))
        who = session.persona
        guard = persona.Guard(session.address.pair, who.region, who.tone, words)
        shown = "".join([*guard.push(text), *guard.finish()])
        spoken = normalize(shown, who.region, dict(words.say))
        rows = (("dictionary.shown", shown), ("dictionary.read", spoken))
        value = "".join(
            f"<p>{escape(tell(session.language, code))} <strong>{escape(part)}</strong></p>"
            for code, part in rows
        )
        return gr.update(value=value, visible=True)

    async def _kept(self, session: Session) -> Dictionary:
        if session.keeper is None:
            return persona.NO_WORDS
        return await to_thread.run_sync(self._bench.app.dictionaries.of, session.keeper)


_TEXTS = (("label", ""), ("info", "_info"), ("placeholder", "_example"))
"""The texts of a box, and the endings of their codes."""


def _written(words: Dictionary) -> list[str]:
    """Return the texts of the three boxes."""
    pairs = (
        "\n".join(f"{w} = {s}" if s else w for w, s in kind) for kind in (words.never, words.say)
    )
    return ["\n".join(words.always), *pairs]


def _read(boxes: tuple[str, ...], language: str) -> Dictionary:
    """Return the words of the three boxes. Raises `InvalidInput` that names the box."""
    always, never, say = (
        [line for line in map(str.strip, box.splitlines()) if line] for box in boxes
    )
    value = {"always": always, "never": _pairs(never), "say": _pairs(say)}
    try:
        return persona.check_dictionary(value)
    except InvalidInput as error:
        _, kind, *entry = str(error.params["field"]).split(".", 2)
        box = tell(language, f"dictionary.{kind}")
        named = ": ".join([box, *entry])
        params = {key: each for key, each in error.params.items() if key != "field"}
        raise InvalidInput(error.reason, field=named, **params) from None


def _pairs(lines: list[str]) -> dict[str, str]:
    return dict(map(_pair, lines))


def _pair(line: str) -> tuple[str, str]:
    for arrow in _ARROWS:
        word, found, said = line.partition(arrow)
        if found:
            return word.strip(), said.strip()
    return line, ""
