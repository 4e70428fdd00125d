import asyncio

import anyio
import numpy as np

from modules.conversation.reply import Reply
from modules.messages import SPEECH_RATE, Clause, MediaChunk, Speech
from tests.virtual_time import virtual_time


def chunk(sequence, start_s=0.0, clause=0):
    return MediaChunk(1, clause, "video", sequence, start_s, b"x")


async def all_of(reply, position=0):
    return [c.sequence async for c in reply.read(position)]


@virtual_time
async def test_every_reader_gets_every_chunk_however_late_it_comes():
    reply = Reply(1)
    early = asyncio.create_task(all_of(reply))
    await anyio.sleep(0.1)
    for k in range(3):
        reply.add(chunk(k))
    late = asyncio.create_task(all_of(reply))
    await anyio.sleep(0.1)
    reply.add(chunk(3))
    reply.finish()
    assert await early == await late == [0, 1, 2, 3]


@virtual_time
async def test_a_reader_that_comes_back_goes_on_where_it_was():
    reply = Reply(1)
    for k in range(5):
        reply.add(chunk(k))
    reply.finish()
    assert await all_of(reply, 3) == [3, 4]


@virtual_time
async def test_after_a_halt_not_one_chunk_leaves():
    reply = Reply(1)
    for k in range(5):
        reply.add(chunk(k))
    got = []
    async for c in reply.read():
        got.append(c.sequence)
        if c.sequence == 1:
            reply.halt()
            reply.add(chunk(9))
    assert got == [0, 1]
    assert await all_of(reply) == []


@virtual_time
async def test_pacing_keeps_media_no_further_ahead_than_the_lead():
    reply = Reply(1)
    sent = []
    for k in range(10):
        each = chunk(k, start_s=float(k))
        await reply.pace(each, 4.0)
        reply.add(each)
        sent.append(anyio.current_time())
    assert sent[:5] == [0, 0, 0, 0, 0]
    assert sent[5:] == [1, 2, 3, 4, 5]


@virtual_time
async def test_an_interrupted_reply_has_said_only_what_was_played():
    reply = Reply(1)
    for k, text in enumerate(["Một.", "Hai.", "Ba."]):
        reply.add_clause(Clause(1, k, text, text))
        reply.add(chunk(k, start_s=k * 2.0, clause=k))
    assert reply.heard() == "Một."
    await anyio.sleep(2.5)
    assert reply.heard() == "Một. Hai."


@virtual_time
async def test_a_reply_that_never_began_has_said_nothing():
    reply = Reply(1)
    reply.add_clause(Clause(1, 0, "Một.", "một"))
    assert reply.heard() == ""


def test_the_level_of_what_is_played_is_known_at_any_moment():
    reply = Reply(1)
    loud, quiet = (np.full(SPEECH_RATE, level, np.float32) for level in (0.1, 0.0))
    assert reply.level_db(0.0) is None
    reply.add_levels(Speech(1, 0, loud))
    reply.add_levels(Speech(1, 0, quiet))
    assert -20.1 < reply.level_db(0.5) < -19.9
    assert -20.1 < reply.level_db(1.05) < -19.9  # the page may be a little behind
    assert reply.level_db(1.5) == -120.0
    assert reply.level_db(60.0) is None
