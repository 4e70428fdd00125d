"""`/avatars`, `/personas`, `/animate`: faces, who wears them, and a sound shown by one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from anyio import to_thread
from gradio.data_classes import FileData

from modules import avatar as avatars
from modules import tts
from modules.api.callers import owner_if_any
from modules.api.language import checked, named
from modules.api.turn import file_data, path_of
from modules.conversation.app import App
from modules.conversation.speaking import show
from modules.errors import EngineUnavailable, NotFound
from modules.media.audio import read_audio
from modules.media.export import write_mp4
from modules.messages import SPEECH_RATE, Persona, Speech, TurnRequest
from modules.tts.align import visemes_of

LONGEST_SHOWN_S = 300.0


class FaceEndpoints:
    """The endpoints of one app."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def avatars(self, user_key: str | None = None) -> list[dict[str, Any]]:
        """List the faces that a persona may name."""
        owner_if_any(self._app, user_key)
        return [asdict(each) for each in avatars.avatars()]

    async def personas(self, user_key: str | None = None) -> list[dict[str, Any]]:
        """List ready personas: each may be given to `/chat` as it is, or changed before."""
        owner_if_any(self._app, user_key)
        return [persona_of(each).model_dump() for each in avatars.avatars()]

    async def animate(
        self, audio: FileData, avatar: str = "", engine: str = "", text: str | None = None
    ) -> FileData:
        """Show a recorded voice with a face; knowing the text makes its lips exact."""
        path = self._app.files.uploaded(path_of(audio), "audio")
        try:
            names = self._engines(named(engine, "engine"))
            face = named(avatar, "avatar")
            if face and face not in {each.id for each in avatars.avatars()}:
                raise NotFound("avatar", id=face)
            said = checked(text) if text is not None else None
            speech = await to_thread.run_sync(self._speech, path, said)
        finally:
            self._app.files.discard(path)
        request = TurnRequest(
            0, "", persona=Persona(avatar=face), engines={"avatar": names}, live=False
        )
        chunks = await show(request, self._app.residency, speech)
        out = self._app.files.new("speech", "animation.mp4")
        await to_thread.run_sync(write_mp4, chunks, out)
        return file_data(out)

    def _speech(self, path: Any, text: str | None) -> Speech:
        samples = read_audio(path, rate=SPEECH_RATE, max_seconds=LONGEST_SHOWN_S)
        read = tts.normalize(text) if text else None
        return Speech(0, 0, samples, visemes_of(samples, SPEECH_RATE, read), last=True)

    def _engines(self, wanted: str) -> tuple[str, ...]:
        resident = self._app.default_engines()["avatar"]
        if wanted and wanted not in resident:
            raise EngineUnavailable("unknown_engine", stage="avatar", remedy=", ".join(resident))
        return (wanted, *(name for name in resident if name != wanted)) if wanted else resident


def persona_of(face: avatars.AvatarInfo) -> Persona:
    """Return the persona that goes with a face."""
    base = tts.base_voice(Persona(gender=face.gender, age=face.age, region=face.region))
    return Persona(
        name=face.name,
        gender=face.gender,
        age=face.age,
        region=face.region,
        style=face.manner_vi,
        voice=base.id,
        avatar=face.id,
    )
