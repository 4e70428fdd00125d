"""The networks at work: a portrait is looked at once, then moved by rows of coefficients."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from modules.avatar.sadtalker.alignment import FACE, Box, align, face_box, face_of, points_in
from modules.avatar.sadtalker.checkpoint import SadTalker
from modules.avatar.sadtalker.coefficients import windows
from modules.avatar.sadtalker.expression import EXPRESSION
from modules.avatar.sadtalker.generator import Source
from modules.avatar.sadtalker.keypoints import moved
from modules.avatar.sadtalker.mapping import COEFFICIENTS, WINDOW, MappingNet
from modules.avatar.sadtalker.pose import BLOCK, CHANCE, POSE
from modules.engines import EngineLock
from modules.messages import ByteArray, FloatArray

Kind = Literal["crop", "full"]
"""Whether the face alone is shown, or pasted back into its portrait."""
ROW = EXPRESSION + POSE
"""Of a row of coefficients: expression, then angles and shift."""
_AT_HAND = 6
"""Portraits whose features are kept, 9 MB each."""
_TOGETHER = 512
"""Moments of sound that are heard at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A portrait as the networks see it."""

    rgb: ByteArray
    box: Box
    kind: Kind
    own: FloatArray
    """float32 [73]: its expression, pose, and the scale and place of its face."""
    source: Source
    canonical: Tensor
    standing: Tensor
    """Its keypoints as they are, [1, 15, 3]."""


class Studio:
    """Networks on one device. Threads take turns, step by step."""

    def __init__(
        self,
        networks: SadTalker,
        mappings: Callable[[Kind], MappingNet],
        device: str = "cpu",
        batch: int = 1,
        side: int = FACE,
    ) -> None:
        """`mappings` is asked for a kind's network when it is first needed. Faces are seen and made
        with `side` pixels: the networks were trained with 256, and run with fewer.
        """
        self.device = torch.device(device)
        self.batch = batch
        self._side = side
        cuda = self.device.type == "cuda"
        self._half = torch.float16 if cuda else torch.float32
        # All on the processor before it moves: on ZeroGPU no kernel may run outside a worker.
        networks.generator.to(self._half)
        if cuda:
            _channels_last(networks.generator)
        self._networks = networks.to(self.device)
        self._load, self._mappings = mappings, dict[Kind, MappingNet]()
        self._heads: OrderedDict[str, Head] = OrderedDict()
        self._turn = EngineLock()

    def warm(self, kind: Kind) -> None:
        """Load what a kind needs. Raises what `mappings` raises."""
        self._mapping(kind)

    @torch.inference_mode()
    def see(self, rgb: ByteArray, points: FloatArray, kind: Kind) -> Head:
        """Return what is known of a portrait [h, w, 3] with points [68, 2], kept for next time."""
        marked = hashlib.sha256(rgb.tobytes() + points.astype(np.float32).tobytes())
        key = f"{kind}-{marked.hexdigest()}"
        with self._turn:
            head = self._heads.get(key) or self._seen(rgb, points, kind)
            self._heads[key] = head
            self._heads.move_to_end(key)
            while len(self._heads) > _AT_HAND:
                self._heads.popitem(last=False)
        return head

    def _seen(self, rgb: ByteArray, points: FloatArray, kind: Kind) -> Head:
        box = face_box(points, *rgb.shape[:2])
        face = face_of(rgb, box, self._side)
        aligned = align(face, points_in(points, box, self._side))
        found = self._networks.face_3drecon(self._picture(aligned.picture))
        read = torch.cat(list(found), dim=1)[0].cpu().numpy()
        own = np.concatenate([read, aligned.place]).astype(np.float32)
        picture = self._picture(face)
        canonical = self._networks.kp_extractor(picture)
        source = self._networks.generator.source(picture.to(self._half))
        still = np.repeat(own[None, : COEFFICIENTS[kind], None], WINDOW, axis=2)
        standing = moved(canonical, self._mapping(kind)(self._tensor(still)))
        return Head(rgb, box, kind, own, source, canonical, standing)

    @torch.inference_mode()
    def expressions(self, mels: FloatArray, own: FloatArray, lids: FloatArray) -> FloatArray:
        """Return float32 [n, 64] of moments [n, 1, 80, 16] and lids [n], 0 open, 1 closed."""
        made = []
        for at in range(0, len(mels), _TOGETHER):
            part = self._tensor(mels[at : at + _TOGETHER])
            closed = self._tensor(lids[at : at + _TOGETHER, None])
            same = self._tensor(own[None, :EXPRESSION]).expand(len(part), -1)
            with self._turn:
                made.append(self._networks.audio2exp(part, same, closed))
        return np.asarray(torch.cat(made).cpu().numpy(), np.float32)

    @torch.inference_mode()
    def poses(self, mels: FloatArray, own: FloatArray, style: int, seed: int) -> FloatArray:
        """Return float32 [n, 6] of moments [n, 1, 80, 16]; a seed always gives the same."""
        chance = np.random.default_rng(seed)
        blocks = -(-len(mels) // BLOCK) + 1
        drawn = chance.standard_normal((blocks, 1, CHANCE), dtype=np.float32)
        pose = self._tensor(own[None, EXPRESSION:ROW])
        with self._turn:
            made = self._networks.audio2pose(
                self._tensor(mels), pose, style, lambda block: self._tensor(drawn[block])
            )
        return np.asarray(made.cpu().numpy(), np.float32)

    def frames(self, head: Head, rows: FloatArray, around: bool = False) -> Iterator[ByteArray]:
        """Yield the face [256, 256, 3] for each row of coefficients, float32 [n, 70].

        `around` takes the rows for a loop: the first one follows the last.
        """
        if head.kind == "full":
            place = np.repeat(head.own[None, ROW:], len(rows), axis=0)
            rows = np.concatenate([rows, place], axis=1)
        looked = windows(rows, around=around)
        for at in range(0, len(rows), self.batch):
            yield from self._faces(head, looked[at : at + self.batch])

    @torch.inference_mode()
    def _faces(self, head: Head, looked: FloatArray) -> ByteArray:
        with self._turn:
            motion = self._mapping(head.kind)(self._tensor(looked))
            driving = moved(head.canonical, motion)
            made = self._networks.generator(head.source, driving, head.standing)
        levels = (made.float() * 255).round().to(torch.uint8)
        return np.asarray(levels.permute(0, 2, 3, 1).cpu().numpy(), np.uint8)

    def _mapping(self, kind: Kind) -> MappingNet:
        if kind not in self._mappings:
            self._mappings[kind] = self._load(kind).to(self.device)
        return self._mappings[kind]

    def _picture(self, rgb: ByteArray) -> Tensor:
        levels = np.ascontiguousarray(rgb.transpose(2, 0, 1)[None], np.float32)
        return self._tensor(levels / np.float32(255))

    def _tensor(self, array: FloatArray) -> Tensor:
        return torch.from_numpy(np.array(array, np.float32)).to(self.device)


def _channels_last(module: nn.Module) -> None:
    """Lay weights out as tensor cores take them; what flows through follows."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            part.weight.data = part.weight.data.contiguous(memory_format=torch.channels_last)
        elif isinstance(part, nn.Conv3d):
            part.weight.data = part.weight.data.contiguous(memory_format=torch.channels_last_3d)
