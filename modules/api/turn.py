"""`/chat`, `/listen`, `/emotion` and `/engines`: the conversation, and who serves it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import gradio as gr
from anyio import to_thread
from gradio.data_classes import FileData

from modules import persona as personas
from modules.api.callers import session_of
from modules.api.language import checked
from modules.conversation.app import App
from modules.conversation.details import Collected
from modules.conversation.session import Session
from modules.conversation.speaking import run
from modules.conversation.turn import understand
from modules.errors import InvalidInput, StorageFailed
from modules.media.audio import read_audio, write_wav
from modules.media.export import AI_MARK, write_mp4
from modules.messages import (
    LISTEN_RATE,
    SPEECH_RATE,
    Clause,
    Mood,
    Notice,
    Persona,
    Transcript,
    TurnRequest,
    Utterance,
)

LONGEST_HEARD_S = 600.0

Answer = tuple[str, dict[str, Any], FileData | None, FileData | None]


class TurnEndpoints:
    """The endpoints of one app."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def chat(
        self,
        message: str,
        persona: dict[str, Any] | None = None,
        user: dict[str, Any] | None = None,
        user_key: str | None = None,
        request: gr.Request = None,  # type: ignore[assignment]
    ) -> AsyncGenerator[Answer, None]:
        """Say something and get the answer: its text as it grows, then details, wav and mp4."""
        assistant = personas.check_persona(persona)
        speaker = personas.check_user(user, assistant)
        if not isinstance(message, str):
            raise InvalidInput("not_text", field="message")
        session = session_of(self._app, user_key, request)
        await session.configure(assistant or Persona(), speaker)
        session.given = (assistant, speaker)
        collected = Collected()
        if session.memory is None:
            collected.add(Notice(0, "no_key"))
        async with aclosing(session.turn(message, session.next_reply(), queue=True)) as messages:
            async for each in messages:
                collected.add(each)
                if isinstance(each, Clause):
                    yield collected.text, {}, None, None
        try:
            files = await to_thread.run_sync(_files, self._app, session, collected)
        except StorageFailed as error:  # the answer is there, only its files are not
            collected.add(Notice(0, error.code, dict(error.params)))
            files = None, None
        yield collected.text, collected.details(session), *files

    async def listen(
        self,
        audio: FileData,
        request: gr.Request = None,  # type: ignore[assignment]
    ) -> tuple[str, dict[str, Any]]:
        """Write down what is said in a sound file; needs a recogniser (`/engines` names it)."""
        path = self._app.files.uploaded(path_of(audio), "audio")
        try:
            session = session_of(self._app, None, request)
            samples = await to_thread.run_sync(
                lambda: read_audio(path, max_seconds=LONGEST_HEARD_S)
            )
        finally:
            self._app.files.discard(path)
        transcript = await understand(session, Utterance(session.next_reply(), samples))
        return transcript.text, {
            "seconds": round(len(samples) / LISTEN_RATE, 2),
            "words": [
                {"text": w.text, "start": w.start_s, "end": w.end_s} for w in transcript.words
            ],
            "engine": session.engines()["asr"][0],
        }

    async def emotion(self, text: str) -> dict[str, Any]:
        """Tell the feeling in a text: label, scores that sum to 1, and the engine."""
        said = Transcript(0, checked(text))
        request = TurnRequest(0, "", engines=self._app.default_engines())
        mood: Mood = (await run(request, self._app.residency, "emotion", [said]))[-1]
        return {"label": mood.label, "scores": dict(mood.scores), "engine": mood.engine}

    async def engines(self) -> list[dict[str, Any]]:
        """List every engine: what runs, what could run, and what it needs."""
        best = {s: names[:1] for s, names in self._app.default_engines().items()}
        return [
            {
                "stage": line.spec.stage,
                "engine": line.spec.name,
                "active": line.spec.name in best[line.spec.stage],
                "available": line.state == "resident" or not line.reason,
                "reason": line.reason,
                "licence": line.spec.licence,
                "megabytes": line.spec.megabytes,
            }
            for line in self._app.residency.report()
        ]


def _files(
    app: App, session: Session, collected: Collected
) -> tuple[FileData | None, FileData | None]:
    """Write an answer's sound and picture; None for what could not be made."""
    if not collected.speech or not collected.chunks:
        return None, None
    wav = app.files.new(session.owner, "answer.wav")
    write_wav(wav, collected.samples, SPEECH_RATE, comment=AI_MARK)
    mp4 = write_mp4(collected.chunks, wav.with_name("answer.mp4"))
    return file_data(wav), file_data(mp4)


def file_data(path: Path) -> FileData:
    """Return a file as Gradio hands it to a caller."""
    return FileData(path=str(path), orig_name=path.name, size=path.stat().st_size)


def path_of(file: Any) -> str:
    """Return the path that a caller sent: `gr.api` hands over a dict, or whatever they made up."""
    return str(file.get("path", "")) if isinstance(file, dict) else str(file)
