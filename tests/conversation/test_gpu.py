"""Work on a card that is lent by the call: what needs it, for how long, and what happens without.

The worker is a forked process, as on ZeroGPU; a card it has not, so engines that need one are stood
in for.
"""

import asyncio
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from modules import avatar, llm, tts, voice, zerogpu
from modules.asr.network import Network
from modules.conversation import gpu
from modules.conversation.back import back
from modules.conversation.cache import Cache
from modules.conversation.gpu import LEAST_S, MOST_S, LentGpu, Task, in_time, seconds_for
from modules.errors import AtCapacity, EngineFailed, EngineUnavailable, QuotaExceeded
from modules.messages import (
    Clause,
    MediaChunk,
    Notice,
    Speech,
    Transcript,
    TurnEnd,
    TurnRequest,
    Utterance,
)
from modules.residency import Residency
from tests.asr.tiny import save_model
from tests.scripted import Scripted, hangs, raises, request, residency, says, shows, speaks, tone
from tests.test_zerogpu import forked
from tests.virtual_time import virtual_time
from tests.voice.references import base_profile, reference

ON_CARD = ("torch", "cuda")


def understands(text):
    async def play(utterance, _):
        yield Transcript(utterance.reply, text)

    return play


def made(big=None, **others):
    """Return engines of which the best language model and recogniser need the card."""
    return (
        Scripted(
            "asr", "asr-card", others.get("asr", understands("nghe trên card")), needs=ON_CARD
        ),
        Scripted("llm", "llm-card", big or says("Nghĩ trên card. "), needs=ON_CARD),
        Scripted("llm", "companion", says("Nghĩ tại đây. ")),
        Scripted("tts", "tts", speaks(0.4)),
        Scripted("avatar", "avatar", shows()),
    )


class Lender:
    """Stands for `spaces.GPU`: remembers what was asked for, and may refuse."""

    def __init__(self, refusal=None):
        self.refusal = refusal
        self.asked = []

    def __call__(self, duration):
        def decorate(task):
            run = forked(task)

            def call(job):
                self.asked.append((job.kind, duration(job)))
                if self.refusal:
                    raise self.refusal
                yield from run(job)

            return call

        return decorate


def lent(engines, lender):
    return LentGpu(residency(*engines), Cache(0), lender)


def collect(messages):
    async def read():
        return [m async for m in messages]

    return asyncio.run(read())


def text_of(messages):
    return " ".join(m.text.strip() for m in messages if isinstance(m, Clause) and m.text)


def codes(messages):
    return [m.code for m in messages if isinstance(m, Notice)]


def test_an_answer_that_needs_the_card_is_one_call():
    engines, lender = made(), Lender()
    messages = collect(lent(engines, lender).answer(request(*engines)))
    assert text_of(messages) == "Nghĩ trên card."
    assert [kind for kind, _ in lender.asked] == ["answer"]
    assert messages[-1].engines["llm"] == "llm-card"
    assert any(isinstance(m, MediaChunk) for m in messages)


@pytest.mark.parametrize(
    "change",
    [
        {"engines": {"llm": ("companion", "llm-card"), "tts": ("tts",), "avatar": ("avatar",)}},
        {"answer": "Câu này đã viết sẵn."},
    ],
    ids=["another model was chosen", "the answer is written already"],
)
def test_what_the_card_would_not_serve_spends_no_quota(change):
    engines, lender = made(), Lender()
    messages = collect(lent(engines, lender).answer(replace(request(*engines), **change)))
    assert lender.asked == []
    assert messages[-1].reason == "done"
    assert "llm-card" not in messages[-1].engines.values()


def test_a_voice_on_the_card_is_asked_for_only_where_somebody_has_a_voice():
    engines = (*made()[2:], Scripted("voice", "voice-card", hangs(), needs=ON_CARD))
    here = lent(engines, Lender())
    asked = request(*engines)
    assert here.on_card(asked, ("llm", "tts", "voice", "avatar")) == []
    assert here.on_card(replace(asked, voice=reference("female-like")), ("voice",)) == ["voice"]


@pytest.mark.parametrize(
    "refused",
    [
        QuotaExceeded("gpu", retry_s=3600),
        AtCapacity("gpu", retry_s=60),
        EngineFailed("worker", stage="llm", engine="zerogpu"),
    ],
    ids=lambda error: error.code,
)
def test_a_refused_card_is_told_and_the_embedded_engines_answer(refused):
    engines = made()
    messages = collect(lent(engines, Lender(refused)).answer(request(*engines)))
    assert codes(messages) == ["without_gpu"]
    assert messages[0].params["why"] == refused.code
    assert text_of(messages) == "Nghĩ tại đây."
    assert messages[-1].reason == "done"


def test_a_worker_that_dies_half_way_ends_the_answer_and_says_nothing_twice():
    def dying(duration):
        def decorate(task):
            def call(job):
                yield Clause(1, 0, "Một câu.", "Một câu.")
                raise RuntimeError("GPU task aborted")

            return call

        return decorate

    engines = made()
    messages = collect(LentGpu(residency(*engines), Cache(0), dying).answer(request(*engines)))
    assert text_of(messages) == "Một câu."
    assert codes(messages) == ["gpu_stopped"]
    assert messages[-1] == TurnEnd(1, "failed")


def test_an_engine_that_failed_in_the_worker_rests_here_too():
    engines = made(raises(RuntimeError("out of memory")))
    home = residency(*engines)

    async def turn():
        messages = [m async for m in LentGpu(home, Cache(0), Lender()).answer(request(*engines))]
        return messages, home.resident("llm")

    messages, left = asyncio.run(turn())
    assert codes(messages) == ["demoted"]
    assert text_of(messages) == "Nghĩ tại đây."
    assert left == ("companion",)


def test_what_was_heard_is_understood_in_a_call_of_its_own():
    engines, lender = made(), Lender()
    utterance = Utterance(1, np.zeros(32_000, np.float32))
    here = lent(engines, lender)
    transcript = asyncio.run(here.hear(request(*engines), utterance))
    assert transcript.text == "nghe trên card"
    assert lender.asked == [("hear", LEAST_S)]


def test_hearing_without_the_card_takes_the_other_recogniser_or_says_why_not():
    spent = QuotaExceeded("gpu", retry_s=3600)
    utterance = Utterance(1, np.zeros(32_000, np.float32))
    engines = made()
    with pytest.raises(QuotaExceeded):
        asyncio.run(lent(engines, Lender(spent)).hear(request(*engines), utterance))
    engines = (*engines, Scripted("asr", "asr-cpu", understands("nghe tại đây")))
    transcript = asyncio.run(lent(engines, Lender(spent)).hear(request(*engines), utterance))
    assert transcript.text == "nghe tại đây"


def test_an_error_of_ours_crosses_from_the_worker_with_all_it_says():
    gone = EngineUnavailable("not_loaded", stage="asr", remedy="phowhisper-medium")
    engines = made(asr=raises(gone))
    with pytest.raises(EngineUnavailable) as caught:
        asyncio.run(
            lent(engines, Lender()).hear(
                request(*engines), Utterance(1, np.zeros(16_000, np.float32))
            )
        )
    assert caught.value.params == gone.params


def test_speech_and_pictures_without_a_conversation_go_the_same_way():
    engines = (
        Scripted("tts", "tts-card", speaks(0.5), needs=ON_CARD),
        Scripted("avatar", "face-card", shows(), needs=ON_CARD),
    )
    lender = Lender()
    here = lent(engines, lender)

    async def both():
        asked = request(*engines, text="Xin chào bạn.", live=False)
        speech = await here.say(asked)
        return speech, await here.show(asked, replace(speech, last=True))

    speech, chunks = asyncio.run(both())
    assert isinstance(speech, Speech)
    assert len(speech.samples) == 11_025
    assert {chunk.track for chunk in chunks} == {"video", "audio"}
    assert [kind for kind, _ in lender.asked] == ["say", "show"]


@virtual_time
async def test_an_answer_ends_with_the_time_that_was_asked_for():
    engines = made()[2:]
    slow = (Scripted("llm", "companion", says(*["Một câu nữa. "] * 90, every_s=1.0)), *engines[1:])
    messages = back(request(*slow), residency(*slow), Cache(0), hasty=True)
    given = [m async for m in in_time(messages, 1, 20)]
    assert codes(given) == ["gpu_stopped"]
    assert given[-1].reason == "failed"
    assert text_of(given)


def answering(text, **fields):
    return seconds_for(Task("answer", TurnRequest(1, text, **fields)))


def test_the_time_asked_for_follows_the_text_within_bounds():
    short, long = answering("Chào em"), answering("Anh kể em nghe chuyện này nhé. " * 40)
    assert LEAST_S < short < long <= MOST_S
    assert answering("", answer="Dạ.") == LEAST_S
    spoken = [answering("", answer="Một câu chuyện dài. " * n) for n in (1, 20, 400)]
    assert spoken == sorted(spoken)
    assert spoken[-1] == MOST_S
    assert seconds_for(Task("answer", TurnRequest(1, "Chào em")), frozenset()) < short


def test_the_time_asked_for_follows_the_sound():
    asked = TurnRequest(1, "")
    for kind, item in (
        ("hear", lambda s: Utterance(1, np.zeros(int(16_000 * s), np.float32))),
        ("show", lambda s: tone(s)),
    ):
        times = [seconds_for(Task(kind, asked, item(s))) for s in (1.0, 30.0, 60.0)]
        assert times[0] == LEAST_S <= times[1] < times[2] <= MOST_S


def test_an_anonymous_visitor_has_a_few_turns_a_day():
    # Two minutes a day, and the scheduler counts half as much again on half a card.
    task = Task("answer", TurnRequest(1, "Hôm nay trời đẹp quá em nhỉ"))
    assert 120 // (1.5 * seconds_for(task, frozenset({"llm", "voice"}))) >= 4
    assert 120 // (1.5 * seconds_for(task)) >= 2


def test_after_a_rehearsal_here_the_real_engines_answer_in_a_forked_worker(tmp_path, monkeypatch):
    """Locks and thread pools of the libraries (espeak, skia, OpenCV, WORLD, BLAS) do not outlive a
    fork by themselves, and other turns are being answered while it happens."""
    monkeypatch.setenv("GUONG_DATA", str(tmp_path))
    tables = {"llm": llm.ENGINES, "tts": tts.ENGINES, "voice": voice.ENGINES}
    home = Residency({**tables, "avatar": avatar.ENGINES})

    async def turn(asked):
        return [m async for m in back(asked, home, Cache(0))]

    async def test():
        await home.load_embedded(here=True)
        names = {stage: home.resident(stage) for stage in ("llm", "tts", "voice")}
        asked = TurnRequest(
            1, "", answer="Chào anh, em nghe đây.", live=False, voice=reference("female-like"),
            base_voice=base_profile(), engines={**names, "avatar": ("drawn", "still")},
        )  # fmt: skip
        inside = partial(gpu.perform, residency=home, seconds=lambda task: 60)
        call = forked(zerogpu.worker(inside))
        await turn(asked)
        busy = [asyncio.create_task(turn(replace(asked, reply=n))) for n in (2, 3)]
        async with asyncio.timeout(50):
            there = [m async for m in zerogpu.remote(call, Task("answer", asked))]
            return there, *await asyncio.gather(*busy)

    lengths = set()
    for messages in asyncio.run(test()):
        assert codes(messages) == []
        served = messages[-1].engines
        assert (served["tts"], served["voice"], served["avatar"]) == ("espeak", "world", "drawn")
        lengths.add(sum(len(m.samples) for m in messages if isinstance(m, Speech)))
    assert len(lengths) == 1


def test_a_network_that_was_used_here_computes_the_same_in_a_forked_worker(tmp_path):
    """OpenMP's threads stay in the parent; a worker's work runs in threads that begin there."""
    torch.set_num_threads(2)
    save_model(tmp_path)
    network = Network(tmp_path, "cpu")
    sound = (0.1 * np.random.default_rng(0).standard_normal(48_000)).astype(np.float32)

    async def heard(_):
        found = await asyncio.to_thread(network.quick, sound)
        yield found.text, found.confidence

    async def both():
        here = [each async for each in heard(0)]
        async with asyncio.timeout(50):
            there = [each async for each in zerogpu.remote(forked(zerogpu.worker(heard)), 0)]
        return here, there

    here, there = asyncio.run(both())
    torch.set_num_threads(1)
    assert here == there
