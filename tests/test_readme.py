"""What the README says is so: the Space, commands, paths, links, settings, endpoints, numbers."""

import re
import tomllib
from pathlib import Path

import gradio as gr
import pytest
import yaml

from modules import tts
from modules.conversation.app import App
from modules.settings import Settings
from modules.ui.blocks import build

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
FRONT_MATTER = yaml.safe_load(README.split("---\n")[1])
TEXT = README.split("---\n", 2)[2]
REQUIREMENTS = (ROOT / "requirements.txt").read_text("utf-8")
SETUP = (ROOT / "requirements" / "setup.sh").read_text("utf-8")

# https://huggingface.co/docs/hub/spaces-config-reference, read in August 2026, and `license`, which
# every repository of the hub may name.
KEYS = {
    "title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file",
    "app_build_command", "app_port", "base_path", "fullWidth", "header", "short_description",
    "models", "datasets", "tags", "thumbnail", "pinned", "hf_oauth", "hf_oauth_scopes",
    "hf_oauth_expiration_minutes", "hf_oauth_authorized_org", "disable_embedding",
    "startup_duration_timeout", "suggested_hardware", "custom_headers", "preload_from_hub",
    "license",
}  # fmt: skip
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
HARDWARE = {
    "cpu-basic", "cpu-upgrade", "t4-small", "t4-medium", "l4x1", "l4x4", "l40sx1", "l40sx4",
    "l40sx8", "a10g-small", "a10g-large", "a10g-largex2", "a10g-largex4", "a100-large", "a100x4",
    "a100x8",
}  # fmt: skip
ZEROGPU_PYTHON = {"3.12.12", "3.10.13"}


def table(heading):
    """Return the rows of the table whose first cell of the heading is `heading`, as lists."""
    _, _, after = TEXT.partition(f"| {heading} |")
    lines = after.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted():
    """Return everything in backticks, and every line of every bash block."""
    blocks = re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    return [*re.findall(r"`([^`]+)`", prose), *"".join(blocks).splitlines()]


COMMANDS = sorted({part.strip() for line in quoted() for part in line.split("&&")})


# --- the Space ------------------------------------------------------------------------------------


def test_the_front_matter_holds_only_what_spaces_know():
    assert README.startswith("---\n")
    assert set(FRONT_MATTER) <= KEYS
    assert FRONT_MATTER["title"] == "Gương"
    assert {FRONT_MATTER["colorFrom"], FRONT_MATTER["colorTo"]} <= COLOURS
    assert FRONT_MATTER["suggested_hardware"] in HARDWARE
    assert len(FRONT_MATTER["short_description"]) <= 60
    assert FRONT_MATTER["license"] == "apache-2.0"


def test_the_space_runs_the_gradio_that_is_pinned_and_the_app_that_is_here():
    assert FRONT_MATTER["sdk"] == "gradio"
    assert f"gradio=={FRONT_MATTER['sdk_version']}\n" in REQUIREMENTS
    assert gr.__version__ == FRONT_MATTER["sdk_version"]
    assert (ROOT / FRONT_MATTER["app_file"]).is_file()


def test_the_space_has_a_python_that_zerogpu_and_the_app_both_take():
    version = FRONT_MATTER["python_version"]
    assert isinstance(version, str), "3.10 without quotes would be the number 3.1"
    assert version in ZEROGPU_PYTHON
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups()
    assert int(low) <= int(version.split(".")[1]) < int(high)
    assert f"Python 3.{low} to 3.{int(high) - 1}" in TEXT


def test_signing_in_is_on_and_asks_for_nothing_that_the_app_does_not_use():
    assert FRONT_MATTER["hf_oauth"] is True
    assert 0 < FRONT_MATTER["hf_oauth_expiration_minutes"] <= 43_200
    assert "hf_oauth_scopes" not in FRONT_MATTER
    code = "".join(path.read_text("utf-8") for path in (ROOT / "modules").rglob("*.py"))
    assert "OAuthToken" not in code, "a token is used now: name its scopes"


def test_the_space_names_every_model_that_the_app_may_fetch():
    models = tomllib.loads((ROOT / "modules" / "models.toml").read_text("utf-8"))
    assert set(FRONT_MATTER["models"]) == {model["repo"] for model in models.values()}


# --- commands, paths, links -----------------------------------------------------------------------


@pytest.mark.parametrize("command", [c for c in COMMANDS if "python" in c and " " in c])
def test_every_python_command_names_something_to_run(command):
    *_, python, after = re.fullmatch(r"((?:\w+=\S+ )*)(\S*python) (.*)", command).groups()
    assert python in ("python", *(f"{venv}/bin/python" for venv in venvs().values()))
    if after.startswith("-m "):
        module = ROOT / after.split()[1].replace(".", "/")
        assert module.with_suffix(".py").is_file() or (module / "__main__.py").is_file()
        source = module.with_suffix(".py")
        assert not source.is_file() or '__name__ == "__main__"' in source.read_text("utf-8")
    else:
        assert (ROOT / after.split()[0]).is_file()


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("bash ")])
def test_every_setup_command_names_a_kind_that_setup_knows(command):
    _, script, kind = command.split()
    assert (ROOT / script).is_file()
    assert kind in venvs()


def test_every_setup_is_followed_by_the_environment_that_it_makes():
    pairs = re.findall(r"setup\.sh (\w+) && (\S+)/bin/python", TEXT)
    assert {kind for kind, _ in pairs} == set(venvs())
    assert all(venvs()[kind] == venv for kind, venv in pairs)


def venvs():
    """Return kind -> environment, as setup.sh has them."""
    return dict(re.findall(r"^  (\w+)\) venv=(\S+) ;;", SETUP, re.MULTILINE))


def test_the_checks_of_a_change_are_the_command_of_the_readme():
    test = next(line for line in TEXT.splitlines() if "setup.sh test" in line)
    assert test in (ROOT / ".ci" / "run").read_text("utf-8")


PATHS = re.compile(r"(modules|tests|benchmarks|requirements|examples)/[\w./-]*|\w+\.(txt|py|md)")


@pytest.mark.parametrize("path", sorted({q for q in quoted() if PATHS.fullmatch(q)}))
def test_every_path_exists(path):
    found = [*ROOT.glob(path), *ROOT.glob(f"modules/conversation/{path}")]
    assert found


LINKS = [*re.findall(r"\]\(([^)\s]+)\)", TEXT), *re.findall(r'src="([^"]+)"', TEXT)]


@pytest.mark.parametrize("link", sorted({x for x in LINKS if not x.startswith("http")}))
def test_every_link_leads_somewhere(link):
    if link.startswith("#"):
        titles = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
        assert link[1:] in [title.lower().replace(" ", "-").replace(",", "") for title in titles]
    else:
        assert (ROOT / link).is_file()


def test_there_is_a_picture():
    assert any(link.endswith((".png", ".jpg", ".webp")) for link in LINKS)


def test_the_picture_of_every_example_is_shown_or_nobody_made_one():
    pictures = [p.relative_to(ROOT).as_posix() for p in ROOT.glob("examples/pictures/*.[jpw]*")]
    assert not pictures or any(picture in LINKS for picture in pictures)


# --- settings, endpoints, numbers -----------------------------------------------------------------


def test_the_table_of_settings_is_what_the_app_reads():
    listed = {}
    for names, default, _ in table("variable"):
        listed |= dict.fromkeys(re.findall(r"`GUONG_(\w+)`", names), default.strip("`"))
    assert {name.lower() for name in listed} == set(Settings.model_fields)
    for name, default in listed.items():
        field = Settings.model_fields[name.lower()]
        assert default == ("" if field.default_factory else str(field.default or "")), name


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory):
    """The endpoints that the app registers: name -> (parameters, whether each may be left out)."""
    with pytest.MonkeyPatch.context() as patch:
        data = tmp_path_factory.mktemp("readme")
        patch.setenv("GRADIO_TEMP_DIR", str(data))
        named = build(App(Settings(data=data))).get_api_info()["named_endpoints"]
    return {
        name: [(p["parameter_name"], p["parameter_has_default"]) for p in endpoint["parameters"]]
        for name, endpoint in named.items()
    }


def test_the_table_of_endpoints_is_what_is_registered_and_nothing_else(endpoints):
    listed = {}
    for name, inputs, output in table("endpoint"):
        assert output
        words = [word for word in inputs.split(", ") if word]
        listed[name.strip("`")] = [(word.rstrip("?"), word.endswith("?")) for word in words]
    assert listed == endpoints


def test_numbers_in_the_prose_are_those_of_the_code():
    assert f"espeak-ng, {len(tts.VOICES)} voices of three regions" in TEXT
    models = tomllib.loads((ROOT / "modules" / "models.toml").read_text("utf-8"))
    smallest = sum(file["bytes"] for file in models["phowhisper-tiny"]["files"])
    assert f"{round(smallest / 1e6)} MB for the smallest" in TEXT
    assert "torch==2.11.0" in REQUIREMENTS
    assert "its torch 2.11.0" in TEXT


def test_the_figures_stand_in_a_block_of_their_own():
    assert TEXT.count("<!-- figures -->") == TEXT.count("<!-- /figures -->") == 1
