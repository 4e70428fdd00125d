import subprocess
import sys

import numpy as np
import pytest

from modules import avatar
from modules.avatar import ENGINES, still
from modules.avatar.drawn import DrawnEngine
from modules.errors import EngineUnavailable
from modules.messages import FRAME_SAMPLES
from tests.avatar.conftest import pictures, play, request_for, sound, spoken


@pytest.fixture
def engine():
    still.picture.cache_clear()
    engine = ENGINES[-1].make()
    engine.load()
    yield engine
    still.picture.cache_clear()


def test_the_voice_goes_on_over_the_resting_picture(engine, data_folder):
    speech = spoken(1.0, last=True)
    batches = play(engine.open(request_for()), speech)
    frames = pictures(batches)
    assert len(sound(batches)) == len(frames) * FRAME_SAMPLES
    np.testing.assert_array_equal(sound(batches)[: len(speech.samples)], speech.samples)
    assert (frames == frames[0]).all()
    assert np.abs(frames[0].astype(np.int16) - avatar.poster("linh")).mean() < 1.5


def test_without_its_picture_it_shows_a_plain_colour(engine, monkeypatch, tmp_path):
    monkeypatch.setattr(still, "poster_file", lambda name: tmp_path / "none.jpg")
    frames = pictures(play(engine.open(request_for()), spoken(0.4)))
    assert (frames == still.PLAIN).all()


def test_a_broken_picture_is_a_plain_colour(engine, monkeypatch, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff no picture")
    monkeypatch.setattr(still, "poster_file", lambda name: tmp_path / "bad.jpg")
    assert (still.picture("linh") == still.PLAIN).all()


def test_it_needs_neither_skia_nor_opencv():
    code = (
        "import sys; sys.modules['cv2'] = sys.modules['skia'] = None\n"
        "from modules.avatar import ENGINES, poster\n"
        "from modules.messages import Speech, TurnRequest\n"
        "import numpy as np\n"
        "engine = ENGINES[-1].make(); engine.load()\n"
        "speech = Speech(1, 0, np.zeros(9000, np.float32), last=True)\n"
        "print(sum(len(f.rgb) for f in engine.open(TurnRequest(1, '')).process(speech)))\n"
        "print(poster('linh').shape)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[:2] == ["21", "(512, 512, 3)"]


def test_the_drawn_engine_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(EngineUnavailable) as caught:
        DrawnEngine(ENGINES[0]).load()
    assert caught.value.code == "engine_unavailable.libraries"
    assert caught.value.params["remedy"] == "apt install libgl1 libegl1"
