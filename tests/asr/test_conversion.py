"""Reading a checkpoint without torch, and making CTranslate2's model of it."""

from __future__ import annotations

import errno
import json
import os
import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.asr.checkpoint import read_checkpoint
from modules.asr.conversion import converted, vocabulary
from modules.errors import StorageFailed, WeightsRejected
from tests.asr import tiny


def test_every_tensor_is_read_as_torch_reads_it(checkpoint: Path) -> None:
    path = checkpoint / "pytorch_model.bin"
    expected = torch.load(path, weights_only=True)
    found = read_checkpoint(path)
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        assert np.array_equal(found[name], tensor.numpy()), name


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(24.0).reshape(2, 3, 4).transpose(0, 2),
        torch.arange(10.0)[3:7],
        torch.arange(12.0).reshape(3, 4)[:, 1],
        torch.tensor(2.5),
        torch.arange(6).reshape(2, 3),
        torch.ones(3, dtype=torch.float16),
        torch.ones(1).expand(4, 5),
    ],
    ids=["transposed", "slice", "column", "scalar", "integers", "halves", "expanded"],
)
def test_views_of_a_storage_keep_their_shape(tmp_path: Path, tensor: torch.Tensor) -> None:
    torch.save({"a": tensor}, tmp_path / "a.bin")
    assert np.array_equal(read_checkpoint(tmp_path / "a.bin")["a"], tensor.numpy())


def test_tensors_that_share_a_storage_share_it_here(tmp_path: Path) -> None:
    whole = torch.arange(100.0)
    torch.save({"a": whole, "b": whole}, tmp_path / "a.bin")
    found = read_checkpoint(tmp_path / "a.bin")
    assert np.shares_memory(found["a"], found["b"])


class Exploit:
    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call[0], self.call[1:]


@pytest.mark.parametrize(
    ("function", "argument"), [(os.system, "true"), (eval, "1"), (open, "/etc/passwd"), (print, "")]
)
def test_a_pickle_that_calls_something_is_refused_uncalled(
    tmp_path: Path, function: Any, argument: str
) -> None:
    path = tmp_path / "evil.bin"
    torch.save({"a": torch.ones(2), "b": Exploit(function, argument)}, path)
    with pytest.raises(WeightsRejected) as caught:
        read_checkpoint(path)
    assert caught.value.code == "weights_rejected.unreadable"
    assert caught.value.params["file"] == "evil.bin"
    assert str(caught.value.params["why"]).endswith(function.__name__)


def archive(path: Path, data: bytes, storage: bytes, *, packed: bool = False) -> Path:
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method) as out:
        out.writestr("archive/data.pkl", data)
        out.writestr("archive/data/0", storage)
    return path


def pickled(offset: int, shape: tuple[int, ...], strides: tuple[int, ...], key: str = "0") -> bytes:
    """Write the pickle of one tensor by hand, with numbers that torch would not write."""

    class Storage:
        pass

    class Tensor:
        def __reduce__(self) -> Any:
            rebuild = torch._utils._rebuild_tensor_v2
            return rebuild, (Storage(), offset, shape, strides, False, {})

    class Writer(pickle.Pickler):
        def persistent_id(self, thing: Any) -> Any:
            if isinstance(thing, Storage):
                return ("storage", torch.FloatStorage, key, "cpu", 4)
            return None

    import io

    out = io.BytesIO()
    Writer(out, 2).dump({"a": Tensor()})
    return out.getvalue()


def test_a_tensor_written_by_hand_is_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.bin", pickled(1, (3,), (1,)), np.arange(4, dtype="<f4").tobytes())
    assert read_checkpoint(path)["a"].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (5,), (1,)), (2, (3,), (1,)), (0, (2,), (4,)), (-1, (2,), (1,)), (0, (2,), (-1,)),
        (0, (1 << 40,), (0,)), (1 << 62, (1,), (1,)), (0, (0,), (1,)), (0, (2, 2), (1,)),
    ],
)  # fmt: skip
def test_a_tensor_outside_its_storage_is_refused(
    tmp_path: Path, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    path = archive(tmp_path / "a.bin", pickled(offset, shape, strides), bytes(16))
    if shape == (1 << 40,):  # one number, seen again and again: it takes no room
        assert read_checkpoint(path)["a"].shape == shape
        return
    with pytest.raises(WeightsRejected):
        read_checkpoint(path)


def test_a_missing_or_packed_storage_is_refused(tmp_path: Path) -> None:
    missing = archive(tmp_path / "a.bin", pickled(0, (1,), (1,), key="7"), bytes(16))
    packed = archive(tmp_path / "b.bin", pickled(0, (1,), (1,)), bytes(16), packed=True)
    for path in (missing, packed):
        with pytest.raises(WeightsRejected):
            read_checkpoint(path)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x05\x96" + (1 << 40).to_bytes(8, "little"),  # BYTEARRAY8
        b"\x80\x04\x95" + (1 << 63).to_bytes(8, "little"),  # FRAME
        b"\x80\x02Nr" + b"\xff\xff\xff\x7f" + b".",  # LONG_BINPUT
        b"\x80\x02Np999999999999\n.",  # PUT
        b"\x80\x02X" + b"\xff\xff\xff\xff" + b"a.",  # BINUNICODE
    ],
    ids=["bytes", "frame", "memo", "text memo", "text"],
)
def test_a_forged_length_reserves_no_memory(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(WeightsRejected):
        read_checkpoint(archive(tmp_path / "a.bin", data, bytes(16)))


def test_a_pickle_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.bin", bytes(20 << 20), bytes(16), packed=True)
    assert path.stat().st_size < 100_000
    with pytest.raises(WeightsRejected):
        read_checkpoint(path)


def test_what_is_no_state_dict_is_refused(tmp_path: Path) -> None:
    for thing in ([torch.ones(1)], {"a": 1}, torch.ones(1)):
        torch.save(thing, tmp_path / "a.bin")
        with pytest.raises(WeightsRejected):
            read_checkpoint(tmp_path / "a.bin")


@given(st.binary(max_size=400))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300
)
def test_random_bytes_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.bin").write_bytes(data)
    with pytest.raises(WeightsRejected):
        read_checkpoint(tmp_path / "a.bin")
    with pytest.raises(WeightsRejected):
        read_checkpoint(archive(tmp_path / "b.bin", data, bytes(16)))


@given(data=st.data())
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
def test_a_damaged_checkpoint_is_refused_or_read_as_arrays(
    tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / "a.bin"
    torch.save({"a": torch.ones(3), "b": torch.zeros(2, 2)}, path)
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(whole[: data.draw(st.integers(1, len(whole)))])
    try:
        assert all(isinstance(a, np.ndarray) for a in read_checkpoint(path).values())
    except WeightsRejected:
        return


def test_the_model_equals_byte_for_byte_what_ctranslate2s_converter_makes(
    checkpoint: Path, network_folder: Path, tmp_path: Path
) -> None:
    from ctranslate2.converters import TransformersConverter

    TransformersConverter(str(checkpoint)).convert(str(tmp_path / "by"), quantization="float16")
    for name in ("model.bin", "config.json", "vocabulary.json"):
        assert (network_folder / name).read_bytes() == (tmp_path / "by" / name).read_bytes(), name


def test_converting_needs_no_torch(checkpoint: Path, tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['torch'] = None; sys.modules['transformers'] = None\n"
        "from pathlib import Path\n"
        "from modules.asr.conversion import convert\n"
        f"convert(Path({str(checkpoint)!r}), Path({str(tmp_path)!r}))\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    assert (tmp_path / "model.bin").stat().st_size > 1_000_000


@pytest.fixture
def source(checkpoint: Path, tmp_path: Path) -> Path:
    shutil.copytree(checkpoint, tmp_path / "source")
    return tmp_path / "source"


def test_a_checkpoint_is_converted_once(source: Path) -> None:
    folder = converted(source)
    made = (folder / "model.bin").stat().st_mtime_ns
    assert converted(source) == folder
    assert (folder / "model.bin").stat().st_mtime_ns == made
    assert sorted(p.name for p in source.glob("ct2-*")) == [folder.name]


def test_a_new_checkpoint_is_converted_anew(source: Path) -> None:
    before = (converted(source) / "model.bin").read_bytes()
    tiny.save_model(source, seed=4)
    assert (converted(source) / "model.bin").read_bytes() != before


def test_a_conversion_that_was_interrupted_is_made_again(source: Path) -> None:
    folder = converted(source)
    (folder / "converted.json").unlink()
    (folder / "model.bin").write_bytes(b"half")
    assert (converted(source) / "model.bin").stat().st_size > 1_000_000


def test_a_full_disk_leaves_nothing_half_made(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modules.asr import conversion

    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(conversion.shutil, "copyfile", full)
    with pytest.raises(StorageFailed) as caught:
        converted(source)
    assert caught.value.code == "storage_failed.disk_full"
    assert not list(source.glob("ct2-*"))


@pytest.mark.parametrize("name", ["config.json", "generation_config.json", "tokenizer.json"])
def test_a_damaged_description_is_rejected_and_named(source: Path, name: str) -> None:
    (source / name).write_text("{", encoding="utf-8")
    with pytest.raises(WeightsRejected) as caught:
        converted(source)
    assert caught.value.params["file"] == name


def test_a_checkpoint_of_another_network_is_rejected(source: Path) -> None:
    torch.save({"weight": torch.ones(3)}, source / "pytorch_model.bin")
    with pytest.raises(WeightsRejected):
        converted(source)


def test_a_checkpoint_of_another_size_is_rejected(source: Path) -> None:
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    config["vocab_size"] += 1
    (source / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(WeightsRejected):
        converted(source)


def test_a_tokenizer_with_a_gap_in_its_ids_is_rejected(checkpoint: Path) -> None:
    tokenizer = json.loads((checkpoint / "tokenizer.json").read_text(encoding="utf-8"))
    del tokenizer["model"]["vocab"]["\u0120x7"]
    with pytest.raises(WeightsRejected) as caught:
        vocabulary(tokenizer, tiny.VOCABULARY)
    assert caught.value.params == {"file": "tokenizer.json", "why": "ids"}


def test_ids_without_a_name_are_times(checkpoint: Path) -> None:
    tokenizer = json.loads((checkpoint / "tokenizer.json").read_text(encoding="utf-8"))
    tokens = vocabulary(tokenizer, tiny.VOCABULARY)
    assert len(tokens) == tiny.VOCABULARY
    assert tokens[tiny.EOT] == "<|endoftext|>"
    assert (tokens[-1501], tokens[-1]) == ("<|0.00|>", "<|30.00|>")
