"""What is said of a card when torch or its driver is broken."""

import pytest
import torch

from modules import card


@pytest.mark.parametrize("error", [RuntimeError("CUDA driver error"), OSError("libcuda.so")])
def test_a_broken_driver_costs_the_card_and_not_the_start(monkeypatch, caplog, error):
    def breaks():
        raise error

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", breaks)
    assert card.read() is None
    assert "no card" in caplog.text


def test_a_card_is_read_in_megabytes(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (15_000_000_000, 16_000_000_000))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "made up")
    assert card.read() == card.Card("made up", 16_000, 15_000)
