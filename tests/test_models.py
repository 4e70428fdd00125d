"""The table of checkpoints and the directory they are kept in."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pytest

from modules.errors import EngineUnavailable
from modules.models import (
    MODELS,
    UNPINNED,
    FileSpec,
    ModelSpec,
    Receipt,
    Weights,
    read_table,
    weights,
    write_receipts,
)
from modules.settings import Settings

SHA = "0123456789abcdef0123456789abcdef01234567"


def spec_of(files: dict[str, bytes], *, hashed: bool = True) -> ModelSpec:
    entries = tuple(
        FileSpec(
            name,
            len(data),
            "owner/name",
            SHA,
            hashlib.sha256(data).hexdigest() if hashed else None,
        )
        for name, data in files.items()
    )
    return ModelSpec("toy", "asr", "owner/name", SHA, entries, "MIT", False, "made by a test")


def keep(directory: Path, files: dict[str, bytes], *, hashed: bool = True) -> Weights:
    spec = spec_of(files, hashed=hashed)
    folder = directory / "toy"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    write_receipts(folder, {f.name: Receipt.of(folder / f.name, f) for f in spec.files})
    return Weights(directory, {"toy": spec})


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_every_model_is_pinned_to_a_commit_and_says_where_it_comes_from(spec: ModelSpec) -> None:
    assert re.fullmatch(r"[0-9a-f]{40}", spec.revision)
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", spec.repo)
    assert spec.licence
    assert len(spec.note) > 40
    assert len({file.name for file in spec.files}) == len(spec.files)


@pytest.mark.parametrize(
    "file", [f for spec in MODELS.values() for f in spec.files], ids=lambda f: f"{f.repo}/{f.name}"
)
def test_every_file_stays_in_its_folder_and_weights_have_a_hash(file: FileSpec) -> None:
    assert re.fullmatch(r"[\w-][\w.-]*(/[\w-][\w.-]*)*", file.name)
    assert re.fullmatch(r"[0-9a-f]{40}", file.revision)
    assert file.bytes > 0
    assert file.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", file.sha256)
    # What is executed or large must be known before it is fetched, not believed from the hub.
    if file.name.endswith((".bin", ".pth", ".pt", ".pkl", ".onnx", ".safetensors")):
        assert file.sha256 is not None


@pytest.mark.parametrize("spec", UNPINNED.values(), ids=UNPINNED)
def test_what_cannot_be_pinned_in_public_says_why(spec: ModelSpec) -> None:
    assert spec.files == ()
    assert re.fullmatch(r"([0-9a-f]{40})?", spec.revision)
    assert spec.gated or "public" in spec.note
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", spec.repo)
    assert spec.licence
    assert spec.key not in MODELS


def test_a_table_may_gather_files_from_two_repositories(tmp_path: Path) -> None:
    table = tmp_path / "models.toml"
    table.write_text(
        f"""
        [two]
        stage = "asr"
        repo = "one/model"
        revision = "{SHA}"
        licence = "MIT"
        gated = false
        note = "from two places"
        files = [
          {{ name = "model.bin", bytes = 5 }},
          {{ name = "x.json", bytes = 7, repo = "two/other", revision = "{SHA[::-1]}" }},
        ]
        """,
        encoding="utf-8",
    )
    model, tokenizer = read_table(table)["two"].files
    assert (model.repo, model.revision) == ("one/model", SHA)
    assert (tokenizer.repo, tokenizer.revision) == ("two/other", SHA[::-1])
    assert read_table(table)["two"].bytes == 12


def test_weights_with_all_their_files_are_present(tmp_path: Path) -> None:
    kept = keep(tmp_path, {"a": b"1", "b": b"22"})
    assert kept.present("toy")
    assert kept.path("toy") == tmp_path / "toy"


def test_nothing_is_present_in_an_empty_directory(tmp_path: Path) -> None:
    empty = Weights(tmp_path, {"toy": spec_of({"a": b"1"})})
    assert not empty.present("toy")
    with pytest.raises(EngineUnavailable) as caught:
        empty.path("toy")
    assert caught.value.code == "engine_unavailable.weights_missing"
    assert caught.value.params == {"stage": "asr", "remedy": "toy"}


def test_an_unknown_model_is_absent_and_has_no_path(tmp_path: Path) -> None:
    empty = Weights(tmp_path, {})
    assert not empty.present("toy")
    with pytest.raises(EngineUnavailable, match="unknown_model"):
        empty.path("toy")


@pytest.mark.parametrize("damage", ["delete", "truncate", "grow", "change"])
def test_weights_with_a_damaged_file_are_absent(tmp_path: Path, damage: str) -> None:
    kept = keep(tmp_path, {"a": b"one", "b": b"two"})
    path = tmp_path / "toy" / "b"
    if damage == "delete":
        path.unlink()
    else:
        path.write_bytes({"truncate": b"tw", "grow": b"twoo", "change": b"owt"}[damage])
        os.utime(path, ns=(1, 1))
    assert not kept.present("toy")


def test_a_copied_directory_is_hashed_once_and_then_believed(tmp_path: Path) -> None:
    kept = keep(tmp_path, {"a": b"one"})
    path = tmp_path / "toy" / "a"
    os.utime(path, ns=(1_000, 1_000))
    assert kept.present("toy")
    path.write_bytes(b"two")  # the same size; with the old time back nobody looks inside again
    os.utime(path, ns=(1_000, 1_000))
    assert kept.present("toy")


def test_files_without_a_receipt_are_not_believed(tmp_path: Path) -> None:
    kept = keep(tmp_path, {"a": b"one"})
    (tmp_path / "toy" / "receipt.json").unlink()
    assert not kept.present("toy")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": {"bytes": 1}}', "\x00"])
def test_an_unreadable_receipt_counts_as_none(tmp_path: Path, text: str) -> None:
    kept = keep(tmp_path, {"a": b"one"})
    (tmp_path / "toy" / "receipt.json").write_text(text, encoding="utf-8")
    assert not kept.present("toy")


def test_a_table_that_moved_to_another_commit_makes_old_files_absent(tmp_path: Path) -> None:
    keep(tmp_path, {"a": b"one"})
    moved = spec_of({"a": b"one"})
    file = FileSpec("a", 3, "owner/name", SHA[::-1], moved.files[0].sha256)
    later = ModelSpec("toy", "asr", "owner/name", SHA[::-1], (file,), "MIT", False, "")
    assert not Weights(tmp_path, {"toy": later}).present("toy")


def test_a_hash_that_was_added_to_the_table_is_checked_against_the_receipt(tmp_path: Path) -> None:
    keep(tmp_path, {"a": b"one"}, hashed=False)
    stricter = spec_of({"a": b"eno"})
    assert not Weights(tmp_path, {"toy": stricter}).present("toy")
    assert Weights(tmp_path, {"toy": spec_of({"a": b"one"})}).present("toy")


def test_the_apps_weights_live_under_its_data_directory(tmp_path: Path) -> None:
    assert weights(Settings(data=tmp_path)).directory == tmp_path / "models"
