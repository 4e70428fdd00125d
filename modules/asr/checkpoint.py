"""Reading a PyTorch checkpoint without PyTorch.

PhoWhisper is published as `pytorch_model.bin`: a zip archive with one pickle that names the tensors
and one stored file for each block of numbers. The pickle may use only the instructions that torch
writes, and is read by an unpickler that knows the few names such a file needs and refuses every
other, so that it can build arrays and do nothing else (the rule of torch's `weights_only=True`).
"""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
import numpy.typing as npt

from modules.errors import WeightsRejected

Array = npt.NDArray[Any]

STORAGES: dict[str, type[np.generic]] = {
    "FloatStorage": np.float32,
    "HalfStorage": np.float16,
    "LongStorage": np.int64,
}
INSTRUCTIONS = frozenset(
    [
        "PROTO", "STOP", "MARK", "GLOBAL", "REDUCE", "BUILD", "BINPERSID", "EMPTY_DICT",
        "EMPTY_LIST", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "SETITEM", "SETITEMS",
        "APPEND", "APPENDS", "BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET", "BINUNICODE",
        "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "NONE", "NEWTRUE", "NEWFALSE",
    ]
)  # fmt: skip
"""What torch.save writes (pickle protocol 2)."""
MOST_PICKLE = 16 << 20
"""Bytes; the names of PhoWhisper-medium's 950 tensors take 0.1 MB."""
LOCAL_HEADER = struct.Struct("<26xHH")
"""Of a member's local header, the lengths of its name and of its extra field (APPNOTE 4.3.7)."""


def read_checkpoint(path: Path) -> dict[str, Array]:
    """Return a state dict by name, as read-only arrays that lie in the file itself.

    Raises `WeightsRejected` where the file is damaged or asks for anything but arrays.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if n.split("/", 1)[-1] == "data.pkl"]
            if len(names) != 1:
                _reject(path, "layout")
            root = names[0].removesuffix("data.pkl")
            storages = _storages(path, archive, f"{root}data/")
            state = _Unpickler(_plain(archive, names[0]), storages).load()
    except WeightsRejected as error:
        raise WeightsRejected(error.reason, file=path.name, why=error.params["why"]) from error
    except _BROKEN as error:
        raise WeightsRejected("unreadable", file=path.name, why=type(error).__name__) from error
    if not isinstance(state, dict) or not all(isinstance(v, np.ndarray) for v in state.values()):
        _reject(path, "layout")
    return dict(state)


_BROKEN = (
    zipfile.BadZipFile, zlib.error, pickle.UnpicklingError, struct.error, AttributeError, EOFError,
    ImportError, IndexError, KeyError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What zipfile, pickle and numpy raise over damaged bytes."""


def _plain(archive: zipfile.ZipFile, name: str) -> BinaryIO:
    """Return the pickle, where it is of ordinary size and does nothing out of the ordinary.

    Some instructions reserve memory before anything else is looked at: a forged length or memo
    index of a few bytes would ask for gigabytes.
    """
    if archive.getinfo(name).file_size > MOST_PICKLE:
        raise ValueError("the pickle is too large")
    data = archive.read(name)
    for instruction, argument, _ in pickletools.genops(data):
        if instruction.name not in INSTRUCTIONS:
            raise ValueError(instruction.name)
        if instruction.name.endswith("PUT") and int(argument or 0) > MOST_PICKLE:
            raise ValueError("a memo index out of bounds")
    return io.BytesIO(data)


def _storages(
    path: Path, archive: zipfile.ZipFile, folder: str
) -> Callable[[str, type[np.generic]], Array]:
    mapped = np.memmap(path, np.uint8, "r")

    def storage(key: str, kind: type[np.generic]) -> Array:
        member = archive.getinfo(folder + key)
        if member.compress_type != zipfile.ZIP_STORED:
            _reject(path, "compressed")
        lengths = LOCAL_HEADER.unpack_from(mapped.data, member.header_offset)
        start = member.header_offset + 30 + sum(lengths)
        block = mapped[start : start + member.file_size]
        if len(block) != member.file_size:
            _reject(path, "cut off")
        return block.view(kind)

    return storage


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: Any, storages: Callable[[str, type[np.generic]], Array]) -> None:
        super().__init__(stream)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise WeightsRejected("unreadable", file="", why=f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Array:
        label, kind, key, _device, _count = pid
        if label != "storage" or kind not in STORAGES.values():
            raise WeightsRejected("unreadable", file="", why=str(label))
        return self._storages(str(key), kind)


def _tensor(
    storage: Array, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> Array:
    """Return a view of a storage; offset, shape and strides count elements, not bytes."""
    end = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) + 1
    if offset < 0 or min((*strides, 0)) < 0 or min((*shape, 1)) < 1 or end > len(storage):
        raise ValueError("a tensor reaches outside its storage")
    steps = tuple(step * storage.itemsize for step in strides)
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps, writeable=False)


def _reject(path: Path, why: str) -> NoReturn:
    raise WeightsRejected("unreadable", file=path.name, why=why)
