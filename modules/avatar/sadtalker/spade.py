"""The decoder: a picture whose normalisation is steered everywhere by what was taken along (SPADE,
Park et al. 2019).

Spectral norm is folded into the weights when they are loaded (`checkpoint.py`).
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

_SEEN, _HIDDEN = 256, 128
_SLOPE = 0.2


class Spade(nn.Module):
    """Instance norm with a scale and a shift of its own for every pixel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Conv2d(_SEEN, _HIDDEN, 3, padding=1), nn.ReLU())
        self.mlp_gamma = nn.Conv2d(_HIDDEN, channels, 3, padding=1)
        self.mlp_beta = nn.Conv2d(_HIDDEN, channels, 3, padding=1)

    def forward(self, picture: Tensor, seen: Tensor) -> Tensor:
        """Return the picture's shape; `seen` is [n, 256, h, w], as large as the picture."""
        steer = self.mlp_shared(seen)
        normal = functional.instance_norm(picture, eps=1e-5)
        made: Tensor = normal * (1 + self.mlp_gamma(steer)) + self.mlp_beta(steer)
        return made


class SpadeBlock(nn.Module):
    """Two steered convolutions beside a short cut."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        between = min(before, after)
        self.conv_0 = nn.Conv2d(before, between, 3, padding=1)
        self.conv_1 = nn.Conv2d(between, after, 3, padding=1)
        self.norm_0, self.norm_1 = Spade(before), Spade(between)
        self.learned = before != after
        if self.learned:
            self.conv_s = nn.Conv2d(before, after, 1, bias=False)
            self.norm_s = Spade(before)

    def forward(self, picture: Tensor, seen: Tensor) -> Tensor:
        """Return [n, after, h, w]."""
        made = self.conv_0(functional.leaky_relu(self.norm_0(picture, seen), _SLOPE))
        made = self.conv_1(functional.leaky_relu(self.norm_1(made, seen), _SLOPE))
        short = self.conv_s(self.norm_s(picture, seen)) if self.learned else picture
        summed: Tensor = made + short
        return summed


class SpadeDecoder(nn.Module):
    """What was taken along [n, 256, 64, 64] into pictures [n, 3, 256, 256]."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Conv2d(_SEEN, 512, 3, padding=1)
        for block in range(6):
            self.add_module(f"G_middle_{block}", SpadeBlock(512, 512))
        self.up_0 = SpadeBlock(512, 256)
        self.up_1 = SpadeBlock(256, 64)
        self.conv_img = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, seen: Tensor) -> Tensor:
        """Return RGB, 0 to 1."""
        picture = self.fc(seen)
        for block in range(6):
            picture = self.get_submodule(f"G_middle_{block}")(picture, seen)
        for up in (self.up_0, self.up_1):
            picture, seen = _doubled(picture), _doubled(seen)
            picture = up(picture, seen)
        made: Tensor = self.conv_img(functional.leaky_relu(picture, _SLOPE)).sigmoid()
        return made


def _doubled(picture: Tensor) -> Tensor:
    return functional.interpolate(picture, scale_factor=2)
