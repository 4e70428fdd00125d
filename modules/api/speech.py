"""`/speak`, `/voices`, `/clone_voice`: voices, and a text said in one."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from gradio.data_classes import FileData

from modules import tts
from modules.api.callers import owner_if_any, owner_of
from modules.api.language import checked, checked_region, named
from modules.api.turn import file_data, path_of
from modules.conversation.app import App
from modules.errors import ConsentRequired, InvalidInput, NotFound
from modules.media.audio import read_audio, write_wav
from modules.media.export import AI_MARK
from modules.messages import EMOTIONS, SPEECH_RATE, EmotionLabel, Persona, TurnRequest

LONGEST_SPOKEN = 4_000
LONGEST_SAMPLE_S = 600.0


class SpeechEndpoints:
    """The endpoints of one app."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def speak(
        self,
        text: str,
        voice: str = "",
        emotion: str = "Other",
        region: str | None = None,
        user_key: str | None = None,
    ) -> FileData:
        """Say a text in a voice of `/voices`, with a feeling; one of your own needs your key."""
        said = checked(text, limit=LONGEST_SPOKEN)
        if not said:
            raise InvalidInput("empty", field="text")
        owner = owner_if_any(self._app, user_key) or ""
        request = await self._request(said, named(voice, "voice"), _feeling(emotion), region, owner)
        speech = await self._app.say(request)
        path = self._app.files.new(owner or "speech", "speech.wav")
        await to_thread.run_sync(
            lambda: write_wav(path, speech.samples, SPEECH_RATE, comment=AI_MARK)
        )
        return file_data(path)

    async def voices(self, user_key: str | None = None) -> list[dict[str, Any]]:
        """List the voices that a persona may name: the base voices, and your own matches."""
        listed: list[dict[str, Any]] = [
            {
                "id": voice.id,
                "name": voice.name,
                "kind": "base",
                "gender": voice.gender,
                "region": voice.region,
                "engine": voice.engine,
                "licence": voice.licence,
            }
            for voice in tts.voices_of((*self._app.residency.resident("tts"), tts.DRAWN))
        ]
        owner = owner_if_any(self._app, user_key)
        if owner:
            own = await to_thread.run_sync(self._app.voices.list, owner)
            listed += [
                {"id": each.id, "name": each.name, "kind": "match", "seconds": each.seconds}
                for each in own
            ]
        return listed

    async def clone_voice(
        self, file: FileData, name: str, consent: bool, user_key: str
    ) -> dict[str, Any]:
        """Match a voice to 5 s or more of speech, with the speaker's consent.

        It takes over register, range, vocal-tract length and tilt: a match, not an identity.
        """
        path = self._app.files.uploaded(path_of(file), "file")
        try:
            owner = owner_of(self._app, user_key)
            if consent is not True:
                raise ConsentRequired("voice")
            stored = await to_thread.run_sync(self._store, path, owner, checked(name, "name"))
        finally:
            self._app.files.discard(path)
        return {"id": stored.id, "name": stored.name, "kind": "match", "seconds": stored.seconds}

    def _store(self, path: Any, owner: str, name: str) -> Any:
        samples = read_audio(path, rate=SPEECH_RATE, max_seconds=LONGEST_SAMPLE_S, field="file")
        try:
            return self._app.voices.add(owner, name, samples, SPEECH_RATE, True)
        except InvalidInput as error:
            if error.params["field"] == "sample":  # here it is called so
                error.params["field"] = "file"
            raise

    async def _request(
        self, text: str, voice: str, emotion: EmotionLabel, region: str | None, owner: str
    ) -> TurnRequest:
        base = tts.find_voice(voice)
        if region is not None:
            spoken_in = checked_region(region)
        else:
            spoken_in = (base.region if base else None) or "north"
        persona = Persona(voice=base.id if base else "", region=spoken_in)
        able = self._app.default_engines()
        engines = {**able, "tts": tts.serving(able["tts"], persona)}
        profile = base_profile = None
        if voice and base is None:
            if not owner:
                raise NotFound("voice", id=voice)
            profile = await to_thread.run_sync(self._app.voices.get, owner, voice)
            base_profile = await self._app.base_voices.of(persona, engines["tts"])
        return TurnRequest(
            0,
            text,
            owner=owner,
            persona=persona,
            expression=emotion,
            engines=engines,
            voice=profile,
            base_voice=base_profile,
            live=False,
        )


def _feeling(name: str) -> EmotionLabel:
    for label in EMOTIONS:
        if name == label:
            return label
    raise InvalidInput("not_one_of", field="emotion", choices=", ".join(EMOTIONS))
