"""How a portrait moves: at rest it is the picture; what speaks is the mouth, and nothing tears."""

import numpy as np
import pytest

from modules.avatar import ENGINES, serving
from modules.avatar.photo.engine import motion, portrait_loop
from modules.avatar.photo.points import INDEX
from modules.avatar.photo.puppet import Puppet
from modules.avatar.rig.pose import Pose
from modules.avatar.specification import Mouth
from modules.errors import EngineFailed
from modules.messages import EMOTIONS, Persona, TurnRequest
from tests.avatar.conftest import change, pictures, play, silence, sound, spoken
from tests.avatar.photo.conftest import SITTERS


@pytest.fixture(scope="session")
def puppets(faces):
    return {name: Puppet(face) for name, face in faces.items()}


@pytest.fixture
def engine():
    (spec,) = (spec for spec in ENGINES if spec.name == "puppet")
    made = spec.make()
    made.load()
    return made


def shape(name):
    target = motion().visemes[name]
    names = ("open", "width", "round", "teeth", "tongue", "press", "jaw")
    return Mouth(*(getattr(target, channel) for channel in names))


def drawn(puppet, pose):
    out = np.empty((512, 512, 3), np.uint8)
    puppet.draw(pose, out)
    return out.astype(np.int16)


def at(face, name):
    return face.points[INDEX[name]]


def request_for(face, expression="Other", reply=1):
    persona = Persona(avatar=face.id)
    return TurnRequest(reply, "chào", persona=persona, portrait=face, expression=expression)


@pytest.mark.parametrize("name", SITTERS)
def test_at_rest_it_is_the_portrait_bit_by_bit(puppets, faces, name):
    assert np.array_equal(drawn(puppets[name], Pose()), faces[name].rgb)


@pytest.mark.parametrize("name", SITTERS)
def test_breathing_is_slight(puppets, faces, name):
    breathing = drawn(puppets[name], Pose(breath=1.0))
    assert 0.2 < np.abs(breathing - faces[name].rgb).mean() < 4


@pytest.mark.parametrize("name", SITTERS)
def test_only_the_mouth_moves_when_only_the_mouth_speaks(puppets, faces, name):
    face = faces[name]
    moved = np.abs(drawn(puppets[name], Pose(mouth=shape("open"))) - face.rgb).max(axis=-1)
    unit = at(face, "right_iris")[0] - at(face, "left_iris")[0]
    assert moved[: int(at(face, "nose_base")[1]) - 4].max() == 0
    assert moved[int(at(face, "chin")[1] + 0.32 * unit) :].max() == 0  # collar and shoulders
    assert moved[:, : int(at(face, "jaw_left")[0] - 0.2 * unit)].max() == 0
    assert moved.max() > 40


def dark_rows(picture, face, x):
    """How many rows of a column between nose and chin are darker than any lip."""
    rows = slice(int(at(face, "nose_base")[1]) + 3, int(at(face, "chin")[1]) - 8)
    return int((picture[rows, int(x)].sum(axis=-1) < 130).sum())


@pytest.mark.parametrize("name", ["fair", "aged"])
def test_the_mouth_opens_in_its_middle_and_not_at_its_corners(puppets, faces, name):
    face = faces[name]
    wide = drawn(puppets[name], Pose(mouth=shape("open")))
    left, right = at(face, "mouth_left")[0], at(face, "mouth_right")[0]
    assert dark_rows(wide, face, 0.5 * (left + right) + 6) > 3
    assert dark_rows(wide, face, left - 2) == 0
    assert dark_rows(wide, face, right + 2) == 0


def test_the_lips_of_a_smile_meet_for_m(puppets, faces):
    face, puppet = faces["smiling"], puppets["smiling"]
    lips = puppet._lips.move(shape("closed"))
    assert (lips.lower - lips.upper).max() < 0.5
    shut = drawn(puppet, Pose(mouth=shape("closed")))
    x = int(at(face, "upper_lip_inner")[0])
    across = slice(x - 12, x + 12)
    teeth = face.rgb[int(at(face, "upper_lip_inner")[1]) + 2 :][:3, across].mean()
    meet = int(lips.upper[x - puppet._lips.left])
    assert shut[meet : meet + 2, across].mean() < 0.75 * teeth


@pytest.mark.parametrize("name", SITTERS)
def test_the_jaw_drops_no_farther_than_a_jaw_does(puppets, faces, name):
    face = faces[name]
    lips = puppets[name]._lips.move(Mouth(open=1.0, jaw=1.0))
    unit = at(face, "right_iris")[0] - at(face, "left_iris")[0]
    assert (lips.lower - lips.upper).max() < 0.125 * 2.9 * unit
    assert (lips.lower - lips.upper)[[0, -1]].max() < 1.5


@pytest.mark.parametrize("name", SITTERS)
@pytest.mark.parametrize("viseme", ["closed", "open", "round", "spread", "lip_teeth"])
def test_no_row_is_folded_over_another(puppets, name, viseme):
    lips = puppets[name]._lips.move(shape(viseme))
    assert np.diff(lips.y, axis=0).min() > -0.01
    assert np.diff(lips.x, axis=1).min() > 0


@pytest.mark.parametrize("name", SITTERS)
def test_a_closed_eye_shows_no_white(puppets, faces, name):
    face = faces[name]
    shut = drawn(puppets[name], Pose(lid=0.0))
    for side in ("left", "right"):
        x, y = at(face, f"{side}_iris").astype(int)
        box = np.s_[y - 4 : y + 5, x - 12 : x + 13]
        assert np.abs(shut[box] - face.rgb[box]).mean() > 15
        white = shut[box].min(axis=-1).max()
        assert white <= 1.1 * face.rgb[y - 40 : y - 14, x - 12 : x + 12].max()


@pytest.mark.parametrize("name", SITTERS)
def test_looking_aside_moves_the_iris_within_its_opening(puppets, faces, name):
    face = faces[name]
    aside = np.abs(drawn(puppets[name], Pose(gaze_x=2.0)) - face.rgb).max(axis=-1)
    x, y = at(face, "left_iris").astype(int)
    assert aside[y - 8 : y + 9, x - 14 : x + 15].max() > 10
    assert aside[y + 24 :].max() == 0


@pytest.mark.parametrize("name", SITTERS)
def test_the_box_of_the_mouth_has_no_seam(puppets, faces, name):
    """Along its border the picture with a moved mouth equals the one without."""
    face, lips = faces[name], puppets[name]._lips
    for viseme in ("open", "round", "spread", "closed"):
        off = np.abs(drawn(puppets[name], Pose(mouth=shape(viseme))) - face.rgb)
        for edge in (off[lips.top + 1], off[lips.bottom - 2], off[:, lips.left + 1]):
            assert edge.max() <= 12


# --- replies ------------------------------------------------------------------------------------


def test_every_sample_comes_out_and_the_reply_ends_at_rest(engine, faces):
    face = faces["fair"]
    given = spoken(1.6, last=True)
    batches = play(engine.open(request_for(face)), given)
    heard = sound(batches)
    assert np.array_equal(heard[: len(given.samples)], given.samples)
    assert not heard[len(given.samples) :].any()
    assert np.abs(batches[-1].rgb[-1].astype(int) - face.rgb).mean() < 0.5


def test_speech_moves_the_face_and_silence_hardly(engine, faces):
    face = faces["dark"]
    said = pictures(play(engine.open(request_for(face)), spoken(1.2)))
    quiet = pictures(play(engine.open(request_for(face)), silence(1.2)))
    lips = puppet_box(face)
    assert change(said[:, *lips]).mean() > 3 * change(quiet[:, *lips]).mean()


def puppet_box(face):
    y, x = at(face, "upper_lip_inner")[1], at(face, "upper_lip_inner")[0]
    return slice(int(y) - 12, int(y) + 26), slice(int(x) - 30, int(x) + 30)


def test_the_same_reply_is_the_same_picture(engine, faces):
    one, two = (
        pictures(play(engine.open(request_for(faces["fair"])), spoken(0.8))) for _ in range(2)
    )
    assert np.array_equal(one, two)


@pytest.mark.parametrize("feeling", EMOTIONS)
def test_a_feeling_never_jumps(engine, faces, feeling):
    batches = play(engine.open(request_for(faces["smiling"], feeling)), spoken(1.2, last=True))
    assert change(pictures(batches)).max() < 6


def test_without_a_portrait_the_engine_refuses(engine):
    with pytest.raises(EngineFailed):
        engine.open(TurnRequest(1, "chào"))


def test_a_portrait_is_shown_by_puppet_and_still_a_persona_by_drawn_and_still(faces):
    names = tuple(spec.name for spec in ENGINES)
    assert serving(names, faces["fair"]) == ("puppet", "still")
    assert serving(names, None) == ("drawn", "still")


def test_the_still_of_a_portrait_is_the_portrait(faces):
    still = ENGINES[-1].make()
    still.load()
    batches = play(still.open(request_for(faces["aged"])), silence(0.4))
    assert np.array_equal(batches[0].rgb[0], faces["aged"].rgb)


def test_a_loop_begins_as_the_portrait_and_comes_back_to_it(faces):
    face = faces["fair"]
    frames = list(portrait_loop(face, "listening"))
    assert np.array_equal(frames[0], face.rgb)
    steps = change(np.stack([*frames[-3:], face.rgb]))
    assert steps[-1] < steps[:-1].max() + 1.0  # the way home is hardly farther than any step
    assert max(np.abs(frame.astype(int) - face.rgb).mean() for frame in frames[::20]) > 0.5
