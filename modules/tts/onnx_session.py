"""An ONNX graph on the CPU that leaves room for whoever draws the face, and survives a fork."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from modules.errors import WeightsRejected
from modules.zerogpu import on_zerogpu

_THREADS = 2


class Graph:
    """A graph, given as bytes or where it lies; weights beside it are found only where it lies.

    onnxruntime's threads do not come along into a forked worker, where a graph with several of them
    would wait for them for ever: there it is opened anew. On ZeroGPU, where every turn has a worker
    of its own, it has one thread and stays open.
    """

    def __init__(self, source: bytes | Path, file: str) -> None:
        """Open it. Raises `WeightsRejected` "unreadable", naming `file`, where it is refused."""
        self._source = source if isinstance(source, bytes) else str(source)
        self._file = file
        self._threads = 1 if on_zerogpu() else _THREADS
        self._process = os.getpid()
        self._left: list[Any] = []
        self._session = self._opened()

    def run(self, wanted: Sequence[str] | None, given: Mapping[str, Any]) -> list[Any]:
        """Return the outputs of these names, or all."""
        if self._threads > 1 and self._process != os.getpid():
            self._left.append(self._session)  # its end would wait for its threads as well
            self._session, self._process = self._opened(), os.getpid()
        made: list[Any] = self._session.run(wanted, dict(given))
        return made

    def check(self, inputs: set[str], outputs: set[str]) -> None:
        """Raise `WeightsRejected` "unreadable" where `inputs` are not all that it takes, or
        `outputs` not among what it gives.
        """
        taken = {each.name for each in self._session.get_inputs()}
        made = {each.name for each in self._session.get_outputs()}
        if odd := (taken ^ inputs) | (outputs - made):
            why = ", ".join(sorted(odd))
            raise WeightsRejected("unreadable", file=self._file, why=why)

    def _opened(self) -> Any:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as native

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self._threads, 1
        # Threads that wait in circles would take the cores that the face is drawn on.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4  # what is wrong is raised
        refused: tuple[type[Exception], ...] = (
            *(RuntimeError, ValueError, OSError),
            *(k for k in vars(native).values() if isinstance(k, type) and issubclass(k, Exception)),
        )
        try:
            return onnxruntime.InferenceSession(
                self._source, options, providers=["CPUExecutionProvider"]
            )
        except refused as error:
            why = type(error).__name__
            raise WeightsRejected("unreadable", file=self._file, why=why) from error
