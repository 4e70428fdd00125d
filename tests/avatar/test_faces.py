"""That the drawn faces are faces, and different people."""

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from modules import avatar
from modules.avatar.art.hair import paint_group
from modules.avatar.gallery import persona_ids
from modules.avatar.specification import load_persona

PERSONAS = persona_ids()


def found(name, picture, neighbours=4):
    path = Path(cv2.__file__).parent / "data" / name
    grey = cv2.equalizeHist(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    return list(cv2.CascadeClassifier(str(path)).detectMultiScale(grey, 1.1, neighbours))


@pytest.mark.parametrize("name", PERSONAS)
def test_a_face_finder_for_photographs_finds_one_face_where_it_is(name, data_folder):
    [(x, y, width, height)] = found("haarcascade_frontalface_default.xml", avatar.poster(name))
    head = load_persona(name).look.head
    chin, half = head.outline[-1][1], max(point[0] for point in head.outline)
    assert abs(x + width / 2 - head.centre) < 0.12 * width
    assert y < load_persona(name).look.eyes.y < load_persona(name).look.lips.y < y + height
    assert 0.75 < width / (2 * half) < 1.6
    assert abs(y + height - chin) < 0.25 * height


@pytest.mark.parametrize("name", PERSONAS)
def test_it_finds_both_eyes_too(name, data_folder):
    look = load_persona(name).look
    eyes = found("haarcascade_eye.xml", avatar.poster(name)[:280], 3)
    for side in (-1, 1):
        x = look.head.centre + side * look.eyes.apart
        assert any(abs(left + w / 2 - x) < 12 and top < look.eyes.y < top + h
                   for left, top, w, h in eyes), side  # fmt: skip


def test_no_two_personas_look_alike_or_are_called_alike(data_folder):
    for one, other in itertools.combinations(PERSONAS, 2):
        faces = [avatar.poster(name)[90:350, 150:362].astype(int) for name in (one, other)]
        assert np.abs(faces[0] - faces[1]).mean() > 20
    names = [each.name for each in avatar.avatars()]
    assert len(set(names)) == len(names)


def test_grandmother_of_the_delta_is_who_she_is():
    [she] = [each for each in avatar.avatars() if each.id == "ba-sau"]
    assert (she.name, she.gender, she.region) == ("Bà Sáu", "female", "south")
    assert 60 < she.age < 80
    assert 180 < she.voice_f0_hz < 210
    assert she.voice_rate < 1


def lines_across(picture, name):
    """How much a forehead is lined: the mean step from row to row in its middle."""
    look = load_persona(name).look
    top, bottom = round(look.brows.y - 46), round(look.brows.y - 12)
    middle = round(look.head.centre)
    forehead = picture[top:bottom, middle - 24 : middle + 24].mean(axis=2).mean(axis=1)
    return np.abs(np.diff(forehead, 2)).mean()


def test_age_shows_on_the_forehead(data_folder):
    lined = {name: lines_across(avatar.poster(name), name) for name in PERSONAS}
    young = [name for name in PERSONAS if load_persona(name).identity.age < 40]
    assert lined["ba-sau"] > 2 * max(lined[name] for name in young)


def brightness(group, hair, light):
    painted = paint_group(group, hair, light)
    return float((painted.colour.mean(axis=2) * painted.coverage).sum() / painted.coverage.sum())


def test_the_more_strands_are_grey_the_lighter_is_the_hair():
    look = load_persona("ba-sau").look
    group = next(each for each in look.hair.groups if each.grey)
    group = group.model_copy(update={"strands": 200})
    shares = [
        brightness(
            group.model_copy(update={"grey": ((0, share), (1, share))}), look.hair, look.light
        )
        for share in (0.0, 0.5, 1.0)
    ]
    assert shares[0] < shares[1] < shares[2]
    assert shares[2] > 1.2 * shares[0]
