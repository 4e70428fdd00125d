"""LICENSES.md says what is true of the environment that the tests run in."""

import ctypes
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from requirements import licences

ROOT = Path(__file__).parent.parent
COMMITTED = (ROOT / "LICENSES.md").read_text("utf-8")
DIRECT = licences.direct("embedded.txt")
MODELS = tomllib.loads((ROOT / "modules" / "models.toml").read_text("utf-8"))


def rows(section):
    """Return the cells of a section's table by the first of them."""
    _, _, after = COMMITTED.partition(f"\n## {section}")
    table, _, _ = after.partition("\n## ")
    lines = [line for line in table.splitlines() if line.startswith("| ")][2:]
    return {cells[0]: cells for cells in ([c.strip() for c in x.split("|")[1:-1]] for x in lines)}


@pytest.mark.parametrize("name", DIRECT)
def test_a_package_that_the_app_asks_for_is_installed_and_has_the_licence_that_is_listed(name):
    listed = rows("What the app asks for")
    assert name in listed, "run: python requirements/licences.py > LICENSES.md"
    assert listed[name][1] == licences.licence(metadata.distribution(name))


@pytest.mark.parametrize("name", DIRECT)
def test_a_package_that_the_app_asks_for_may_stand_under_gpl_3(name):
    assert licences.allowed(licences.licence(metadata.distribution(name)))


def test_nothing_is_listed_that_the_app_does_not_ask_for():
    assert set(rows("What the app asks for")) == set(DIRECT)


def test_every_name_of_the_embedded_set_has_its_version_in_requirements_txt():
    pinned = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert {f"{name}==" for name in DIRECT} <= {line.partition("==")[0] + "==" for line in pinned}


def test_packages_behind_an_extra_are_found_as_well():
    # It comes as uvicorn[standard], which chromadb asks for.
    assert "uvloop" in licences.closure(DIRECT)
    assert "uvloop" in rows("What those packages need")


@pytest.mark.parametrize("key", MODELS)
def test_every_model_is_listed_with_its_repository_its_licence_and_what_it_restricts(key):
    model = MODELS[key]
    restricted = ", ".join(f"**{flag}**" for flag in licences.flags(model["licence"]))
    expected = [key, model["repo"], model["licence"], restricted]
    assert rows("Models that the app may fetch")[key] == expected


def test_every_debian_package_of_the_space_is_listed():
    listed = ", ".join(rows("Debian packages"))
    for package in (ROOT / "packages.txt").read_text("utf-8").split():
        assert package in listed


def test_type_that_comes_with_the_code_is_listed_and_its_licence_lies_beside_it():
    assert rows("Type that comes with the code")["Be Vietnam Pro"][1] == "OFL-1.1"
    files = [*ROOT.glob("modules/**/*.woff2"), *ROOT.glob("modules/**/*.ttf")]
    found = {file.parent for file in files}
    assert found
    for directory in found:
        assert "SIL OPEN FONT LICENSE" in (directory / "OFL.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("licence", "flags"),
    [
        ("CC-BY-NC-4.0", ("non-commercial",)),
        ("CC-BY-NC-SA-4.0", ("non-commercial",)),
        ("Coqui Public Model License (non-commercial)", ("non-commercial",)),
        ("AGPL-3.0-only", ("AGPL",)),
        ("GNU Affero General Public License", ("AGPL",)),
        ("BSD-3-Clause", ()),
        ("CC-BY-4.0", ()),
        ("GPL-3.0-or-later", ()),
    ],
)
def test_a_licence_that_restricts_a_model_is_flagged(licence, flags):
    assert licences.flags(licence) == flags


@pytest.mark.parametrize(
    "expression",
    ["MIT", "BSD-3-Clause AND 0BSD", "MPL-2.0 AND (Apache-2.0 OR MIT)", "GPL-3.0-or-later",
     "Apache-2.0 WITH LLVM-exception", "LGPL-2.1-or-later"],
)  # fmt: skip
def test_licences_that_combine_with_gpl_3_are_allowed(expression):
    assert licences.allowed(expression)


@pytest.mark.parametrize(
    "expression",
    ["", "not stated", "AGPL-3.0-or-later", "GPL-2.0-only", "CC-BY-NC-4.0", "Proprietary",
     "MIT AND Proprietary", "Other/Proprietary License", "BSD License", "SSPL-1.0"],
)  # fmt: skip
def test_any_other_licence_is_not(expression):
    assert not licences.allowed(expression)


class Package:
    """Stands for an installed package: fields of its metadata, and the text of its licence."""

    def __init__(self, tmp_path, text="", **fields):
        self.metadata = _Fields(fields)
        self.files = []
        if text:
            path = tmp_path / "LICENSE"
            path.write_text(text, "utf-8")
            self.files.append(_File(path))


class _Fields(dict):
    def get_all(self, name, default):
        return self.get(name, default)


class _File:
    def __init__(self, path):
        self.name, self._path = path.name, path

    def locate(self):
        return self._path


BSD_3 = (
    "Redistributions in binary form must reproduce the above copyright notice. Neither the name of "
    "the author may be used to endorse\n  or promote products derived from this software."
)


@pytest.mark.parametrize(
    ("fields", "text", "licence"),
    [
        ({"License-Expression": "MIT", "License": "something else"}, "", "MIT"),
        ({"License": "Apache 2.0 License"}, "", "Apache-2.0"),
        ({"License": "MPL-2.0 AND MIT"}, "Permission is hereby granted", "MPL-2.0 AND MIT"),
        ({"License": "ISC", "Classifier": ["License :: OSI Approved :: BSD License"]}, "", "ISC"),
        ({"Classifier": ["License :: OSI Approved :: BSD License"]}, BSD_3, "BSD-3-Clause"),
        ({"Classifier": ["License :: OSI Approved :: BSD License"]}, "", "BSD License"),
        ({"Classifier": ["License :: Other/Proprietary License"]}, BSD_3,
         "Other/Proprietary License"),
        ({"License": "Copyright 2001 Somebody\nAll rights reserved"}, BSD_3, "BSD-3-Clause"),
        ({"License": "Ask me"}, "", "Ask me"),
        ({}, "", "not stated"),
    ],
)  # fmt: skip
def test_what_a_package_says_most_exactly_counts(tmp_path, fields, text, licence):
    assert licences.licence(Package(tmp_path, text, Name="some-package", **fields)) == licence


def test_the_wheels_carry_what_makes_the_whole_gpl():
    espeak = metadata.distribution("espeakng-loader")
    assert any("libespeak-ng" in file.name for file in espeak.files)
    codecs = [file for file in metadata.distribution("av").files if "libavcodec" in file.name]
    library = ctypes.CDLL(str(codecs[0].locate()))
    library.avcodec_configuration.restype = ctypes.c_char_p
    assert b"--enable-libx264" in library.avcodec_configuration()
    assert "**the installed environment as a\nwhole is under GPL-3.0-or-later.**" in COMMITTED


def test_the_licence_of_the_code_is_the_whole_apache_2():
    text = " ".join((ROOT / "LICENSE").read_text("utf-8").split())
    assert text.startswith("Apache License Version 2.0, January 2004")
    assert "9. Accepting Warranty or Additional Liability." in text
    assert text.endswith("limitations under the License.")
