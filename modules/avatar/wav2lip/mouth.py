"""The two halves in which the network runs: a face once, its mouth for every frame.

What a face looks like does not depend on what is heard, so its encoder runs once for a picture. Of
what the decoder paints only the mouth is used: rows above it are not computed. Both are exact: what
is computed is what the whole network gives, row for row.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from modules.avatar.wav2lip.network import Wav2Lip

SIDE = 96
"""Of a face, in pixels."""
HALF = SIDE // 2
"""Rows from here on are hidden from the network."""
FIRST_ROW = 39
"""First row that is painted: nine are left above the hidden half to fade in."""
_ROWS = (0, 0, 0, 3, 8, 18, 38)
"""First row of each stage of the decoder that a later stage needs, of 1, 3, 6, 12, 24, 48 and 96.

A stage doubles the rows: row r of it needs rows from (r - 1) / 2 on of the stage before; and each
of its two residual blocks, and the last convolution, loses the first row of what was cut off.
"""


class Face(nn.Module):
    """The face encoder: what the mouth needs of a face, one array for each stage."""

    def __init__(self, network: Wav2Lip) -> None:
        super().__init__()
        self._network = network

    def forward(self, faces: Tensor) -> tuple[Tensor, ...]:
        """Return the arrays of faces [n, 3, 96, 96], BGR, 0 to 1; the deepest first."""
        shown = torch.arange(SIDE, device=faces.device)[:, None] < HALF
        made = self._network.encode(torch.cat([faces * shown, faces], dim=1))
        return tuple(
            picture[:, :, row:] for picture, row in zip(reversed(made), _ROWS, strict=True)
        )


class Mouth(nn.Module):
    """The audio encoder and the decoder's lower rows."""

    def __init__(self, network: Wav2Lip) -> None:
        super().__init__()
        self._network = network

    def forward(self, mels: Tensor, *face: Tensor) -> Tensor:
        """Return rows from `FIRST_ROW` on, [n, 3, 57, 96], BGR, 0 to 1.

        `mels` [n, 1, 80, 16]; `face` is what `Face` gave.
        """
        picture = self._network.audio_encoder(mels)
        begin = 0
        stages = zip(self._network.face_decoder_blocks, face, _ROWS, strict=True)
        for count, (block, seen, row) in enumerate(stages):
            begin = 2 * begin if count > 1 else begin
            picture = torch.cat([block(picture)[:, :, row - begin :], seen], dim=1)
            begin = row
        painted: Tensor = self._network.output_block(picture)
        return painted[:, :, FIRST_ROW - begin :]
