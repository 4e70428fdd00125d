"""What a turn was made of, collected from its messages: `/chat` returns it, the page shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from modules.conversation.session import Session
from modules.emotion import smooth
from modules.messages import (
    SPEECH_RATE,
    Caption,
    Clause,
    FloatArray,
    MediaChunk,
    Message,
    Mood,
    Notice,
    Speech,
    Transcript,
    TurnEnd,
)


@dataclass
class Collected:
    """The parts of one answer, as they come."""

    heard: str = ""
    clauses: list[str] = field(default_factory=list)
    mended: int = 0
    left: int = 0
    mood: Mood | None = None
    notices: list[Notice] = field(default_factory=list)
    speech: list[Speech] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    chunks: list[MediaChunk] = field(default_factory=list)
    end: TurnEnd | None = None

    def add(self, message: Message) -> None:
        """Take in one message."""
        match message:
            case Transcript():
                self.heard = message.text
            case Clause():
                self.clauses.append(message.text.strip())
                self.mended += message.mended
                self.left += message.left
            case Mood():
                self.mood = message
            case Notice():
                self.notices.append(message)
            case Speech():
                self.speech.append(message)
            case Caption():
                self.captions.append(message)
            case MediaChunk():
                self.chunks.append(message)
            case TurnEnd():
                self.end = message

    @property
    def text(self) -> str:
        """The answer so far."""
        return " ".join(self.clauses)

    @property
    def samples(self) -> FloatArray:
        """The sound of the answer, as it is played."""
        return np.concatenate([s.samples for s in self.speech] or [np.zeros(0, np.float32)])

    def details(self, session: Session) -> dict[str, Any]:
        """Return the `details` of the API."""
        address, mood, end = session.address, self.mood, self.end
        return {
            "address": {
                "assistant_self": address.pair.assistant_self,
                "user_term": address.pair.user_term,
                "reason": address.reason,
                "changed": address.changed,
            },
            "guard": {"mended": self.mended, "left": self.left},
            "emotion": {
                "label": mood.label if mood else "Other",
                "overall": smooth(session.moods).label if session.moods else "Other",
                "scores": dict(mood.scores) if mood else {},
                "engine": mood.engine if mood else "",
                "voice": dict(mood.voice) if mood else {},
            },
            "recalled": list(session.recalled),
            "recollections": [asdict(each) for each in session.recollections],
            "engines": dict(end.engines) if end else {},
            "notices": [{"code": n.code, **n.params} for n in self.notices],
            "visemes": visemes(self.speech),
            "captions": captions(self.captions),
            "latency_ms": dict(end.latency_ms) if end else {},
            "cache_hits": end.cache_hits if end else 0,
        }


def visemes(speech: list[Speech]) -> list[dict[str, Any]]:
    """Return the mouth shapes of an answer, timed in seconds: enough for any rig to follow."""
    shapes: list[dict[str, Any]] = []
    begin = 0
    for piece in speech:
        for viseme in piece.visemes:
            time = round((begin + viseme.start) / SPEECH_RATE, 3)
            shapes.append({"time": time, "shape": viseme.shape, "weight": round(viseme.weight, 3)})
        begin += len(piece.samples)
    return shapes


def captions(given: list[Caption]) -> list[list[str | float]]:
    """Return the words of an answer as [text, start, end], in seconds of its sound."""
    return [
        [word.text, round(word.start_s, 3), round(word.end_s, 3)]
        for caption in given
        for word in caption.words
    ]
