"""PhoBERT on a tiny network: the same as transformers, batched, windowed, and above the lexicon."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import anyio
import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from modules.emotion import ENGINES, classify
from modules.emotion.phobert import engine as engines
from modules.emotion.phobert.batcher import MOST_WAITING, Batcher, Job, batch
from modules.emotion.phobert.engine import OwnEngine, PhobertEngine
from modules.emotion.phobert.network import Network, spread
from modules.engines import EngineSpec
from modules.errors import EngineFailed, EngineUnavailable, WeightsRejected
from modules.installing import command
from modules.messages import EMOTIONS, FloatArray, Mood, Transcript, TurnRequest
from modules.models import UNPINNED, Weights
from requirements.licences import flags
from tests.emotion import tiny
from tests.fetched import as_fetched

torch.set_num_threads(1)  # tests share the machine
KEY = "phobert-emotion"
SPEC = next(spec for spec in ENGINES if spec.name == KEY)
ORDER = ("Other", "Disgust", "Enjoyment", "Sadness", "Fear", "Surprise", "Anger")
TEXTS = ("hôm_nay mình vui quá", "mình buồn lắm , khóc", "họp", "sợ quá !")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save(tmp_path_factory.mktemp("phobert"), ORDER)


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Network:
    return Network(checkpoint, device="cpu")


@pytest.fixture
def fetched(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    shutil.copytree(checkpoint, tmp_path / "models" / KEY)
    found = as_fetched(tmp_path / "models", "emotion", hashed=False)
    monkeypatch.setattr(engines, "weights", lambda: found)
    return found


@pytest.fixture
def engine(fetched: Weights) -> Iterator[PhobertEngine]:
    made = PhobertEngine(SPEC)
    made.load()
    yield made
    made.close()


def read(engine: PhobertEngine, *texts: str) -> list[Mood]:
    async def run() -> list[Mood]:
        stream = engine.open(TurnRequest(4, "", owner="one"))
        for text in texts:
            await stream.push(Transcript(4, text))
        return [mood async for mood in stream]

    return anyio.run(run)


# --- the network ----------------------------------------------------------------------------------


def test_the_tokenizer_reads_words_whole_and_the_rest_in_pieces(network: Network) -> None:
    tokens = network.tokenizer.tokenize("mình buồn lắm xyz")
    assert tokens == ["mình", "buồn", "lắm", "x@@", "y@@", "z"]
    ((start, *ids, end),) = network.windows("mình buồn")
    assert (start, end) == (0, 2)
    assert network.tokenizer.convert_ids_to_tokens(ids) == ["mình", "buồn"]


def test_it_answers_what_transformers_answers(checkpoint: Path, network: Network) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(checkpoint).eval()
    for text in TEXTS:
        ids = network.tokenizer(text, return_tensors="pt").input_ids
        with torch.inference_mode():
            expected = model(ids).logits.numpy()
        assert network.windows(text) == ids.tolist()
        assert np.allclose(network.logits(network.windows(text)), expected, atol=1e-5)


def test_sentences_in_a_batch_do_not_disturb_each_other(network: Network) -> None:
    parts = [network.windows(text)[0] for text in TEXTS]
    alone = np.concatenate([network.logits([part]) for part in parts])
    assert np.allclose(network.logits(parts), alone, atol=1e-5)


def test_no_text_is_too_long(network: Network) -> None:
    for count in (254, 255, 1_000, 20_000):
        parts = network.windows("vui " * count)
        assert max(map(len, parts)) <= 256
        assert len(parts) == (1 if count == 254 else 2)
        assert network.logits(parts).shape == (len(parts), 7)


def test_of_a_long_text_the_beginning_and_the_end_are_read(network: Network) -> None:
    first, last = network.windows("vui " * 300 + "họp " * 300 + "buồn " * 300)
    words = [network.tokenizer.convert_ids_to_tokens(part[1:-1]) for part in (first, last)]
    assert [set(part) for part in words] == [{"vui"}, {"buồn"}]
    assert spread([[n] for n in range(11)], 3) == [[0], [5], [10]]


@pytest.mark.parametrize("safe", [True, False])
def test_weights_come_as_safetensors_or_as_a_plain_pickle(tmp_path: Path, safe: bool) -> None:
    folder = tiny.save(tmp_path, ("NEG", "POS", "NEU"), safe=safe)
    assert Network(folder, device="cpu").labels.names == ("NEG", "POS", "NEU")


def test_a_pickle_that_does_more_than_hold_weights_is_refused(tmp_path: Path) -> None:
    folder = tiny.save(tmp_path, ORDER, safe=False)
    torch.save({"x": threading.Event}, folder / "pytorch_model.bin")
    with pytest.raises(WeightsRejected):
        Network(folder, device="cpu")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", b"{"),
        ("config.json", b'{"model_type": "bert", "id2label": {"0": "joy"}}'),
        ("vocab.txt", b""),
        ("bpe.codes", b"\xff\xfe"),
        ("model.safetensors", b"not this"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_rejected(
    checkpoint: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(checkpoint, folder)
    (folder / name).write_bytes(content)
    with pytest.raises(WeightsRejected) as caught:
        network = Network(folder, device="cpu")
        if not network.tokenizer.tokenize("mình") or len(network.tokenizer) < 100:
            raise WeightsRejected("unreadable", file=name, why="empty")  # an empty vocabulary
    assert set(caught.value.params) == {"file", "why"}


def test_a_head_that_is_missing_is_noticed(tmp_path: Path) -> None:
    folder = tiny.save(tmp_path)  # the plain network
    config = (folder / "config.json").read_text(encoding="utf-8")
    names = ", ".join(f'"{index}": "{name}"' for index, name in enumerate(ORDER))
    (folder / "config.json").write_text(config.replace("{", f'{{"id2label": {{{names}}},', 1))
    with pytest.raises(WeightsRejected) as caught:
        Network(folder, device="cpu")
    assert caught.value.code == "weights_rejected.keys"


# --- many sessions --------------------------------------------------------------------------------


def job(session: str, *lengths: int) -> Job:
    return Job(session, [[0] * length for length in lengths], lambda _: None)


def test_a_batch_takes_the_oldest_and_one_text_of_each_session() -> None:
    waiting = [job("a", 5), job("a", 6), job("b", *[9] * 8), job("c", *[9] * 8), job("d", 4)]
    assert [each.session for each in batch(waiting)] == ["a", "b", "d"]
    assert batch([job("a", *[256] * 40)])  # too large for any batch: alone


class Slow:
    """A network that computes when the test lets it, and remembers its batches."""

    def __init__(self) -> None:
        self.go, self.batches = threading.Event(), list[int]()

    def __call__(self, windows: Sequence[Sequence[int]]) -> FloatArray:
        self.go.wait(10)
        self.batches.append(len(windows))
        if any(window == [666] for window in windows):
            raise RuntimeError("broken")
        return np.array([[len(window), 0.0] for window in windows], np.float32)


def test_who_comes_while_others_are_computed_is_answered_together() -> None:
    slow, answers = Slow(), dict[str, object]()
    batcher, done = Batcher(slow), threading.Semaphore(0)

    def ask(session: str, windows: list[list[int]]) -> Job:
        def deliver(what: object) -> None:
            answers[session] = what
            done.release()

        asked = Job(session, windows, deliver)
        batcher.submit(asked)
        return asked

    ask("first", [[1, 2]])
    gone = [ask("gone", [[1]])]
    for name in "abc":
        ask(name, [[1, 2, 3], [1]])
    gone[0].cancelled = True
    slow.go.set()
    for _ in range(4):
        assert done.acquire(timeout=10)
    assert slow.batches in ([1, 6], [7])  # never one by one
    assert "gone" not in answers
    assert np.allclose(answers["a"], [3 * 0.75 + 1 * 0.25, 0])  # type: ignore[arg-type]
    ask("bad", [[666]])
    assert done.acquire(timeout=10)
    assert isinstance(answers["bad"], EngineFailed)
    ask("good", [[1]])  # one bad batch ends nothing
    assert done.acquire(timeout=10)
    batcher.close()
    with pytest.raises(EngineFailed, match="emotion_busy"):
        ask("late", [[1]])


def test_too_many_who_wait_are_refused() -> None:
    slow = Slow()
    batcher = Batcher(slow)
    with pytest.raises(EngineFailed, match="emotion_busy"):
        for number in range(MOST_WAITING + 2):
            batcher.submit(job(str(number), 1))
    slow.go.set()
    batcher.close()


# --- the engine -----------------------------------------------------------------------------------


def test_a_mood_has_seven_scores_and_says_who_read(engine: PhobertEngine) -> None:
    (mood,) = read(engine, "Hôm nay mình vui quá!")
    assert (mood.reply, mood.engine) == (4, KEY)
    assert set(mood.scores) == set(EMOTIONS)
    assert sum(mood.scores.values()) == pytest.approx(1.0, abs=1e-4)
    assert mood.label == max(EMOTIONS, key=mood.scores.__getitem__)


def test_the_scores_are_those_of_the_network_at_its_temperature(engine: PhobertEngine) -> None:
    logits = engine.network.logits(engine.windows("Mình buồn lắm, khóc."))[0]
    scores = np.exp(logits / 1.5) / np.exp(logits / 1.5).sum()
    (mood,) = read(engine, "Mình buồn lắm, khóc.")
    assert [mood.scores[name] for name in ORDER] == pytest.approx(scores.tolist(), abs=1e-5)  # type: ignore[index]


def test_what_is_typed_without_diacritics_is_left_to_the_lexicon(engine: PhobertEngine) -> None:
    moods = read(engine, "minh buon qua ban oi", "", "😢")
    assert [mood.engine for mood in moods[:2]] == ["lexicon", "lexicon"]
    assert moods[0].scores == classify("minh buon qua ban oi").scores


def test_long_texts_are_read_to_their_end(engine: PhobertEngine) -> None:
    (mood,) = read(engine, "Hôm nay mình họp. " * 300)
    assert mood.engine == KEY


def test_closed_it_opens_nothing(engine: PhobertEngine) -> None:
    engine.close()
    with pytest.raises(EngineUnavailable, match="not_loaded"):
        engine.open(TurnRequest(1, ""))


def test_without_weights_or_packages_it_says_what_to_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUONG_DATA", str(tmp_path))
    with pytest.raises(EngineUnavailable) as caught:
        PhobertEngine(SPEC).load()
    assert caught.value.params == {"stage": "emotion", "remedy": KEY}
    absent = EngineSpec("x", "emotion", "", packages=("no_such_package",), weights=(KEY,))
    with pytest.raises(EngineUnavailable) as caught:
        PhobertEngine(absent).load()
    assert caught.value.params["remedy"] == command(["no_such_package"])


def test_an_owner_who_has_trained_nothing_is_told_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUONG_DATA", str(tmp_path))
    with pytest.raises(EngineUnavailable) as caught:
        OwnEngine(ENGINES[0]).load()
    assert caught.value.code == "engine_unavailable.not_trained"


def test_every_checkpoint_shows_its_licence_and_what_it_restricts() -> None:
    for spec in ENGINES:
        for key in spec.weights:
            assert spec.licence.split(" ")[0] in UNPINNED[key].licence
            assert ("licence" in spec.needs) == bool(flags(UNPINNED[key].licence))
    assert ENGINES[-1].embedded
    assert not any("cuda" in spec.needs for spec in ENGINES)
