"""A painter that is too slow is given up within the sentence, and the voice is not interrupted.

Time is virtual: what a painter takes, the step that waited for it takes, and no test waits.
"""

import functools

import anyio
import numpy as np
import pytest

from modules.avatar.photo.engine import PuppetEngine
from modules.avatar.still import StillEngine
from modules.conversation.back import back
from modules.conversation.cache import Cache
from modules.engines import EngineSpec
from modules.messages import FRAME_SAMPLES, SPEECH_RATE, Notice, Speech
from modules.residency import RESTS_S
from tests.avatar.neural.oracle import SPEC, OracleEngine, prepared
from tests.scripted import Scripted, request, residency, says, speaks, tone
from tests.virtual_time import virtual_time

FPS_OF_A_SLOW_CARD = 8
NEURAL = EngineSpec(
    "oracle", "avatar", "", frozenset({"cuda", "torch"}), first_output_s=4.0, next_output_s=2.0
)


class Time:
    """What steps owe to the clock: a worker thread knows nothing of the virtual one."""

    def __init__(self):
        self.owed = 0.0

    def spend(self, seconds):
        self.owed += seconds

    async def run_sync(self, function, *args, **_):
        result = function(*args)
        owed, self.owed = self.owed, 0.0
        await anyio.sleep(owed)
        return result


def owing(test):
    """Run an async test on the virtual clock, in which painters take time."""

    @virtual_time
    @functools.wraps(test)
    async def run(*args, time, **kwargs):
        anyio.to_thread.run_sync = time.run_sync
        await test(*args, time=time, **kwargs)

    return run


@pytest.fixture
def time():
    return Time()


class Puppet(PuppetEngine):
    """The real puppet; `fps` throttles it too."""

    def __init__(self, time, fps=400):
        super().__init__(EngineSpec("puppet", "avatar", ""))
        self.time, self.fps = time, fps

    def open(self, asked):
        stream = super().open(asked)
        draw = stream.draw

        def slowly(frame, out):
            self.time.spend(1 / self.fps)
            draw(frame, out)

        stream.draw = slowly
        return stream


@pytest.fixture(scope="module")
def sitter(faces):
    return next(iter(faces.values()))


def ladder(time, folder, sitter, *, fps, puppet_fps=400, seconds=6.0):
    """A neural face, the puppet and the still, in front of a voice that speaks for so long."""
    neural = OracleEngine(SPEC if fps == float("inf") else NEURAL, fps=fps, spend=time.spend)
    neural.load()
    # The oracle's boards are no face: the puppet moves a sitter.
    face = prepared(neural, folder, sitter.rgb)
    puppet = Puppet(time, puppet_fps)
    puppet._puppet = lambda _: PuppetEngine._puppet(puppet, sitter)
    made = (
        Scripted("llm", "llm", says("Một câu dài.")),
        Scripted("tts", "tts", speaks(seconds)),
        neural,
        puppet,
        StillEngine(EngineSpec("still", "avatar", "")),
    )
    return made, face


async def answered(made, face):
    """Run a turn; return its messages, by how much the latest sound was late, and the home."""
    home, messages, arrived, due = residency(*made), [], [], []
    async for message in back(request(*made, portrait=face), home, Cache(1 << 20)):
        messages.append(message)
        if isinstance(message, Speech):
            arrived.append(anyio.current_time())
            due.append(sum(due[-1:]) + len(message.samples) / SPEECH_RATE)
    begins = [0.0, *due[:-1]]
    late = [at - arrived[0] - begin for at, begin in zip(arrived, begins, strict=True)]
    made[2].close()
    return messages, max(late), home


def demotions(messages):
    return [
        (n.params["engine"], n.params["next"])
        for n in messages
        if isinstance(n, Notice) and n.code == "demoted"
    ]


def spoken(messages):
    return np.concatenate([m.samples for m in messages if isinstance(m, Speech)])


@owing
async def test_a_face_of_eight_frames_a_second_never_interrupts_the_voice(tmp_path, sitter, time):
    made, face = ladder(time, tmp_path, sitter, fps=FPS_OF_A_SLOW_CARD)
    messages, late, _ = await answered(made, face)
    assert demotions(messages) == [("oracle", "puppet")]
    assert late <= 0.3  # the page's own buffer and one step of patience
    sound = spoken(messages)
    assert np.array_equal(sound[: 6 * SPEECH_RATE], tone(6.0).samples)
    assert len(sound) % FRAME_SAMPLES == 0


@owing
async def test_where_the_puppet_is_slow_too_a_still_speaks_on(tmp_path, sitter, time):
    made, face = ladder(time, tmp_path, sitter, fps=FPS_OF_A_SLOW_CARD, puppet_fps=8)
    messages, _, _ = await answered(made, face)
    assert demotions(messages) == [("oracle", "puppet"), ("puppet", "still")]
    assert len(spoken(messages)) >= 6 * SPEECH_RATE


@owing
async def test_a_face_that_keeps_up_stays(tmp_path, sitter, time):
    made, face = ladder(time, tmp_path, sitter, fps=60)
    messages, late, _ = await answered(made, face)
    assert demotions(messages) == []
    assert late <= 0.3


@owing
async def test_a_demoted_face_is_tried_again_later(tmp_path, sitter, time):
    made, face = ladder(time, tmp_path, sitter, fps=FPS_OF_A_SLOW_CARD)
    _, _, home = await answered(made, face)
    assert home.resident("avatar")[0] == "puppet"
    await anyio.sleep(RESTS_S + 1)
    assert home.resident("avatar")[0] == "oracle"
