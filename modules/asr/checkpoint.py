"""Reading a PyTorch checkpoint without PyTorch.

PhoWhisper is published as `pytorch_model.bin`: a zip archive with one pickle that names the tensors
and one stored file for each block of numbers. The pickle is read by an unpickler that knows the
three names such a file needs and refuses every other, so that it can build arrays and do nothing
else (the same rule as torch's `weights_only=True`).
"""

from __future__ import annotations

import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from modules.errors import WeightsRejected

Array = npt.NDArray[Any]

STORAGES: dict[str, type[np.generic]] = {
    "FloatStorage": np.float32,
    "HalfStorage": np.float16,
    "LongStorage": np.int64,
}
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
            with archive.open(names[0]) as stream:
                state = _Unpickler(stream, storages).load()
    except WeightsRejected as error:
        raise WeightsRejected(error.reason, file=path.name, why=error.params["why"]) from error
    except _BROKEN as error:
        raise WeightsRejected("unreadable", file=path.name, why=type(error).__name__) from error
    if not isinstance(state, dict) or not all(isinstance(v, np.ndarray) for v in state.values()):
        _reject(path, "layout")
    return dict(state)


_BROKEN = (
    zipfile.BadZipFile, pickle.UnpicklingError, struct.error,
    AttributeError, EOFError, ImportError, IndexError, KeyError, OSError, TypeError, ValueError,
)  # fmt: skip
"""What zipfile, pickle and numpy raise over damaged bytes."""


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
