"""Fetching a checkpoint from the Hugging Face hub: pinned, resumed, checked, with progress.

The hub's client (`huggingface_hub`) knows addresses, tokens, headers and errors; the bytes are
streamed here, over plain HTTP. Its own `hf_hub_download` no longer resumes (2.x keeps no partial
file), reports in steps of 10 MB, and where `hf_xet` is installed goes through Xet, which cannot be
cancelled between chunks. The hub serves every file over HTTP as well, those kept in Xet too.
"""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx2
from huggingface_hub import HfApi, get_hf_file_metadata, get_session, get_token, hf_hub_url
from huggingface_hub.errors import (
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
)
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # documented, not re-exported
    WeakFileLock,
    build_hf_headers,
    hf_raise_for_status,
)

from modules.errors import EngineUnavailable, StorageFailed, WeightsRejected
from modules.models import FileSpec, ModelSpec, Progress, Receipt, sha256_of, write_receipts

HEAD_S, READ_S = 10.0, 30.0
"""Seconds to wait for an answer, and for the next bytes of a file."""
ATTEMPTS = 5
"""Tries in a row that bring no byte before a download counts as interrupted."""
SPARE = 64 << 20
"""Bytes of disk to leave free."""

_BESIDE_WEIGHTS = frozenset(
    {
        "config.json", "generation_config.json", "model.safetensors.index.json", "tokenizer.json",
        "tokenizer_config.json",
        "vocab.txt", "bpe.codes", "added_tokens.json", "special_tokens_map.json",
    }
)  # fmt: skip
_WEIGHTS = (r"[\w.-]+\.safetensors", r"pytorch_model\.bin")
"""Of a repository without safetensors the pickle is taken: weights are all that is read of it."""

pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Remote:
    """What the hub says of a file at the pinned commit; `digest` is its SHA-256 or git's SHA-1."""

    file: FileSpec
    url: str
    bytes: int
    digest: str


@dataclass
class _Tally:
    """Counts bytes over all files of a model."""

    total: int
    progress: Progress
    cancelled: Callable[[], bool]
    done: int = field(default=0)

    def add(self, count: int) -> None:
        self.done += count
        self.progress(self.done, self.total)


def fetch_model(
    spec: ModelSpec, folder: Path, progress: Progress, cancelled: Callable[[], bool]
) -> bool:
    """Bring all files of a model into `folder`; False where `cancelled` said so.

    What was downloaded stays for the next time. Raises `EngineUnavailable`, `WeightsRejected` or
    `StorageFailed`; nothing is left that was not checked.
    """
    with _explained(spec):
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(spec, folder):
            remotes = []
            for file in spec.files:
                if cancelled():
                    return False
                remotes.append(ask(file))
            tally = _Tally(sum(remote.bytes for remote in remotes), progress, cancelled)
            missing = [remote for remote in remotes if not _have(folder, remote)]
            _check_space(folder, missing)
            tally.add(tally.total - sum(remote.bytes for remote in missing))
            if not all(_fetch_file(remote, folder, tally) for remote in missing):
                return False
            receipts = {file.name: Receipt.of(folder / file.name, file) for file in spec.files}
            write_receipts(folder, receipts)
    return True


def pin(spec: ModelSpec) -> ModelSpec:
    """Ask the hub once for the commit of a model that is not pinned, its files and their hashes.

    What it says then holds from now on. Only weights and the files of tokenizer and configuration
    are taken. Raises `EngineUnavailable`, or `WeightsRejected` where a file of weights has no hash.
    """
    with _explained(spec):
        found = HfApi().model_info(
            spec.repo, revision=spec.revision or None, files_metadata=True, timeout=HEAD_S
        )
        listed = {each.rfilename: each for each in found.siblings or ()}
        weights = _weights_among(listed)
        files = []
        for name in (*weights, *(name for name in listed if name in _BESIDE_WEIGHTS)):
            stored = listed[name].lfs
            sha256 = stored.sha256 if stored else None
            if name in weights and not sha256:
                raise WeightsRejected("unhashed", file=name, why="")
            size = listed[name].size or 0
            files.append(FileSpec(name, size, spec.repo, found.sha or "", sha256))
        if not re.fullmatch("[0-9a-f]{40}", found.sha or "") or not weights:
            raise FileMetadataError(spec.repo)
    return replace(spec, revision=found.sha or "", files=tuple(files))


def _weights_among(names: Iterable[str]) -> list[str]:
    for pattern in _WEIGHTS:
        if found := [name for name in names if re.fullmatch(pattern, name)]:
            return found
    return []


def ask(file: FileSpec) -> Remote:
    """Ask the hub what a file is at its pinned commit.

    Raises `WeightsRejected` before a byte is downloaded where the hub has other content than the
    table, and `EngineUnavailable` where the answer does not come from a hub (a login page, say).
    """
    url = hf_hub_url(file.repo, file.name, revision=file.revision)
    answer = get_hf_file_metadata(url, timeout=HEAD_S)
    if answer.commit_hash is None or not answer.etag or answer.size is None:
        raise FileMetadataError(url)
    if answer.commit_hash != file.revision:
        raise WeightsRejected("revision", file=file.name, why=answer.commit_hash)
    listed = bool(re.fullmatch("[0-9a-f]{64}", answer.etag))
    if listed and file.sha256 not in (None, answer.etag):
        raise WeightsRejected("sha256", file=file.name, why=answer.etag)
    digest = file.sha256 or answer.etag
    if not re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", digest):
        raise WeightsRejected("unhashed", file=file.name, why=digest)
    return Remote(file, url, answer.size, digest)


def matches(path: Path, remote: Remote) -> bool:
    """Tell whether a file has the hub's size and hash."""
    size = path.stat().st_size
    if size != remote.bytes:
        return False
    if len(remote.digest) == 64:
        return sha256_of(path) == remote.digest
    # Small files are kept in git itself, which names a blob by the SHA-1 of a header and its bytes.
    blob = hashlib.sha1(b"blob %d\0" % size + path.read_bytes(), usedforsecurity=False)
    return blob.hexdigest() == remote.digest


def _have(folder: Path, remote: Remote) -> bool:
    path = folder / remote.file.name
    return path.is_file() and matches(path, remote)


def _fetch_file(remote: Remote, folder: Path, tally: _Tally) -> bool:
    path = folder / remote.file.name
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    if part.is_file() and part.stat().st_size > remote.bytes:
        part.unlink()
    if part.is_file():
        tally.add(part.stat().st_size)
    if not _download(remote, part, tally):
        return False
    if not matches(part, remote):
        part.unlink()
        raise WeightsRejected("sha256", file=remote.file.name, why="content")
    part.replace(path)
    return True


def _download(remote: Remote, part: Path, tally: _Tally) -> bool:
    tries = ATTEMPTS
    while (have := _size(part)) < remote.bytes:
        try:
            if not _stream(remote, part, tally):
                return False
            failure: Exception = EOFError("the hub closed early")
        except httpx2.TransportError as error:
            failure = error
        except HfHubHTTPError as error:
            if error.response.status_code < 500 and error.response.status_code != 429:
                raise
            failure = error
        tries = ATTEMPTS if _size(part) > have else tries - 1
        if tries == 0:
            raise _Interrupted from failure
        if _size(part) < remote.bytes:
            pause(2.0 ** (ATTEMPTS - tries) / 2)
    part.touch()  # an empty file has nothing to stream
    return True


def _stream(remote: Remote, part: Path, tally: _Tally) -> bool:
    have = _size(part)
    headers = build_hf_headers(headers={"Accept-Encoding": "identity"})
    if have:
        headers["Range"] = f"bytes={have}-"
    with get_session().stream("GET", remote.url, headers=headers, timeout=READ_S) as response:
        hf_raise_for_status(response)
        if have and response.status_code != 206:  # the server begins anew
            tally.add(-have)
            have = 0
        with part.open("ab" if have else "wb") as out:
            # Chunks as the network brings them: a fixed size would be buffered, and lost on a cut.
            for chunk in response.iter_bytes():
                if tally.cancelled():
                    return False
                if out.tell() + len(chunk) > remote.bytes:
                    raise WeightsRejected("sha256", file=remote.file.name, why="longer")
                out.write(chunk)
                tally.add(len(chunk))
    return not tally.cancelled()


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _check_space(folder: Path, missing: list[Remote]) -> None:
    needed = sum(r.bytes - _size(folder / f"{r.file.name}.part") for r in missing)
    free = shutil.disk_usage(folder).free
    if needed and free < needed + SPARE:
        raise StorageFailed("disk_full", needed_mb=(needed + SPARE) >> 20, free_mb=free >> 20)


class _Interrupted(Exception):
    """Too many tries brought nothing."""


@contextmanager
def _alone(spec: ModelSpec, folder: Path) -> Iterator[None]:
    # Two clicks on "Get models", in two tabs or two processes, must not write one file.
    try:
        with WeakFileLock(folder / ".lock", timeout=0.2):
            yield
    except TimeoutError as error:
        raise _unavailable(spec, "download_running") from error


@contextmanager
def _explained(spec: ModelSpec) -> Iterator[None]:
    """Turn what the hub, the network and the disk raise into errors with a remedy."""
    try:
        yield
    except GatedRepoError as error:
        if get_token() is None:
            raise _unavailable(spec, "gated_no_token", "HF_TOKEN") from error
        raise _unavailable(spec, "gated", f"https://huggingface.co/{spec.repo}") from error
    except HfHubHTTPError as error:
        reason = _refusal(error.response.status_code)
        raise _unavailable(spec, reason, "HF_TOKEN" if reason == "no_access" else "") from error
    except OfflineModeIsEnabled as error:
        raise _unavailable(spec, "hub_offline", "HF_HUB_OFFLINE=0") from error
    except FileMetadataError as error:
        raise _unavailable(spec, "not_a_hub") from error
    except _Interrupted as error:
        raise _unavailable(spec, "download_interrupted") from error
    except httpx2.HTTPError as error:
        raise _unavailable(spec, "no_connection") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFailed("disk_full", needed_mb=spec.bytes >> 20, free_mb=0) from error
        raise StorageFailed("cannot_write", file=Path(error.filename or spec.key).name) from error


def _refusal(status: int) -> str:
    if status in (401, 403):
        return "no_access"
    return "not_on_hub" if status in (404, 410) else "hub_failed"


def _unavailable(spec: ModelSpec, reason: str, remedy: str = "") -> EngineUnavailable:
    # What can be done by trying again names the model to get.
    return EngineUnavailable(reason, stage=spec.stage, model=spec.key, remedy=remedy or spec.key)
