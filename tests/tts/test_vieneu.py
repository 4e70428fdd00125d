"""VieNeu: its files, what it reads, its caches against a sequence made in one go, its voices."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path

import anyio
import numpy as np
import pytest

from modules.engines import EngineSpec
from modules.errors import EngineFailed, EngineUnavailable, WeightsRejected
from modules.messages import SPEECH_RATE, Clause, Persona, TurnRequest
from modules.models import MODELS, Weights
from modules.tts import ENGINES, mastering
from modules.tts.neural_voices import NEURAL_VOICES
from modules.tts.phrases import Phrase
from modules.tts.speaking import gathered
from modules.tts.vieneu import engine as vieneu_engine
from modules.tts.vieneu import network as vieneu_network
from modules.tts.vieneu.engine import VieneuEngine
from modules.tts.vieneu.network import VieneuNetwork, longest
from modules.tts.vieneu.presets import presets
from modules.tts.vieneu.sampling import WINDOW, Recent, drawn
from modules.tts.vieneu.spelling import spelled
from tests.tts import vieneu_graphs as graphs

SPEC: EngineSpec = next(spec for spec in ENGINES if spec.name == "vieneu")
VOICES = [voice for voice in NEURAL_VOICES if voice.engine == "vieneu"]
SENTENCE = "em rất vui được gặp anh hôm nay"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return graphs.write(tmp_path_factory.mktemp("vieneu"))


@pytest.fixture(scope="module")
def network(folder: Path) -> VieneuNetwork:
    return VieneuNetwork(folder, graphs.files(folder))


# --- against a sequence without caches ------------------------------------------------------------


def greedy(network: VieneuNetwork, phonemes: str, speaker: str, most: int) -> list[list[int]]:
    """What the network must write, made anew from the whole sequence at every step."""
    held = {name: array.astype(np.float32) for name, array in graphs.heads().items()}
    preset = presets()[speaker]
    anchor = held["xvec_w"] @ preset.voice + held["xvec_b"]
    anchor = (anchor - anchor.mean()) / np.sqrt(anchor.var() + 1e-5)
    anchor = anchor * held["xvec_ln_w"] + held["xvec_ln_b"]
    said = network._tokenizer.encode(phonemes).ids
    rows = [[i, *[graphs.NO_CODE] * 16] for i in [graphs.STYLE, graphs.BEGIN, *said, graphs.END]]
    rows += [[graphs.REFERENCE, *codes] for codes in preset.codes.tolist()]
    recent = [Counter[int]() for _ in range(16)]
    frames: list[list[int]] = []
    while len(frames) < most:
        x = np.array(
            [
                held["text_emb"][row[0]] + anchor + sum(
                    held["audio_emb"][b][c] for b, c in enumerate(row[1:]) if c != graphs.NO_CODE
                )
                for row in rows
            ]
        )  # fmt: skip
        inner = [graphs.whole_sequence(x)[-1], held["text_emb"][graphs.SPEECH]]
        last = int(np.argmax(held["text_emb"] @ graphs.whole_sequence(np.array(inner), True)[0]))
        frame: list[int] = []
        for book in range(16):
            scores = held["audio_emb"][book] @ graphs.whole_sequence(np.array(inner), True)[-1]
            for code in recent[book]:
                scores[code] *= 1.2 if scores[code] < 0 else 1 / 1.2
            frame.append(int(np.argmax(scores)))
            recent[book][frame[-1]] += 1
            inner.append(held["audio_emb"][book][frame[-1]])
        frames.append(frame)
        if last == graphs.SPEECH_END:
            break
        rows.append([graphs.SPEECH, *frame])
    return frames


@pytest.mark.parametrize("speaker", ["Trúc Ly", "Minh Triết"])
def test_frames_made_with_caches_are_those_of_the_whole_sequence(
    network: VieneuNetwork, speaker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vieneu_network, "drawn", lambda scores, _: int(scores.argmax()))
    phonemes, _ = spelled(Phrase(SENTENCE, "."))
    made = network.codes(phonemes, presets()[speaker], 6, np.random.default_rng(0), lambda: False)
    assert made.tolist() == greedy(network, phonemes, speaker, 6)


def test_the_sound_of_frames_is_the_mean_of_both_channels(network: VieneuNetwork) -> None:
    codes = np.zeros((3, 16), np.int64)
    codes[:, 0] = 500  # 110 + 0.2 * 500 Hz
    sound = network.sound(codes)
    assert len(sound) == 3 * graphs.FRAME
    expected = 0.2 * np.sin(2 * np.pi * 210 / 48_000 * np.arange(1, len(sound) + 1))
    np.testing.assert_allclose(sound, expected, atol=0.02)  # the graph sums in float32


def test_no_frames_have_no_sound(network: VieneuNetwork) -> None:
    assert len(network.sound(np.zeros((0, 16), np.int64))) == 0


# --- drawing ------------------------------------------------------------------------------------


def test_only_the_likely_codes_are_drawn_and_as_often_as_they_are_likely() -> None:
    random = np.random.default_rng(2)
    scores = np.array([3.0, 2.0, 1.0, -9.0] + [-50.0] * 60, np.float32)
    count = Counter(drawn(scores, random) for _ in range(4000))
    likely = np.exp(scores[:3] / 0.8)
    # The third begins beyond 95 % of the probability... or it does not: then it is drawn.
    shares = likely / likely.sum()
    kept = [i for i in range(3) if shares[:i].sum() < 0.95]
    assert sorted(count) == kept
    for i in kept:
        assert abs(count[i] / 4000 - shares[i] / shares[kept].sum()) < 0.03


def test_a_code_that_was_just_said_counts_less_until_it_leaves_the_window() -> None:
    recent = Recent()
    scores = np.array([2.4, -1.0, 1.0], np.float32)
    assert recent.penalised(scores) is scores
    recent.add(0)
    recent.add(1)
    np.testing.assert_allclose(recent.penalised(scores), [2.0, -1.2, 1.0])
    for _ in range(WINDOW):
        recent.add(2)
    np.testing.assert_allclose(recent.penalised(scores), [2.4, -1.0, 1 / 1.2], rtol=1e-6)


# --- what it reads ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        # As sea-g2p 0.10, with which the network was trained, writes them.
        (Phrase("quyển sách này giá bao nhiêu", "?"), "kwˈiɛ4n sˈe-ɜc nˈa2j zˈaːɜ bˈaːw ɲˈiɛw?"),
        (Phrase("xin chào các bạn, tôi là hương", "."),
         "sˈin tʃˈaː2w kˌaːɜc bˈaː6n, t̪ˈoj lˌaː2 hˈyəŋ."),
        (Phrase("rồi ra rất rõ ràng", "!"), "ɹˈo2j ɹˈaː ɹˈəɜt̪ ɹˈɔ5 ɹˈaː2ŋ!"),
        (Phrase("vâng ạ", "?"), "vˈəŋ ˈaː6."),
        (Phrase("hello", ""), "həlˈoʊ."),
    ],
)  # fmt: skip
def test_phonemes_are_written_as_in_the_training(phrase: Phrase, expected: str) -> None:
    assert spelled(phrase)[0] == expected


def test_a_word_or_two_is_said_with_what_follows() -> None:
    parts = [Phrase("dạ", ","), Phrase("em chào anh ạ", "."), Phrase("anh khỏe không", "?")]
    assert gathered(parts, 5) == [Phrase("dạ, em chào anh ạ. anh khỏe không", "?")]
    assert gathered(parts, 3) == [Phrase("dạ, em chào anh ạ", "."), parts[2]]
    assert gathered(parts, 1) == parts


@pytest.mark.parametrize(("words", "most"), [(1, 13), (2, 18), (4, 28), (5, 104), (60, 300)])
def test_a_phrase_has_a_longest_time(words: int, most: int) -> None:
    assert longest("x" * 8 * words, words) == most


def test_a_word_that_misses_its_end_is_said_anew(
    network: VieneuNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def codes(_self: object, _p: str, _v: object, most: int, _r: object, _s: object) -> np.ndarray:
        tries.append(most)
        return np.full((most if len(tries) == 1 else 5, 16), 400)

    monkeypatch.setattr(VieneuNetwork, "codes", codes)
    read = network.read(Phrase("chào", "."), VOICES[0], 1.0, lambda: False)
    assert len(tries) == 2 and len(read.samples) == 5 * graphs.FRAME


def test_words_without_a_sound_fail(network: VieneuNetwork) -> None:
    with pytest.raises(EngineFailed, match="nothing"):
        network.read(Phrase("'", "."), VOICES[0], 1.0, lambda: False)


def test_reading_stops_at_the_next_frame(network: VieneuNetwork) -> None:
    calls = iter([False, False, True])
    made = network.codes(
        spelled(Phrase(SENTENCE, "."))[0], presets()["Trúc Ly"], 50, np.random.default_rng(0),
        lambda: next(calls, True),
    )  # fmt: skip
    assert len(made) == 2


# --- the files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", graphs.NAMES)
def test_a_file_that_was_changed_is_refused(tmp_path: Path, name: str) -> None:
    folder = graphs.write(tmp_path)
    rows = graphs.files(folder)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(WeightsRejected) as raised:
        VieneuNetwork(folder, rows)
    assert raised.value.code == "weights_rejected.altered"
    assert raised.value.params["file"] == Path(name).name


@pytest.mark.parametrize("name", graphs.NAMES)
@pytest.mark.parametrize("data", [b"", b"<html>404</html>", b"\x80\x02cos\nsystem\n."])
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    folder = graphs.write(tmp_path)
    (folder / name).write_bytes(data)
    with pytest.raises(WeightsRejected) as raised:
        VieneuNetwork(folder, graphs.files(folder, hashed=False))
    assert raised.value.code == "weights_rejected.unreadable"
    assert raised.value.params["file"] == Path(name).name


def test_embeddings_that_ask_for_code_are_refused(tmp_path: Path) -> None:
    folder = graphs.write(tmp_path)
    held = {**graphs.heads(), "text_emb": np.array([print], dtype=object)}
    np.savez(folder / graphs.HOME / "vieneu_v3_heads.npz", **held)
    with pytest.raises(WeightsRejected, match="ValueError"):
        VieneuNetwork(folder, graphs.files(folder, hashed=False))


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("text_emb", np.zeros((200, 9)), "shapes"),
        ("audio_emb", np.zeros((15, 1024, 8)), "shapes"),
        ("text_emb", np.zeros((10, 8)), "shapes"),
        ("xvec_b", np.full(8, np.nan), "not finite"),
    ],
)
def test_embeddings_of_another_network_are_refused(
    tmp_path: Path, name: str, value: np.ndarray, why: str
) -> None:
    folder = graphs.write(tmp_path)
    np.savez(folder / graphs.HOME / "vieneu_v3_heads.npz", **{**graphs.heads(), name: value})
    with pytest.raises(WeightsRejected, match=why):
        VieneuNetwork(folder, graphs.files(folder, hashed=False))


@pytest.mark.parametrize(
    "change", [{"use_speaker_embedding": False}, {"n_vq": 0}, {"hidden_size": "x"}, {"n_vq": None}]
)
def test_a_configuration_that_is_not_ours_is_refused(
    tmp_path: Path, change: dict[str, object]
) -> None:
    folder = graphs.write(tmp_path)
    (folder / graphs.HOME / "config.json").write_text(json.dumps(graphs.config(**change)), "utf-8")
    with pytest.raises(WeightsRejected, match=r"config\.json"):
        VieneuNetwork(folder, graphs.files(folder, hashed=False))


def test_the_table_has_every_file_that_is_read() -> None:
    listed = {file.name for file in MODELS["vieneu-v3-turbo"].files}
    assert set(graphs.NAMES) < listed
    # Weights that graphs keep beside themselves.
    assert listed - set(graphs.NAMES) == {
        "onnx_update/vieneu_backbone_shared.data", "moss_audio_tokenizer_decode_shared.data"
    }  # fmt: skip


# --- as a base voice ----------------------------------------------------------------------------


def test_every_voice_of_the_table_has_its_vector_and_its_codes() -> None:
    held = presets()
    assert {voice.speaker for voice in VOICES} == set(held)
    for preset in held.values():
        assert preset.voice.shape == (192,) and np.isfinite(preset.voice).all()
        assert preset.codes.ndim == 2 and preset.codes.shape[1] == 16 and len(preset.codes) > 10
        assert preset.codes.min() >= 0 and preset.codes.max() < 1024
    there = {(voice.gender, voice.region) for voice in VOICES}
    assert there == set(itertools.product(("female", "male"), ("north", "central", "south")))


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VieneuEngine:
    kept = graphs.fetched(tmp_path)
    monkeypatch.setattr(vieneu_engine, "weights", lambda: kept)
    made = VieneuEngine(SPEC)
    made.load()
    return made


def test_the_engine_says_a_clause_with_the_words_and_the_mouth_of_it(engine: VieneuEngine) -> None:
    clause = Clause(3, 7, "", "Dạ, em rất vui được gặp anh hôm nay.", True)
    (piece,) = engine.open(TurnRequest(3, "", expression="Sadness")).process(clause)
    assert (piece.rate, piece.last) == (SPEECH_RATE, True)
    assert 0 < np.abs(piece.samples).max() <= mastering.CEILING
    assert piece.visemes[0].start == 0 and piece.visemes[-1].end == len(piece.samples)


def test_sadness_is_slower_although_the_network_knows_no_pace(engine: VieneuEngine) -> None:
    clause = Clause(3, 7, "", "em rất vui được gặp anh hôm nay", True)
    calm, sad = (
        sum(len(p.samples) for p in engine.open(TurnRequest(3, "", expression=e)).process(clause))
        for e in ("Other", "Sadness")
    )
    assert 1.1 < sad / calm < 1.35


def test_each_persona_has_a_voice_of_its_own(engine: VieneuEngine) -> None:
    clause = Clause(3, 7, "", "em rất vui được gặp anh hôm nay", True)

    def said(persona: Persona) -> np.ndarray:
        (piece,) = engine.open(TurnRequest(3, "", persona=persona)).process(clause)
        return piece.samples

    north, south = said(Persona(gender="female")), said(Persona(gender="male", region="south"))
    assert len(north) != len(south) or not np.array_equal(north, south)


def test_a_cancelled_turn_gives_up_at_the_next_frame(engine: VieneuEngine) -> None:
    async def turn() -> bool:
        stream = engine.open(TurnRequest(3, ""))
        await stream.aclose()
        return bool(stream._speaker.stopped.is_set())

    assert anyio.run(turn)


def test_an_engine_without_its_weights_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vieneu_engine, "weights", lambda: Weights(tmp_path))
    with pytest.raises(EngineUnavailable) as raised:
        VieneuEngine(SPEC).load()
    assert raised.value.params["remedy"] == "vieneu-v3-turbo"
