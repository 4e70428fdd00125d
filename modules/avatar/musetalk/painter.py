"""MuseTalk as a painter of mouths: what `neural/painting.py` asks for."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from modules.avatar.musetalk import compiled
from modules.avatar.musetalk.blending import Grounds, beneath, grounds, pasted
from modules.avatar.musetalk.checkpoint import (
    released_autoencoder,
    released_ear,
    released_tiny_decoder,
    released_unet,
)
from modules.avatar.musetalk.compiled import Fixed, Painting
from modules.avatar.musetalk.config import FACE_SIZE
from modules.avatar.musetalk.ear import Ear, Spectrogram
from modules.avatar.musetalk.geometry import face_box
from modules.avatar.musetalk.latents import for_painter, normalised
from modules.avatar.musetalk.listening import BEYOND, Listening
from modules.avatar.musetalk.masks import box_mask
from modules.avatar.musetalk.pictures import Shown
from modules.avatar.musetalk.windows import WIDTH, positions
from modules.avatar.neural.painting import BOXES, FRAME_HEARD, MASKS, Arrays, Clip, Run
from modules.errors import trace
from modules.messages import ByteArray, FloatArray
from modules.models import Weights

log = logging.getLogger("guong.avatar")

LATENTS = "latents"
"""float16 [n, 8, 32, 32]: a frame's crop as the painter takes it."""
UNDER = "under"
"""uint8 [n, 32, 32, 3]: the colours of the crop, coarsely; painted faces take them on."""
UNET, VAE, EAR, TINY = "musetalk", "sd-vae-ft-mse", "whisper-tiny", "taesd"
"""Keys of the models."""


@dataclass(frozen=True, slots=True, eq=False)
class Networks:
    """The four networks, on one device; those that paint in one type."""

    unet: torch.nn.Module
    encoder: torch.nn.Module
    decoder: torch.nn.Module
    ear: Ear

    @classmethod
    def released(cls, kept: Weights, *, tiny: bool) -> Networks:
        """Return what was fetched, on the CPU in float32; `tiny` takes the small decoder.

        Raises `EngineUnavailable` where files are missing and `WeightsRejected` for wrong ones.
        """
        unet = released_unet(kept.path(UNET), kept.models[UNET])
        encoder, decoder = released_autoencoder(kept.path(VAE), kept.models[VAE])
        ear = released_ear(kept.path(EAR), kept.models[EAR])
        if not tiny:
            return cls(unet, encoder, decoder, ear)
        return cls(unet, encoder, released_tiny_decoder(kept.path(TINY), kept.models[TINY]), ear)

    @property
    def heard(self) -> tuple[int, int]:
        """Tokens that a frame hears, and their width."""
        return WIDTH * self.ear.layers, self.ear.config.width

    def on(self, device: str, dtype: torch.dtype) -> Networks:
        """Return them on a device. The ear stays in float32: it runs once a clause."""
        for part in (self.unet, self.encoder, self.decoder):
            part.to(device=device, dtype=dtype)
            part.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.ear.to(device)
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An avatar on the painter's device."""

    latents: Tensor
    grounds: Grounds
    shown: Shown


class MuseTalkPainter:
    """Paints faces and puts them into their frames, all on one device."""

    name = "musetalk"
    version = "1"
    size = FACE_SIZE
    future = BEYOND
    whole = True

    def __init__(self, networks: Networks, *, graphs: bool, sizes: tuple[int, ...]) -> None:
        self._networks = networks
        self._painting = Painting(networks.unet, networks.decoder)
        first = next(networks.unet.parameters())
        self._device, self._type = first.device, first.dtype
        self._fixed = Fixed(self._painting, networks.heard, graphs=graphs, sizes=sizes)
        self.batch = self._fixed.largest
        self._spectrogram = Spectrogram(networks.ear.config, self._device.type)
        self._positions = positions(*networks.heard).to(self._device, self._type)
        self._host: Tensor | None = None

    def warm(self, *, fused: bool) -> None:
        """Use everything once; `fused` compiles the painting first (a minute or two)."""
        if fused:
            self._fixed.use(compiled.compiled(self._painting))
            try:
                self._fixed.once()
            except RuntimeError as error:  # no C compiler, say: it is slower, and paints
                log.warning("the painter is not compiled: %s", trace(error))
                self._fixed.use(self._painting)
        self._fixed.warm()
        self.ear().push(np.zeros(2 * FRAME_HEARD, np.float32), True)

    def take(self, painting: Painting) -> None:
        """Paint with another function of the same inputs."""
        self._fixed.use(painting)

    def prepare(self, frames: ByteArray, points: FloatArray) -> Arrays:
        """Return boxes, masks and latents of frames; see `Painter.prepare`."""
        height, width = frames.shape[1:3]
        boxes = [face_box(each, width, height) for each in points]
        crops = [f[t:b, x:r] for f, (x, t, r, b) in zip(frames, boxes, strict=True)]
        pictures = torch.cat([normalised(crop) for crop in crops])
        pictures = pictures.to(self._device, self._type)
        latents = for_painter(self._networks.encoder, pictures)
        return {
            BOXES: np.array(boxes, np.int32),
            MASKS: np.stack([box_mask(p, box) for p, box in zip(points, boxes, strict=True)]),
            LATENTS: latents.half().cpu().numpy(),
            UNDER: np.stack([beneath(crop) for crop in crops]),
        }

    def attach(self, frames: Clip, arrays: Arrays) -> Prepared:
        """Return an avatar on the device."""

        def there(name: str) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(arrays[name])).to(self._device)

        below = grounds(there(BOXES), there(MASKS), there(UNDER))
        return Prepared(there(LATENTS).to(self._type), below, Shown(frames, self._device))

    def ear(self) -> Listening:
        """Return an ear for a new reply."""
        return Listening(self._hear, self._positions)

    @torch.inference_mode()
    def _hear(self, samples: FloatArray) -> Tensor:
        mel = torch.from_numpy(self._spectrogram(samples)).to(self._device)
        rows: Tensor = self._networks.ear(mel)[0]
        return rows

    @torch.inference_mode()
    def paint(self, runs: Sequence[Run]) -> list[ByteArray]:
        """Return whole frames; see `Painter.paint`."""
        indices = [torch.from_numpy(run.indices).to(self._device) for run in runs]
        prepared: list[Prepared] = [run.prepared for run in runs]
        pairs = list(zip(prepared, indices, strict=True))
        latents = torch.cat([each.latents[k] for each, k in pairs])
        faces = self._fixed(latents, torch.cat([run.features for run in runs]))
        strength = torch.from_numpy(np.concatenate([run.strength for run in runs]))
        below = Grounds.joined([each.grounds.at(k) for each, k in pairs])
        frames = torch.cat([run.prepared.shown.at(run.indices) for run in runs])
        pictures = self._copied(pasted(faces, frames, below, strength.to(self._device)))
        ends = np.cumsum([len(run.indices) for run in runs])[:-1]
        return [np.asarray(part, np.uint8) for part in np.split(pictures, ends)]

    def _copied(self, pictures: Tensor) -> ByteArray:
        """Return pictures in the host's memory: the one copy of a batch."""
        if pictures.device.type != "cuda":
            return np.asarray(pictures.numpy())
        if self._host is None or self._host.shape[1:] != pictures.shape[1:]:
            shape = (self.batch, *pictures.shape[1:])
            self._host = torch.empty(shape, dtype=torch.uint8, pin_memory=True)
        here = self._host[: len(pictures)]
        here.copy_(pictures, non_blocking=True)
        torch.cuda.current_stream().synchronize()
        return np.array(here.numpy())

    def close(self) -> None:
        """Let go of the networks' graphs and of the buffer."""
        self._host = None
        self._fixed.use(self._painting)


def load_painter(kept: Weights, device: str, *, tiny: bool, zero: bool) -> MuseTalkPainter:
    """Return a painter of the fetched weights, ready: on a card in float16, else in float32.

    `zero` says that the card is ZeroGPU's, where nothing may run before a worker has it; the
    painting is compiled ahead there. Raises as `Networks.released` does.
    """
    cuda = device == "cuda"
    networks = Networks.released(kept, tiny=tiny)
    networks = networks.on(device, torch.float16 if cuda else torch.float32)
    if zero:
        painting = Painting(networks.unet, networks.decoder)
        ahead = compiled.compiled_ahead(painting, networks.heard)
        sizes = compiled.SIZES[-1:] if ahead else compiled.SIZES
        painter = MuseTalkPainter(networks, graphs=False, sizes=sizes)
        if ahead:
            painter.take(painting)
        return painter
    painter = MuseTalkPainter(networks, graphs=cuda, sizes=compiled.SIZES)
    painter.warm(fused=cuda and compiled.can_compile())
    return painter
