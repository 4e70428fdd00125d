"""The drawn portraits: every persona is a person of its own, whole, and in its own light."""

import itertools
import tomllib
from typing import get_args

import cv2
import numpy as np
import pytest

from modules import avatar
from modules.avatar import layers
from modules.avatar.art.canvas import LARGE, SCALE, mask, reduce, shape
from modules.avatar.art.curves import mirrored, polygon, ring
from modules.avatar.art.garment import PAINTERS
from modules.avatar.art.garments import Garment
from modules.avatar.art.hair import covered, paint_group
from modules.avatar.art.portrait import paint_portrait
from modules.avatar.art.relief import face_outline
from modules.avatar.face.renderer import Renderer
from modules.avatar.face.warp import HeadWarp
from modules.avatar.gallery import FOLDER, persona_ids
from modules.avatar.posters import large_poster, main
from modules.avatar.rig.idle import idle_pose
from modules.avatar.rig.pose import Pose
from modules.avatar.specification import PersonaFile, load_persona, with_defaults
from modules.messages import FRAME_SIZE

PERSONAS = persona_ids()


def source(name):
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


@pytest.fixture(scope="session")
def portraits(drawn, data_folder):
    """The large painted pictures, with shut eyes and without lips."""
    return {name: layers.portrait(name, data_folder / "cache") for name in PERSONAS}


@pytest.fixture(scope="session")
def posters(drawn):
    return {name: avatar.poster(name) for name in PERSONAS}


def lab(rgb):
    return cv2.cvtColor(np.float32(rgb) / 255, cv2.COLOR_RGB2LAB)


def faces(rgb):
    finder = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    return finder.detectMultiScale(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), 1.1, 5)


def features(look):
    """Eyes and mouth as (x, y)."""
    centre, eyes = look.head.centre, look.eyes
    sides = [(centre + side * eyes.apart, eyes.y) for side in (-1, 1)]
    return [*sides, (centre, look.lips.y)]


def holds(box, points):
    x, y, width, height = (int(value) for value in box)
    return all(x < px < x + width and y < py < y + height for px, py in points)


def patch(picture, x, y, half=5):
    return picture[int(y) - half : int(y) + half, int(x) - half : int(x) + half].reshape(-1, 3)


def cheeks(look):
    """The left and the right cheek of the picture, beside and above the mouth."""
    centre = look.head.centre
    return [(centre + side * 48, look.lips.y - 34) for side in (-1, 1)]


def test_three_people_of_three_regions_live_here():
    assert PERSONAS == ("linh", "ba-sau", "khoa")
    people = [load_persona(name).identity for name in PERSONAS]
    assert {who.region for who in people} == {"north", "central", "south"}
    assert {who.gender for who in people} == {"female", "male"}
    assert max(who.age for who in people) - min(who.age for who in people) > 30


@pytest.mark.parametrize("name", PERSONAS)
def test_a_portrait_uses_the_whole_range_and_clips_next_to_nothing(portraits, name):
    picture = portraits[name]
    assert picture.shape == (LARGE, LARGE, 3)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    assert np.percentile(grey, 2) < 60
    assert np.percentile(grey, 98) > 185
    assert (picture == 255).all(axis=2).mean() < 0.002


@pytest.mark.parametrize("name", PERSONAS)
def test_a_stranger_finds_exactly_one_face_and_it_holds_eyes_and_mouth(posters, name):
    [box] = faces(posters[name])
    assert holds(box, features(load_persona(name).look))


def painted_hair(look):
    """Where hair covers all that lies behind it, and nothing lies over the hair: bool, large."""
    solid = np.zeros((LARGE, LARGE), np.float32)
    for group in look.hair.groups:
        painted = paint_group(group, look.hair, look.light)
        np.maximum(solid[painted.box], painted.coverage, out=solid[painted.box])
        if group.where == "back":
            # The face lies over it.
            solid[painted.box][
                mask(polygon(face_outline(look.head)), size=LARGE)[painted.box] > 0
            ] = 0
    if look.ear is not None:
        right = np.array(look.ear.outline, np.float32)
        for outline in (right, mirrored(right, look.head.centre)):
            solid[shape(ring(outline)) > 0.01] = 0
    # Farther down there are neck and cloth over some of it.
    solid[int(SCALE * (look.head.outline[-1][1] - 40)) :] = 0
    return cv2.erode((solid > 0.98).astype(np.uint8), np.ones((7, 7))).astype(bool)


@pytest.mark.parametrize("name", PERSONAS)
def test_no_skin_shines_through_hair(portraits, name):
    look, tone = load_persona(name).look, lab(portraits[name])
    hair = painted_hair(look)
    assert hair.sum() > 20_000
    skin = np.median(tone[face_core(look)].reshape(-1, 3), axis=0)
    assert (np.linalg.norm(tone[hair] - skin, axis=1) < 16).mean() < 0.004


def face_core(look):
    """Forehead to cheeks without eyes and mouth, as an index into the large picture."""
    centre, eyes, lips = look.head.centre, look.eyes, look.lips
    top, bottom = int(SCALE * (eyes.y + 14)), int(SCALE * (lips.y - lips.upper - 8))
    return np.s_[top:bottom, int(SCALE * (centre - 56)) : int(SCALE * (centre + 56))]


@pytest.mark.parametrize("name", PERSONAS)
def test_the_light_comes_from_the_side_that_the_file_says(portraits, name):
    look = load_persona(name).look
    small = cv2.resize(portraits[name], (FRAME_SIZE, FRAME_SIZE), interpolation=cv2.INTER_AREA)
    left, right = (patch(small, *place).mean() for place in cheeks(look))
    toward = -1 if look.light.key[0] < 0 else 1
    assert (right - left) * toward > 8


@pytest.mark.parametrize("one, other", list(itertools.combinations(PERSONAS, 2)))
def test_two_personas_are_not_one_family(posters, one, other):
    first, second = load_persona(one).look, load_persona(other).look
    height, width = np.s_[150:340], np.s_[170:342]
    difference = lab(posters[one])[height, width] - lab(posters[other])[height, width]
    assert np.median(np.linalg.norm(difference, axis=2)) > 8
    outline = np.abs(
        np.interp(np.arange(150, 330, 10), *np.array(first.head.outline)[:, ::-1].T)
        - np.interp(np.arange(150, 330, 10), *np.array(second.head.outline)[:, ::-1].T)
    )
    assert outline.max() > 2
    assert abs(first.eyes.upper - second.eyes.upper) > 0.5
    assert first.head.nose.widths != second.head.nose.widths
    assert first.garment.kind != second.garment.kind
    assert first.background.ramp != second.background.ramp


def test_a_man_wears_no_lipstick(posters):
    def redder(name):
        """How much redder than the skin above them the lips are, as the eye sees it."""
        look, tone = load_persona(name).look, lab(posters[name])
        centre, lips = int(look.head.centre), look.lips
        middle = int(lips.y + 0.45 * lips.lower)
        lip = tone[middle - 2 : middle + 3, centre - 12 : centre + 12].reshape(-1, 3)
        skin = patch(tone, centre, lips.y + lips.lower + 18)
        return np.median(lip[:, 1]) - np.median(skin[:, 1])

    assert redder("khoa") < 0.6 * redder("linh")
    assert redder("linh") > 8


@pytest.mark.parametrize("name", PERSONAS)
def test_no_skin_folds_over_whatever_the_face_does(name):
    """Where a map runs backwards a place is shown twice: lashes reappear above the lid."""
    persona = load_persona(name)
    warp = HeadWarp(persona.look)
    for felt in persona.expressions.values():
        mouth = idle_pose(persona.rest).mouth._replace(open=1, jaw=1, lift=felt.lift)
        pose = Pose(
            yaw=8, pitch=-6, roll=0.06, brow=felt.brow, inner=felt.inner, frown=felt.frown,
            cheek=felt.cheek, mouth=mouth,
        )  # fmt: skip
        where = warp.map(pose)
        assert np.diff(where[..., 1], axis=0).min() > 0.1
        assert np.diff(where[..., 0], axis=1).min() > 0.1


@pytest.mark.parametrize("name", PERSONAS)
def test_brows_slide_under_hair_and_do_not_pull_it_along(name):
    look = load_persona(name).look
    hair = cv2.erode((covered(look.hair) > 0.5).astype(np.uint8), np.ones((9, 9))).astype(bool)
    calm, felt = (HeadWarp(look).map(Pose(brow=by, inner=by, frown=by)) for by in (0.0, 1.0))
    moved = np.linalg.norm(felt - calm, axis=2) / SCALE
    assert hair.sum() > 5_000
    assert moved[hair].max() < 0.8
    assert moved.max() > 4


def test_the_large_picture_holds_detail_that_an_enlarged_small_one_lacks(posters):
    large = cv2.cvtColor(large_poster(load_persona("linh")), cv2.COLOR_RGB2GRAY)
    live = cv2.cvtColor(posters["linh"], cv2.COLOR_RGB2GRAY)
    assert large.shape == (1024, 1024)
    enlarged = cv2.resize(live, (1024, 1024), interpolation=cv2.INTER_CUBIC)

    def fine(picture):
        """Strength of what is finer than two pixels of the large picture."""
        at = np.float32(picture)
        return (at - cv2.GaussianBlur(at, (0, 0), 1.0)).std()

    for part in (np.s_[80:400, 300:700], np.s_[380:440, 360:640]):  # hair; eyes
        assert fine(large[part]) > 1.5 * fine(enlarged[part])
    halved = cv2.resize(large, (512, 512), interpolation=cv2.INTER_AREA)
    assert np.abs(halved.astype(np.int16) - live).mean() < 3.5


def test_posters_of_both_sizes_are_written_where_one_asks(tmp_path, monkeypatch, drawn):
    monkeypatch.setattr("modules.avatar.posters.persona_ids", lambda: ("khoa",))
    main(["--out", str(tmp_path / "small")])
    main(["--out", str(tmp_path / "large"), "--size", "1024"])
    for path, side in (
        (tmp_path / "small/khoa.jpg", 512),
        (tmp_path / "large/khoa-1024.jpg", 1024),
    ):
        assert cv2.imread(str(path)).shape == (side, side, 3)


def test_every_kind_of_garment_has_a_painter_and_is_worn():
    union = get_args(Garment)[0]
    kinds = {kind.model_fields["kind"].annotation.__args__[0] for kind in get_args(union)}
    assert set(PAINTERS) == kinds
    assert {load_persona(name).look.garment.kind for name in PERSONAS} == kinds


@pytest.fixture(scope="module")
def fourth():
    """A persona that no file describes, of parts of the others: another woman, older, in linen."""
    linh, khoa, sau = (source(name) for name in ("linh", "khoa", "ba-sau"))
    who = {**linh["identity"], "name": "Mai", "age": 45, "region": "central"}
    look = {**linh["look"], "light": khoa["look"]["light"], "skin": linh["look"]["skin"] | {
        "ramp": sau["look"]["skin"]["ramp"],
    }}  # fmt: skip
    look |= {name: khoa["look"][name] for name in ("garment", "neck")}
    look |= {name: sau["look"][name] for name in ("background", "eyes")}
    whole = {**linh, "identity": who, "look": look}
    return PersonaFile.model_validate(with_defaults(whole))


def test_a_fourth_persona_needs_a_file_and_no_code(fourth, posters):
    painted = np.round(paint_portrait(fourth.look) * 255).astype(np.uint8)
    out = np.empty((FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
    brush = Renderer(fourth, painted).brush()
    brush.draw(idle_pose(fourth.rest), out)
    assert any(holds(box, features(fourth.look)) for box in faces(out))
    for other in posters.values():
        assert np.abs(out.astype(np.int16) - other).mean() > 10
    closed = out.copy()
    brush.draw(idle_pose(fourth.rest)._replace(lid=0.0), out)
    eye_x, eye_y = features(fourth.look)[0]
    assert patch(closed, eye_x, eye_y).mean() < patch(out, eye_x, eye_y).mean() - 20


def test_a_pair_of_ears_has_one_on_each_side(fourth):
    linh = load_persona("linh").look
    bare = linh.model_copy(
        update={"hair": linh.hair.model_copy(update={"groups": (), "wisps": ()})}
    )
    both = bare.model_copy(update={"ear": linh.ear.model_copy(update={"pair": True})})
    none = bare.model_copy(update={"ear": None})
    one, two, zero = (reduce(paint_portrait(look)) for look in (bare, both, none))
    left, right = np.s_[200:265, 140:180], np.s_[200:265, 332:372]
    assert np.abs(one - zero)[left].mean() > 0.02
    assert np.abs(one - zero)[right].mean() < 0.005
    assert np.abs(two - zero)[right].mean() > 0.02
