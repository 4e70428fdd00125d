import numpy as np
import pytest

from modules.avatar import layers
from modules.avatar.art.canvas import LARGE
from modules.messages import FRAME_SIZE


@pytest.fixture
def painting(monkeypatch):
    """A quick painter that counts how often it is asked."""
    calls = []

    def paint(look):
        calls.append(look)
        return np.full((LARGE, LARGE, 3), 0.5, np.float32)

    monkeypatch.setattr(layers, "paint_portrait", paint)
    return calls


def kept(folder):
    return list(folder.glob("portrait-linh-*.npz"))


def test_a_portrait_is_painted_once_and_then_read(tmp_path, painting):
    first = layers.portrait("linh", tmp_path / "cache")
    second = layers.portrait("linh", tmp_path / "cache")
    assert len(painting) == 1
    np.testing.assert_array_equal(first, second)
    assert first.shape == (2 * FRAME_SIZE, 2 * FRAME_SIZE, 3)
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no archive"),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(path.read_bytes()[:500] + b"x" + path.read_bytes()[501:]),
        lambda path: np.savez(path, other=np.zeros(3)),
        lambda path: np.savez(path, portrait=np.zeros((4, 4, 3), np.uint8)),
        lambda path: np.savez(path, portrait=np.array([{}], dtype=object)),
    ],
)
def test_a_broken_file_is_painted_anew(tmp_path, painting, spoil):
    whole = layers.portrait("linh", tmp_path)
    [path] = kept(tmp_path)
    spoil(path)
    np.testing.assert_array_equal(layers.portrait("linh", tmp_path), whole)
    assert len(painting) == 2
    layers.portrait("linh", tmp_path)
    assert len(painting) == 2


def test_another_persona_file_or_other_code_is_another_portrait(tmp_path, painting, monkeypatch):
    layers.portrait("linh", tmp_path)
    [old] = kept(tmp_path)
    monkeypatch.setattr(layers, "fingerprint", lambda avatar: "changed")
    layers.portrait("linh", tmp_path)
    [new] = kept(tmp_path)
    assert len(painting) == 2
    assert new != old


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, painting):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert layers.portrait("linh", blocked / "cache").shape == (LARGE, LARGE, 3)


def test_a_full_disk_is_no_error_and_leaves_nothing_behind(tmp_path, painting, monkeypatch):
    def full(file, **arrays):
        file.write(b"some")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(layers.np, "savez", full)
    assert layers.portrait("linh", tmp_path).shape == (LARGE, LARGE, 3)
    assert list(tmp_path.iterdir()) == []


def test_prepared_pictures_are_shared_until_they_are_forgotten(data_folder):
    one, two = layers.renderer("linh"), layers.renderer("linh")
    assert one is two
    layers.forget()
    assert layers.renderer("linh") is not one
