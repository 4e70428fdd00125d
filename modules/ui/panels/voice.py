"""The voice: a base voice or one matched to a sample, its rate and pitch, and how it sounds."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import gradio as gr
from anyio import to_thread

from modules import tts
from modules.conversation.session import Session
from modules.errors import ConsentRequired, InvalidInput
from modules.media.audio import read_audio
from modules.messages import SPEECH_RATE
from modules.text.catalogue import tell
from modules.ui.labels import first
from modules.ui.panels import Bench
from modules.ui.speaking_voice import described, misfits, speaking
from modules.voice import reading_text

LONGEST_SAMPLE_S = 600.0
AUTOMATIC = ""


class VoicePanel:
    """Choice, sliders with a preview to hear and see, and the match with consent."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        labels(gr.Markdown(elem_classes="guong-why", **first(value="voice.why")), value="voice.why")
        with gr.Row():
            with gr.Column():
                self._voice = labels(
                    gr.Dropdown(
                        [AUTOMATIC],
                        value=AUTOMATIC,
                        elem_id="guong-voice",
                        **first(label="voice.voice"),
                    ),
                    label="voice.voice",
                )
                self._speaking = gr.HTML(elem_classes="guong-why", elem_id="guong-speaking")
                self._rate = labels(
                    gr.Slider(
                        0.5, 2.0, 1.0, step=0.05, elem_id="guong-rate", **first(label="voice.rate")
                    ),
                    label="voice.rate",
                )
                self._pitch = labels(
                    gr.Slider(
                        -6, 6, 0, step=0.5, elem_id="guong-pitch", **first(label="voice.pitch")
                    ),
                    label="voice.pitch",
                )
                self._listen = labels(
                    gr.Button(elem_id="guong-listen", **first(value="voice.listen")),
                    value="voice.listen",
                )
                self._forget = labels(
                    gr.Button(
                        size="sm", variant="stop", visible=False, **first(value="voice.delete")
                    ),
                    value="voice.delete",
                )
            with gr.Column():
                labels(gr.Markdown(**first(value="voice.match_intro")), value="voice.match_intro")
                gr.HTML(
                    "".join(f"<p>{line}</p>" for line in reading_text()),
                    elem_classes="guong-reading",
                )
                self._file = labels(
                    gr.Audio(
                        sources=["microphone", "upload"], type="filepath",
                        **first(label="voice.sample"),
                    ),
                    label="voice.sample",
                )  # fmt: skip
                self._name = labels(
                    gr.Textbox(max_length=60, **first(label="voice.name")), label="voice.name"
                )
                self._consent = labels(
                    gr.Checkbox(value=False, **first(label="voice.consent")), label="voice.consent"
                )
                self._match = labels(
                    gr.Button(variant="primary", **first(value="voice.match")), value="voice.match"
                )
                self._status = gr.HTML()
        self.outputs: list[Any] = [
            self._voice, self._speaking, self._rate, self._pitch, self._forget
        ]  # fmt: skip
        self._connect()

    async def show(self, session: Session) -> list[Any]:
        """Return the voices of a session and the one that speaks."""
        own = await to_thread.run_sync(self._bench.app.voices.list, session.owner)
        language = session.language
        listed = [(tell(language, "voice.automatic"), AUTOMATIC)]
        listed += [
            (f"{voice.name} · {tell(language, 'voice.match_kind')}", voice.id) for voice in own
        ]
        here = (*self._bench.app.residency.resident("tts"), tts.DRAWN)
        listed += [
            (f"{voice.name} · {described(session, voice)}", voice.id)
            for voice in tts.voices_of(here)
        ]
        return [
            gr.update(choices=listed, value=session.persona.voice),
            self._line(session),
            session.rate,
            session.pitch,
            gr.update(visible=session.voice is not None),
        ]

    def _connect(self) -> None:
        on = self._bench.on
        on(self._voice.input, self._choose, self._voice, [self._forget, self._speaking])
        for slider in (self._rate, self._pitch):
            on(slider.release, self._adjust, [self._rate, self._pitch])
        on(self._listen.click, None, js="() => guong.sample()")  # the face says it
        on(
            self._match.click,
            self._keep,
            [self._file, self._name, self._consent],
            [*self.outputs, self._file, self._consent, self._status],
            busy=True,
        )
        on(self._forget.click, self._delete, None, [*self.outputs, self._status])

    async def _choose(self, request: gr.Request, voice: str) -> Any:
        session = self._bench.visitors.session(request)
        await session.configure(session.persona.model_copy(update={"voice": voice}))
        return [gr.update(visible=session.voice is not None), self._line(session)]

    def _line(self, session: Session) -> str:
        said = [speaking(session), *misfits(session)]
        return "".join(f"<p>{html.escape(line)}</p>" for line in said if line)

    async def _adjust(self, request: gr.Request, rate: float, pitch: float) -> None:
        session = self._bench.visitors.session(request)
        session.rate, session.pitch = float(rate), float(pitch)

    async def _keep(
        self, request: gr.Request, file: str | None, name: str, consent: bool,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> list[Any]:  # fmt: skip
        session, app = self._bench.visitors.session(request), self._bench.app
        if not file:
            raise InvalidInput("empty", field="sample")
        if not consent:
            raise ConsentRequired("voice")
        progress(0.2, tell(session.language, "voice.measuring"))
        path = Path(file)
        try:
            stored = await to_thread.run_sync(self._store, path, session.owner, name)
        finally:
            app.files.discard(path)
        progress(0.8, tell(session.language, "voice.measuring"))
        await session.configure(session.persona.model_copy(update={"voice": stored.id}))
        done = tell(session.language, "voice.matched", name=stored.name, seconds=stored.seconds)
        return [*await self.show(session), None, False, done]

    def _store(self, path: Path, owner: str, name: str) -> Any:
        samples = read_audio(path, rate=SPEECH_RATE, max_seconds=LONGEST_SAMPLE_S, field="sample")
        return self._bench.app.voices.add(owner, name, samples, SPEECH_RATE, True)

    async def _delete(self, request: gr.Request) -> list[Any]:
        session, app = self._bench.visitors.session(request), self._bench.app
        if session.voice is not None:
            await to_thread.run_sync(app.voices.delete, session.owner, session.voice.id)
            app.cache.forget(session.owner)
            await session.configure(session.persona.model_copy(update={"voice": ""}))
        return [*await self.show(session), tell(session.language, "voice.deleted")]
