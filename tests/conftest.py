import numpy as np
import pytest

from modules.messages import VoiceProfile


@pytest.fixture
def profile():
    """A voice to be matched; its numbers matter only to the voice stage's own tests."""
    hz = np.linspace(0, 11_025, 64, dtype=np.float32)
    return VoiceProfile("ab" * 8, "mẫu", 210.0, 0.2, hz, np.zeros(64, np.float32))
