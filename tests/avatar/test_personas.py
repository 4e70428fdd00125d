import subprocess
import sys
import tomllib

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from modules import avatar
from modules.avatar.gallery import FOLDER, known, persona_ids, poster_file
from modules.avatar.specification import PersonaFile, load_persona, with_defaults
from modules.engines import EngineSpec
from modules.messages import EMOTIONS, VisemeShape


def source(name="linh"):
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def test_drawn_stands_first_and_still_last_and_what_is_embedded_runs_anywhere():
    assert avatar.ENGINES[0].name == "drawn"
    embedded = [spec for spec in avatar.ENGINES if spec.embedded]
    assert [spec.name for spec in embedded] == ["drawn", "puppet", "still"]
    assert avatar.ENGINES[-2:] == tuple(embedded[-2:])
    for spec in embedded:
        assert isinstance(spec, EngineSpec)
        assert not spec.missing_packages


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, modules.avatar as avatar; avatar.avatars()\n"
        "print([name for name in ('cv2', 'skia', 'PIL') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("name", persona_ids())
def test_every_persona_file_is_whole(name):
    persona = load_persona(name)
    assert set(persona.visemes) == set(VisemeShape.__args__)
    assert set(persona.expressions) == set(EMOTIONS)


@pytest.mark.parametrize("name", persona_ids())
def test_the_picture_beside_the_file_is_what_is_drawn(name, data_folder):
    with Image.open(poster_file(name)) as image:
        kept = np.array(image).astype(np.int16)
    assert np.abs(kept - avatar.poster(name)).mean() < 1.5, "python -m modules.avatar.posters"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(colour="red"),
        lambda d: d["identity"].update(gender="none"),
        lambda d: d["look"]["eyes"].update(iriss=3),
        lambda d: d["look"]["skin"].update(ramp=["red", "blue"]),
        lambda d: d["look"].pop("hair"),
        lambda d: d.update(visemes={"shout": {"open": 1.0}}),
        lambda d: d.update(visemes={"open": {"open": 1.5}}),
        lambda d: d.update(expressions={"Joy": {}}),
        lambda d: d.update(states={"asleep": {}}),
        lambda d: d.update(states={"idle": {"nods": 1}}),
    ],
)
def test_a_mistake_in_a_file_is_an_error(spoil):
    data = source()
    PersonaFile.model_validate(with_defaults(data))
    spoil(data)
    with pytest.raises(ValidationError):
        PersonaFile.model_validate(with_defaults(data))


def test_a_persona_says_only_in_what_it_moves_otherwise():
    shared = PersonaFile.model_validate(with_defaults(source() | {"visemes": {}}))
    own = PersonaFile.model_validate(
        with_defaults(source() | {"visemes": {"open": {"open": 0.8}}, "states": {}})
    )
    assert own.visemes["open"].open == 0.8
    assert own.visemes["open"].jaw == shared.visemes["open"].jaw
    assert own.visemes["round"] == shared.visemes["round"]
    assert own.states == shared.states


def test_the_list_of_avatars_says_who_they_are():
    [linh] = [each for each in avatar.avatars() if each.id == "linh"]
    assert (linh.name, linh.gender, linh.age, linh.region) == ("Linh", "female", 24, "north")
    assert 180 < linh.voice_f0_hz < 260
    assert linh.manner_vi != linh.manner_en
    assert avatar.avatars()[0].id == "linh"


def test_unknown_and_empty_ids_are_the_default():
    assert known("") == known("nobody") == known("../linh") == "linh"


def test_the_poster_of_an_unknown_avatar_is_the_default_one(data_folder):
    np.testing.assert_array_equal(avatar.poster("nobody"), avatar.poster("linh"))
