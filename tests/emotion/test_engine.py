"""The engine as the app opens it."""

import subprocess
import sys

import anyio

from modules.emotion import ENGINES
from modules.engines import Stream
from modules.messages import Mood, Transcript, TurnRequest


def read(*texts: str) -> list[Mood]:
    async def run() -> list[Mood]:
        engine = ENGINES[-1].make()
        engine.load()
        stream: Stream[Transcript, Mood] = engine.open(TurnRequest(4, ""))
        for text in texts:
            await stream.push(Transcript(4, text))
        moods = [mood async for mood in stream]
        await stream.aclose()
        engine.close()
        return moods

    return anyio.run(run)


def test_the_last_rung_is_embedded() -> None:
    assert ENGINES[-1].embedded
    assert all(spec.stage == "emotion" for spec in ENGINES)


def test_each_transcript_gets_a_mood_of_its_turn() -> None:
    moods = read("mình vui quá", "")
    assert [(mood.reply, mood.label) for mood in moods] == [(4, "Enjoyment"), (4, "Other")]


def test_importing_the_stage_reads_no_data_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, modules.emotion as e; from modules.emotion.phrases import lexicon;"
        "assert lexicon.cache_info().currsize == 0;"
        "assert not {'torch', 'transformers', 'underthesea'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
