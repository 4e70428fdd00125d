"""The áo bà ba and its scarf: what the data must say, and what is painted of it."""

import tomllib

import numpy as np
import pytest
from pydantic import ValidationError

from modules.avatar.art import ao_ba_ba
from modules.avatar.art.canvas import LARGE, SCALE
from modules.avatar.art.garments import AoBaBa
from modules.avatar.art.scarf import paint_scarf
from modules.avatar.gallery import FOLDER
from modules.avatar.specification import load_persona

CENTRE = 256.0
GROUND = (0.1, 0.6, 0.2)


def data():
    return tomllib.loads((FOLDER / "ba-sau.toml").read_text("utf-8"))["look"]["garment"]


@pytest.fixture(scope="module")
def look():
    return load_persona("ba-sau").look


@pytest.fixture(scope="module")
def bare(look):
    return look.garment.model_copy(update={"scarf": None})


def painted(garment, light):
    picture = np.empty((LARGE, LARGE, 3), np.float32)
    picture[:] = GROUND
    ao_ba_ba.paint_body(picture, garment, light, CENTRE)
    ao_ba_ba.paint_collar(picture, garment, light, CENTRE)
    return picture


@pytest.fixture(scope="module")
def blouse(look, bare):
    return painted(bare, look.light)


def at(picture, x, y, reach=2):
    column, row = round(x * SCALE), round(y * SCALE)
    return picture[row - reach : row + reach + 1, column - reach : column + reach + 1]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("neckline"),
        lambda d: d.update(kind="ao_tu_than"),
        lambda d: d.update(buttons=[[1, 2]]),
        lambda d: d.update(button=["#ffffff"]),
        lambda d: d.update(sleeves=2),
        lambda d: d["prints"][0].update(petals=1),
        lambda d: d["prints"][0].update(colours=[]),
        lambda d: d["scarf"].update(strips=[]),
        lambda d: d["scarf"].update(check="black"),
        lambda d: d["scarf"]["strips"][0].update(guides=[[[0, 0], [1, 1]]]),
        lambda d: d["scarf"]["strips"][0].update(cells=0),
    ],
)
def test_a_mistake_in_the_data_is_an_error(spoil):
    whole = data()
    AoBaBa.model_validate(whole)
    spoil(whole)
    with pytest.raises(ValidationError):
        AoBaBa.model_validate(whole)


def test_the_neck_is_open_and_the_breast_is_covered(blouse, bare):
    x, y = bare.neckline[-1]
    np.testing.assert_allclose(at(blouse, x, y - 24).mean(axis=(0, 1)), GROUND, atol=0.03)
    assert np.abs(at(blouse, x - 20, y + 24).mean(axis=(0, 1)) - GROUND).max() > 0.2


def test_the_neckline_is_the_same_on_both_sides(bare):
    edge = ao_ba_ba._neckline(bare, CENTRE)
    np.testing.assert_allclose(edge[:, 0] + edge[::-1, 0], 2 * CENTRE, atol=1e-3)
    np.testing.assert_allclose(edge[:, 1], edge[::-1, 1], atol=1e-3)


def test_every_button_shines_before_the_cloth_beside_it(blouse, bare):
    for button in bare.buttons:
        cloth = at(blouse, button.x - 3 * button.radius, button.y).mean()
        assert at(blouse, button.x, button.y).mean() > cloth + 0.15


def test_the_cloth_lies_in_folds_and_the_light_comes_from_its_side(blouse, bare, look):
    flat = painted(bare.model_copy(update={"folds": ()}), look.light)
    shoulder = np.s_[460 * SCALE : 505 * SCALE, 80 * SCALE : 130 * SCALE]
    assert blouse[shoulder].std() > 1.15 * flat[shoulder].std()
    left, right = (at(blouse, x, 470, 30).mean() for x in (100, 412))
    assert (left > right) == (look.light.key[0] < 0)


def test_a_print_follows_its_seed_and_goes_without_harm(blouse, bare, look):
    same, other, plain = (
        painted(bare.model_copy(update=update), look.light)
        for update in ({}, {"seed": bare.seed + 9}, {"prints": ()})
    )
    np.testing.assert_array_equal(same, blouse)
    breast = np.s_[475 * SCALE : 510 * SCALE, 180 * SCALE : 240 * SCALE]
    assert np.abs(other - blouse)[breast].max() > 0.1
    assert np.abs(blouse - plain)[breast].max() > 0.15


def scarf_alone(look, scarf):
    picture = np.empty((LARGE, LARGE, 3), np.float32)
    picture[:] = GROUND
    under = np.zeros((LARGE // SCALE, LARGE // SCALE), np.float32)
    paint_scarf(picture, scarf, under, look.light)
    return picture


def test_a_scarf_is_chequered_down_its_length(look):
    scarf = look.garment.scarf
    picture = scarf_alone(look, scarf)
    for strip in scarf.strips:
        middle = np.array(strip.guides[1], np.float32)
        rows = np.arange(middle[1, 1] * SCALE, 1010, dtype=int)
        columns = np.interp(rows / SCALE, middle[:, 1], middle[:, 0]) * SCALE
        lit = picture[rows, columns.astype(int)].mean(axis=1)
        smooth = np.convolve(lit - lit.mean(), np.ones(5) / 5, "same")
        turns = int((np.diff(np.sign(smooth)) != 0).sum())
        expected = 2 * (rows[-1] - rows[0]) / SCALE / scarf.cell
        assert 0.6 * expected < turns < 1.7 * expected


def test_a_scarf_without_check_is_plain_and_one_with_is_darker(look):
    scarf = look.garment.scarf
    plain = scarf_alone(look, scarf.model_copy(update={"amount": 0.0}))
    checked = scarf_alone(look, scarf)
    cloth = np.s_[450 * SCALE : 500 * SCALE, 180 * SCALE : 220 * SCALE]
    assert checked[cloth].mean() < 0.85 * plain[cloth].mean()
    darker = (plain - checked)[cloth].mean(axis=2)
    assert darker.min() < 0.06 < 0.25 < darker.max()


def test_pleats_give_a_scarf_its_form(look):
    scarf = look.garment.scarf.model_copy(update={"amount": 0.0})
    flat = scarf.model_copy(
        update={
            "strips": tuple(
                strip.model_copy(update={"pleats": (), "folds": ()}) for strip in scarf.strips
            )
        }
    )
    cloth = np.s_[450 * SCALE : 500 * SCALE, 180 * SCALE : 220 * SCALE]
    pleated, smooth = (scarf_alone(look, one)[cloth].std() for one in (scarf, flat))
    assert pleated > 2 * smooth
