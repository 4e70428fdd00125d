"""Both forms of PhoWhisper on a tiny network: each equals transformers' own result."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from anyio import run as run_async
from transformers import GenerationConfig

from modules.asr import ENGINES, ctranslate2_engine, network
from modules.asr.ctranslate2_engine import CTranslate2Engine, best_network
from modules.asr.hearing import most_tokens
from modules.asr.transformers_engine import TransformersEngine
from modules.asr.vocabulary import Vocabulary
from modules.engines import EngineSpec
from modules.errors import EngineUnavailable, WeightsRejected
from modules.installing import command
from modules.messages import FloatArray, Transcript, TurnRequest, Utterance
from modules.models import Receipt, Weights, write_receipts
from tests.asr import tiny
from tests.asr.conftest import KEY
from tests.asr.speech import SENTENCES, silence, speak
from tests.replayed import captured

torch.set_num_threads(1)  # tests share the machine
PhoWhisper = CTranslate2Engine | TransformersEngine
SPEC = next(spec for spec in ENGINES if spec.name == "phowhisper-tiny-ct2")
ON_TORCH = EngineSpec("phowhisper-tiny", "asr", "", weights=(KEY,))
SOUNDS = [
    speak(text, rate=rate) for text, rate in zip(SENTENCES, (130, 190, 190, 230), strict=True)
]


@pytest.fixture(scope="module")
def by_torch(checkpoint: Path) -> network.Network:
    return network.Network(checkpoint, "cpu")


@pytest.fixture(scope="module")
def by_ctranslate2(network_folder: Path) -> ctranslate2_engine.Network:
    return ctranslate2_engine.Network(network_folder, "cpu", "float32", beams=1)


def test_the_torch_form_writes_what_transformers_writes(
    checkpoint: Path, by_torch: network.Network
) -> None:
    from transformers import WhisperFeatureExtractor

    model = tiny.torch_model(checkpoint)
    extract = WhisperFeatureExtractor.from_pretrained(checkpoint)
    for sound in SOUNDS[:3]:
        features = extract(sound, sampling_rate=16_000, return_tensors="pt").input_features
        with torch.inference_mode():
            (ids,) = model.generate(
                features,
                language="vi",
                task="transcribe",
                max_new_tokens=most_tokens(len(sound)),
            ).tolist()
        expected = [token for token in ids if token < tiny.EOT]
        assert len(expected) > 10
        assert by_torch.token_ids(sound) == expected


def test_the_torch_form_writes_the_same_where_its_steps_are_replayed(
    checkpoint: Path, by_torch: network.Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = captured(monkeypatch)
    replayed = network.Network(checkpoint, "cpu")
    monkeypatch.setattr(replayed._greedy, "_graphs", True)
    for sound in SOUNDS[:2]:
        assert replayed.token_ids(sound) == by_torch.token_ids(sound)
    assert len(made) == 1
    assert made[0].count > 10


def test_the_ctranslate2_form_writes_the_same_token_for_token(
    by_torch: network.Network, by_ctranslate2: ctranslate2_engine.Network
) -> None:
    for sound in SOUNDS:
        assert by_ctranslate2.token_ids(sound) == by_torch.token_ids(sound)


def test_both_forms_agree_on_text_silence_and_confidence(
    by_torch: network.Network, by_ctranslate2: ctranslate2_engine.Network
) -> None:
    one, other = by_torch(SOUNDS[0]), by_ctranslate2(SOUNDS[0])
    assert one.text == other.text != ""
    assert one.no_speech == pytest.approx(other.no_speech, rel=0.01)
    assert one.confidence == pytest.approx(other.confidence, rel=0.05)
    assert by_torch.quick(SOUNDS[0]) == replace(one, words=())
    assert by_ctranslate2.quick(SOUNDS[0]).text == other.text


def test_both_forms_find_the_same_times_of_words(
    by_torch: network.Network, by_ctranslate2: ctranslate2_engine.Network
) -> None:
    for sound in SOUNDS:
        one, other = by_torch(sound).words, by_ctranslate2(sound).words
        assert [word.text for word in one] == [word.text for word in other]
        apart = [abs(a.start_s - b.start_s) for a, b in zip(one, other, strict=True)]
        apart += [abs(a.end_s - b.end_s) for a, b in zip(one, other, strict=True)]
        assert max(apart) < 0.021
        assert len({word.start_s for word in one}) > 3


def test_the_torch_form_is_as_sure_as_transformers(
    checkpoint: Path, by_torch: network.Network
) -> None:
    from transformers import GenerationMixin, WhisperFeatureExtractor

    model, sound = tiny.torch_model(checkpoint), SOUNDS[1]
    options = model.generation_config
    model.generation_config = GenerationConfig()
    extract = WhisperFeatureExtractor.from_pretrained(checkpoint)
    features = extract(sound, sampling_rate=16_000, return_tensors="pt").input_features
    asked = GenerationConfig(
        suppress_tokens=options.suppress_tokens, eos_token_id=tiny.EOT, pad_token_id=tiny.EOT,
        begin_suppress_tokens=options.begin_suppress_tokens, decoder_start_token_id=tiny.EOT + 1,
        max_new_tokens=most_tokens(len(sound)), return_dict_in_generate=True, output_scores=True,
    )  # fmt: skip
    with torch.inference_mode():
        prompt = torch.tensor([Vocabulary(checkpoint / "tokenizer.json").prompt])
        encoded = model.get_encoder()(features)
        result = GenerationMixin.generate(
            model, None, asked, encoder_outputs=encoded, decoder_input_ids=prompt
        )
        steps = model.compute_transition_scores(
            result.sequences, result.scores, normalize_logits=True
        )
        first = model(encoder_outputs=encoded, decoder_input_ids=prompt[:, :1]).logits[0, 0]
    heard = by_torch(sound)
    assert heard.confidence == pytest.approx(float(steps[0].mean()), rel=1e-4)
    silence_of = float(first.softmax(-1)[tiny.EOT + 105])
    assert heard.no_speech == pytest.approx(silence_of, rel=1e-3)


def test_a_card_without_room_is_told_before_anything_is_loaded(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (2e9, 16e9))
    with pytest.raises(EngineUnavailable) as caught:
        network.Network(checkpoint, "cuda", megabytes=2_200)
    assert caught.value.code == "engine_unavailable.memory"
    assert caught.value.params == {"stage": "asr", "remedy": "2900 MB > 2000 MB"}


def test_both_forms_hear_the_same_spectrogram(
    by_torch: network.Network, by_ctranslate2: ctranslate2_engine.Network
) -> None:
    padded = np.zeros(480_000, np.float32)
    padded[: len(SOUNDS[0])] = SOUNDS[0]
    one = by_torch._features(SOUNDS[0], sampling_rate=16_000, return_tensors="np").input_features[0]
    other = by_ctranslate2._whisper.feature_extractor(padded, padding=0)
    assert one.shape == other.shape == (80, 3_000)
    assert np.abs(one - other).max() < 1e-3


def test_integers_on_the_cpu_still_write_much_the_same(
    network_folder: Path, by_ctranslate2: ctranslate2_engine.Network
) -> None:
    quantized = ctranslate2_engine.Network(network_folder, "cpu", "int8", beams=1)
    first = [(quantized.token_ids(s)[0], by_ctranslate2.token_ids(s)[0]) for s in SOUNDS]
    assert sum(a == b for a, b in first) >= len(SOUNDS) // 2


def test_five_beams_find_no_less_likely_text_than_one(
    network_folder: Path, by_ctranslate2: ctranslate2_engine.Network
) -> None:
    wide = ctranslate2_engine.Network(network_folder, "cpu", "float32", beams=5)
    assert wide(SOUNDS[0]).confidence >= by_ctranslate2(SOUNDS[0]).confidence - 1e-3


def test_word_times_rise_and_lie_within_the_sound(
    by_ctranslate2: ctranslate2_engine.Network,
) -> None:
    heard = by_ctranslate2(SOUNDS[0])
    starts = [word.start_s for word in heard.words]
    assert " ".join(word.text for word in heard.words) == heard.text
    assert starts == sorted(starts)
    assert all(word.start_s <= word.end_s <= len(SOUNDS[0]) / 16_000 + 0.05 for word in heard.words)


@pytest.mark.parametrize("seconds", [0.05, 1.0, 25.0, 30.0])
def test_the_decoder_writes_no_more_than_so_much_speech_can_hold(
    by_ctranslate2: ctranslate2_engine.Network, seconds: float
) -> None:
    sound = np.resize(SOUNDS[0], int(seconds * 16_000)).astype(np.float32)
    ids = by_ctranslate2.token_ids(sound)
    assert len(ids) <= most_tokens(len(sound)) <= 440
    if seconds == 25.0:  # nor is it cut off at 224, CTranslate2's own half of the decoder
        assert most_tokens(len(sound)) > 400


# --- the engines, from their weights on disk ----------------------------------------------------


def transcripts(engine: PhoWhisper, sound: FloatArray) -> list[Transcript]:
    async def hear() -> list[Transcript]:
        stream = engine.open(TurnRequest(reply=7, text=""))
        await stream.push(Utterance(7, sound))
        return [transcript async for transcript in stream]

    return run_async(hear)


@pytest.mark.parametrize("engine", [CTranslate2Engine(SPEC), TransformersEngine(ON_TORCH)])
def test_an_engine_loads_its_weights_and_gives_one_final_transcript(
    fetched: Weights, engine: PhoWhisper
) -> None:
    engine.load()
    sound = np.concatenate([silence(0.3), SOUNDS[0], silence(0.3)])
    (transcript,) = transcripts(engine, sound)
    assert transcript.reply == 7
    assert transcript.final
    assert transcripts(engine, silence(2.0)) == [Transcript(7, "")]
    engine.close()
    with pytest.raises(EngineUnavailable, match="not_loaded"):
        engine.open(TurnRequest(reply=1, text=""))


@pytest.mark.parametrize("engine", [CTranslate2Engine(SPEC), TransformersEngine(ON_TORCH)])
def test_without_weights_an_engine_names_the_model_to_get(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: PhoWhisper,
) -> None:
    monkeypatch.setenv("GUONG_DATA", str(tmp_path))
    with pytest.raises(EngineUnavailable) as caught:
        engine.load()
    assert caught.value.code == "engine_unavailable.weights_missing"
    assert caught.value.params == {"stage": "asr", "remedy": KEY}


def test_without_its_package_an_engine_says_what_to_install() -> None:
    spec = EngineSpec("x", "asr", "", packages=("no_such_package",), weights=(KEY,))
    for engine in (CTranslate2Engine(spec), TransformersEngine(spec)):
        with pytest.raises(EngineUnavailable) as caught:
            engine.load()
        assert caught.value.params["remedy"] == command(["no_such_package"])


def test_a_truncated_checkpoint_is_missing_weights(fetched: Weights) -> None:
    path = fetched.path(KEY) / "pytorch_model.bin"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(EngineUnavailable, match="weights_missing"):
        CTranslate2Engine(SPEC).load()


def test_a_truncated_model_is_rejected_and_made_anew_the_next_time(fetched: Weights) -> None:
    engine = CTranslate2Engine(SPEC)
    engine.load()
    model = fetched.path(KEY) / "ct2-float16" / "model.bin"
    model.write_bytes(model.read_bytes()[: model.stat().st_size // 2])
    with pytest.raises(WeightsRejected) as caught:
        CTranslate2Engine(SPEC).load()
    assert caught.value.code == "weights_rejected.unreadable"
    assert caught.value.params == {"file": "model.bin", "why": "CTranslate2"}
    CTranslate2Engine(SPEC).load()


def exchange(weights: Weights, name: str, content: bytes) -> None:
    """Put other content in a file and vouch for it, as a wrong entry in the table would."""
    folder, spec = weights.directory / KEY, weights.models[KEY]
    (folder / name).write_bytes(content)
    write_receipts(folder, {f.name: Receipt.of(folder / f.name, f) for f in spec.files})


@pytest.mark.parametrize("engine", [CTranslate2Engine(SPEC), TransformersEngine(ON_TORCH)])
@pytest.mark.parametrize("name", ["pytorch_model.bin", "tokenizer.json", "config.json"])
def test_a_file_that_is_not_what_it_should_be_is_rejected(
    fetched: Weights, engine: PhoWhisper, name: str
) -> None:
    exchange(fetched, name, b"not this")
    with pytest.raises(WeightsRejected) as caught:
        engine.load()
    assert set(caught.value.params) == {"file", "why"}


def test_no_tokenizer_is_ever_fetched(network_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(network_folder, tmp_path / "ct2")
    (tmp_path / "ct2" / "tokenizer.json").unlink()
    with pytest.raises(WeightsRejected) as caught:
        best_network(tmp_path / "ct2")
    assert caught.value.params["file"] == "tokenizer.json"


def test_a_tokenizer_of_another_model_is_rejected(checkpoint: Path, tmp_path: Path) -> None:
    text = (checkpoint / "tokenizer.json").read_text(encoding="utf-8")
    (tmp_path / "tokenizer.json").write_text(text.replace("<|vi|>", "<|xx|>"), encoding="utf-8")
    with pytest.raises(WeightsRejected) as caught:
        Vocabulary(tmp_path / "tokenizer.json")
    assert caught.value.params["why"] == "<|vi|>"


def test_where_cuda_fails_in_use_the_cpu_serves(
    network_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ctranslate2_engine, "_cuda", lambda: True)
    assert best_network(network_folder).device == "cpu"
    assert "using the CPU" in caplog.text


def test_ctranslate2_takes_the_card_only_without_torch_and_never_on_zerogpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ctranslate2

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    assert not ctranslate2_engine._cuda()  # torch is here, and has the card
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert ctranslate2_engine._cuda()
    monkeypatch.setenv("SPACES_ZERO_GPU", "1")
    assert not ctranslate2_engine._cuda()


def test_vietnamese_is_asked_for_without_times(checkpoint: Path) -> None:
    tokens = Vocabulary(checkpoint / "tokenizer.json")
    names = [tokens.tokenizer.id_to_token(token) for token in tokens.prompt]
    assert names == ["<|startoftranscript|>", "<|vi|>", "<|transcribe|>", "<|notimestamps|>"]
    assert tokens.tokenizer.id_to_token(tokens.no_speech) == "<|nocaptions|>"


def test_special_tokens_and_times_never_reach_the_text(checkpoint: Path) -> None:
    tokens = Vocabulary(checkpoint / "tokenizer.json")
    word = tokens.tokenizer.token_to_id("\u0120x7")
    assert tokens.text([*tokens.prompt, word, tokens.end, tiny.VOCABULARY - 1]) == "x7"
