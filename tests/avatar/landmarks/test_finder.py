"""Who finds the points: the networks where they are and see the same face, else the marked ones."""

import logging

import numpy as np
import pytest

from modules.avatar.landmarks import finder as finding
from modules.avatar.landmarks.dwpose import Face
from modules.avatar.landmarks.finder import Finder
from modules.avatar.landmarks.mapping import points68
from modules.errors import WeightsRejected


class Weights:
    def __init__(self, there=True):
        self.there = there

    def present(self, key):
        return self.there

    def path(self, key):
        return None


class Net:
    """Finds the points that it was given, in every frame but some."""

    def __init__(self, points, lost=()):
        self.points, self.lost, self.searched, self.at = points, lost, 0, -1

    def person(self, rgb):
        self.searched += 1
        return np.array([0, 0, 512, 512], np.float32)

    def face(self, rgb, box=None):
        self.at += 1
        found = Face(self.points + 0.1 * self.at, np.ones(68, np.float32))
        return None if self.at in self.lost else found


@pytest.fixture
def face(faces):
    return next(iter(faces.values()))


def finder_of(monkeypatch, net):
    made = Finder(Weights())
    monkeypatch.setattr(made, "_load", lambda: net)
    return made


def test_without_the_networks_the_marked_points_hold_and_are_followed(face):
    marked = points68(face.points)
    finder = Finder(Weights(there=False))
    assert finder.name == "followed"
    assert finder.picture(face.rgb, marked) is marked
    assert np.allclose(finder.clip([face.rgb] * 3, marked), marked, atol=0.3)


def test_networks_that_are_fetched_later_are_used_from_then_on(face, monkeypatch):
    marked = points68(face.points)
    weights = Weights(there=False)
    finder = Finder(weights)
    assert finder.name == "followed"
    monkeypatch.setattr(finder, "_load", lambda: Net(marked + 2))
    weights.there = True
    assert finder.name == finding.MODEL
    assert np.allclose(finder.picture(face.rgb, marked), marked + 2)


def test_a_person_is_searched_for_once_and_again_when_the_face_was_lost(face, monkeypatch):
    marked = points68(face.points)
    net = Net(marked, lost={4})
    found = finder_of(monkeypatch, net).clip([face.rgb] * 9, marked)
    assert [points is None for points in found] == [k == 4 for k in range(9)]
    assert net.searched == 2


def test_where_the_networks_see_another_face_the_marked_points_hold(face, monkeypatch):
    marked = points68(face.points)
    finder = finder_of(monkeypatch, Net(marked + 90))
    assert finder.picture(face.rgb, marked) is marked
    assert np.allclose(finder.clip([face.rgb] * 2, marked), marked, atol=0.3)


def test_files_that_are_no_networks_are_named_in_the_log_once(face, monkeypatch, caplog):
    def refuse(folder):
        raise WeightsRejected("keys", file="dw-ll_ucoco_384.onnx", why="[]")

    monkeypatch.setattr("modules.avatar.landmarks.dwpose.DWPose", refuse)
    finder = Finder(Weights())
    with caplog.at_level(logging.WARNING):
        assert finder.name == "followed"
        assert finder.name == "followed"
    assert caplog.text.count("dw-ll_ucoco_384.onnx") == 1
