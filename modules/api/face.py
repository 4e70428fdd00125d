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
from modules.avatar.photo.clips import painters_of
from modules.conversation.app import App
from modules.errors import ConsentRequired, EngineUnavailable, InvalidInput, NotFound
from modules.media.audio import read_audio
from modules.media.export import write_mp4
from modules.messages import SPEECH_RATE, Persona, Portrait, Speech, TurnRequest
from modules.text.names import clean_name
from modules.tts.align import visemes_of

if TYPE_CHECKING:
    from modules.avatar.landmarks.finder import Finder
    from modules.avatar.photo.made import Draft
    from modules.avatar.photo.store import StoredFace

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
            *(self._own(each, owner) for each in own if owner),
        ]

    def _own(self, face: StoredFace, owner: str) -> dict[str, Any]:
        """Return what the list tells of a face of one's own."""
        prepared = painters_of(self._app.faces.folder(owner, face.id))
        return {
            "id": face.id, "name": face.name, "kind": kind_of(face.clip),
            "engine": face.engine, "prepared": list(prepared),
        }  # fmt: skip

    async def personas(self, user_key: str | None = None) -> list[dict[str, Any]]:
        """List ready personas: each may be given to `/chat` as it is, or changed before."""
        owner_if_any(self._app, user_key)
        return [persona_of(each).model_dump() for each in avatars.avatars()]

    async def add_avatar(
        self, file: FileData, name: str, consent: bool, user_key: str, engine: str = ""
    ) -> dict[str, Any]:
        """Keep a portrait that can speak, with the consent of who is shown: a picture, or a clip of
        a few seconds in which nobody speaks.

        Gives its id, the points that were found in its 512 x 512 crop, what would make a better
        one, and who can show it now. A frontal face of 400 pixels or more, in good light, nothing
        before the mouth. With the name of an engine (`/engines`) it is prepared for that one.
        """
        path = self._app.files.uploaded(path_of(file), "file")
        try:
            owner = owner_of(self._app, user_key)
            if consent is not True:
                raise ConsentRequired("face")
            called = clean_name(checked(name, "name"))
            wanted = named(engine, "engine")
            draft = await to_thread.run_sync(lambda: draft_of(path, self._app.finder))
        finally:
            self._app.files.discard(path)
        kept = await to_thread.run_sync(self._app.faces.add, owner, called, draft, True)
        if wanted:
            await self._choose(owner, kept.id, wanted)
        portrait = await to_thread.run_sync(self._app.faces.get, owner, kept.id)
        return {
            "id": kept.id,
            "name": kept.name,
            "kind": kind_of(kept.clip),
            "points": {point: list(place) for point, place in kept.points.items()},
            "advice": list(draft.advice),
            "engines": list(avatars.serving(self._app.default_engines()["avatar"], portrait)),
        }

    async def _choose(self, owner: str, face: str, engine: str) -> None:
        """Let an engine show a face from now on, prepared for it where it has to be."""
        if engine in avatars.PAINTERS:
            await self._app.preparing.prepare_quietly(owner, face, engine)
        elif engine not in self._app.residency.resident("avatar"):
            remedy = ", ".join(self._app.residency.resident("avatar"))
            raise EngineUnavailable("unknown_engine", stage="avatar", remedy=remedy)
        await to_thread.run_sync(lambda: self._app.faces.change(owner, face, engine=engine))

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
            portrait = await self._portrait(face, owner, named(engine, "engine"))
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

    async def _portrait(self, face: str, owner: str | None, engine: str) -> Portrait | None:
        """Return an owner's portrait, prepared for the engine that is asked for."""
        if not face or face in {each.id for each in avatars.avatars()}:
            return None
        if owner is None:
            raise NotFound("avatar", id=face[:64])
        portrait = await to_thread.run_sync(self._app.faces.get, owner, face)
        if engine in self._app.preparing.missing(portrait):
            await self._app.preparing.prepare_quietly(owner, face, engine)
            portrait = await to_thread.run_sync(self._app.faces.get, owner, face)
        return portrait

    def _engines(self, wanted: str, portrait: Portrait | None) -> tuple[str, ...]:
        resident = avatars.serving(
            self._app.default_engines()["avatar"], portrait, films=wanted in avatars.FILMERS
        )
        if wanted and wanted not in resident:
            raise EngineUnavailable("unknown_engine", stage="avatar", remedy=", ".join(resident))
        return (wanted, *(name for name in resident if name != wanted)) if wanted else resident


def kind_of(clip: bool) -> str:
    """Return what a face of one's own was made from."""
    return "clip" if clip else "photo"


def draft_of(path: Path, finder: Finder) -> Draft:
    """Return the portrait in a picture file, or in a clip.

    Raises `InvalidInput` as `draft_portrait` and `draft_clip` do.
    """
    from modules.avatar.photo.filmed import draft_clip, is_clip
    from modules.avatar.photo.made import draft_portrait
    from modules.avatar.photo.reading import MAX_BYTES

    if is_clip(path):
        return draft_clip(path, finder)
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
