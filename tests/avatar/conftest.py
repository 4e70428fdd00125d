"""Speech made by hand, and an engine that is prepared once for all tests."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest

from modules.avatar import ENGINES
from modules.messages import SPEECH_RATE, Frames, Persona, Speech, TurnRequest, Viseme

SYLLABLES = ("closed", "open", "tongue", "round_mid", "lip_teeth", "spread", "velar", "round_open")


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    before = os.environ.get("GUONG_DATA")
    os.environ["GUONG_DATA"] = str(folder)
    yield folder
    if before is None:
        del os.environ["GUONG_DATA"]
    else:
        os.environ["GUONG_DATA"] = before


@pytest.fixture(scope="session")
def drawn(data_folder):
    engine = ENGINES[0].make()
    engine.load()
    return engine


def request_for(reply=1, avatar="", expression="Other"):
    return TurnRequest(reply, "xin chào", persona=Persona(avatar=avatar), expression=expression)


def silence(seconds, *, reply=1, clause=0, last=False):
    count = round(seconds * SPEECH_RATE)
    visemes = (Viseme(0, count, "rest"),) if count else ()
    return Speech(reply, clause, np.zeros(count, np.float32), visemes, last)


def spoken(seconds, *, reply=1, clause=0, last=False, shapes=SYLLABLES, shape_s=0.12, seed=0):
    """A voice-like sound with a mouth shape every `shape_s`, and a short rest at its end."""
    count = round(seconds * SPEECH_RATE)
    t = np.arange(count) / SPEECH_RATE
    random = np.random.default_rng(seed)
    loudness = 0.25 + 0.2 * np.sin(2 * np.pi * t * 2.1 + random.uniform(0, 6))
    samples = (loudness * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
    step = round(shape_s * SPEECH_RATE)
    rest_from = max(0, count - round(0.12 * SPEECH_RATE))
    visemes = [
        Viseme(start, min(start + step, rest_from), shapes[k % len(shapes)])
        for k, start in enumerate(range(0, rest_from, step))
    ]
    visemes.append(Viseme(rest_from, count, "rest"))
    return Speech(reply, clause, samples, tuple(visemes), last)


def cut(speech, at):
    """Cut a piece of speech in two, as a stage before the avatar may hand it on."""
    first = tuple(
        Viseme(v.start, min(v.end, at), v.shape, v.weight) for v in speech.visemes if v.start < at
    )
    second = tuple(
        Viseme(max(0, v.start - at), v.end - at, v.shape, v.weight)
        for v in speech.visemes
        if v.end > at
    )
    return (
        Speech(speech.reply, speech.clause, speech.samples[:at].copy(), first),
        Speech(speech.reply, speech.clause, speech.samples[at:].copy(), second, speech.last),
    )


def play(stream, *pieces) -> list[Frames]:
    return [frames for piece in pieces for frames in stream.process(piece)]


def pictures(batches):
    return np.concatenate([batch.rgb for batch in batches])


def sound(batches):
    return np.concatenate([batch.speech.samples for batch in batches])


def change(pictures):
    """Mean absolute change from each picture to the next."""
    return np.array(
        [
            np.abs(after.astype(np.int16) - before).mean()
            for before, after in itertools.pairwise(pictures)
        ]
    )
