"""Graphs in forked workers, where the threads of the first process are not."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from modules.tts.piper.network import PiperNetwork
from tests.tts import piper_voice


def speak(network: PiperNetwork, answer: Connection) -> None:
    answer.send(len(network.run([1, 0, *range(20, 60), 2])[0]))


@pytest.mark.parametrize("zero_gpu", [False, True])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_graph_that_was_opened_before_a_fork_runs_after_it(
    tmp_path: Path, zero_gpu: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if zero_gpu:
        monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    piper_voice.write(tmp_path)
    network = PiperNetwork(tmp_path, piper_voice.files(tmp_path))
    here = len(network.run([1, 0, *range(20, 60), 2])[0])
    forking = multiprocessing.get_context("fork")
    receiver, sender = forking.Pipe(duplex=False)
    worker = forking.Process(target=speak, args=(network, sender))
    worker.start()
    try:
        assert receiver.poll(30), "the worker hangs"
        assert receiver.recv() == here
    finally:
        worker.kill()
        worker.join()


def test_the_same_graph_serves_several_threads(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    piper_voice.write(tmp_path)
    network = PiperNetwork(tmp_path, piper_voice.files(tmp_path))
    ids = [1, 0, *range(20, 90), 2]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: network.run(ids), range(12)))
    for samples, frames in made:
        assert len(samples) == frames.sum() * piper_voice.HOP
        np.testing.assert_array_equal(frames, made[0][1])
