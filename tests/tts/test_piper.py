"""Piper: its files, its spelling, its timing, and what it becomes as a base voice."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import anyio
import numpy as np
import onnx
import onnxruntime
import pytest

from modules.engines import EngineSpec
from modules.errors import EngineFailed, EngineUnavailable, WeightsRejected
from modules.messages import EMOTIONS, SPEECH_RATE, Clause, Persona, Speech, TurnRequest
from modules.models import Weights
from modules.tts import ENGINES, mastering
from modules.tts.neural_voices import NEURAL_VOICES
from modules.tts.phrases import Phrase
from modules.tts.piper import engine as piper_engine
from modules.tts.piper.config import read_config
from modules.tts.piper.engine import PiperEngine
from modules.tts.piper.graph import with_durations
from modules.tts.piper.network import PiperNetwork, spelled
from modules.tts.transcription import transcribed
from tests.tts import piper_voice

SPEC: EngineSpec = next(spec for spec in ENGINES if spec.name == "piper")
VOICE = next(voice for voice in NEURAL_VOICES if voice.engine == "piper")
SENTENCE = "mẹ mua một bó hoa hồng màu đỏ"
CLAUSE = Clause(3, 7, "", "Mẹ mua một bó hoa, còn bố pha trà.", True)


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("piper")
    piper_voice.write(made)
    return made


@pytest.fixture(scope="module")
def network(folder: Path) -> PiperNetwork:
    return PiperNetwork(folder, piper_voice.files(folder))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    made = piper_voice.fetched(tmp_path)
    monkeypatch.setattr(piper_engine, "weights", lambda: made)
    return made


@pytest.fixture
def engine(kept: Weights) -> PiperEngine:
    made = PiperEngine(SPEC)
    made.load()
    return made


def say(engine: PiperEngine, clause: Clause = CLAUSE, **request: object) -> list[Speech]:
    return list(engine.open(TurnRequest(3, "", **request)).process(clause))  # type: ignore[arg-type]


def whole(pieces: list[Speech]) -> np.ndarray:
    return np.concatenate([piece.samples for piece in pieces])


# --- the graph ----------------------------------------------------------------------------------


def test_the_bytes_added_to_a_graph_are_an_output_as_the_onnx_package_understands_it() -> None:
    model, name = with_durations(piper_voice.graph())
    read = onnx.load_from_string(model)
    assert [output.name for output in read.graph.output] == ["output", name]
    assert name == "/Ceil_output_0"


def test_a_graph_that_tells_its_durations_gives_the_same_sound(network: PiperNetwork) -> None:
    plain = onnxruntime.InferenceSession(piper_voice.graph())
    ids = [1, 0, *range(20, 40), 2]
    scales = np.array([0.0, 1.0, 0.8], np.float32)  # without noise
    feed = {
        "input": np.array([ids], np.int64),
        "input_lengths": np.array([len(ids)], np.int64),
        "scales": scales,
    }
    sound, frames = network._graph.run(["output", network._durations], feed)
    assert np.array_equal(plain.run(None, feed)[0], sound)
    assert frames.sum() * piper_voice.HOP == sound.size


@pytest.mark.parametrize("cut", [1, 100, 1000])
def test_a_graph_that_is_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(ValueError, match=r"cut off|Ceil|wire"):
        with_durations(piper_voice.graph()[:-cut][: -cut or None])


def test_bytes_that_are_no_graph_are_refused() -> None:
    for data in (b"", b"\x3a", b"\x80" * 40, bytes(range(256)) * 4, b"version https://git-lfs"):
        with pytest.raises(ValueError, match=r"."):
            with_durations(data)


# --- the files ----------------------------------------------------------------------------------


def test_a_voice_that_was_changed_is_refused(folder: Path, tmp_path: Path) -> None:
    path = piper_voice.write(tmp_path)
    rows = piper_voice.files(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsRejected) as raised:
        PiperNetwork(tmp_path, rows)
    assert raised.value.code == "weights_rejected.altered"
    assert raised.value.params["file"] == path.name


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>404</html>", piper_voice.graph()[:5000]],
    ids=["empty", "a page", "cut off"],
)
def test_a_file_that_is_no_graph_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = piper_voice.write(tmp_path)
    path.write_bytes(data)
    with pytest.raises(WeightsRejected) as raised:
        PiperNetwork(tmp_path, piper_voice.files(tmp_path, hashed=False))
    assert raised.value.code == "weights_rejected.unreadable"
    assert raised.value.params["file"] == path.name


def test_a_graph_with_other_inputs_is_refused(tmp_path: Path) -> None:
    path = piper_voice.write(tmp_path)
    model = onnx.load_from_string(piper_voice.graph())
    model.graph.input.append(
        onnx.helper.make_tensor_value_info("sid", onnx.TensorProto.INT64, ["batch"])
    )
    path.write_bytes(model.SerializeToString())
    with pytest.raises(WeightsRejected, match="sid"):
        PiperNetwork(tmp_path, piper_voice.files(tmp_path, hashed=False))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"espeak": {"voice": "en-us"}}, "voice=en-us"),
        ({"num_speakers": 65}, "num_speakers=65"),
        ({"phoneme_type": "text"}, "phoneme_type=text"),
        ({"phoneme_id_map": {"a": [3]}}, "phoneme_id_map"),
        ({"num_symbols": 10}, "out of bounds"),
        ({"audio": {"sample_rate": 0}}, "out of bounds"),
        ({"inference": {}}, "KeyError"),
        ({"phoneme_id_map": []}, "AttributeError"),
    ],
)
def test_a_configuration_of_another_voice_is_refused(
    tmp_path: Path, change: dict[str, object], why: str
) -> None:
    path = tmp_path / "voice.onnx.json"
    path.write_text(json.dumps(piper_voice.config(**change)), "utf-8")
    with pytest.raises(WeightsRejected, match=why):
        read_config(path)


@pytest.mark.parametrize("text", ["", "{", "[]", '"vi"', "null"])
def test_a_damaged_configuration_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "voice.onnx.json"
    path.write_text(text, "utf-8")
    with pytest.raises(WeightsRejected):
        read_config(path)


# --- what it reads ------------------------------------------------------------------------------


def test_a_phrase_is_spelled_as_piper_spells_it(network: PiperNetwork) -> None:
    # What piper's own phonemizer gives for these words, each character with the pad behind it.
    expected = list("^kwˈiɛ4n sˈe-ɜc nˈa2j t̪ˈoj?$")
    made = spelled(transcribed("quyển sách này tôi", "north"), "?", network.config)
    names = {number: name for name, number in piper_voice.IDS.items()}
    written = [names[number] for number in made.ids]
    assert written[1:-1:2] == ["_"] * (len(written) // 2)
    assert written[::2] == expected


@pytest.mark.parametrize(
    ("mark", "read"), [(".", "."), ("…", "."), ("?", "?"), ("", ","), ("–", ",")]
)
def test_a_phrase_ends_with_a_mark_that_the_voice_knows(
    network: PiperNetwork, mark: str, read: str
) -> None:
    made = spelled(transcribed("chào", "north"), mark, network.config)
    assert made.ids[-3] == piper_voice.IDS[read]


def test_what_the_voice_never_learned_is_left_out(network: PiperNetwork) -> None:
    made = spelled(transcribed("garçon θ", "north"), ".", network.config)
    assert set(made.ids) <= set(piper_voice.IDS.values())


def test_words_without_a_sound_fail_and_nothing_is_said(network: PiperNetwork) -> None:
    with pytest.raises(EngineFailed, match="nothing"):
        network.read(Phrase("'", "."), VOICE, 1.0, never)


# --- when it says it ----------------------------------------------------------------------------


@pytest.mark.parametrize("pace", [0.7, 1.0, 1.6])
def test_every_sound_begins_where_the_durations_put_it(network: PiperNetwork, pace: float) -> None:
    read = network.read(Phrase(SENTENCE, "."), VOICE, pace, never)
    words = transcribed(SENTENCE, "north")
    ids = spelled(words, ".", network.config)
    names = {number: name for name, number in piper_voice.IDS.items()}
    frames = np.ceil(
        np.array([piper_voice.frames_of(names[i]) for i in ids.ids], np.float32)
        * np.float32(1 / pace)
    )
    begins = np.concatenate([[0], np.cumsum(frames)]) * piper_voice.HOP
    known = iter(begins[ids.sounds])
    for phoneme in read.phonemes:
        if phoneme.name:
            assert phoneme.start == next(known)
    assert len(read.samples) == begins[-1]
    assert abs(read.pace - 1) <= abs(pace - 1)


def test_the_mouth_closes_while_a_closed_sound_is_heard(engine: PiperEngine) -> None:
    (piece,) = say(engine, Clause(3, 7, "", "mẹ mua", True))
    closed = [v for v in piece.visemes if v.shape == "closed"]
    word = {word.text: word for word in piece.words}
    assert len(closed) == 2
    for viseme, text in zip(closed, ("mẹ", "mua"), strict=True):
        assert abs(viseme.start - word[text].start) < 0.06 * SPEECH_RATE


def test_words_follow_one_another_and_none_is_lost(engine: PiperEngine) -> None:
    spoken = [word.text for piece in say(engine) for word in piece.words]
    assert spoken == ["Mẹ", "mua", "một", "bó", "hoa", "còn", "bố", "pha", "trà"]
    for piece in say(engine):
        for a, b in itertools.pairwise(piece.words):
            assert a.start < a.end <= b.start < b.end <= len(piece.samples)


# --- as a base voice ----------------------------------------------------------------------------


def test_a_phrase_is_handed_on_as_soon_as_it_is_made(engine: PiperEngine) -> None:
    pieces = say(engine)
    assert [piece.last for piece in pieces] == [False, True]
    for piece in pieces:
        assert (piece.reply, piece.clause, piece.rate) == (3, 7, SPEECH_RATE)
        assert piece.visemes[0].start == 0 and piece.visemes[-1].end == len(piece.samples)
        assert np.abs(piece.samples).max() <= mastering.CEILING


def test_every_feeling_differs_from_none_in_rate_and_energy(engine: PiperEngine) -> None:
    calm = whole(say(engine))
    for emotion in set(EMOTIONS) - {"Other"}:
        felt = whole(say(engine, expression=emotion))
        quicker = len(calm) / len(felt)
        louder = mastering.level_db(felt) - mastering.level_db(calm)
        assert abs(quicker - 1) > 0.015 and abs(louder) > 0.4, emotion


def test_rate_and_pitch_of_the_user_come_on_top(engine: PiperEngine) -> None:
    calm, quick = whole(say(engine)), whole(say(engine, rate=1.5))
    assert 1.3 < len(calm) / len(quick) < 1.6
    high = whole(say(engine, pitch=6.0))
    assert _hum(high) == pytest.approx(_hum(calm) * 2**0.5, rel=0.03)


def _hum(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    hertz = np.fft.rfftfreq(len(samples), 1 / SPEECH_RATE)
    near = (hertz > 150) & (hertz < 340)
    return float(hertz[near][np.argmax(spectrum[near])])


@pytest.mark.parametrize("level", [1e-3, 3.0])
def test_whisper_and_shout_of_a_network_are_both_brought_to_the_level_of_speech(
    kept: Weights, level: float
) -> None:
    samples = whole(say(_humming(kept, level)))
    assert np.abs(samples).max() <= mastering.CEILING
    assert mastering.level_db(samples) > -45


def _humming(kept: Weights, level: float) -> PiperEngine:
    folder = kept.directory / piper_voice.KEY
    (folder / piper_voice.NAME).write_bytes(piper_voice.graph(level=level, noise=0.0))
    made = PiperEngine(SPEC)
    made._network = PiperNetwork(folder, piper_voice.files(folder, hashed=False))
    return made


@pytest.mark.parametrize("level", [0.0, np.nan, np.inf])
def test_a_network_that_gives_silence_or_no_numbers_fails(kept: Weights, level: float) -> None:
    with pytest.raises(EngineFailed):
        say(_humming(kept, level))


def test_an_engine_without_its_weights_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piper_engine, "weights", lambda: Weights(tmp_path))
    with pytest.raises(EngineUnavailable) as raised:
        PiperEngine(SPEC).load()
    assert raised.value.params["remedy"] == "piper-vais1000"


def test_an_engine_that_was_closed_says_so(engine: PiperEngine) -> None:
    engine.close()
    with pytest.raises(EngineUnavailable, match="not_loaded"):
        engine.open(TurnRequest(0, "", persona=Persona()))


def test_a_cancelled_turn_gives_nothing_more(engine: PiperEngine) -> None:
    async def turn() -> int:
        stream = engine.open(TurnRequest(3, ""))
        await stream.push(CLAUSE)
        count = 0
        async for _ in stream:
            count += 1
            await stream.aclose()
            break
        return count + len([piece async for piece in stream])

    assert anyio.run(turn) == 1


def test_a_clause_that_nobody_can_say_becomes_its_pause(engine: PiperEngine) -> None:
    (piece,) = say(engine, Clause(3, 7, "…", "…", True))
    assert piece.last and not piece.samples.any() and len(piece.samples) > 0.1 * SPEECH_RATE
