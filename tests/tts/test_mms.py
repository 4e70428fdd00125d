"""MMS-TTS: the checkpoint against transformers' own output, its letters, its timing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import VitsModel, VitsTokenizer

from modules.engines import EngineSpec
from modules.errors import EngineFailed, EngineUnavailable, WeightsRejected
from modules.messages import SPEECH_RATE, Clause, TurnRequest
from modules.models import Weights
from modules.residency import Residency
from modules.tts import ENGINES, mastering
from modules.tts.mms import engine as mms_engine
from modules.tts.mms.engine import MmsEngine
from modules.tts.mms.letters import Letter, Letters, spread
from modules.tts.mms.network import MmsNetwork
from modules.tts.neural_voices import NEURAL_VOICES
from modules.tts.phrases import Phrase
from modules.tts.transcription import transcribed
from tests.tts import mms_voice

torch.set_num_threads(1)  # tests share the machine
SPEC: EngineSpec = next(spec for spec in ENGINES if spec.name == "mms")
VOICE = next(voice for voice in NEURAL_VOICES if voice.engine == "mms")
SENTENCE = "mẹ mua một bó hoa hồng màu đỏ"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mms_voice.write(tmp_path_factory.mktemp("mms"))


@pytest.fixture(scope="module")
def network(folder: Path) -> MmsNetwork:
    return MmsNetwork(folder, mms_voice.files(folder))


@pytest.mark.parametrize("pace", [0.7, 1.0, 1.6])
@pytest.mark.parametrize("stochastic", [True, False])
def test_the_sound_is_that_of_transformers_to_the_bit(
    tmp_path: Path, pace: float, stochastic: bool
) -> None:
    folder = mms_voice.write(tmp_path, use_stochastic_duration_prediction=stochastic)
    network = MmsNetwork(folder, mms_voice.files(folder))
    theirs = VitsModel.from_pretrained(folder).eval()
    ids, _ = Letters(mms_voice.VOCABULARY).spelled(SENTENCE)
    torch.manual_seed(7)
    with torch.inference_mode():
        expected = theirs(input_ids=torch.tensor([ids]), speaking_rate=pace)
    made, frames = network.run(ids, pace, seed=7)
    # Weight norm is folded once here and at every step there: the last bit may differ.
    np.testing.assert_allclose(made, expected.waveform[0].numpy(), atol=1e-5)
    assert len(frames) == len(ids)
    assert frames.sum() * 256 == len(made) == int(expected.sequence_lengths[0])


def test_letters_are_spelled_as_transformers_spells_them(tmp_path: Path) -> None:
    path = tmp_path / "vocab.json"
    path.write_text(json.dumps(mms_voice.VOCABULARY), "utf-8")
    theirs = VitsTokenizer(
        str(path), pad_token="ụ", unk_token="<unk>", language="vie", phonemize=False
    )
    text = "Mẹ mua MỘT bó hoa hồng, zwei faxe!"
    assert Letters.read(path).spelled(text)[0] == theirs(text)["input_ids"]


def test_the_letter_that_shares_its_id_with_the_blank_is_read(network: MmsNetwork) -> None:
    # transformers takes ụ for its pad token and loses the blank behind it.
    ids, letters = network._letters.spelled("vụ")
    assert ids == [0, mms_voice.VOCABULARY["v"], 0, 0, 0]
    assert [letter.text for letter in letters] == ["v", "ụ"]


def test_the_same_phrase_sounds_the_same_and_other_draws_of_torch_are_left_alone(
    network: MmsNetwork,
) -> None:
    torch.manual_seed(3)
    before = torch.rand(1)
    torch.manual_seed(3)
    a = network.read(Phrase(SENTENCE, "."), VOICE, 1.0, lambda: False)
    assert torch.rand(1) == before
    b = network.read(Phrase(SENTENCE, "."), VOICE, 1.0, lambda: False)
    assert np.array_equal(a.samples, b.samples)


# --- timing -------------------------------------------------------------------------------------


def test_a_sound_lies_in_the_time_of_the_letters_that_write_it() -> None:
    words = transcribed("nghiêng quyển", "north")
    _, letters = Letters(mms_voice.VOCABULARY).spelled("nghiêng quyển")
    # A hundred samples for every id.
    starts, ends = spread(words, letters, [100 * i for i in range(40)])
    at = {letter.at: 100 * letter.at for letter in letters}
    names = [sound.name for word in words for sound in word]
    found = dict(zip(names, starts, strict=True))
    assert names == ["ŋ", "ˈiɛ", "ŋ", "k", "w", "ˈiɛ", "n"]
    first = [at[letter.at] for letter in letters if letter.place == 0]
    assert starts[0] == first[0]  # ngh
    assert starts[1] == first[3]  # iê
    assert starts[2] == first[5]  # ng
    assert ends[0] == first[6] + 200
    assert found["k"] < found["w"] < found["n"] and ends[1] == 100 * (letters[-1].at + 2)


def test_a_foreign_word_is_divided_evenly_and_one_of_unknown_letters_takes_no_time() -> None:
    words = transcribed("facebook zzz mẹ", "north")
    _, letters = Letters(mms_voice.VOCABULARY).spelled("facebook zzz mẹ")
    begins = [100 * i for i in range(60)]
    starts, ends = spread(words, letters, begins)
    assert starts == sorted(starts) and ends == sorted(ends)
    assert max(starts) < ends[-1] == begins[letters[-1].at + 2]


def test_letters_remember_their_words() -> None:
    _, letters = Letters(mms_voice.VOCABULARY).spelled("đi   zz Học")
    assert letters == (
        Letter("đ", 0, 1), Letter("i", 0, 3), Letter(" ", -1, 5),
        Letter("h", 2, 7), Letter("ọ", 2, 9), Letter("c", 2, 11),
    )  # fmt: skip


def test_phonemes_lie_in_order_within_the_sound(network: MmsNetwork) -> None:
    read = network.read(Phrase(SENTENCE, "."), VOICE, 1.2, lambda: False)
    starts = [phoneme.start for phoneme in read.phonemes]
    assert starts == sorted(starts) and starts[0] > 0 and starts[-1] <= len(read.samples)
    assert read.rate == 16_000 and 1.0 < read.pace < 1.2


def test_a_phrase_without_a_known_letter_fails(network: MmsNetwork) -> None:
    with pytest.raises(EngineFailed, match="nothing"):
        network.read(Phrase("zzz", "."), VOICE, 1.0, lambda: False)


# --- the files ----------------------------------------------------------------------------------


def refused(folder: Path, *, hashed: bool = False) -> WeightsRejected:
    with pytest.raises(WeightsRejected) as raised:
        MmsNetwork(folder, mms_voice.files(folder, hashed))
    return raised.value


def test_a_changed_checkpoint_is_refused_before_it_is_read(tmp_path: Path) -> None:
    folder = mms_voice.write(tmp_path)
    rows = mms_voice.files(folder)
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-5] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    with pytest.raises(WeightsRejected, match="altered"):
        MmsNetwork(folder, rows)


@pytest.mark.parametrize("name", mms_voice.NAMES)
@pytest.mark.parametrize("data", [b"", b"{", b"<html>404</html>", b"\x80\x02cos\nsystem\n."])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    folder = mms_voice.write(tmp_path)
    (folder / name).write_bytes(data)
    assert refused(folder).code == "weights_rejected.unreadable"


def test_a_cut_off_checkpoint_is_refused(tmp_path: Path) -> None:
    path = mms_voice.write(tmp_path) / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert refused(tmp_path).code == "weights_rejected.unreadable"


@pytest.mark.parametrize("change", ["missing", "unexpected", "shape", "not finite"])
def test_the_weights_of_another_network_are_refused_with_a_key(tmp_path: Path, change: str) -> None:
    path = mms_voice.write(tmp_path) / "model.safetensors"
    state = load_file(path)
    name = "text_encoder.embed_tokens.weight"
    if change == "missing":
        del state[name]
    elif change == "unexpected":
        state["stray"] = torch.zeros(2)
    elif change == "shape":
        state[name] = torch.zeros(3, 16)
    else:
        state[name][0, 0] = torch.nan
    save_file(state, path, metadata={"format": "pt"})
    error = refused(tmp_path)
    assert error.params["file"] == "model.safetensors"
    assert change == "not finite" or name in error.params["why"] or "stray" in error.params["why"]


@pytest.mark.parametrize("vocabulary", [{}, {"a": 0}, {"a": 0, " ": 2}, [], {"a": "b", " ": 0}])
def test_an_odd_vocabulary_is_refused(tmp_path: Path, vocabulary: object) -> None:
    path = tmp_path / "vocab.json"
    path.write_text(json.dumps(vocabulary), "utf-8")
    with pytest.raises(WeightsRejected):
        Letters.read(path)


# --- as a base voice ----------------------------------------------------------------------------


def test_it_is_flagged_and_off_until_the_owner_allows_it() -> None:
    assert SPEC.licence == VOICE.licence == "CC-BY-NC-4.0"
    residency = Residency({"tts": ENGINES})
    assert residency.obstacle(SPEC) == ("engine_unavailable.research", "GUONG_RESEARCH=1")
    residency.research = True
    assert residency.obstacle(SPEC)[0] == "engine_unavailable.weights_missing"


def test_the_engine_says_a_clause_at_the_rate_of_speech(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = mms_voice.fetched(tmp_path)
    monkeypatch.setattr(mms_engine, "weights", lambda: kept)
    engine = MmsEngine(SPEC)
    engine.load()
    clause = Clause(3, 7, "", "Mẹ mua hoa, bố pha trà.", True)
    pieces = list(engine.open(TurnRequest(3, "", expression="Sadness")).process(clause))
    assert [piece.last for piece in pieces] == [False, True]
    for piece in pieces:
        assert piece.rate == SPEECH_RATE
        assert 0 < np.abs(piece.samples).max() <= mastering.CEILING
        assert piece.visemes[0].start == 0 and piece.visemes[-1].end == len(piece.samples)
    assert [w.text for p in pieces for w in p.words] == ["Mẹ", "mua", "hoa", "bố", "pha", "trà"]


def test_an_engine_without_its_weights_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mms_engine, "weights", lambda: Weights(tmp_path))
    with pytest.raises(EngineUnavailable) as raised:
        MmsEngine(SPEC).load()
    assert raised.value.params["remedy"] == "mms-tts-vie"
