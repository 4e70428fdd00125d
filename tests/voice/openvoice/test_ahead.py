"""Both halves of the converter as programs that ZeroGPU compiles before the app is launched."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio
import numpy as np
import pytest
import spaces
import torch

from modules import graphs
from modules.voice.openvoice import pairs
from modules.voice.openvoice.ahead import Ahead
from modules.voice.openvoice.config import read_config
from modules.voice.openvoice.conversion import Conversion
from modules.voice.openvoice.network import Converter
from modules.voice.pieces import piece_ends
from tests.voice.openvoice.filled import SMALL, config_text
from tests.voice.openvoice.test_conversion import LONG, SOURCE, TARGET
from tests.voice.speaking import said

FEW = {
    "upsample_rates": [16, 16], "upsample_kernel_sizes": [32, 32],
    "resblock_kernel_sizes": [3, 5], "resblock_dilation_sizes": [[1, 3], [1, 3]],
}  # fmt: skip


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Converter:
    """The small one with few layers: exporting takes its time for each."""
    monkeypatch.setattr("modules.voice.openvoice.network.POSTERIOR_LAYERS", 2)
    monkeypatch.setattr("modules.voice.openvoice.network.COUPLING_LAYERS", 1)
    torch.manual_seed(0)
    (tmp_path / "config.json").write_text(config_text(**SMALL, **FEW), "utf-8")
    return Converter(read_config(tmp_path / "config.json")).eval().requires_grad_(False)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """ZeroGPU's compiler: programs run as they were exported, and the halves lose their weights."""
    steps: list[Any] = []

    def lent(duration: int) -> Callable[[Any], Any]:
        steps.append(duration)
        return lambda function: function

    def put(made: Any, half: torch.nn.Module) -> None:
        half.forward = lambda *given: made(*given)
        for weight in half.parameters():
            weight.data = torch.empty(0)
        steps.append(type(half).__name__)

    monkeypatch.setattr(spaces, "GPU", lent)
    monkeypatch.setattr(
        spaces, "aoti_compile", lambda program: copy.deepcopy(program.module()), raising=False
    )
    monkeypatch.setattr(spaces, "aoti_apply", put, raising=False)
    monkeypatch.setattr(graphs, "captured", lambda *_: pytest.fail("a graph on ZeroGPU"))
    return steps


def test_on_zerogpu_both_halves_are_compiled_by_a_worker_for_windows_of_any_length(
    network: Converter, worker: list[Any]
) -> None:
    samples, plain = said(LONG), copy.deepcopy(network)
    steps = pairs.steps_of(network, "cuda", zero=True)
    assert isinstance(steps, Ahead)
    assert worker == [1_500, "LatentHalf", "SoundHalf"]
    clause = Conversion(network, samples, SOURCE, TARGET, steps=steps)
    found = np.concatenate([clause.render(end) for end in piece_ends(len(samples))])
    short = Conversion(network, samples[:300], SOURCE, TARGET, steps=steps).render(300)
    whole = Conversion(plain, samples, SOURCE, TARGET).render(len(samples))
    np.testing.assert_allclose(found, whole, atol=1e-4)
    np.testing.assert_allclose(
        short, Conversion(plain, samples[:300], SOURCE, TARGET).render(300), atol=1e-4
    )


@pytest.mark.parametrize("error", [RuntimeError("no device"), gradio.Error("GPU task aborted")])
def test_where_nothing_can_be_compiled_ahead_the_network_converts_as_it_is(
    network: Converter, worker: list[Any], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refused(_: Ahead) -> None:
        raise error

    monkeypatch.setattr(Ahead, "exported", refused)
    assert pairs.steps_of(network, "cuda", zero=True) is network
    assert worker == [1_500]
    samples = said("ừ")
    assert np.isfinite(Conversion(network, samples, SOURCE, TARGET).render(len(samples))).all()
