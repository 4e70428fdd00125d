"""The converter inside the generator that ZeroGPU runs in a forked worker."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from modules import zerogpu
from modules.conversation.back import back
from modules.conversation.cache import Cache
from modules.messages import Message, Notice, Speech, TurnEnd
from modules.models import Weights
from modules.voice import ENGINES, write_sample
from modules.voice.openvoice.engine import OpenVoiceEngine
from tests.scripted import Scripted, request, residency, says, shows, speaks
from tests.test_zerogpu import forked
from tests.voice.references import base_profile, reference
from tests.voice.speaking import reading, rms


@pytest.mark.parametrize("sample_is_there", [True, False])
def test_a_turn_in_a_forked_worker_speaks_in_the_other_voice(
    fetched: Weights, tmp_path: Path, sample_is_there: bool
) -> None:
    sample = tmp_path / "sample.flac"
    write_sample(sample, reading("north-woman")[:110_250])
    engine = OpenVoiceEngine(ENGINES[1])
    engine.load()
    world = ENGINES[-1].make()
    world.load()
    made = (
        Scripted("llm", "llm", says("Chào bạn. ", "Khỏe không?")),
        Scripted("tts", "tts", speaks(0.8)),
        engine,
        world,
        Scripted("avatar", "avatar", shows()),
    )
    asked = request(
        *made,
        voice=replace(reference("female-like"), sample=str(sample)),
        base_voice=base_profile(),
    )
    if not sample_is_there:
        sample.unlink()
    run = forked(zerogpu.worker(partial(back, residency=residency(*made), cache=Cache(1 << 20))))

    async def turn() -> list[Message]:
        return [message async for message in zerogpu.remote(run, asked)]

    messages = asyncio.run(turn())
    end = messages[-1]
    assert isinstance(end, TurnEnd)
    assert end.reason == "done"
    assert end.engines["voice"] == ("openvoice-cpu" if sample_is_there else "world")
    codes = [m.code for m in messages if isinstance(m, Notice)]
    assert codes == ([] if sample_is_there else ["demoted"])
    sound = np.concatenate([m.samples for m in messages if isinstance(m, Speech)])
    assert len(sound) >= 1.6 * 22_050
    assert rms(sound) > 0.01
    if sample_is_there:  # what was heard in the worker is there for the next one
        assert list(tmp_path.glob("openvoice-sample-*.npy")) != []
