"""Fetching weights from a stand-in hub, with every way in which that goes wrong."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest

from modules import download, models
from modules.errors import EngineUnavailable, GuongError, StorageFailed, WeightsRejected
from modules.models import UNPINNED, FileSpec, ModelSpec, Weights
from tests.hub import REPO, SHA, Hub

BIG = bytes(range(256)) * 6_000  # 1.5 MB: several chunks
SMALL = b'{"d_model": 384}'
FILES = {"pytorch_model.bin": BIG, "config.json": SMALL, "empty.txt": b"", "deep/x.json": b"[]"}


def spec_for(files: dict[str, bytes], *, sha256: str | None = None) -> ModelSpec:
    entries = tuple(
        FileSpec(name, len(data), REPO, SHA, sha256 if name.endswith(".bin") else None)
        for name, data in files.items()
    )
    return ModelSpec("toy", "asr", REPO, SHA, entries, "MIT", False, "made by a test")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    # The hub's client reads HF_ENDPOINT when it is imported, so here its constants are set; that
    # the variable itself works is shown in a process of its own below.
    from huggingface_hub import close_session, constants

    with Hub(dict(FILES), lfs=frozenset({"pytorch_model.bin"})) as server:
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(download, "pause", lambda seconds: None)
        close_session()
        yield server
        close_session()


@pytest.fixture
def toy(tmp_path: Path) -> Weights:
    right = hashlib.sha256(BIG).hexdigest()
    return Weights(tmp_path / "models", {"toy": spec_for(FILES, sha256=right)})


def code_of(weights: Weights, **options: Any) -> tuple[str, dict[str, Any]]:
    with pytest.raises(GuongError) as caught:
        weights.fetch("toy", **options)
    assert not weights.present("toy")
    return caught.value.code, dict(caught.value.params)


def folder(weights: Weights) -> Path:
    return weights.directory / "toy"


def test_a_fetched_model_is_present_with_the_right_bytes(hub: Hub, toy: Weights) -> None:
    assert toy.fetch("toy")
    assert toy.present("toy")
    for name, data in FILES.items():
        assert (toy.path("toy") / name).read_bytes() == data


def test_progress_counts_every_byte_once_and_rises(hub: Hub, toy: Weights) -> None:
    seen: list[tuple[int, int]] = []
    toy.fetch("toy", progress=lambda done, total: seen.append((done, total)))
    total = sum(map(len, FILES.values()))
    assert {t for _, t in seen} == {total}
    assert [d for d, _ in seen] == sorted(d for d, _ in seen)
    assert seen[-1][0] == total
    assert len(seen) >= 10


def test_what_is_there_is_not_downloaded_again(hub: Hub, toy: Weights) -> None:
    toy.fetch("toy")
    hub.asked.clear()
    assert toy.fetch("toy")
    assert not hub.downloads()


def test_files_that_someone_copied_here_are_checked_and_taken(hub: Hub, toy: Weights) -> None:
    folder(toy).mkdir(parents=True)
    (folder(toy) / "pytorch_model.bin").write_bytes(BIG)
    assert toy.fetch("toy")
    assert "/blobs/pytorch_model.bin" not in [path for _, path, _ in hub.downloads()]
    assert toy.present("toy")


def test_a_download_that_was_cut_goes_on_where_it_stopped(hub: Hub, toy: Weights) -> None:
    hub.cut_after = [600_000, 500_000]
    assert toy.fetch("toy")
    ranges = [h.get("range") for _, path, h in hub.downloads() if "pytorch_model" in path]
    assert ranges == [None, "bytes=600000-", "bytes=1100000-"]
    assert (toy.path("toy") / "pytorch_model.bin").read_bytes() == BIG


def test_a_later_visit_resumes_the_part_on_disk(hub: Hub, toy: Weights) -> None:
    folder(toy).mkdir(parents=True)
    (folder(toy) / "pytorch_model.bin.part").write_bytes(BIG[:1_000_000])
    seen: list[int] = []
    assert toy.fetch("toy", progress=lambda done, total: seen.append(done))
    ranges = [h.get("range") for _, path, h in hub.downloads() if "pytorch_model" in path]
    assert ranges == ["bytes=1000000-"]
    assert seen[-1] == sum(map(len, FILES.values()))
    assert toy.present("toy")


def test_a_server_without_ranges_starts_anew_and_counts_right(hub: Hub, toy: Weights) -> None:
    hub.ranges = False
    hub.cut_after = [600_000]
    seen: list[int] = []
    assert toy.fetch("toy", progress=lambda done, total: seen.append(done))
    assert seen[-1] == max(seen) == sum(map(len, FILES.values()))
    assert toy.present("toy")


def test_a_part_longer_than_the_file_is_thrown_away(hub: Hub, toy: Weights) -> None:
    folder(toy).mkdir(parents=True)
    (folder(toy) / "pytorch_model.bin.part").write_bytes(BIG + b"more")
    assert toy.fetch("toy")
    assert toy.present("toy")


def test_a_connection_that_never_holds_is_an_interrupted_download(hub: Hub, toy: Weights) -> None:
    hub.cut_after = [0] * 50
    code, params = code_of(toy)
    assert code == "engine_unavailable.download_interrupted"
    assert params["remedy"] == "toy"
    hub.cut_after = []
    assert toy.fetch("toy")


def test_a_hub_that_is_busy_for_a_moment_is_tried_again(hub: Hub, toy: Weights) -> None:
    hub.busy = 3
    assert toy.fetch("toy")
    assert toy.present("toy")


def test_a_hub_that_stays_busy_interrupts_the_download(hub: Hub, toy: Weights) -> None:
    hub.busy = 1_000
    assert code_of(toy)[0] == "engine_unavailable.download_interrupted"


def test_corrupt_bytes_are_rejected_and_removed(hub: Hub, toy: Weights) -> None:
    hub.corrupt = True
    code, params = code_of(toy)
    assert code == "weights_rejected.sha256"
    assert params == {"file": "pytorch_model.bin", "why": "content"}
    assert not list(folder(toy).glob("pytorch_model*"))


def test_a_corrupt_part_is_noticed_and_the_next_visit_starts_anew(hub: Hub, toy: Weights) -> None:
    folder(toy).mkdir(parents=True)
    (folder(toy) / "pytorch_model.bin.part").write_bytes(bytes(1_000_000))
    assert code_of(toy)[0] == "weights_rejected.sha256"
    assert toy.fetch("toy")


def test_another_file_on_the_hub_is_rejected_before_a_byte_is_downloaded(
    hub: Hub, toy: Weights
) -> None:
    hub.files["pytorch_model.bin"] = BIG[::-1]
    code, params = code_of(toy)
    assert (code, params["file"]) == ("weights_rejected.sha256", "pytorch_model.bin")
    assert not hub.downloads()


def test_without_a_hash_in_the_table_the_hubs_own_hash_is_checked(hub: Hub, tmp_path: Path) -> None:
    loose = Weights(tmp_path, {"toy": spec_for(FILES)})
    hub.corrupt = True
    assert code_of(loose)[0] == "weights_rejected.sha256"
    hub.corrupt = False
    assert loose.fetch("toy")
    assert loose.present("toy")


def test_a_small_file_is_checked_by_its_git_hash(hub: Hub, tmp_path: Path) -> None:
    small = Weights(tmp_path, {"toy": spec_for({"config.json": SMALL})})
    hub.corrupt = True
    code, params = code_of(small)
    assert (code, params["file"]) == ("weights_rejected.sha256", "config.json")


def test_an_answer_for_another_commit_is_rejected(hub: Hub, toy: Weights) -> None:
    hub.commit = SHA[::-1]
    assert code_of(toy)[0] == "weights_rejected.revision"


@pytest.mark.parametrize(
    ("status", "header", "code", "remedy"),
    [
        (401, "GatedRepo", "gated", f"https://huggingface.co/{REPO}"),
        (403, "GatedRepo", "gated", f"https://huggingface.co/{REPO}"),
        (401, "", "no_access", "HF_TOKEN"),
        (403, "", "no_access", "HF_TOKEN"),
        (404, "RepoNotFound", "not_on_hub", "toy"),
        (404, "RevisionNotFound", "not_on_hub", "toy"),
        (404, "EntryNotFound", "not_on_hub", "toy"),
        (500, "", "hub_failed", "toy"),
    ],
)
def test_a_refusal_names_what_to_do(
    hub: Hub,
    toy: Weights,
    status: int,
    header: str,
    code: str,
    remedy: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_test_not_a_secret")
    hub.refuse = (status, header)
    found, params = code_of(toy)
    assert found == f"engine_unavailable.{code}"
    assert params == {"stage": "asr", "model": "toy", "remedy": remedy}


def test_a_file_that_is_not_in_the_repository_is_named_so(hub: Hub, toy: Weights) -> None:
    del hub.files["config.json"]
    assert code_of(toy)[0] == "engine_unavailable.not_on_hub"


def test_the_login_page_of_a_guest_network_is_not_taken_for_weights(hub: Hub, toy: Weights) -> None:
    hub.hub_like = False
    assert code_of(toy)[0] == "engine_unavailable.not_a_hub"


def test_no_server_is_no_connection(hub: Hub, toy: Weights) -> None:
    for server in hub._servers:
        server.shutdown()
        server.server_close()
    assert code_of(toy)[0] == "engine_unavailable.no_connection"


def test_offline_mode_says_which_variable_to_change(
    hub: Hub, toy: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    code, params = code_of(toy)
    assert (code, params["remedy"]) == ("engine_unavailable.hub_offline", "HF_HUB_OFFLINE=0")


def test_too_little_room_is_said_before_the_download(
    hub: Hub, toy: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(toy.directory.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1 << 20))
    code, params = code_of(toy)
    assert code == "storage_failed.disk_full"
    assert params == {"needed_mb": 65, "free_mb": 1}
    assert not hub.downloads()


def test_a_disk_that_fills_up_on_the_way_is_a_full_disk(
    hub: Hub, toy: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    class Full:
        def __init__(self, file: IO[bytes]) -> None:
            self.file = file

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *what: object) -> None:
            self.file.close()

        def tell(self) -> int:
            return self.file.tell()

        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def opened(path: Path, mode: str = "r", **options: Any) -> Any:
        file = real(path, mode, **options)
        return Full(file) if path.suffix == ".part" and mode in ("ab", "wb") else file

    monkeypatch.setattr(Path, "open", opened)
    assert code_of(toy)[0] == "storage_failed.disk_full"


def test_a_folder_that_cannot_be_written_is_named(hub: Hub, toy: Weights, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be", encoding="utf-8")
    code, _ = code_of(toy)
    assert code == "storage_failed.cannot_write"


def test_a_cancelled_download_is_no_error_and_goes_on_later(hub: Hub, toy: Weights) -> None:
    done = 0

    def progress(count: int, total: int) -> None:
        nonlocal done
        done = count

    assert not toy.fetch("toy", progress=progress, cancelled=lambda: done >= 600_000)
    assert not toy.present("toy")
    assert 600_000 <= done < len(BIG)  # stopped between two chunks
    part = folder(toy) / "pytorch_model.bin.part"
    assert part.stat().st_size == done
    hub.asked.clear()
    assert toy.fetch("toy")
    assert any(h.get("range") == f"bytes={done}-" for _, _, h in hub.downloads())


def test_a_cancel_before_the_start_asks_for_nothing(hub: Hub, toy: Weights) -> None:
    assert not toy.fetch("toy", cancelled=lambda: True)
    assert not hub.asked


def test_two_downloads_of_one_model_do_not_write_one_file(hub: Hub, toy: Weights) -> None:
    codes = []

    def progress(done: int, total: int) -> None:
        if not codes:  # a second click while the first download runs
            with pytest.raises(EngineUnavailable) as caught:
                toy.fetch("toy")
            codes.append(caught.value.code)

    assert toy.fetch("toy", progress=progress)
    assert codes == ["engine_unavailable.download_running"]


def test_a_file_kept_in_xet_comes_over_plain_http(hub: Hub, toy: Weights) -> None:
    hub.xet = True
    assert toy.fetch("toy")
    assert toy.present("toy")
    assert not any("/xet" in path for _, path, _ in hub.asked)


def test_a_token_goes_to_the_hub_and_not_to_its_storage(
    hub: Hub, toy: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    toy.fetch("toy")
    by_storage = {"/blobs/" in path: [] for _, path, _ in hub.asked}
    for _, path, headers in hub.asked:
        by_storage["/blobs/" in path].append(headers.get("authorization"))
    assert set(by_storage[False]) == {"Bearer hf_secret"}
    assert set(by_storage[True]) == {None}


def test_storage_that_sends_too_much_is_cut_off(hub: Hub, toy: Weights) -> None:
    # Metadata promises one size, the storage sends another and never stops: a disk must not fill.
    remote = download.Remote(
        FileSpec("a.bin", 10, REPO, SHA), f"{hub.storage_url}/blobs/pytorch_model.bin", 10, "0" * 64
    )
    folder(toy).mkdir(parents=True)
    tally = download._Tally(10, lambda done, total: None, lambda: False)
    with pytest.raises(WeightsRejected) as caught:
        download._fetch_file(remote, folder(toy), tally)
    assert caught.value.params["why"] == "longer"


def test_the_environment_variable_of_the_hub_is_followed(hub: Hub, tmp_path: Path) -> None:
    script = f"""
        from pathlib import Path
        from modules.models import UNPINNED, FileSpec, ModelSpec, Weights
        file = FileSpec("pytorch_model.bin", 1, {REPO!r}, {SHA!r})
        spec = ModelSpec("toy", "asr", {REPO!r}, {SHA!r}, (file,), "MIT", False, "")
        weights = Weights(Path({str(tmp_path)!r}), {{"toy": spec}})
        assert weights.fetch("toy") and weights.present("toy")
    """
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home")}
    environment.pop("HF_HUB_OFFLINE", None)
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], env=environment, check=True, timeout=60
    )
    assert (tmp_path / "toy" / "pytorch_model.bin").read_bytes() == BIG


def test_an_error_from_the_hub_never_carries_a_token_or_an_address_of_storage(
    hub: Hub, toy: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.refuse = (403, "")
    with pytest.raises(EngineUnavailable) as caught:
        toy.fetch("toy")
    assert "hf_secret" not in str(caught.value)
    assert "signed" not in str(caught.value)


def test_storage_errors_are_not_engine_errors() -> None:
    assert not issubclass(StorageFailed, EngineUnavailable)


def test_a_gate_without_a_token_asks_for_one(
    hub: Hub, toy: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "get_token", lambda: None)
    hub.refuse = (401, "GatedRepo")
    code, params = code_of(toy)
    assert (code, params["remedy"]) == ("engine_unavailable.gated_no_token", "HF_TOKEN")


def gated(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """Let the hub have a model that the app knows no commit of."""
    spec = replace(UNPINNED["ura-llama-7b"], repo=REPO)
    monkeypatch.setattr(models, "UNPINNED", {"ura-llama-7b": spec})
    hub.files = {"model.safetensors": BIG, "config.json": SMALL, "README.md": b"#", "x.py": b"1"}
    hub.lfs = frozenset({"model.safetensors"})
    return Weights(tmp_path / "models")


def test_a_model_behind_a_gate_is_pinned_when_it_is_first_fetched(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = gated(hub, tmp_path, monkeypatch)
    assert not weights.present("ura-llama-7b")
    assert weights.fetch("ura-llama-7b")
    assert weights.present("ura-llama-7b")
    names = {file.name for file in weights.path("ura-llama-7b").iterdir()}
    assert {"model.safetensors", "config.json", "pin.json"} <= names
    assert not {"README.md", "x.py"} & names


def test_what_was_pinned_once_is_not_exchanged_for_something_else(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = gated(hub, tmp_path, monkeypatch)
    weights.fetch("ura-llama-7b")
    (tmp_path / "models/ura-llama-7b/model.safetensors").unlink()
    hub.files["model.safetensors"] = BIG[::-1]
    with pytest.raises(WeightsRejected, match="sha256"):
        weights.fetch("ura-llama-7b")
    assert not weights.present("ura-llama-7b")


def test_a_shut_gate_is_told_while_a_model_is_pinned(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = gated(hub, tmp_path, monkeypatch)
    monkeypatch.setattr(download, "get_token", lambda: "hf_test_not_a_secret")
    hub.refuse = (403, "GatedRepo")
    with pytest.raises(EngineUnavailable) as raised:
        weights.fetch("ura-llama-7b")
    assert raised.value.code == "engine_unavailable.gated"
    assert raised.value.params["remedy"] == f"https://huggingface.co/{REPO}"


def test_weights_that_the_hub_has_no_hash_of_are_refused(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = gated(hub, tmp_path, monkeypatch)
    hub.lfs = frozenset()
    with pytest.raises(WeightsRejected, match="unhashed"):
        weights.fetch("ura-llama-7b")


def test_of_a_repository_without_safetensors_the_pickle_is_pinned(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = replace(UNPINNED["phobert-sentiment"], repo=REPO)
    monkeypatch.setattr(models, "UNPINNED", {"phobert-sentiment": spec})
    hub.files = {
        "pytorch_model.bin": BIG, "tf_model.h5": BIG, "vocab.txt": SMALL, "bpe.codes": SMALL,
        "config.json": SMALL, "tokenization.py": b"1",
    }  # fmt: skip
    hub.lfs = frozenset({"pytorch_model.bin", "tf_model.h5"})
    weights = Weights(tmp_path / "models")
    assert weights.fetch("phobert-sentiment")
    names = {file.name for file in weights.path("phobert-sentiment").iterdir()}
    assert {"pytorch_model.bin", "vocab.txt", "bpe.codes", "config.json"} <= names
    assert not {"tf_model.h5", "tokenization.py"} & names
    asked = [path for _, path, _ in hub.asked if "revision" in path]
    assert all(spec.revision in path for path in asked)
