"""Opening an ONNX graph on the CPU, so that it leaves room for whoever draws the face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modules.errors import WeightsRejected

_THREADS = 2


def open_graph(model: bytes | Path, file: str, threads: int = _THREADS) -> Any:
    """Return an `onnxruntime.InferenceSession` of a graph, given as bytes or where it lies.

    Weights beside a graph are found only from where it lies. Raises `WeightsRejected` "unreadable",
    naming `file`, where onnxruntime refuses it.
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as native

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Threads that wait in circles would take the cores that the face is drawn on.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # what is wrong is raised
    refused: tuple[type[Exception], ...] = (
        *(RuntimeError, ValueError, OSError),
        *(k for k in vars(native).values() if isinstance(k, type) and issubclass(k, Exception)),
    )
    try:
        source = model if isinstance(model, bytes) else str(model)
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except refused as error:
        raise WeightsRejected("unreadable", file=file, why=type(error).__name__) from error


def checked_interface(session: Any, file: str, inputs: set[str], outputs: set[str]) -> None:
    """Raise `WeightsRejected` "unreadable" where a graph does not take and give exactly that much:
    `inputs` are all of its inputs, `outputs` are among its outputs.
    """
    taken = {each.name for each in session.get_inputs()}
    given = {each.name for each in session.get_outputs()}
    if odd := (taken ^ inputs) | (outputs - given):
        raise WeightsRejected("unreadable", file=file, why=", ".join(sorted(odd)))
