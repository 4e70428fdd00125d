"""Coefficients of the face model into angles, a shift and a bending of keypoints (MappingNet)."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from modules.avatar.sadtalker.keypoints import KEYPOINTS

AROUND = 13
"""Frames before and after the one that is mapped."""
WINDOW = 2 * AROUND + 1
COEFFICIENTS = {"crop": 70, "full": 73}
"""`full` also takes scale and place of the face in its picture."""
BINS = 66
_CHANNELS = 1024
_REACH = 3


class Motion(NamedTuple):
    """Of n frames: logits of angles [n, 66] each, a shift [n, 3], a bending [n, 45]."""

    yaw: Tensor
    pitch: Tensor
    roll: Tensor
    shift: Tensor
    bending: Tensor


class MappingNet(nn.Module):
    """Four convolutions over time."""

    def __init__(self, coefficients: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv1d(coefficients, _CHANNELS, 7))
        for layer in range(3):
            smooth = nn.Conv1d(_CHANNELS, _CHANNELS, 3, dilation=_REACH)
            self.add_module(f"encoder{layer}", nn.Sequential(nn.LeakyReLU(0.1), smooth))
        self.fc_yaw = nn.Linear(_CHANNELS, BINS)
        self.fc_pitch = nn.Linear(_CHANNELS, BINS)
        self.fc_roll = nn.Linear(_CHANNELS, BINS)
        self.fc_t = nn.Linear(_CHANNELS, 3)
        self.fc_exp = nn.Linear(_CHANNELS, 3 * KEYPOINTS)

    def forward(self, windows: Tensor) -> Motion:
        """Map windows [n, coefficients, 27]."""
        made = self.first(windows)
        for layer in range(3):
            smooth = self.get_submodule(f"encoder{layer}")
            made = smooth(made) + made[:, :, _REACH:-_REACH]
        pooled = made.mean(dim=2)
        return Motion(
            self.fc_yaw(pooled), self.fc_pitch(pooled), self.fc_roll(pooled), self.fc_t(pooled),
            self.fc_exp(pooled),
        )  # fmt: skip
