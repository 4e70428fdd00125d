"""What was seen by watching faces speak, kept from coming back: jumps, seams, ghosts, stillness."""

import itertools

import numpy as np
import pytest

from modules.avatar import poster
from modules.avatar.art.canvas import SCALE
from modules.avatar.face.eyes import EyeState
from modules.avatar.gallery import persona_ids
from modules.avatar.layers import renderer
from modules.avatar.rig.feelings import DEGREE, felt_mouth, felt_pose
from modules.avatar.rig.idle import idle_pose
from modules.avatar.rig.rig import Rig
from modules.avatar.specification import Mouth, load_persona
from modules.messages import EMOTIONS, FRAME_SAMPLES, VisemeShape
from tests.avatar.conftest import change, cut, pictures, play, request_for, silence, spoken

SHAPES = VisemeShape.__args__
FASTEST = {
    "yaw": 1.1, "pitch": 1.6, "roll": 0.012, "breath": 0.1, "brow": 0.16, "inner": 0.12,
    "frown": 0.12, "cheek": 0.12, "squint": 0.12, "lid": 0.65, "gaze_x": 1.7, "gaze_y": 0.9,
}  # fmt: skip
FASTEST_MOUTH = {
    "open": 0.66, "width": 0.5, "round": 0.37, "teeth": 0.51, "tongue": 0.46, "press": 0.62,
    "jaw": 0.46, "corner": 0.25, "lift": 0.12,
}  # fmt: skip
"""The largest change from one frame to the next: more is a pop, not a movement."""


def mouth_of(avatar, shape):
    target = load_persona(avatar).visemes[shape]
    return Mouth(**{name: getattr(target, name, 0.0) for name in Mouth._fields})


def reply_of(avatar, reply=1, feeling="Other", seconds=6.0):
    """All poses of a reply in three clauses, two of them cut across a mouth shape."""
    parts = [spoken(seconds / 3, seed=k, shapes=SHAPES, shape_s=0.09 + 0.03 * k) for k in range(3)]
    pieces = [*cut(parts[0], 11_111), parts[1], *cut(parts[2], 23_456)]
    rig, at, frame, poses = Rig(load_persona(avatar), avatar, reply, feeling), 0, 0, []
    for piece in pieces:
        rig.hear(piece, at)
        at += len(piece.samples)
        while frame < at // FRAME_SAMPLES:
            poses.append(rig.pose(frame))
            frame += 1
    rig.hear(silence(0.6), at)
    rig.end(frame + 14, frame)
    return poses + [rig.pose(k) for k in range(frame, frame + 15)]


def draw(avatar, *poses):
    brush, drawn = renderer(avatar).brush(), []
    for pose in poses:
        out = np.empty((512, 512, 3), np.uint8)
        brush.draw(pose, out)
        drawn.append(out)
    return drawn


@pytest.mark.parametrize("avatar", persona_ids())
@pytest.mark.parametrize("feeling", EMOTIONS)
def test_nothing_of_a_face_ever_jumps(avatar, feeling):
    poses = reply_of(avatar, feeling=feeling)
    for name, limit in FASTEST.items():
        values = np.array([getattr(pose, name) for pose in poses])
        assert np.abs(np.diff(values)).max() <= limit, name
    for name, limit in FASTEST_MOUTH.items():
        values = np.array([getattr(pose.mouth, name) for pose in poses])
        assert np.abs(np.diff(values)).max() <= limit, name


@pytest.mark.parametrize("avatar", persona_ids())
def test_every_blink_of_a_reply_shuts_the_eyes_and_closes_faster_than_it_opens(avatar):
    blinks = 0
    for reply in range(6):
        lids = np.array([pose.lid for pose in reply_of(avatar, reply)])
        shut = np.flatnonzero(lids == 0)
        for begin in shut[np.diff(shut, prepend=-9) > 1]:
            last = begin + 1
            assert lids[last] == 0
            closing = np.flatnonzero(lids[:begin] > 0.95).max()
            opened = np.flatnonzero(lids[last:] > 0.95).min()
            assert begin - closing < opened
            blinks += 1
        assert lids[0] == lids[-1] == 1
    assert blinks >= 4


@pytest.mark.parametrize("avatar", persona_ids())
def test_drawn_parts_have_no_seam_with_the_skin_around_them(avatar, drawn):
    shared, persona = renderer(avatar), load_persona(avatar)
    parts = [(shared.mouth, shared.mouth.paint(mouth_of(avatar, shape))) for shape in SHAPES]
    parts += [
        (shared.mouth, shared.mouth.paint(felt_mouth(persona.rest.corner, each, DEGREE, Mouth())))
        for each in persona.expressions.values()
    ]
    states = (EyeState(0), EyeState(0.5), EyeState(1), EyeState(1.25, 1), EyeState(1, 0, 3, -3))
    parts += [(eye, eye.paint(state)) for eye in shared.eyes for state in states]
    rested = idle_pose(persona.rest).mouth
    deepest = shared.mouth.paint(rested).astype(np.int16)
    for painter, patch in parts:
        top, bottom, left, right = painter.box
        around = shared.portrait[top:bottom, left:right].astype(np.int16)
        # The folds of an old face are part of its mouth at rest, and run out inside its box.
        base = deepest if painter is shared.mouth else around
        for edge in (np.s_[:1], np.s_[-1:], np.s_[:, :1], np.s_[:, -1:]):
            assert np.abs(patch[edge].astype(np.int16) - around[edge]).max() <= 3
            assert np.abs(patch[edge].astype(np.int16) - base[edge]).max() <= 4


@pytest.mark.parametrize("avatar", persona_ids())
def test_lips_and_lids_change_no_pixel_outside_their_boxes(avatar, drawn):
    still = idle_pose(load_persona(avatar).rest)
    # None of these moves the picture; only parts are drawn anew.
    lips = still._replace(mouth=still.mouth._replace(open=0.6, teeth=0.4, tongue=1.0))
    lids = still._replace(lid=0.2, gaze_x=2.0)
    plain, spoke, blinked = draw(avatar, still, lips, lids)
    shared = renderer(avatar)
    for picture, boxes in (
        (spoke, [shared.mouth.box]),
        (blinked, [eye.box for eye in shared.eyes]),
    ):
        changed = np.abs(picture.astype(np.int16) - plain).max(axis=2) > 0
        assert changed.any()
        for box in boxes:
            top, bottom, left, right = (value // SCALE for value in box)
            # The head is tilted a little in the idle pose: the box with it.
            changed[top - 12 : bottom + 12, left - 12 : right + 12] = False
        assert not changed.any()


@pytest.mark.parametrize("avatar", persona_ids())
def test_only_as_much_moves_as_the_head_and_the_shoulders_do(avatar, drawn):
    still = idle_pose(load_persona(avatar).rest)
    jaw = still._replace(mouth=still.mouth._replace(open=1.0, jaw=1.0, width=1.0))
    brows = still._replace(brow=1.0, inner=1.0, frown=1.0)
    turned = still._replace(yaw=still.yaw + 6, pitch=still.pitch + 3, roll=still.roll + 0.05)
    plain, spoke, raised, moved = (
        picture.astype(np.int16) for picture in draw(avatar, still, jaw, brows, turned)
    )
    look = load_persona(avatar).look
    chin = round(look.head.outline[-1][1])
    # An open mouth leaves everything above the eyes and below the collar as it is.
    assert np.abs(spoke - plain)[: round(look.brows.y)].max() <= 3
    assert np.abs(spoke - plain)[chin + 60 :].max() <= 3
    assert np.abs(raised - plain)[round(look.eyes.y) + 40 :].max() <= 3
    assert np.abs(moved - plain)[:2].max() <= 12
    assert np.abs(moved - plain)[-2:].max() <= 3
    assert np.abs(moved - plain)[:, :2].max() <= 12
    assert np.abs(moved - plain)[:, -2:].max() <= 12


@pytest.mark.parametrize("avatar", persona_ids())
def test_a_spoken_reply_has_no_jump_from_its_first_to_its_last_frame(avatar, drawn):
    frames = pictures(play(drawn.open(request_for(avatar=avatar)), spoken(2.0, last=True)))
    idle = poster(avatar)
    assert np.abs(frames[0].astype(np.int16) - idle).mean() < 0.7
    np.testing.assert_array_equal(frames[-1], idle)
    changes = change(frames)
    assert changes.max() < 3.5
    assert changes[-3:].max() < 0.5


@pytest.mark.parametrize("avatar", persona_ids())
def test_no_trace_of_a_feeling_or_a_word_stays(avatar, drawn):
    persona = load_persona(avatar)
    still = idle_pose(persona.rest)
    wild = [
        felt_pose(still, each, 1.0, mouth_of(avatar, shape))._replace(lid=0.3)
        for each, shape in zip(persona.expressions.values(), SHAPES, strict=False)
    ]
    first, *_, last = draw(avatar, still, *wild, still)
    np.testing.assert_array_equal(first, last)


@pytest.mark.parametrize("avatar", persona_ids())
def test_every_feeling_looks_unlike_every_other_and_grows_by_degree(avatar, drawn):
    persona = load_persona(avatar)
    still = idle_pose(persona.rest)
    box = np.s_[150:340, 160:352]
    faces = {
        feeling: draw(avatar, *(felt_pose(still, each, d, Mouth()) for d in (0.3, 0.6, 0.85)))
        for feeling, each in persona.expressions.items()
    }
    calm = draw(avatar, still)[0][box].astype(np.int16)
    for feeling in EMOTIONS[:-1]:
        grown = [np.abs(face[box] - calm).mean() for face in faces[feeling]]
        assert grown == sorted(grown), feeling
        assert grown[-1] > 1.5, feeling
    for one, other in itertools.combinations(EMOTIONS, 2):
        apart = np.abs(faces[one][-1][box].astype(np.int16) - faces[other][-1][box]).mean()
        assert apart > 1.2, (one, other)
