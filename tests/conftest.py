import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from modules.messages import VoiceProfile
from tests.running import running

# A failure is the change's, not the day's or the machine's: the same examples each time, however
# long they take. `python -m tests -m hypothesis --hypothesis-profile search` looks for new ones.
_patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", _patient, derandomize=True)
settings.register_profile("search", _patient, derandomize=False)
settings.load_profile("same")


@pytest.fixture
def profile():
    """A voice to be matched; its numbers matter only to the voice stage's own tests."""
    hz = np.linspace(0, 11_025, 64, dtype=np.float32)
    return VoiceProfile("ab" * 8, "mẫu", 210.0, 0.2, hz, np.zeros(64, np.float32))


@pytest.fixture(scope="session")
def embedded(tmp_path_factory):
    """The app as a laptop has it, as a process of its own: no recogniser, the companion answers."""
    with running(tmp_path_factory.mktemp("embedded")) as server:
        yield server
