"""Every message of a turn, in the order they flow, and what crosses the socket to the browser.

Messages are frozen and picklable: the back of a turn may run in another process (`zerogpu.py`).
Arrays are made read-only when a message is built; text is NFC. Every message says which reply it
belongs to; from the guard on also which clause.

    microphone -> Utterance -> Transcript -> Mood -> TurnRequest
    TurnRequest -> TextDelta -> Clause -> Speech -> Frames -> Caption, MediaChunk, then one TurnEnd
    any stage  -> Notice

The socket (`conversation/socket.py`, `ui/socket.js`)
----------------------------------------------
JSON, page to server: `{type: hello, token, reply, have}` first, then `halt {upto}`,
`microphone {open}`, `talk {held}` (push-to-talk), `playing {reply}`, `played {reply}`.
JSON, server to page: `{type: ready}`, `speech` (the user has begun to talk),
`partial {firm, light}` (what is understood of it so far, and what of that may still change),
`utterance {id}`,
`end {reply}`, `halted {reply}`, `refused {code}`, `caption {reply, clause, words}`, where `words`
are `[text, start_ms, end_ms]` in the reply's own time (that of the video element). A caption comes
before the media that its words begin in, some words of a clause at a time and each word once; after
a lost connection the last of them may come again.
Binary, page to server: 512 samples of 16 kHz signed 16-bit little-endian mono sound.
Binary, server to page: `CHUNK_HEADER` (reply u32, sequence u32, start in milliseconds u32,
track u8, init u8; little-endian), then the fragment of MP4.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]

LISTEN_RATE = 16_000
"""Samples per second of everything that is heard (Whisper and Silero both take 16 kHz)."""
SPEECH_RATE = 22_050
"""Samples per second of everything that is spoken."""
FPS = 25
FRAME_SAMPLES = SPEECH_RATE // FPS
"""882 samples of speech belong to one frame, without a remainder."""
FRAME_SIZE = 512

Gender = Literal["male", "female", "other"]
Region = Literal["north", "central", "south"]
Tone = Literal["formal", "casual", "friendly"]
EmotionLabel = Literal["Enjoyment", "Sadness", "Anger", "Fear", "Disgust", "Surprise", "Other"]
EMOTIONS: tuple[EmotionLabel, ...] = (
    "Enjoyment", "Sadness", "Anger", "Fear", "Disgust", "Surprise", "Other",
)  # fmt: skip
"""The labels of UIT-VSMEC (Ho et al. 2020), in the order of its paper."""

VisemeShape = Literal[
    "rest",  # silence: lips together, relaxed
    "closed",  # m, b, p; final -m, -p; final -ng, -c behind o, ô, u
    "lip_teeth",  # ph, v
    "open",  # a, ă
    "mid",  # ơ, â
    "spread_open",  # e
    "spread_mid",  # ê
    "spread",  # i, y
    "unrounded",  # ư: as spread as i, but further back
    "round_open",  # o
    "round_mid",  # ô
    "round",  # u, and the glide w
    "sibilant",  # s, x, ch, tr
    "tongue",  # t, th, đ, n, l
    "palatal",  # d, gi, r, nh
    "velar",  # k, c, kh, g, ng, h: shaped by the vowel that follows
]


class Persona(BaseModel):
    """Who the assistant is. `self_term` and `user_term` are its "I" and "you" where fixed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(max_length=60)] = ""
    gender: Gender = "female"
    age: Annotated[int | None, Field(ge=1, le=120)] = None
    region: Region = "north"
    tone: Tone = "friendly"
    style: Annotated[str, Field(max_length=500)] = ""
    voice: Annotated[str, Field(max_length=80)] = ""
    avatar: Annotated[str, Field(max_length=80)] = ""
    self_term: Annotated[str | None, Field(max_length=20)] = None
    user_term: Annotated[str | None, Field(max_length=20)] = None


class User(BaseModel):
    """Who speaks to the assistant. `self_term` is the user's "I", `addressee` their "you"."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(max_length=60)] = ""
    gender: Gender | None = None
    age: Annotated[int | None, Field(ge=1, le=120)] = None
    region: Region | None = None
    self_term: Annotated[str | None, Field(max_length=20)] = None
    addressee: Annotated[str | None, Field(max_length=20)] = None


@dataclass(frozen=True, slots=True)
class Pair:
    """The address terms in use: what the assistant calls itself, and what it calls the user."""

    assistant_self: str = "mình"
    user_term: str = "bạn"


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A user's own words: what the assistant says, what it does not, and how names are read."""

    always: tuple[str, ...] = ()
    """Words to be used where they fit; they are never exchanged for others."""
    never: tuple[tuple[str, str], ...] = ()
    """A word, and what is said in its place ("": it is only told to a language model)."""
    say: tuple[tuple[str, str], ...] = ()
    """A name or a local place as it is written, and how it is read aloud."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the conversation so far."""

    role: Literal["user", "assistant"]
    text: str
    reply: int = field(default=0, compare=False)
    """The turn it belongs to, where that is known: what is rated on the page is found by it."""


@dataclass(frozen=True, slots=True, eq=False)
class VoiceProfile:
    """What a matched voice is made of, measured from a sample of it (`voice/profile.py`).

    `f0_hz` is the median pitch, `f0_spread` the standard deviation of ln(F0), `envelope_db` the
    long-term average spectral envelope on `envelope_hz`. The length of the vocal tract relative to
    a base voice follows from the two envelopes (`voice/mapping.py`).
    """

    id: str
    name: str
    f0_hz: float
    f0_spread: float
    envelope_hz: FloatArray
    envelope_db: FloatArray
    sample: str = ""
    """Path of the prepared sample (FLAC), for an engine that listens to it itself; empty where only
    the measures are known."""

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        _freeze(self.envelope_hz, self.envelope_db)


FACE_POINTS: tuple[str, ...] = (
    "left_eye_outer", "left_eye_top", "left_eye_inner", "left_eye_bottom", "left_iris",
    "right_eye_inner", "right_eye_top", "right_eye_outer", "right_eye_bottom", "right_iris",
    "left_brow_outer", "left_brow_middle", "left_brow_inner",
    "right_brow_inner", "right_brow_middle", "right_brow_outer",
    "nose_base",
    "mouth_left", "mouth_right", "upper_lip_outer", "upper_lip_inner", "lower_lip_inner",
    "lower_lip_outer",
    "jaw_left", "jaw_right", "chin",
)  # fmt: skip
"""What is marked in a portrait; left and right are those of the picture."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Portrait:
    """A photographed face that speaks: somebody's picture, kept with consent (`avatar/photo`).

    `rgb` is uint8 [512, 512, 3], head and shoulders with level eyes; `points` float32
    [len(FACE_POINTS), 2] holds x and y of each point in pixels of `rgb`.
    """

    id: str
    name: str
    rgb: ByteArray
    points: FloatArray
    folder: str = ""
    """Path of where the face is kept: what engines made of it lies there; empty where only the
    picture is known."""
    clip: bool = False
    """Whether the face was filmed: then it moves as the clip does."""
    prepared: tuple[str, ...] = ()
    """The painters (`avatar/neural`) that can show it."""
    engine: str = ""
    """Who is to show it, where its owner chose one."""

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        _freeze(self.rgb, self.points)

    @property
    def marks(self) -> dict[str, tuple[float, float]]:
        """The points by name."""
        return {n: (float(x), float(y)) for n, (x, y) in zip(FACE_POINTS, self.points, strict=True)}


@dataclass(frozen=True, slots=True)
class Habit:
    """What somebody likes to write, in what share of their messages, and what it does there."""

    text: str
    share: float
    act: str = ""


@dataclass(frozen=True, slots=True)
class Spelled:
    """A word as somebody writes it, and beside which words it is another one (`persona/style/`)."""

    standard: str
    written: str
    share: float
    not_before: frozenset[str] = frozenset()
    not_after: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Manner:
    """What of the user's way of writing an answer takes over (`persona/style/manner.py`).

    Terms of address are no part of it: the pair decides them.
    """

    openers: tuple[Habit, ...] = ()
    opener_marks: tuple[Habit, ...] = ()
    """What stands behind an opener: a comma, a full stop, or nothing."""
    closers: tuple[Habit, ...] = ()
    question_closers: tuple[Habit, ...] = ()
    laughs: tuple[Habit, ...] = ()
    laughs_first: float = 0.0
    """Of the laughs, how many open a message."""
    emoji: tuple[Habit, ...] = ()
    spelling: tuple[Spelled, ...] = ()
    endings: tuple[Habit, ...] = ()
    """Marks at the end of what asks nothing; the rest of their share is no mark."""
    question_marks: tuple[Habit, ...] = ()
    lower_case: float = 0.0
    stretched: float = 0.0
    sentence_words: float = 0.0
    """Words of a sentence on average; 0 where nothing is known."""
    message_words: float = 0.0
    bare_questions: float = 0.0
    """Of the questions that a question word closes, how many have no question mark."""
    subjects: float = 1.0
    """Of the sentences, how many begin with a term of address ("mình nghe đây")."""
    commas: float = 1.0
    """A message."""
    region: Region | None = None
    strength: float = 1.0
    """0: as often as in the user's own messages; 1: so that every answer shows it."""
    replacements: tuple[tuple[str, str], ...] = ()
    """What was said, and what is to be said in its place."""
    taboo: tuple[str, ...] = ()


# --- microphone -> asr -> emotion ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """What the user said: mono float32 in [-1, 1] at `LISTEN_RATE`.

    `open` says that it is still being said: what is understood so far is only shown.
    """

    reply: int
    samples: FloatArray
    open: bool = False

    def __post_init__(self) -> None:
        """Freeze the samples."""
        _freeze(self.samples)


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word and when it was said, in seconds from the start of the utterance."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was understood. A partial result has `final=False`; a later one replaces it."""

    reply: int
    text: str
    words: tuple[Word, ...] = ()
    final: bool = True


@dataclass(frozen=True, slots=True)
class Mood:
    """How the user seems to feel: the likeliest label, a probability for each, and who says so."""

    reply: int
    label: EmotionLabel = "Other"
    scores: dict[EmotionLabel, float] = field(default_factory=dict)
    engine: str = ""
    voice: dict[str, float] = field(default_factory=dict)
    """How it was said, against how the user usually speaks (`emotion/voice.py`); empty where that
    is not known. The scores already hold its hint."""


# --- front -> back ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recollection:
    """What memory found for a turn, and where it is from."""

    text: str
    """What the user said, a passage of a document, or the caption of a picture."""
    kind: Literal["said", "document", "picture"] = "said"
    id: str = ""
    """Of the memory, the document or the picture; "" for what was said in this conversation."""
    said_at: str = ""
    """When it was told or kept: ISO 8601 with the user's offset from UTC."""
    when: str = ""
    """The same day as one says it in Vietnamese: "hôm qua"."""
    name: str = ""
    """Of the document; of a picture its caption."""
    page: int = 0
    """0 where it is not known."""
    quote: str = ""
    """The sentence of a passage that fits the question best."""


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """Everything the back of a turn needs: made once by the front, and nothing else crosses.

    `engines` names, per stage, who may serve, best first; all of them are resident. `live` says
    that the answer is played while it is made (files and the API are not): then a pause in the
    making is bridged by a listening face and silence.
    """

    reply: int
    text: str
    owner: str = ""
    """Whose turn it is, as an opaque id: caches keep users apart by it."""
    history: tuple[Line, ...] = ()
    persona: Persona = field(default_factory=Persona)
    user: User = field(default_factory=User)
    pair: Pair = field(default_factory=Pair)
    mood: Mood = field(default_factory=lambda: Mood(0))
    """How the user seems to feel in this utterance."""
    overall: Mood = field(default_factory=lambda: Mood(0))
    """How the user seems to feel over the last turns (`emotion.smooth`)."""
    expression: EmotionLabel = "Other"
    """The feeling that the reply is spoken and shown with: sadness is not answered with joy."""
    instructions: str = ""
    """System prompt for a language model: who it is, in which pair and tone it speaks."""
    recalled: tuple[str, ...] = ()
    """What the user once told that has to do with this turn, in their own words."""
    recollections: tuple[Recollection, ...] = ()
    """The same with its dates, and what was found in documents and pictures."""
    asked_when: str = ""
    """The time of which the user asks what they told then, as they say it: "hôm trước"."""
    answer: str = ""
    """What is answered, as it stands; empty leaves it to a language model."""
    manner: Manner | None = None
    """How the user writes, where the answer is to sound like them."""
    dictionary: Dictionary = Dictionary()
    """The user's own words: kept by the guard, read by the tts as they say."""
    engines: dict[str, tuple[str, ...]] = field(default_factory=dict)
    voice: VoiceProfile | None = None
    """The voice to match; None keeps the base voice."""
    base_voice: VoiceProfile | None = None
    """The base voice that the tts speaks with, measured once at neutral prosody and no pitch."""
    portrait: Portrait | None = None
    """The photographed face that speaks; None leaves it to a drawn persona."""
    rate: float = 1.0
    """Speaking rate chosen by the user, 0.5 to 2."""
    pitch: float = 0.0
    """Semitones above the base voice chosen by the user, -6 to 6."""
    live: bool = True
    heard_as: str = ""
    """The text with the likeliest marks where it was typed without any, a guess; else empty."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the assistant says unasked: a greeting, or, not `kept`, a sample of how it sounds."""

    text: str
    kept: bool = True


# --- the back -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next few characters of the language model's answer."""

    reply: int
    text: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the answer that is spoken in one go; `spoken` is `text` as it is read aloud."""

    reply: int
    clause: int
    text: str
    spoken: str
    last: bool = False
    mended: int = 0
    """Clauses that the guard changed since the last one, this one included."""
    left: int = 0
    """Words that it held for wrong and could not mend with safety, counted likewise."""


@dataclass(frozen=True, slots=True)
class Viseme:
    """A mouth shape from `start` to `end`, in samples of the speech it travels on."""

    start: int
    end: int
    shape: VisemeShape
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word from `start` to `end`, in samples of the speech it travels on.

    It travels with the piece in which it begins, and whole: its end may lie beyond that piece.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """Sound to be played: mono float32 in [-1, 1] at `rate`, which is `SPEECH_RATE` past the tts.

    A clause may come in several pieces; `last` marks the last piece of the last clause. `words` are
    those that are read aloud as long as the tts has the speech; behind it, those of the clause's
    own text (`text/captions.py`).
    """

    reply: int
    clause: int
    samples: FloatArray
    visemes: tuple[Viseme, ...] = ()
    last: bool = False
    rate: int = SPEECH_RATE
    words: tuple[SpokenWord, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the samples."""
        _freeze(self.samples)


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Pictures and exactly the sound that belongs to them.

    `rgb` is uint8 [n, 512, 512, 3]; `first` counts frames from the start of the reply;
    `speech.samples` has n * `FRAME_SAMPLES` samples.
    """

    reply: int
    clause: int
    rgb: ByteArray
    first: int
    speech: Speech

    def __post_init__(self) -> None:
        """Freeze the pictures."""
        _freeze(self.rgb)


@dataclass(frozen=True, slots=True)
class CaptionWord:
    """A word as it is shown, with its punctuation, and when it is said: seconds of the reply."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Caption:
    """The next words of a clause of the displayed text, sent before the media they begin in.

    Joined by blanks, the words of all captions of a clause are its text. No word starts before the
    one in front of it. Where the voice is lost there are none: the text is read.
    """

    reply: int
    clause: int
    words: tuple[CaptionWord, ...]


Track = Literal["video", "audio"]


@dataclass(frozen=True, slots=True)
class MediaChunk:
    """A fragment of MP4 for one track; the first of each track has `init` and opens its buffer.

    `sequence` counts chunks of both tracks from the start of the reply; `start_s` is when the
    chunk is due, in seconds of the reply's own time.
    """

    reply: int
    clause: int
    track: Track
    sequence: int
    start_s: float
    data: bytes
    init: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know; `code` and `params` become a sentence in their language."""

    reply: int
    code: str
    params: dict[str, str | int | float] = field(default_factory=dict)
    stage: str = ""


EndReason = Literal["done", "interrupted", "failed"]


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """The last message of every turn, how long each stage took to give its first result, and what
    did not have to be made again."""

    reply: int
    reason: EndReason
    latency_ms: dict[str, float] = field(default_factory=dict)
    engines: dict[str, str] = field(default_factory=dict)
    cache_hits: int = 0


Message = (
    Transcript
    | Mood
    | TextDelta
    | Clause
    | Speech
    | Frames
    | Caption
    | MediaChunk
    | Notice
    | TurnEnd
)

CHUNK_HEADER = struct.Struct("<IIIBB")
TRACKS: tuple[Track, Track] = ("video", "audio")


def chunk_bytes(chunk: MediaChunk) -> bytes:
    """Return a chunk as the socket carries it: `CHUNK_HEADER`, then the data."""
    track = TRACKS.index(chunk.track)
    start_ms = round(chunk.start_s * 1000)
    return CHUNK_HEADER.pack(chunk.reply, chunk.sequence, start_ms, track, chunk.init) + chunk.data


def caption_fields(caption: Caption) -> dict[str, Any]:
    """Return a caption as the socket carries it, to become JSON."""
    words = [
        [word.text, round(word.start_s * 1000), round(word.end_s * 1000)] for word in caption.words
    ]
    return {"type": "caption", "reply": caption.reply, "clause": caption.clause, "words": words}


def _freeze(*arrays: npt.NDArray[np.generic]) -> None:
    for array in arrays:
        array.setflags(write=False)
