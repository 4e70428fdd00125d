"""On ZeroGPU a recogniser runs in a worker: what crosses, and what comes back when none does."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from modules.asr.hearing import Heard
from modules.asr.lending import lent, seconds
from modules.errors import EngineFailed, QuotaExceeded
from modules.messages import FloatArray, Word

SOUND = np.zeros(16_000 * 5, np.float32)


def hear(samples: FloatArray, /) -> Heard:
    return Heard(f"{len(samples)} mẫu", 0.1, -0.2, (Word("mẫu", 0.0, 0.4),))


class Titled(Exception):
    """What `spaces` raises is a gr.Error with a title."""

    def __init__(self, title: str) -> None:
        super().__init__("text for people")
        self.title = title


def on_zerogpu(
    monkeypatch: pytest.MonkeyPatch, fails: Exception | None = None
) -> list[dict[str, Any]]:
    """Stand in for `spaces`: a worker that everything is pickled for."""
    asked: list[dict[str, Any]] = []

    def gpu(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def decorate(task: Callable[..., Any]) -> Callable[..., Any]:
            asked.append(options)

            def run(*arguments: Any) -> Any:
                if fails:
                    raise fails
                return pickle.loads(pickle.dumps(task(*pickle.loads(pickle.dumps(arguments)))))

            return run

        return decorate

    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=gpu))
    return asked


def test_off_zerogpu_nothing_stands_between() -> None:
    assert lent(hear) is hear


def test_a_sound_crosses_to_the_worker_and_what_was_heard_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = on_zerogpu(monkeypatch)
    assert lent(hear)(SOUND) == hear(SOUND)
    assert asked == [{"duration": seconds}]


def test_little_of_the_card_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seconds(SOUND) <= 10
    assert seconds(np.zeros(30 * 16_000, np.float32)) <= 15


def test_a_quota_that_is_spent_lets_the_next_engine_hear(monkeypatch: pytest.MonkeyPatch) -> None:
    on_zerogpu(monkeypatch, Titled("ZeroGPU quota exceeded"))
    with pytest.raises(QuotaExceeded) as caught:
        lent(hear)(SOUND)
    assert caught.value.params["retry_s"] == 3_600


def test_a_worker_that_dies_is_an_engine_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    on_zerogpu(monkeypatch, Titled("GPU task aborted"))
    with pytest.raises(EngineFailed) as caught:
        lent(hear)(SOUND)
    assert caught.value.params == {"stage": "asr", "engine": "zerogpu"}
