"""What keeps the converter from being loaded, and what is said then."""

from __future__ import annotations

import os
from dataclasses import replace

import anyio
import pytest
import torch

from modules.engines import EngineSpec
from modules.errors import EngineUnavailable, GuongError, WeightsRejected
from modules.installing import command
from modules.messages import TurnRequest
from modules.models import Weights, write_receipts
from modules.residency import Residency
from modules.voice import ENGINES
from modules.voice.openvoice.engine import OpenVoiceEngine

BY_NAME = {spec.name: spec for spec in ENGINES}
ON_CPU = BY_NAME["openvoice-cpu"]


def refused(spec: EngineSpec = ON_CPU) -> GuongError:
    with pytest.raises(GuongError) as caught:
        OpenVoiceEngine(spec).load()
    return caught.value


def test_without_its_weights_it_names_the_remedy(fetched: Weights) -> None:
    (fetched.directory / "openvoice-v2" / "converter" / "checkpoint.pth").unlink()
    error = refused()
    assert isinstance(error, EngineUnavailable)
    assert (error.reason, error.params["remedy"]) == ("weights_missing", "openvoice-v2")


def test_without_torch_it_names_the_command(fetched: Weights) -> None:
    error = refused(replace(ON_CPU, packages=("no_such_torch",)))
    assert (error.code, error.params["remedy"]) == (
        "engine_unavailable.packages", command(["no_such_torch"]),
    )  # fmt: skip


def test_the_gpu_rung_needs_a_gpu(fetched: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert refused(BY_NAME["openvoice"]).code == "engine_unavailable.cuda"


def test_a_file_that_was_altered_behind_a_receipt_is_refused(fetched: Weights) -> None:
    path = fetched.directory / "openvoice-v2" / "converter" / "checkpoint.pth"
    data, stamp = bytearray(path.read_bytes()), path.stat()
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert fetched.present("openvoice-v2")
    error = refused()
    assert isinstance(error, WeightsRejected)
    assert error.code == "weights_rejected.altered"


def test_a_failed_load_leaves_the_world_match_in_place(fetched: Weights) -> None:
    folder = fetched.directory / "openvoice-v2"
    write_receipts(folder, {})

    async def load() -> tuple[str, ...]:
        residency = Residency({"voice": ENGINES}, fetched)
        await residency.load_embedded()
        with pytest.raises(EngineUnavailable):
            await residency.load("voice", "openvoice-cpu")
        return residency.resident("voice")

    assert anyio.run(load) == ("world",)


def test_it_opens_only_when_it_is_loaded() -> None:
    with pytest.raises(EngineUnavailable, match="not_loaded"):
        OpenVoiceEngine(ON_CPU).open(TurnRequest(1, ""))
