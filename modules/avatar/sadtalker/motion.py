"""Where each place of a moved face comes from in the portrait (upstream's dense motion)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from modules.avatar.sadtalker.keypoints import KEYPOINTS, ConvNorm, grid

_SPREAD = 0.01
"""Variance of a keypoint's heat."""
_FEATURES, _COMPRESSED = 32, 4
_INPUT = (KEYPOINTS + 1) * (_COMPRESSED + 1)
_WIDTHS = (64, 128, 256, 512, 1024)
_OUTPUT = _INPUT + 32
_DEPTH = 16
_LEAST = 1e-3
"""Shares of a motion below this are none."""


class Hourglass(nn.Module):
    """Down to a thirty-second of height and width and up again, with what was seen on the way."""

    def __init__(self) -> None:
        super().__init__()
        widths = (_INPUT, *_WIDTHS)
        rising = (1024, 512, 256, 128, 64, 32)
        self.encoder = nn.Module()
        self.encoder.down_blocks = nn.ModuleList(
            ConvNorm(widths[k], widths[k + 1], 3) for k in range(5)
        )
        self.decoder = ConvNorm(_OUTPUT, _OUTPUT, 3)
        self.decoder.up_blocks = nn.ModuleList(
            ConvNorm(rising[k] * (1 if k == 0 else 2), rising[k + 1], 3) for k in range(5)
        )

    def forward(self, space: Tensor) -> Tensor:
        """Return [n, 112, 16, 64, 64] of [n, 80, 16, 64, 64]."""
        seen = []
        for down in self.encoder.get_submodule("down_blocks").children():
            seen.append(space)
            space = functional.avg_pool3d(down(space), (1, 2, 2))
        for up in self.decoder.get_submodule("up_blocks").children():
            larger = up(functional.interpolate(space, scale_factor=(1, 2, 2)))
            space = torch.cat([larger, seen.pop()], dim=1)
        made: Tensor = self.decoder(space)
        return made


class DenseMotion(nn.Module):
    """Sixteen motions, one of each keypoint and none at all, and how far each counts where."""

    def __init__(self) -> None:
        super().__init__()
        self.hourglass = Hourglass()
        self.mask = nn.Conv3d(_OUTPUT, KEYPOINTS + 1, 7, padding=3)
        self.compress = nn.Conv3d(_FEATURES, _COMPRESSED, 1)
        self.norm = nn.BatchNorm3d(_COMPRESSED)
        self.occlusion = nn.Conv2d(_OUTPUT * _DEPTH, 1, 7, padding=3)

    def compressed(self, features: Tensor) -> Tensor:
        """Return what a portrait's features [1, 32, 16, 64, 64] are here; they do not move."""
        return functional.relu(self.norm(self.compress(features)))

    def shares(self, space: Tensor, driving: Tensor, source: Tensor) -> tuple[Tensor, ...]:
        """Return for keypoints [n, 15, 3] the motions [n, 16, d, h, w, 3], the share of each
        [n, 16, d, h, w], and how much of each place can be seen in the portrait [n, 1, h, w].

        `space` is what `compressed` gave; it may be in halves, places never are.
        """
        places = grid(space.shape[2:], driving)
        motions = _motions(places, driving, source)
        heat = _heat(places, driving) - _heat(places, source)
        heat = functional.pad(heat, (0, 0) * 3 + (1, 0))  # none for the background
        copies = _sampled(space, motions.to(space.dtype))
        seen = torch.cat([heat[:, :, None].to(space.dtype), copies], dim=2).flatten(1, 2)
        made = self.hourglass(seen)
        hidden = self.occlusion(made.flatten(1, 2)).sigmoid()
        return motions, self.mask(made).softmax(dim=1), hidden

    def forward(self, space: Tensor, driving: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
        """Return where to look in the portrait [n, d, h, w, 3], and how much is seen."""
        motions, shares, hidden = self.shares(space, driving, source)
        shares = torch.where(shares < _LEAST, 0.0, shares).to(motions.dtype)
        return (motions * shares[..., None]).sum(dim=1), hidden


def _motions(places: Tensor, driving: Tensor, source: Tensor) -> Tensor:
    shift = (source - driving)[:, :, None, None, None]
    still = torch.zeros_like(shift[:, :1])
    return places + torch.cat([still, shift], dim=1)


def _heat(places: Tensor, points: Tensor) -> Tensor:
    apart = places - points[:, :, None, None, None]
    return torch.exp(-0.5 * (apart**2).sum(dim=-1) / _SPREAD)


def _sampled(space: Tensor, motions: Tensor) -> Tensor:
    """Return a copy of a space [1, c, d, h, w] moved by each motion, [n, 16, c, d, h, w]."""
    count, kinds = motions.shape[:2]
    # One space looked at in n * 16 ways: those are laid side by side, as one deep volume.
    looked = functional.grid_sample(
        space.expand(count, -1, -1, -1, -1), motions.flatten(1, 2), align_corners=False
    )
    channels, depth, *sides = space.shape[1:]
    return looked.reshape(count, channels, kinds, depth, *sides).transpose(1, 2)
