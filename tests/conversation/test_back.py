"""The back of a turn: order, degradation, interruption, and that nothing is left behind."""

import asyncio

import anyio
import numpy as np
import pytest

from modules.conversation.back import back
from modules.conversation.cache import Cache
from modules.errors import EngineFailed, EngineUnavailable, QuotaExceeded
from modules.messages import (
    FPS,
    FRAME_SAMPLES,
    SPEECH_RATE,
    Clause,
    MediaChunk,
    Notice,
    Speech,
    TextDelta,
    TurnEnd,
)
from tests.scripted import (
    Scripted,
    gives_nothing,
    hangs,
    raises,
    repeats,
    request,
    residency,
    says,
    shows,
    speaks,
    tone,
)
from tests.virtual_time import virtual_time

TWO_SENTENCES = ("Chào bạn nhé. Hôm ", "nay trời đẹp quá.")


def engines(llm=None, tts=None, avatar=None, more=()):
    return (
        llm or Scripted("llm", "llm", says(*TWO_SENTENCES)),
        tts or Scripted("tts", "tts", speaks()),
        avatar or Scripted("avatar", "avatar", shows()),
        *more,
    )


def answer(*made, **fields):
    return back(request(*made, **fields), residency(*made), Cache(1 << 20))


async def collect(*made, **fields):
    return [message async for message in answer(*made, **fields)]


def of(kind, messages):
    return [m for m in messages if isinstance(m, kind)]


def codes(messages):
    return [n.code for n in of(Notice, messages)]


def sound(messages):
    return np.concatenate([s.samples for s in of(Speech, messages)] or [np.zeros(0)])


@virtual_time
async def test_a_turn_gives_its_clauses_its_media_and_one_end():
    messages = await collect(*engines())
    assert [c.text.strip() for c in of(Clause, messages)] == [
        "Chào bạn nhé.",
        "Hôm nay trời đẹp quá.",
    ]
    assert isinstance(messages[-1], TurnEnd)
    assert messages[-1].reason == "done"
    assert {c.track for c in of(MediaChunk, messages)} == {"video", "audio"}
    assert [c.sequence for c in of(MediaChunk, messages)] == list(
        range(len(of(MediaChunk, messages)))
    )


@virtual_time
async def test_all_that_was_spoken_is_in_the_media_and_covers_whole_frames():
    messages = await collect(*engines())
    played = sound(messages)
    assert len(played) % (SPEECH_RATE // FPS) == 0
    assert 2.0 <= len(played) / SPEECH_RATE < 2.4  # two seconds, padding and the closing tail


@virtual_time
async def test_the_end_says_who_served_and_how_long_each_milestone_took():
    end = (await collect(*engines()))[-1]
    assert end.engines["tts"] == "tts"
    assert set(end.latency_ms) >= {"first_text", "tts", "first_frame", "first_audio"}
    assert end.latency_ms["first_text"] <= end.latency_ms["tts"] <= end.latency_ms["first_frame"]


@virtual_time
async def test_the_end_names_no_model_for_words_that_stood_in_the_request():
    end = (await collect(*engines(), answer="Anh gọi 115 ngay nhé."))[-1]
    assert end.engines["llm"] == "companion"


@virtual_time
async def test_the_first_clause_is_spoken_while_the_model_still_writes_the_second():
    slow = Scripted("llm", "llm", says(*TWO_SENTENCES, every_s=1.5))
    end = (await collect(*engines(llm=slow)))[-1]
    assert end.latency_ms["first_audio"] < 2_000


@virtual_time
async def test_a_model_that_fails_before_its_first_clause_is_replaced_and_nothing_doubles():
    bad = Scripted("llm", "bad", raises(EngineFailed("x"), after=[TextDelta(1, "Chào ")]))
    good = Scripted("llm", "good", says("Mình đây."))
    messages = await collect(*engines(llm=bad, more=[good]))
    assert [c.text.strip() for c in of(Clause, messages)] == ["Mình đây."]
    assert codes(messages) == ["demoted"]
    assert messages[-1].engines["llm"] == "good"


@virtual_time
async def test_a_model_that_fails_later_ends_the_reply_at_its_last_whole_clause():
    bad = Scripted(
        "llm", "bad", raises(EngineFailed("x"), after=[TextDelta(1, "Câu một. Câu hai. Câu b")])
    )
    good = Scripted("llm", "good", says("Khác hẳn."))
    messages = await collect(*engines(llm=bad, more=[good]))
    assert "".join(c.text for c in of(Clause, messages)).strip() == "Câu một. Câu hai."
    assert "reply_cut" in codes(messages)
    assert good.heard == []
    assert messages[-1].reason == "done"
    assert of(MediaChunk, messages)


@pytest.mark.parametrize(
    "play",
    [
        raises(RuntimeError("bug")),
        raises(EngineUnavailable("gone", stage="llm", remedy="")),
        raises(QuotaExceeded("gpu", retry_s=9)),
        hangs(),
        gives_nothing(),
        says("  ", "\n"),
    ],
    ids=["raises", "unavailable", "quota", "hangs", "nothing", "blank"],
)
@virtual_time
async def test_whatever_a_model_does_wrong_the_next_one_answers(play):
    good = Scripted("llm", "good", says("Mình đây."))
    messages = await collect(*engines(llm=Scripted("llm", "bad", play), more=[good]))
    assert [c.text.strip() for c in of(Clause, messages)] == ["Mình đây."]
    assert of(MediaChunk, messages)


@virtual_time
async def test_with_no_model_left_the_turn_says_so_and_ends():
    messages = await collect(*engines(llm=Scripted("llm", "bad", raises(RuntimeError()))))
    assert codes(messages) == ["engine_failed.raised"]
    assert messages[-1].reason == "failed"


@pytest.mark.parametrize(
    "play", [raises(RuntimeError()), hangs(), gives_nothing()], ids=["raises", "hangs", "nothing"]
)
@virtual_time
async def test_a_failing_voice_synthesiser_is_replaced_within_the_clause(play):
    good = Scripted("tts", "good", speaks())
    messages = await collect(*engines(tts=Scripted("tts", "bad", play), more=[good]))
    assert [c.clause for c in good.heard] == [0, 1]
    assert len(sound(messages)) >= 2 * SPEECH_RATE
    assert codes(messages) == ["demoted"]


@virtual_time
async def test_with_no_synthesiser_left_the_whole_reply_can_still_be_read():
    messages = await collect(*engines(tts=Scripted("tts", "bad", raises(RuntimeError()))))
    assert len(of(Clause, messages)) == 2
    assert codes(messages) == ["tts_lost"]
    assert messages[-1].reason == "done"


@virtual_time
async def test_a_clause_already_played_is_never_spoken_again():
    async def dies_half_way(clause, _):
        yield tone(0.5, clause.reply, clause.clause)
        raise RuntimeError

    good = Scripted("tts", "good", speaks())
    messages = await collect(*engines(tts=Scripted("tts", "bad", dies_half_way), more=[good]))
    assert [c.clause for c in good.heard] == [1]
    assert 1.5 <= len(sound(messages)) / SPEECH_RATE < 1.9


@virtual_time
async def test_a_lost_matched_voice_gives_way_to_the_base_voice_without_a_gap(profile):
    async def dies_half_way(speech, _):
        half = 12 * FRAME_SAMPLES
        yield Speech(speech.reply, speech.clause, speech.samples[:half] * 0.5)
        raise RuntimeError

    voice = Scripted("voice", "match", dies_half_way)
    messages = await collect(*engines(more=[voice]), voice=profile)
    assert "voice_lost" in codes(messages)
    played = np.abs(sound(messages)[: 2 * SPEECH_RATE])
    peaks = played.reshape(-1, 441).max(axis=1)  # 20 ms
    assert peaks.min() > 0.1  # sound all the way


@virtual_time
async def test_without_a_chosen_voice_the_voice_stage_is_passed_by():
    voice = Scripted("voice", "match", repeats())
    await collect(*engines(more=[voice]))
    assert voice.heard == []


@pytest.mark.parametrize(
    "play", [raises(RuntimeError()), hangs(), gives_nothing()], ids=["raises", "hangs", "nothing"]
)
@virtual_time
async def test_a_lost_face_gives_way_to_a_still_and_the_voice_goes_on(play):
    still = Scripted("avatar", "still", shows(colour=9))
    messages = await collect(*engines(avatar=Scripted("avatar", "bad", play), more=[still]))
    assert len(sound(messages)) >= 2 * SPEECH_RATE
    assert codes(messages) == ["demoted"]


@virtual_time
async def test_a_face_lost_within_a_sentence_loses_and_repeats_no_sound():
    async def dies_after_a_batch(speech, request):
        async for frames in shows()(speech, request):
            yield frames
            raise RuntimeError

    still = Scripted("avatar", "still", shows(tail=0))
    rising = np.linspace(0, 0.5, SPEECH_RATE, dtype=np.float32)

    async def ramps(clause, _):
        yield Speech(clause.reply, clause.clause, rising.copy(), last=clause.last)

    made = engines(
        llm=Scripted("llm", "llm", says("Một.")),
        tts=Scripted("tts", "tts", ramps),
        avatar=Scripted("avatar", "bad", dies_after_a_batch),
        more=[still],
    )
    played = sound(await collect(*made))
    assert np.array_equal(played[:SPEECH_RATE], rising)


@virtual_time
async def test_a_face_that_falls_behind_is_demoted_before_the_voice_is_interrupted():
    slow = Scripted("avatar", "slow", shows(fps=8), needs=["cuda"])
    still = Scripted("avatar", "still", shows(fps=400))
    made = engines(
        llm=Scripted("llm", "llm", says("Một câu dài.")),
        tts=Scripted("tts", "tts", speaks(6.0)),
        avatar=slow,
        more=[still],
    )
    due, arrived = [], []
    async for message in answer(*made):
        if isinstance(message, Speech):
            arrived.append(anyio.current_time())
            due.append(sum(due[-1:]) + len(message.samples) / SPEECH_RATE)
    start = arrived[0]
    begins = [0.0, *due[:-1]]
    late = [at - start - begin for at, begin in zip(arrived, begins, strict=True)]
    assert max(late) <= 0.3  # the page's own buffer and one step of patience
    assert due[-1] >= 6.0


@virtual_time
async def test_with_all_faces_lost_and_playback_run_dry_the_answer_still_ends():
    async def stalls(speech, request):
        async for frames in shows()(speech, request):
            yield frames
            await anyio.sleep(6)
            raise RuntimeError

    made = engines(
        llm=Scripted(
            "llm", "llm", says("Một câu dài. ", "Hai câu dài. ", every_s=3.0), next_output_s=10.0
        ),
        tts=Scripted("tts", "tts", speaks(2.0)),
        avatar=Scripted("avatar", "bad", stalls, next_output_s=10.0),
    )
    with anyio.fail_after(60):
        messages = await collect(*made, live=True)
    assert codes(messages).count("avatar_lost") == 1
    assert isinstance(messages[-1], TurnEnd)


@virtual_time
async def test_a_face_that_takes_over_with_nothing_left_to_show_knows_whose_reply_it_is():
    async def shows_all_and_dies(speech, request):
        async for frames in shows(tail=0)(speech, request):
            yield frames
        raise RuntimeError

    still = Scripted("avatar", "still", shows())
    made = engines(avatar=Scripted("avatar", "bad", shows_all_and_dies), more=[still])
    assert codes(await collect(*made)) == ["demoted"]
    assert {speech.reply for speech in still.heard} == {1}


@virtual_time
async def test_a_pause_of_the_model_is_bridged_with_silence_only_when_played_live():
    slow = Scripted("llm", "llm", says(*TWO_SENTENCES, every_s=4.0), next_output_s=9)
    live = sound(await collect(*engines(llm=slow)))
    slow = Scripted("llm", "llm", says(*TWO_SENTENCES, every_s=4.0), next_output_s=9)
    file = sound(await collect(*engines(llm=slow), live=False))
    assert len(live) - len(file) >= 2 * SPEECH_RATE
    assert len(file) <= 2.4 * SPEECH_RATE


@virtual_time
async def test_stopping_early_cancels_every_stage_and_leaves_no_task():
    endless = Scripted("llm", "llm", says(*["Một câu nữa đây. "] * 500))
    made = engines(llm=endless)
    stream = answer(*made)
    async for message in stream:
        if isinstance(message, MediaChunk):
            break
    await stream.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert all(engine.open_streams == 0 for engine in made)


@pytest.mark.parametrize("moment", [0.0, 0.005, 0.5, 3.0])
@virtual_time
async def test_cancelling_at_any_moment_leaves_no_task_and_no_lease(moment):
    made = engines(llm=Scripted("llm", "llm", says(*["Một câu nữa. "] * 50, every_s=0.2)))
    task = asyncio.create_task(collect(*made))
    await anyio.sleep(moment)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert all(engine.open_streams == 0 for engine in made)


@virtual_time
async def test_a_slow_reader_holds_the_model_back():
    read = 0
    endless = Scripted("llm", "llm", says(*["Một câu nữa đây. "] * 500))
    written = []
    play = endless.play

    async def counted(item, request):
        async for delta in play(item, request):
            written.append(delta)
            yield delta

    endless.play = counted
    stream = answer(*engines(llm=endless))
    async for _ in stream:
        await anyio.sleep(0.1)
        read += 1
        if read == 40:
            break
    await stream.aclose()
    assert len(written) < 60


@virtual_time
async def test_an_engine_that_failed_rests_and_is_offered_again_later():
    bad = Scripted("avatar", "bad", raises(RuntimeError()))
    still = Scripted("avatar", "still", shows())
    made = engines(avatar=bad, more=[still])
    home = residency(*made)
    async for _ in back(request(*made), home, Cache(1 << 20)):
        pass
    assert home.resident("avatar") == ("still",)
    await anyio.sleep(31)
    assert home.resident("avatar") == ("bad", "still")


@virtual_time
async def test_an_embedded_face_on_a_busy_machine_is_given_time():
    async def stalls_once(speech, request):
        async for frames in shows(batch=5)(speech, request):
            yield frames
            if frames.first == 5:
                await anyio.sleep(0.6)

    still = Scripted("avatar", "still", shows())
    messages = await collect(
        *engines(avatar=Scripted("avatar", "drawn", stalls_once), more=[still])
    )
    assert codes(messages) == []
    assert still.heard == []


@virtual_time
async def test_even_an_embedded_face_is_demoted_if_it_is_slower_than_speech_for_a_second():
    slow = Scripted("avatar", "slow", shows(fps=12))
    still = Scripted("avatar", "still", shows())
    long = Scripted("tts", "tts", speaks(4.0))
    assert codes(await collect(*engines(tts=long, avatar=slow, more=[still]))) == ["demoted"]


@virtual_time
async def test_the_last_engine_of_a_stage_is_asked_again_in_the_next_turn():
    bad = Scripted("tts", "only", raises(EngineFailed("x")))
    made = engines(tts=bad)
    place = residency(*made)
    async for _ in back(request(*made), place, Cache(1 << 20)):
        pass
    assert place.resident("tts") == ("only",)
