import numpy as np
import pytest

from modules.avatar.landmarks.dwpose import DETECTOR, FACE, POSE, DWPose, kept
from modules.avatar.landmarks.simcc import SPLIT, decode
from modules.errors import WeightsRejected
from tests.avatar.landmarks.networks import PERSON, colour_of, write_detector, write_pose


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dwpose")
    write_pose(folder)
    write_detector(folder)
    return DWPose(folder, threads=1)


def painted(wide, high, middle, spread, seed=0, face=True):
    """A picture with a coloured spot for each point; the points' places."""
    random = np.random.default_rng(seed)
    picture = np.full((high, wide, 3), 10, np.uint8)
    places = np.zeros((133, 2), np.float32)
    columns = 12
    for k in range(133):
        x = middle[0] + (k % columns - columns / 2 + 0.5) * spread + random.uniform(-1, 1)
        y = middle[1] + (k // columns - 5.5) * spread + random.uniform(-1, 1)
        places[k] = round(x), round(y)
        if face or not FACE.start <= k < FACE.stop:
            x0, y0 = places[k].astype(int)
            picture[y0 - 3 : y0 + 4, x0 - 3 : x0 + 4] = colour_of(k)
    return picture, places


@pytest.mark.parametrize(("wide", "high", "middle"), [
    (512, 512, (256, 256)), (900, 600, (500, 300)), (480, 960, (240, 500)),
])  # fmt: skip
def test_points_come_back_to_where_they_are_in_the_picture(networks, wide, high, middle):
    picture, places = painted(wide, high, middle, 16)
    box = np.array([middle[0] - 130, middle[1] - 150, middle[0] + 130, middle[1] + 150], np.float32)
    face = networks.face(picture, box)
    assert face is not None
    errors = np.hypot(*(face.points - places[FACE]).T)
    assert np.median(errors) < 1.5
    assert errors.max() < 4


def test_the_person_is_found_where_it_is_whatever_the_shape_of_the_picture(networks):
    for wide, high in ((640, 640), (1280, 720), (600, 1200)):
        picture = np.full((high, wide, 3), 10, np.uint8)
        ratio = 640 / max(wide, high)
        x, y = int(0.6 * wide), int(0.4 * high)
        side = int(48 / ratio)
        picture[y - side : y + side, x - side : x + side] = 255
        left, top, right, bottom = networks.person(picture)
        assert abs((left + right) / 2 - x) < 40 / ratio
        assert abs((top + bottom) / 2 - y) < 40 / ratio
        assert (right - left) * ratio == pytest.approx(PERSON[0], rel=0.01)
        assert (bottom - top) * ratio == pytest.approx(PERSON[1], rel=0.01)


def test_a_picture_without_a_face_has_none(networks):
    picture, _ = painted(512, 512, (256, 256), 16, face=False)
    box = np.array([120, 100, 390, 410], np.float32)
    assert networks.face(picture, box) is None


def test_a_place_between_two_bins_is_found():
    bins = np.arange(576)
    wanted = np.array([100.0, 203.3, 410.75, 0.0, 575.0])
    scores = np.exp(-0.5 * ((bins - wanted[:, None]) / 3.0) ** 2).astype(np.float32)
    places, sure = decode(scores, scores * 0.5)
    assert np.abs(places[:, 0] * SPLIT - wanted).max() < 0.05
    assert sure == pytest.approx(np.full(5, 0.5), abs=0.02)


def test_of_boxes_that_overlap_only_the_surest_stays():
    boxes = np.array([[0, 0, 100, 100], [5, 5, 105, 105], [300, 0, 400, 100]], np.float32)
    assert kept(boxes, np.array([0.7, 0.9, 0.5], np.float32)) == [1, 2]


def test_a_network_of_another_shape_and_a_cut_file_are_refused(tmp_path):
    write_pose(tmp_path)
    (tmp_path / DETECTOR).write_bytes((tmp_path / POSE).read_bytes())
    with pytest.raises(WeightsRejected, match="keys"):
        DWPose(tmp_path)
    write_detector(tmp_path)
    (tmp_path / POSE).write_bytes((tmp_path / POSE).read_bytes()[:500])
    with pytest.raises(WeightsRejected, match="unreadable"):
        DWPose(tmp_path)
