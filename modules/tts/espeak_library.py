"""The espeak-ng library: the only code that calls it.

espeak-ng keeps one voice, one set of parameters and one output buffer per process, and two threads
inside it crash the process. So everything here happens under one lock, and every call sets all
that it depends on. A fork waits for the lock: the child then finds the library at rest, which is
all it needs to go on using its copy, and gets a lock of its own.
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from modules.errors import EngineFailed, EngineUnavailable
from modules.installing import command
from modules.messages import SPEECH_RATE, FloatArray

SEPARATOR = "|"
"""Stands between the sounds of a word in what `transcribe` returns."""
SLOWEST, FASTEST = 80, 440
"""Words per minute that espeak keeps to; from 450 on it squeezes the finished sound instead."""

# Constants of speak_lib.h, API revision 12.
_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: nothing is played, nothing runs in a thread
_PHONEME_EVENTS, _IPA, _DONT_EXIT = 0x1, 0x2, 0x8000
_UTF8, _PHONEME_INPUT = 0x1, 0x100
_TRANSCRIBED_IPA, _SEPARATOR_SHIFT = 0x02, 8
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_END, _WORD, _PHONEME = 0, 1, 7
# Events of one buffer are dropped past 200 a second of it plus 20; a long one never comes close.
_BUFFER_MS = 500
_PATH_LIMIT = 59
# Loud enough for 16 bits, and quiet enough that espeak's own gain control never acts: it would
# still be recovering when the next call begins.
_VOLUME_PERCENT = 50
_SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Phoneme:
    """A sound in espeak's IPA, the sample where it starts, and the written word it belongs to.

    The name is empty in pauses and at word borders, and in brackets where the language changes.
    `place` is the number of the blank-separated word of the text that it belongs to; espeak itself
    sees several words in some of these. -1 belongs to none.
    """

    start: int
    name: str
    word: str
    place: int = -1


@dataclass(frozen=True, slots=True)
class Rendering:
    """What espeak said: mono float32 at `SPEECH_RATE`, and the phonemes in order."""

    samples: FloatArray
    phonemes: tuple[Phoneme, ...]


class _Identity(ctypes.Union):
    _fields_ = (
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    )


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class _Library:
    """The loaded library and what it has said so far in the call that is running."""

    def __init__(self, library: str, data: str) -> None:
        self._c = ctypes.CDLL(library)
        self._c.espeak_Synth.argtypes = (
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        )
        self._c.espeak_ng_SetRandSeed.argtypes = (ctypes.c_long,)
        self._c.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._c.espeak_TextToPhonemes.argtypes = (
            *(ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int),
        )
        options = _PHONEME_EVENTS | _IPA | _DONT_EXIT
        rate = self._c.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data.encode(), options)
        if rate != SPEECH_RATE:
            raise OSError(f"espeak_Initialize: {rate}")
        self._sound: list[bytes] = []
        self._phonemes: list[Phoneme] = []
        self._text = self._word = ""
        self._place = -1
        # The library keeps only a pointer: the object must live as long as it does.
        self._callback = _Callback(self._collect)

    def _collect(self, samples: ctypes._Pointer[ctypes.c_short], count: int, events: object) -> int:
        if samples and count > 0:
            self._sound.append(ctypes.string_at(samples, 2 * count))
        index = 0
        while (event := events[index]).type != _END:  # type: ignore[index]
            if event.type == _WORD:
                first = event.text_position - 1
                self._word = self._text[first : first + event.length]
                # Where a command stands before the word, the event begins with the command.
                self._place = len(self._text[: first + 1].split()) - 1
            elif event.type == _PHONEME:
                name = event.id.string.decode("utf-8", "ignore")
                self._phonemes.append(Phoneme(event.sample, name, self._word, self._place))
            index += 1
        return 0

    def speak(self, text: str, voice: str, words_per_minute: float) -> Rendering:
        """Say `text`; the caller holds the lock."""
        self._set_voice(voice)
        self._c.espeak_ng_SetRandSeed(_SEED)
        rate = round(min(max(words_per_minute, SLOWEST), FASTEST))
        # Pitch and range stay in the middle of their scales: the voice itself says them in hertz.
        for parameter, value in (
            *((_RATE, rate), (_VOLUME, _VOLUME_PERCENT)),
            *((_PITCH, 50), (_RANGE, 50)),
        ):
            self._c.espeak_SetParameter(parameter, value, 0)
        # Anew each time: phonemizers and other voices share the library, and set their own.
        self._c.espeak_SetSynthCallback(self._callback)
        self._sound, self._phonemes = [], []
        self._text, self._word, self._place = text, "", -1
        data = text.encode() + b"\0"
        flags = _UTF8 | _PHONEME_INPUT
        if status := self._c.espeak_Synth(data, len(data), 0, 1, 0, flags, None, None):
            raise EngineFailed("speech_failed", stage="tts", status=status)
        sound = np.frombuffer(b"".join(self._sound), "<i2").astype(np.float32)
        return Rendering(sound * np.float32(1 / 32768), tuple(self._phonemes))

    def transcribe(self, text: str, voice: str) -> str:
        """Write `text` down in IPA; the caller holds the lock."""
        self._set_voice(voice)
        data = ctypes.create_string_buffer(text.encode())
        rest = ctypes.c_void_p(ctypes.addressof(data))
        mode = _TRANSCRIBED_IPA | ord(SEPARATOR) << _SEPARATOR_SHIFT
        clauses = []
        while rest.value:
            written = self._c.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, mode)
            clauses.append((written or b"").decode("utf-8", "ignore"))
        return " ".join(clauses)

    def _set_voice(self, voice: str) -> None:
        for source in (_memory_file, _disk_file):
            with source(voice) as path:
                # The library lower-cases the path and cuts it.
                usable = path is not None and len(path) <= _PATH_LIMIT
                if usable and self._c.espeak_ng_SetVoiceByFile(str(path).encode()) == 0:
                    return
        raise EngineFailed("voice_file_refused", stage="tts")


@contextmanager
def _memory_file(text: str) -> Iterator[str | None]:
    if sys.platform != "linux":
        yield None
        return
    descriptor = os.memfd_create("voice")
    try:
        os.write(descriptor, text.encode())
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


@contextmanager
def _disk_file(text: str) -> Iterator[str | None]:
    with tempfile.TemporaryDirectory(prefix="g") as folder:
        path = Path(folder, "v")
        path.write_text(text, encoding="utf-8")
        yield str(path)


_lock = threading.Lock()
_library: _Library | None = None


def load() -> None:
    """Load the library once per process; raise `EngineUnavailable` where it is not usable."""
    global _library
    with _lock:
        if _library is None:
            _library = _open()


def _open() -> _Library:
    try:
        import espeakng_loader

        library, data = espeakng_loader.get_library_path(), espeakng_loader.get_data_path()
        return _Library(str(library), str(data))
    # AttributeError: a library without the functions called here.
    except (ImportError, OSError, AttributeError) as error:
        raise EngineUnavailable(
            "library_missing", stage="tts", remedy=command(["espeakng-loader"])
        ) from error


def speak(text: str, voice: str, words_per_minute: float) -> Rendering:
    """Return `text` as espeak says it: the same for the same arguments, whoever spoke before.

    `voice` is the text of an espeak voice file. `text` must be safe (`spelling.safe`): espeak takes
    phonemes in double square brackets and commands behind control characters. The rate is kept
    within `SLOWEST` and `FASTEST`. Raises `EngineUnavailable` and `EngineFailed`.
    """
    if _library is None:
        load()
    with _lock:
        if _library is None:
            raise EngineUnavailable("library_missing", stage="tts", remedy="")
        return _library.speak(text, voice, words_per_minute)


def transcribe(text: str, voice: str) -> str:
    """Return `text` in espeak's IPA, with the signs of stress and tone: words between blanks, their
    sounds between `SEPARATOR`; a change of language stands in brackets.

    `voice` and `text` are those of `speak`. Raises `EngineUnavailable` and `EngineFailed`.
    """
    if _library is None:
        load()
    with _lock:
        if _library is None:
            raise EngineUnavailable("library_missing", stage="tts", remedy="")
        return _library.transcribe(text, voice)


def _before_fork() -> None:
    _lock.acquire()


def _after_fork_in_parent() -> None:
    _lock.release()


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.Lock()


with suppress(AttributeError):  # Windows cannot fork
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
