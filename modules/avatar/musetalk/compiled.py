"""The painter and its decoder as one function of fixed shapes.

A frame is some 900 kernels, so what they wait for between each other counts. On a card of one's own
they are fused by torch.compile (where Triton is there) and replayed as one CUDA graph for each
size; ZeroGPU, where nothing can be compiled while somebody waits, takes a function that was
compiled ahead of time. On the processor the networks run as they are, at any size.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn

from modules.avatar.musetalk.config import LATENT_CHANNELS, LATENT_SIZE
from modules.errors import trace
from modules.graphs import Captured, Graphs
from modules.zerogpu import before_launch

log = logging.getLogger("guong.avatar")

SIZES = (4, 8, 16)
"""Frames of a batch: one run of one session, two, or as many as a batch holds."""


class Painting(nn.Module):
    """The painter and a decoder: from latents and sound to faces."""

    def __init__(self, unet: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.unet, self.decoder = unet, decoder

    def forward(self, latents: Tensor, heard: Tensor) -> Tensor:
        """Return faces [n, 3, 256, 256], 0 to 1, for [n, 8, 32, 32] and [n, 50, width]."""
        faces: Tensor = self.decoder(self.unet(latents, heard))
        return faces


class Fixed:
    """A painting whose batches are filled up to one of `SIZES`; replayed where it can be."""

    def __init__(
        self,
        painting: Painting,
        heard: tuple[int, int],
        *,
        graphs: bool,
        sizes: tuple[int, ...] = SIZES,
    ) -> None:
        """`heard` is (tokens of a frame, width); `graphs` asks for CUDA graphs; `sizes` rise."""
        first = next(painting.parameters())
        self._device, self._type = first.device, first.dtype
        self._painting: Callable[[Tensor, Tensor], Tensor] = painting
        self._heard, self._sizes = heard, sizes
        self._graphs = Graphs(log, "batches") if graphs else None
        self._fills = self._device.type == "cuda"

    @property
    def largest(self) -> int:
        """Frames of the largest batch."""
        return self._sizes[-1]

    def warm(self) -> None:
        """Run every size once, and capture it."""
        for size in self._sizes if self._fills else ():
            self(*self.inputs(size))

    def once(self) -> None:
        """Run the smallest size as it is. Raises what a compiler raises."""
        with torch.inference_mode():
            self._painting(*self.inputs(self._sizes[0]))

    def inputs(self, size: int) -> tuple[Tensor, Tensor]:
        """Return inputs of zeros."""
        kind: dict[str, Any] = {"device": self._device, "dtype": self._type}
        latents = torch.zeros(size, 2 * LATENT_CHANNELS, LATENT_SIZE, LATENT_SIZE, **kind)
        latents = latents.contiguous(memory_format=torch.channels_last)
        return latents, torch.zeros(size, *self._heard, **kind)

    def use(self, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        """Take another function of the same inputs: the compiled one."""
        self._painting = function
        if self._graphs:
            self._graphs.clear()

    @torch.inference_mode()
    def __call__(self, latents: Tensor, heard: Tensor) -> Tensor:
        """Return faces [n, 3, 256, 256]; they hold until the next call."""
        count = len(latents)
        if not self._fills:
            return self._painting(latents, heard)
        size = next(size for size in self._sizes if count <= size)
        held = self._of_size(size)
        if held is None:
            filled = self.inputs(size)
            filled[0][:count], filled[1][:count] = latents, heard
            return self._painting(*filled)[:count]
        for place, values in zip(held.inputs, (latents, heard), strict=True):
            place[:count].copy_(values)
        held.replay()
        return held.output[:count]

    def _of_size(self, size: int) -> Captured | None:
        if self._graphs is None:
            return None
        return self._graphs.of(size, self._painting, lambda: self.inputs(size))


def can_compile() -> bool:
    """Tell whether torch.compile can make kernels for the card here."""
    if not torch.cuda.is_available() or importlib.util.find_spec("triton") is None:
        return False
    return torch.cuda.get_device_capability() >= (7, 0)


def compiled(painting: Painting) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the painting with its kernels fused. Norms and activations between convolutions then
    keep the layout of these (channels last), which saves as much as the fusing itself.
    """
    made = torch.compile(painting, dynamic=False, options={"layout_optimization": True})
    return cast("Callable[[Tensor, Tensor], Tensor]", made)


def compiled_ahead(painting: Painting, heard: tuple[int, int], size: int = SIZES[-1]) -> bool:
    """Compile a painting of one size ahead of time, on ZeroGPU: once, before the app is launched.

    Every batch is filled up to that size afterwards. False where it could not be done: then the
    painting runs as it is.
    """
    import spaces

    def compile_it() -> Any:
        with spaces.aoti_capture(painting) as call:
            painting(*Fixed(painting, heard, graphs=False).inputs(size))
        exported = torch.export.export(painting, args=call.args, kwargs=call.kwargs)
        return spaces.aoti_compile(exported)

    try:
        spaces.aoti_apply(before_launch(compile_it), painting)
    except RuntimeError as error:
        log.warning("the painter is not compiled ahead: %s", trace(error))
        return False
    return True
