"""ZeroGPU lends its card to decorated functions only: a recogniser is called through one."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from modules.asr.hearing import Heard, Recogniser
from modules.errors import EngineFailed, QuotaExceeded
from modules.messages import LISTEN_RATE, FloatArray

WORKER_S = 8
"""Seconds to ask for beside the recognising: a fresh worker copies the weights to the card."""
REAL_TIME = 5
"""Least speed to count on, in seconds of sound a second. What is asked for must fit into what is
left of the visitor's quota, so little is asked for."""
RETRY_S = 3_600


def lent(recognise: Recogniser) -> Recogniser:
    """Return a recogniser that runs in a worker of ZeroGPU; elsewhere the same one.

    To be called on the main thread before the app is launched. Calls raise `QuotaExceeded` where
    the visitor's GPU time is used up, and `EngineFailed` where the worker died: then the next
    engine hears.
    """
    if not os.environ.get("SPACES_ZERO_GPU"):
        return recognise
    import spaces

    def hear(samples: FloatArray) -> Heard:
        return recognise(samples)

    borrowed: Callable[[FloatArray], Heard] = spaces.GPU(duration=seconds)(hear)

    def ask(samples: FloatArray, /) -> Heard:
        try:
            return borrowed(samples)
        except Exception as error:  # what a worker raises is not known here
            raise _translated(error) from error

    return ask


def seconds(samples: FloatArray) -> int:
    """Return how many seconds of the card to ask for."""
    return WORKER_S + round(len(samples) / LISTEN_RATE / REAL_TIME)


def _translated(error: Any) -> QuotaExceeded | EngineFailed:
    # `spaces` raises gr.Error and says in its title what happened.
    if "quota" in str(getattr(error, "title", "")).lower():
        return QuotaExceeded("gpu", retry_s=RETRY_S)
    return EngineFailed("worker", stage="asr", engine="zerogpu")
