"""The owner's own labelled sentences, and the network that they make."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import anyio
import numpy as np
import pytest
import torch

from modules.emotion import ENGINES
from modules.emotion.phobert.engine import OwnEngine
from modules.emotion.phobert.sentences import read_sentences, split
from modules.emotion.train import main
from modules.errors import InvalidInput
from modules.messages import EMOTIONS, Transcript, TurnRequest
from tests.emotion import tiny

torch.set_num_threads(1)  # tests share the machine


def write_csv(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("text", "label"), *rows])
    return path


def write_jsonl(path: Path, rows: list[tuple[str, str]]) -> Path:
    lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_both_kinds_of_file_hold_the_same_sentences(tmp_path: Path) -> None:
    rows = tiny.sentences()
    read = read_sentences(write_csv(tmp_path / "a.csv", rows))
    assert read == read_sentences(write_jsonl(tmp_path / "a.jsonl", rows))
    assert [(text, EMOTIONS[place]) for text, place in read] == rows


def test_labels_may_be_vietnamese_and_in_any_case(tmp_path: Path) -> None:
    rows = [("vui quá", "vui"), ("sợ quá", "FEAR")] * 8
    read = read_sentences(write_csv(tmp_path / "a.csv", rows))
    assert {EMOTIONS[place] for _, place in read} == {"Enjoyment", "Fear"}


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ('{"text": "vui", "label": "Enjoyment"}\n{"text": ', "invalid_input.unreadable", 2),
        ('{"text": "vui", "label": "tuyệt"}', "invalid_input.unknown_label", 1),
        ('{"text": "vui"}', "invalid_input.unreadable", 1),
        ("[1]", "invalid_input.unreadable", 1),
        ('{"text": "vui", "label": "vui"}', "invalid_input.too_few", None),
    ],
)
def test_a_file_that_cannot_be_used_says_where(
    tmp_path: Path, content: str, code: str, line: int | None
) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_sentences(path)
    assert (caught.value.code, caught.value.params.get("line")) == (code, line)


def test_some_of_every_label_is_held_back_and_nothing_is_in_both() -> None:
    labels = [0] * 40 + [1] * 10 + [2] * 3 + [3]
    learned, held = split(labels, seed=1)
    assert sorted([*learned, *held]) == list(range(len(labels)))
    assert np.bincount(np.array(labels)[held]).tolist() == [6, 2, 1]


def test_trained_on_a_small_file_the_owners_network_serves_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GUONG_DATA", str(tmp_path / "data"))
    file = write_csv(tmp_path / "mine.csv", tiny.sentences())
    base = tiny.save(tmp_path / "base")
    options = [str(file), "--base", str(base), "--epochs", "12", "--rate", "0.003", "--batch", "8"]
    with caplog.at_level("INFO"):
        assert main(options) == 0
    assert "macro-F1" in caplog.text
    assert "vui" not in caplog.text  # nothing of what the sentences say
    folder = tmp_path / "data" / "models" / "phobert-own"
    outcome = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert outcome["macro_f1"] > 0.9
    assert outcome["held_back"] == 14
    assert outcome["temperature"] == 1.5  # too few were held back to fit one
    assert json.loads((folder / "calibration.json").read_text())["sentences"] == 14
    assert [path.name for path in folder.parent.iterdir()] == ["phobert-own"]
    assert moods(OwnEngine(ENGINES[0])) == ["Sadness", "Fear", "Enjoyment"]


def moods(engine: OwnEngine) -> list[str]:
    async def run() -> list[str]:
        stream = engine.open(TurnRequest(1, ""))
        for text in ("mình buồn lắm", "thật sợ !", "hôm nay mình vui quá"):
            await stream.push(Transcript(1, text))
        found = [mood async for mood in stream]
        assert {mood.engine for mood in found} == {"phobert-own"}
        return [mood.label for mood in found]

    engine.load()
    try:
        return anyio.run(run)
    finally:
        engine.close()


def test_another_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUONG_EMOTION_MODEL", str(tmp_path / "elsewhere"))
    assert OwnEngine(ENGINES[0]).spec.weights == ()
    tiny.save(tmp_path / "elsewhere", EMOTIONS)
    assert OwnEngine(ENGINES[0]).folder() == tmp_path / "elsewhere"


def test_a_file_that_cannot_be_used_trains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GUONG_DATA", str(tmp_path))
    file = write_jsonl(tmp_path / "few.jsonl", [("vui", "Enjoyment")])
    assert main([str(file)]) == 1
    assert "invalid_input.too_few" in caplog.text


def test_a_fetched_checkpoint_is_calibrated_on_the_owners_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modules.emotion import train

    folder = tiny.save(tmp_path / "phobert-sentiment", EMOTIONS, seed=2)

    class Kept:
        def path(self, key: str) -> Path:
            assert key == "phobert-sentiment"
            return folder

    monkeypatch.setattr(train, "weights", Kept)
    file = write_jsonl(tmp_path / "mine.jsonl", tiny.sentences())
    assert main([str(file), "--calibrate", "phobert-sentiment"]) == 0
    kept = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    assert kept["sentences"] == len(tiny.sentences())
