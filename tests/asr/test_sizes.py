"""Which size of PhoWhisper is offered first."""

from __future__ import annotations

import pytest

from modules.asr import ENGINES, suggested


@pytest.mark.parametrize(
    ("cores", "card_mb", "size"),
    [
        (2, None, "tiny-ct2"), (8, None, "base-ct2"), (8, 4_000, "base-ct2"),
        (4, 15_000, "medium"), (8, 23_000, "medium"), (8, 47_000, "large"),
    ],
)  # fmt: skip
def test_small_machines_get_small_networks(cores: int, card_mb: int | None, size: str) -> None:
    assert suggested(cores, card_mb) == f"phowhisper-{size}"
    assert suggested(cores, card_mb) in {spec.name for spec in ENGINES}
