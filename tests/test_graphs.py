"""Graphs by shape: captured once, and given up for good where it cannot be done."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import torch
from torch import Tensor

from modules import graphs
from modules.graphs import Graphs
from tests.replayed import captured

log = logging.getLogger("guong.test")


def doubled(values: Tensor) -> Tensor:
    return 2 * values


def inputs(length: int) -> tuple[Tensor, ...]:
    return (torch.zeros(length),)


def test_a_shape_is_captured_once_and_all_share_one_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    made, pools = captured(monkeypatch), []
    capture = graphs.captured

    def watched(work: Any, held: Any, pool: Any) -> Any:
        pools.append(pool)
        return capture(work, held, pool)

    monkeypatch.setattr(graphs, "captured", watched)
    kept = Graphs(log, "things")
    for length in (2, 3, 2):
        held = kept.of(length, doubled, lambda length=length: inputs(length))  # type: ignore[misc]
        assert held is not None
        held.inputs[0].fill_(length)
        held.replay()
        assert held.output.tolist() == [2.0 * length] * length
    assert len(made) == 2
    assert pools == [None, "pool"]


def test_after_a_capture_that_fails_none_is_tried_and_the_log_says_it_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[int] = []

    def refused(*_: Any) -> None:
        tried.append(1)
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(graphs, "captured", refused)
    kept = Graphs(log, "things")
    with caplog.at_level(logging.WARNING, logger="guong.test"):
        assert [kept.of(n, doubled, lambda: inputs(1)) for n in (1, 2)] == [None, None]
    assert len(tried) == 1
    assert [r.getMessage().split(":")[0] for r in caplog.records] == ["things are not captured"]


def test_what_was_captured_before_a_failure_is_still_replayed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    captured(monkeypatch)
    kept = Graphs(log, "things")
    held = kept.of(1, doubled, lambda: inputs(1))

    def refused(*_: Any) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(graphs, "captured", refused)
    assert kept.of(2, doubled, lambda: inputs(2)) is None
    assert kept.of(1, doubled, lambda: inputs(1)) is held
    kept.clear()
    assert kept.of(1, doubled, lambda: inputs(1)) is None


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_without_a_card_nothing_is_captured(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="guong.test"):
        assert Graphs(log, "things").of(1, doubled, lambda: inputs(1)) is None
    assert len(caplog.records) == 1
