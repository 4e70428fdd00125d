"""How age shows in a drawn person: lines on the forehead, grey hair, a slower voice."""

import numpy as np

from modules import avatar
from modules.avatar.art.hair import paint_group
from modules.avatar.gallery import persona_ids
from modules.avatar.specification import load_persona


def test_the_grandmother_of_the_delta_is_who_she_is():
    [she] = [each for each in avatar.avatars() if each.id == "ba-sau"]
    assert (she.name, she.gender, she.region) == ("Bà Sáu", "female", "south")
    assert 60 < she.age < 80
    assert 180 < she.voice_f0_hz < 210
    assert she.voice_rate < 1


def lined(name):
    """How much a forehead is lined: how far rows differ from their neighbours, in its middle."""
    look, picture = load_persona(name).look, avatar.poster(name)
    top, bottom = round(look.brows.y - 46), round(look.brows.y - 12)
    middle = round(look.head.centre)
    forehead = picture[top:bottom, middle - 24 : middle + 24].mean(axis=(1, 2))
    return np.abs(np.diff(forehead, 2)).mean()


def test_age_shows_on_the_forehead(data_folder):
    young = [name for name in persona_ids() if load_persona(name).identity.age < 40]
    assert lined("ba-sau") > 2 * max(lined(name) for name in young)


def brightness(group, look):
    painted = paint_group(group, look.hair, look.light)
    return float((painted.colour.mean(axis=2) * painted.coverage).sum() / painted.coverage.sum())


def test_the_more_strands_are_grey_the_lighter_is_the_hair():
    look = load_persona("ba-sau").look
    group = next(each for each in look.hair.groups if each.grey)
    dark, mixed, grey = (
        brightness(group.model_copy(update={"strands": 200, "grey": ((0, s), (1, s))}), look)
        for s in (0.0, 0.5, 1.0)
    )
    assert dark < mixed < grey
    assert grey > 1.2 * dark


def test_strands_turn_grey_where_the_file_says():
    look = load_persona("ba-sau").look
    group = next(each for each in look.hair.groups if each.grey and each.body_from)
    excess = []
    for first, last in ((1.0, 0.0), (0.0, 1.0)):
        grey = ((0, first), (0.45, first), (0.55, last), (1, last))
        update = {"strands": 400, "grey": grey}
        painted = paint_group(group.model_copy(update=update), look.hair, look.light)
        lit = painted.colour.mean(axis=2) * painted.coverage
        middle = lit.shape[1] // 2
        excess.append(float(lit[:, :middle].mean() - lit[:, middle:].mean()))
    # The group runs from the temple at the left to that at the right.
    assert excess[0] > excess[1] + 0.03


def test_a_hairline_of_staggered_roots_shows_more_skin():
    look = load_persona("ba-sau").look
    group = next(each for each in look.hair.groups if each.roots and each.body_from)
    open_, closed = (
        paint_group(group.model_copy(update=update), look.hair, look.light)
        for update in ({}, {"roots": 0.0, "body_from": 0.0, "body_soft": 0.0})
    )
    assert open_.coverage.sum() < 0.98 * closed.coverage.sum()
