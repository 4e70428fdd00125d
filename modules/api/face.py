"""`/avatars`, `/personas`, `/animate`, `/add_avatar`: faces, who wears them, and how they speak."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from gradio.data_classes import FileData

from modules import avatar as avatars
from modules import tts
from modules.api.callers import owner_if_any, owner_of
from modules.api.language import checked, named
from modules.api.turn import file_data, path_of
from modules.conversation.app import App
from modules.errors import ConsentRequired, EngineUnavailable, InvalidInput, NotFound
from modules.media.audio import read_audio
from modules.media.export import write_mp4
from modules.messages import SPEECH_RATE, Persona, Portrait, Speech, TurnRequest
from modules.text.names import clean_name
from modules.tts.align import visemes_of

if TYPE_CHECKING:
    from modules.avatar.photo.made import Draft

LONGEST_SHOWN_S = 300.0


class FaceEndpoints:
    """The endpoints of one app."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def avatars(self, user_key: str | None = None) -> list[dict[str, Any]]:
        """List the faces that a persona may name: the drawn ones, and your own portraits."""
        owner = owner_if_any(self._app, user_key)
        own = await to_thread.run_sync(self._app.faces.list, owner) if owner else []
        return [
            *({"kind": "drawn", **asdict(each)} for each in avatars.avatars()),
            *({"id": each.id, "name": each.name, "kind": "photo"} for each in own),
        ]

    async def personas(self, user_key: str | None = None) -> list[dict[str, Any]]:
        """List ready personas: each may be given to `/chat` as it is, or changed before."""
        owner_if_any(self._app, user_key)
        return [persona_of(each).model_dump() for each in avatars.avatars()]

    async def add_avatar(
        self, file: FileData, name: str, consent: bool, user_key: str
    ) -> dict[str, Any]:
        """Keep a portrait that can speak, with the consent of who is shown.

        Gives its id, the points that were found in its 512 x 512 crop, and what would make a better
        picture. A frontal face of 400 pixels or more, in good light, nothing before the mouth.
        """
        path = self._app.files.uploaded(path_of(file), "file")
        try:
            owner = owner_of(self._app, user_key)
            if consent is not True:
                raise ConsentRequired("face")
            called = clean_name(checked(name, "name"))
            draft = await to_thread.run_sync(lambda: draft_of(path))
        finally:
            self._app.files.discard(path)
        kept = await to_thread.run_sync(self._app.faces.add, owner, called, draft, True)
        return {
            "id": kept.id,
            "name": kept.name,
            "kind": "photo",
            "points": {point: list(place) for point, place in kept.points.items()},
            "advice": list(draft.advice),
        }

    async def animate(
        self,
        audio: FileData,
        avatar: str = "",
        engine: str = "",
        text: str | None = None,
        user_key: str | None = None,
    ) -> FileData:
        """Show a recorded voice with a face; knowing the text makes its lips exact.

        A portrait of your own needs your key.
        """
        path = self._app.files.uploaded(path_of(audio), "audio")
        try:
            owner = owner_if_any(self._app, user_key)
            face = named(avatar, "avatar")
            portrait = await self._portrait(face, owner)
            names = self._engines(named(engine, "engine"), portrait)
            said = checked(text) if text is not None else None
            speech = await to_thread.run_sync(self._speech, path, said)
        finally:
            self._app.files.discard(path)
        request = TurnRequest(
            0, "", persona=Persona(avatar=face), engines={"avatar": names}, portrait=portrait,
            live=False,
        )  # fmt: skip
        chunks = await self._app.show(request, speech)
        out = self._app.files.new(owner or "speech", "animation.mp4")
        await to_thread.run_sync(write_mp4, chunks, out)
        return file_data(out)

    def _speech(self, path: Any, text: str | None) -> Speech:
        samples = read_audio(path, rate=SPEECH_RATE, max_seconds=LONGEST_SHOWN_S)
        read = tts.normalize(text) if text else None
        return Speech(0, 0, samples, visemes_of(samples, SPEECH_RATE, read), last=True)

    async def _portrait(self, face: str, owner: str | None) -> Portrait | None:
        if not face or face in {each.id for each in avatars.avatars()}:
            return None
        if owner is None:
            raise NotFound("avatar", id=face[:64])
        return await to_thread.run_sync(self._app.faces.get, owner, face)

    def _engines(self, wanted: str, portrait: Portrait | None) -> tuple[str, ...]:
        resident = avatars.serving(self._app.default_engines()["avatar"], portrait)
        if wanted and wanted not in resident:
            raise EngineUnavailable("unknown_engine", stage="avatar", remedy=", ".join(resident))
        return (wanted, *(name for name in resident if name != wanted)) if wanted else resident


def draft_of(path: Path) -> Draft:
    """Return the portrait in a picture file. Raises `InvalidInput` as `draft_portrait` does."""
    from modules.avatar.photo.made import draft_portrait
    from modules.avatar.photo.reading import MAX_BYTES

    if path.stat().st_size > MAX_BYTES:
        raise InvalidInput("image_bytes", field="file", limit=MAX_BYTES >> 20)
    return draft_portrait(path.read_bytes())


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
