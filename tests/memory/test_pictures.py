"""Pictures: kept painted anew, found by the caption that came with them."""

import cv2
import numpy as np
import pytest

from modules.errors import InvalidInput, NotFound
from modules.memory.embedding import HashedEmbedding
from modules.memory.pictures import PICTURE, PictureStore

OWNER, STRANGER = "ab" * 16, "cd" * 16
CAPTIONS = ["Mèo Mun ngủ trên ghế", "Đám cưới chị Hai ở Cần Thơ", "Bát bún bò mẹ nấu"]


@pytest.fixture
def pictures(tmp_path):
    store = PictureStore(tmp_path / "users", HashedEmbedding())
    rng = np.random.default_rng(3)
    for place, caption in enumerate(CAPTIONS):
        store.add(OWNER, f"{place:x}" * 64, caption, rng.integers(0, 255, (90, 160, 3), np.uint8))
    return store


@pytest.mark.parametrize(
    ("asked", "caption"),
    [
        ("bạn còn giữ ảnh con mèo Mun của mình không?", CAPTIONS[0]),
        ("cho xem lại hình đám cưới chị Hai", CAPTIONS[1]),
        ("tấm ảnh bún bò mẹ nấu đâu rồi", CAPTIONS[2]),
    ],
)
def test_a_picture_is_found_by_what_it_shows(pictures, asked, caption):
    assert pictures.recall(OWNER, asked)[0][0].caption == caption


def test_talk_of_something_else_finds_no_picture(pictures):
    assert pictures.recall(OWNER, "Hôm nay mình mệt quá") == []
    assert pictures.recall(STRANGER, "ảnh con mèo Mun") == []


def test_a_large_picture_is_made_smaller_and_the_same_file_is_one(pictures, tmp_path):
    large = np.zeros((100, 4_000, 3), np.uint8)
    kept = pictures.add(OWNER, "f" * 64, "Toàn cảnh vịnh", large)
    assert pictures.add(OWNER, "f" * 64, "Vịnh Hạ Long", large).caption == "Vịnh Hạ Long"
    assert len(pictures.list(OWNER)) == 4
    read = cv2.imread(str(tmp_path / "users" / OWNER / "pictures" / kept.id / PICTURE))
    assert read.shape == (32, 1280, 3)
    small = cv2.imdecode(np.frombuffer(pictures.small(OWNER, kept.id), np.uint8), cv2.IMREAD_COLOR)
    assert max(small.shape) == 240


def test_colours_stay_what_they_are(tmp_path):
    store = PictureStore(tmp_path / "users", HashedEmbedding())
    red = np.zeros((40, 40, 3), np.uint8)
    red[..., 0] = 220
    kept = store.add(OWNER, "a" * 64, "Màu đỏ", red)
    seen = cv2.imdecode(np.frombuffer(store.small(OWNER, kept.id), np.uint8), cv2.IMREAD_COLOR)
    assert seen[20, 20, 2] > 200 > 60 > seen[20, 20, 0]


@pytest.mark.parametrize(
    ("caption", "reason"),
    [(" \n", "empty"), ("a" * 301, "too_long"), ("mật khẩu là hoa123", "never_stored")],
)
def test_a_picture_needs_a_caption_that_may_be_kept(pictures, caption, reason):
    with pytest.raises(InvalidInput) as caught:
        pictures.add(OWNER, "9" * 64, caption, np.zeros((8, 8, 3), np.uint8))
    assert (caught.value.reason, caught.value.params["field"]) == (reason, "caption")


def test_there_is_a_bound_and_it_is_said(pictures, monkeypatch):
    monkeypatch.setattr("modules.memory.pictures.MOST_PICTURES", 3)
    with pytest.raises(InvalidInput) as caught:
        pictures.add(OWNER, "9" * 64, "Thêm nữa", np.zeros((8, 8, 3), np.uint8))
    assert caught.value.code == "invalid_input.too_many_pictures"
    monkeypatch.setattr("modules.memory.pictures.MOST_PICTURES", 9)
    monkeypatch.setattr("modules.memory.pictures.MOST_BYTES", 100)
    with pytest.raises(InvalidInput) as caught:
        pictures.add(OWNER, "9" * 64, "Thêm nữa", np.zeros((8, 8, 3), np.uint8))
    assert caught.value.code == "invalid_input.pictures_full"


def test_what_is_deleted_is_gone_for_everybody(pictures, tmp_path):
    which = pictures.list(OWNER)[0].id
    with pytest.raises(NotFound):
        pictures.delete(STRANGER, which)
    pictures.delete(OWNER, which)
    with pytest.raises(NotFound):
        pictures.small(OWNER, which)
    assert pictures.delete_all(OWNER) == 2
    assert not list((tmp_path / "users").rglob("*.jpg"))
