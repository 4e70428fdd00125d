"""The public API: every endpoint by name. Names, inputs and outputs are a contract."""

from __future__ import annotations

from gradio.events import api as gradio_api

from modules.api import language
from modules.api.dictionary import DictionaryEndpoints
from modules.api.edge import edge
from modules.api.face import FaceEndpoints
from modules.api.memory import MemoryEndpoints
from modules.api.speech import SpeechEndpoints
from modules.api.style import StyleEndpoints
from modules.api.turn import TurnEndpoints
from modules.conversation.app import App


def register(app: App) -> None:
    """Register all endpoints in the current `gr.Blocks`."""
    turn, speech, face, memory, style = (
        TurnEndpoints(app),
        SpeechEndpoints(app),
        FaceEndpoints(app),
        MemoryEndpoints(app),
        StyleEndpoints(app),
    )
    endpoints = {
        "chat": turn.chat,
        "listen": turn.listen,
        "emotion": turn.emotion,
        "address": language.address,
        "repair": language.repair,
        "normalize": language.normalize,
        "speak": speech.speak,
        "animate": face.animate,
        "clone_voice": speech.clone_voice,
        "add_avatar": face.add_avatar,
        "personas": face.personas,
        "voices": speech.voices,
        "avatars": face.avatars,
        "remember": memory.remember,
        "recall": memory.recall,
        "forget": memory.forget,
        "add_document": memory.add_document,
        "import": memory.import_,
        "learn_style": style.learn_style,
        "feedback": style.feedback,
        "dictionary": DictionaryEndpoints(app).dictionary,
        "new_user": memory.new_user,
        "export": memory.export,
        "delete": memory.delete,
        "engines": turn.engines,
    }
    for name, function in endpoints.items():
        gradio_api(edge()(function), api_name=name, concurrency_limit=None)
