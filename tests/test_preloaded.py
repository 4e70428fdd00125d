"""What a Space's build has fetched is taken in at start, checked, and not copied."""

import hashlib
import re
from pathlib import Path

import pytest
import yaml

from modules.conversation import loading
from modules.models import MODELS, FileSpec, ModelSpec, Weights
from modules.preloaded import SUGGESTED, front_matter, in_cache, take_in

SHA = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS, CONFIG = b"\x01" * 5_000, b"{}"
README = Path(__file__).parent.parent / "README.md"


def model(key, sha256=None):
    files = (
        FileSpec("deep/weights.bin", len(WEIGHTS), "somebody/net", SHA, sha256),
        FileSpec("config.json", len(CONFIG), "somebody/net", SHA),
    )
    return ModelSpec(key, "asr", "somebody/net", SHA, files, "MIT", False, "")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The hub's own layout: files are links from a snapshot to blobs."""
    from huggingface_hub import constants

    root = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(root))
    repository = root / "models--somebody--net"
    for name, data in (("deep/weights.bin", WEIGHTS), ("config.json", CONFIG)):
        blob = repository / "blobs" / hashlib.sha256(data).hexdigest()
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(data)
        link = repository / "snapshots" / SHA / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)
    return repository


def home(tmp_path, **specs):
    return Weights(tmp_path / "models", specs)


def test_a_model_that_lies_whole_in_the_cache_is_present_without_a_copy(cache, tmp_path):
    weights = home(tmp_path, net=model("net", hashlib.sha256(WEIGHTS).hexdigest()))
    assert take_in(weights) == ["net"]
    assert weights.present("net")
    file = weights.path("net") / "deep" / "weights.bin"
    assert file.read_bytes() == WEIGHTS
    assert file.stat().st_ino == in_cache(weights.models["net"].files[0]).stat().st_ino
    assert take_in(weights) == []  # once is enough


def test_a_model_of_which_a_file_is_missing_is_left_alone(cache, tmp_path):
    (cache / "snapshots" / SHA / "config.json").unlink()
    weights = home(tmp_path, net=model("net"))
    assert take_in(weights) == []
    assert not (weights.directory / "net").exists()


def test_another_file_than_the_pinned_one_is_refused_and_the_others_are_taken(cache, tmp_path):
    weights = home(tmp_path, wrong=model("wrong", "0" * 64), net=model("net"))
    assert take_in(weights) == ["net"]
    assert not weights.present("wrong")


def test_another_commit_is_not_taken_for_the_pinned_one(cache, tmp_path):
    (cache / "snapshots" / SHA).rename(cache / "snapshots" / ("f" * 40))
    assert take_in(home(tmp_path, net=model("net"))) == []


def test_where_the_folder_cannot_be_written_the_app_goes_on(cache, tmp_path):
    (tmp_path / "models").write_text("a file where a folder should be")
    assert take_in(home(tmp_path, net=model("net"))) == []


def test_only_a_space_looks_into_the_cache(tmp_path, monkeypatch):
    import asyncio

    asked = []
    monkeypatch.setattr(loading, "take_in", asked.append)

    class Home:
        async def load_embedded(self, *, here):
            pass

    class App:
        residency, weights, tables, step = Home(), "weights", {}, None

    for space in ("", "somebody/guong"):
        monkeypatch.setenv("SPACE_ID", space)
        asyncio.run(loading.load_engines(App(), here=True))
    assert asked == ["weights"]


def test_the_lines_of_the_front_matter_are_pinned_and_name_files_of_the_table():
    for line in front_matter():
        repo, files, sha = line.split(" ")
        assert re.fullmatch("[0-9a-f]{40}", sha)
        assert files
        assert any(file.repo == repo for key in SUGGESTED for file in MODELS[key].files)


def test_what_the_build_fetches_is_open_free_to_use_and_not_too_much():
    for key in SUGGESTED:
        assert not MODELS[key].gated
        assert not re.search("NC|research|AGPL", MODELS[key].licence)
    assert sum(MODELS[key].bytes for key in SUGGESTED) < 15e9


def test_the_readme_preloads_what_the_table_pins():
    head = yaml.safe_load(README.read_text("utf-8").split("---")[1])
    listed = head.get("preload_from_hub", [])
    assert set(listed) <= set(front_matter(tuple(MODELS)))
