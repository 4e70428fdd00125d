"""The card's benchmark runs to its end on a machine without a card, at toy sizes."""

import importlib
import json
import sys
from functools import partial

import pytest
import torch
from diffusers import AutoencoderTiny

from benchmarks import gpu, gpu_face, gpu_face_heads, gpu_feel, gpu_hear, gpu_llm, gpu_voice
from benchmarks.report import Figure
from tests.avatar.sadtalker.toys import toys

torch.set_num_threads(1)  # tests share the machine


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    for part in (gpu_llm, gpu_voice):
        monkeypatch.setattr(part, "ROUNDS", 1)
        monkeypatch.setattr(part, "SESSIONS", (1, 2))


def test_voice_and_model_are_measured_and_the_table_says_where(monkeypatch, tmp_path, capsys):
    file = tmp_path / "figures.json"
    asked = ["gpu", "--small", "--only", "voice", "llm", "--json", str(file)]
    monkeypatch.setattr(sys, "argv", asked)
    assert gpu.main() == 0
    rows = json.loads(file.read_text())
    assert "no card: toy sizes" in rows[0]["detail"]
    assert "torch" in rows[0]["detail"]
    names = " ".join(row["name"] for row in rows)
    for expected in ("streamed", "2 at once: first piece", "first token", "each session"):
        assert expected in names
    assert all(row["value"] > 0 for row in rows[1:])
    assert not any(row["at_least"] or row["at_most"] for row in rows)  # toys reach nothing
    assert names.split()[0] in capsys.readouterr().out


def test_hearing_and_feeling_are_measured_to_the_end(monkeypatch):
    monkeypatch.setattr(gpu_hear, "VISITORS", (2,))
    monkeypatch.setattr(gpu_feel, "SESSIONS", (2,))
    monkeypatch.setattr(gpu_feel, "ROUNDS", 1)
    rows = gpu.run(("hear", "feel"), small=True)
    names = " ".join(row.name for row in rows)
    assert "2 visitors" in names
    assert "2 at once" in names
    assert "failed" not in names
    assert all(row.value > 0 for row in rows[1:] if "first use" not in row.name)


def test_every_face_is_measured(monkeypatch):
    small = (8, 8, 8, 8)
    tiny = partial(
        AutoencoderTiny, encoder_block_out_channels=small, decoder_block_out_channels=small
    )
    monkeypatch.setattr(gpu_face, "SESSIONS", 2)
    monkeypatch.setattr(gpu_face, "released_tiny", tiny)
    # Of SadTalker's networks one takes nearly all the time: a toy stands in its place.
    folded = gpu_face_heads.folded
    monkeypatch.setattr(gpu_face_heads, "folded", lambda networks: toys(folded(networks)))
    _, *rows = gpu.run(("face",), small=True)
    names = " ".join(row.name for row in rows)
    assert not any("failed" in row.name or "not measured" in row.name for row in rows), rows
    for expected in (
        "MuseTalk (toy), batch of 4", "tiny decoder", "first frames of a clause", "2 sessions",
        "at hand again", "SadTalker (small frames): 1 at once", "an answer filmed", "an idle loop",
    ):  # fmt: skip
        assert expected in names
    assert all(row.value > 0 for row in rows)
    assert not any(row.at_least or row.at_most for row in rows)


def test_every_part_that_there_is_can_be_asked_for():
    assert {"llm", "voice", "face", "turn"} <= set(gpu.PARTS)
    for part in ("llm", "voice", "face"):
        assert callable(importlib.import_module(f"benchmarks.gpu_{part}").run)


@pytest.mark.parametrize(
    ("error", "name", "says"),
    [
        (ModuleNotFoundError("x", name="transformers"), "llm: not measured", "transformers"),
        (RuntimeError("CUDA error: invalid\nmore"), "llm: failed", "CUDA error: invalid"),
    ],
)
def test_a_part_that_cannot_run_leaves_the_table_standing(monkeypatch, error, name, says):
    def raising(device):
        raise error

    monkeypatch.setattr(gpu_llm, "run", raising)
    monkeypatch.setattr(gpu_voice, "run", lambda device: [Figure("voice", 1, "x")])
    found = {each.name: each for each in gpu.run(("llm", "voice"), small=True)}
    assert says in found[name].detail
    assert "voice" in found


@pytest.mark.parametrize(
    ("figure", "margin"),
    [
        (Figure("fast", 250, "x", at_least=100), "2.5 x the limit"),
        (Figure("soon", 50, "ms", at_most=150, detail="n=1"), "3 x the limit; n=1"),
        (Figure("free", 50, "ms", detail="n=1"), "n=1"),
    ],
)
def test_on_a_card_each_figure_says_how_far_it_is_from_its_limit(figure, margin):
    assert gpu._with_margin(figure).detail == margin
