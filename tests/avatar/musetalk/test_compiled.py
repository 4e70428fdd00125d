"""Batches of fixed sizes, and networks that compilers can take whole."""

from __future__ import annotations

import gradio
import pytest
import torch
from torch import Tensor

from modules import graphs
from modules.avatar.musetalk import compiled
from modules.avatar.musetalk.compiled import SIZES, Fixed, Painting
from modules.avatar.musetalk.config import UNetConfig
from modules.avatar.musetalk.painter import Networks
from modules.avatar.musetalk.unet import load_unet, released
from modules.checkpoints import shapes
from tests.avatar.musetalk.filled import filled, noise
from tests.fetched import as_fetched
from tests.replayed import captured


@pytest.fixture(scope="module")
def networks(small) -> Networks:
    return Networks.released(as_fetched(small, "avatar"), tiny=False).on("cpu", torch.float32)


@pytest.fixture(scope="module")
def painting(networks: Networks) -> Painting:
    return Painting(networks.unet, networks.decoder).eval()


def inputs(count: int) -> tuple[Tensor, Tensor]:
    latents = torch.from_numpy(noise("latents", count, 8, 32, 32))
    return latents, torch.from_numpy(noise("heard", count, 50, 24))


def test_a_batch_is_filled_up_to_the_next_size_and_cut_back(painting, monkeypatch) -> None:
    fixed = Fixed(painting, (50, 24), graphs=False)
    monkeypatch.setattr(fixed, "_fills", True)
    seen: list[int] = []

    def watched(latents: Tensor, heard: Tensor) -> Tensor:
        seen.append(len(latents))
        return painting(latents, heard)

    fixed.use(watched)
    for count in (1, 5):
        made = fixed(*inputs(count))
        with torch.inference_mode():
            expected = painting(*inputs(count))
        torch.testing.assert_close(made, expected, atol=1e-4, rtol=1e-4)
    assert seen == [4, 8]
    assert fixed.largest == SIZES[-1] == 16


def test_a_batch_that_is_replayed_shows_the_same(painting, monkeypatch) -> None:
    made = captured(monkeypatch)
    fixed = Fixed(painting, (50, 24), graphs=True)
    monkeypatch.setattr(fixed, "_fills", True)

    def sketched(latents: Tensor, heard: Tensor) -> Tensor:
        return latents[:, :3] + heard.mean((1, 2))[:, None, None, None]

    fixed.use(sketched)
    for count in (1, 3):
        torch.testing.assert_close(fixed(*inputs(count)), sketched(*inputs(count)))
    assert [graph.count for graph in made] == [2]


def test_a_batch_that_cannot_be_captured_is_painted_all_the_same(painting, monkeypatch) -> None:
    fixed = Fixed(painting, (50, 24), graphs=True)
    monkeypatch.setattr(fixed, "_fills", True)
    tried: list[int] = []

    def refused(work, inputs, pool) -> None:
        tried.append(len(inputs[0]))
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(graphs, "captured", refused)
    for _ in range(2):
        assert fixed(*inputs(3)).shape == (3, 3, 256, 256)
    assert tried == [4]


def test_compilers_take_the_painting_as_one_graph_that_paints_the_same(networks) -> None:
    config = UNetConfig(channels=(16, 16), layers=1, heads=2, groups=8, audio=24)
    unet = load_unet(filled(shapes(released(config))), config, "unet.pth")
    painting = Painting(unet, networks.decoder).eval()
    # Strictly: by the tracer of torch.compile, which must not stop anywhere on its way.
    exported = torch.export.export(painting, args=inputs(2), strict=True)
    with torch.inference_mode():
        made = exported.module()(*inputs(2))
        torch.testing.assert_close(made, painting(*inputs(2)), atol=1e-4, rtol=1e-4)


def test_on_zerogpu_the_painting_is_compiled_by_a_worker_and_put_in_place(
    painting, monkeypatch
) -> None:
    import spaces

    steps: list[object] = []

    class Captured:
        args, kwargs = inputs(16), {}

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return False

    def worker(duration):
        steps.append(duration)
        return lambda function: function

    monkeypatch.setattr(spaces, "GPU", worker)
    monkeypatch.setattr(spaces, "aoti_capture", lambda module: Captured(), raising=False)
    monkeypatch.setattr(spaces, "aoti_compile", lambda program: "made", raising=False)
    monkeypatch.setattr(
        spaces, "aoti_apply", lambda made, module: steps.append((made, module)), raising=False
    )
    monkeypatch.setattr(torch.export, "export", lambda module, args, kwargs: "exported")
    monkeypatch.setattr(Painting, "forward", lambda self, latents, heard: latents)
    assert compiled.compiled_ahead(painting, (50, 24))
    assert steps == [1_500, ("made", painting)]


@pytest.mark.parametrize("error", [RuntimeError, gradio.Error])
def test_where_nothing_can_be_compiled_ahead_the_painting_runs_as_it_is(
    painting, monkeypatch, error
) -> None:
    import spaces

    def failing(work):
        def call():
            raise error("no kernels")

        return call

    monkeypatch.setattr(spaces, "GPU", lambda duration: failing)
    assert not compiled.compiled_ahead(painting, (50, 24))


def test_a_compiler_that_fails_leaves_a_painter_that_paints(networks, monkeypatch) -> None:
    from modules.avatar.musetalk.painter import MuseTalkPainter

    def broken(latents: Tensor, heard: Tensor) -> Tensor:
        raise RuntimeError("no C compiler")

    monkeypatch.setattr(compiled, "compiled", lambda painting: broken)
    painter = MuseTalkPainter(networks, graphs=False, sizes=SIZES)
    painter.warm(fused=True)
    assert painter._fixed(*inputs(1)).shape == (1, 3, 256, 256)
