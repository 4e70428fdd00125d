"""The library under threads, forks, unfriendly text and a broken installation."""

from __future__ import annotations

import multiprocessing
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import espeakng_loader
import numpy as np
import pytest

from modules.errors import EngineUnavailable
from modules.installing import command
from modules.tts import espeak_library
from modules.tts.espeak_library import Rendering, speak
from modules.tts.voices import VOICES, voice_file

WOMAN, MAN = voice_file(VOICES[0]), voice_file(VOICES[1])
TEXTS = ["xin chào bạn", "trời đẹp quá", "một hai ba bốn", "đi dạo quanh hồ", "ngã mã chữ bệnh"]


@pytest.fixture(autouse=True)
def loaded() -> Iterator[None]:
    espeak_library.load()
    yield


def same(a: Rendering, b: Rendering) -> bool:
    return np.array_equal(a.samples, b.samples) and a.phonemes == b.phonemes


def test_the_same_call_sounds_the_same_whoever_spoke_before() -> None:
    first = speak(TEXTS[0], WOMAN, 180)
    speak("khác \x01+20Phẳn \x01300Snhé", MAN, 300)
    assert same(first, speak(TEXTS[0], WOMAN, 180))


def test_another_user_of_the_library_in_this_process_takes_no_sound_away() -> None:
    expected = speak(TEXTS[0], WOMAN, 180)
    stolen: list[int] = []
    callback = espeak_library._Callback(lambda samples, count, events: stolen.append(count) or 0)
    espeak_library._library._c.espeak_SetSynthCallback(callback)
    assert same(expected, speak(TEXTS[0], WOMAN, 180))
    assert stolen == []


def test_many_threads_hear_what_one_hears() -> None:
    jobs = [(text, voice) for text in TEXTS for voice in (WOMAN, MAN)] * 4
    alone = {job: speak(*job, 180) for job in jobs}
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda job: speak(*job, 180), jobs))
    assert all(same(alone[job], said) for job, said in zip(jobs, together, strict=True))


def test_a_forked_child_speaks_although_a_thread_of_its_parent_was_speaking() -> None:
    expected = speak(TEXTS[0], WOMAN, 180)
    done = threading.Event()

    def keep_speaking() -> None:
        while not done.is_set():
            speak(" ".join(TEXTS), MAN, 180)

    talker = threading.Thread(target=keep_speaking)
    talker.start()
    try:
        children = [
            multiprocessing.get_context("fork").Process(target=_child, args=(expected,))
            for _ in range(4)
        ]
        for child in children:
            child.start()
        for child in children:
            child.join(30)
        assert [child.exitcode for child in children] == [0, 0, 0, 0]
        assert same(expected, speak(TEXTS[0], WOMAN, 180))
    finally:
        done.set()
        talker.join()


def _child(expected: Rendering) -> None:
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda _: speak(TEXTS[0], WOMAN, 180), range(4)))
    assert all(same(expected, one) for one in said)


def test_events_name_the_written_word_and_rise_in_time() -> None:
    said = speak("chào bạn ơi", WOMAN, 180)
    words = list(dict.fromkeys(p.word for p in said.phonemes if p.name))
    assert words == ["chào", "bạn", "ơi"]
    starts = [p.start for p in said.phonemes]
    assert starts == sorted(starts)
    assert all(0 <= start <= len(said.samples) for start in starts)


def test_markup_is_read_as_text() -> None:
    plain = speak("xin chào", WOMAN, 180)
    marked = speak('xin <break time="3s"/> chào', WOMAN, 180)
    assert len(marked.samples) > len(plain.samples)
    assert len(marked.phonemes) > len(plain.phonemes)


def test_the_rate_is_kept_within_what_espeak_can_do() -> None:
    assert same(speak("xin chào", WOMAN, 1), speak("xin chào", WOMAN, espeak_library.SLOWEST))
    assert same(speak("xin chào", WOMAN, 1e6), speak("xin chào", WOMAN, espeak_library.FASTEST))


def test_a_voice_is_read_from_disk_where_memory_files_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = speak(TEXTS[0], WOMAN, 180)
    monkeypatch.setattr(espeak_library.sys, "platform", "elsewhere")
    assert same(expected, speak(TEXTS[0], WOMAN, 180))
    assert not list(Path(tempfile.gettempdir()).glob("g*/v"))


@pytest.mark.parametrize("path", ["/nowhere/libespeak-ng.so", __file__])
def test_a_missing_or_broken_library_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(espeak_library, "_library", None)
    monkeypatch.setattr(espeakng_loader, "get_library_path", lambda: path)
    with pytest.raises(EngineUnavailable) as raised:
        espeak_library.load()
    assert raised.value.code == "engine_unavailable.library_missing"
    assert raised.value.params == {"stage": "tts", "remedy": command(["espeakng-loader"])}
