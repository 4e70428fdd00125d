"""What a page sends with its events."""

import base64

import numpy as np
import pytest

from modules.errors import InvalidInput
from modules.ui.events import _sound


def test_a_recording_comes_as_base64_of_16_bit_samples():
    samples = np.array([0, 16_384, -32_768], "<i2")
    assert _sound(base64.b64encode(samples.tobytes()).decode()).tolist() == [0.0, 0.5, -1.0]


@pytest.mark.parametrize("recorded", ["không phải", "A", base64.b64encode(b"abc").decode(), None])
def test_anything_else_is_refused(recorded):
    with pytest.raises(InvalidInput, match="frame_type"):
        _sound(recorded)


def test_an_hour_is_too_long():
    silence = base64.b64encode(bytes(2 * 16_000 * 91)).decode()
    with pytest.raises(InvalidInput, match="too_long"):
        _sound(silence)
