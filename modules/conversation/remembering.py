"""What a turn leaves in memory: facts that the user told, and facts they asked to forget."""

from __future__ import annotations

from anyio import to_thread

from modules.errors import GuongError
from modules.memory import UserMemory, facts_in, is_forget_request
from modules.messages import Notice


async def keep_facts(memory: UserMemory | None, said: str, reply: int) -> list[Notice]:
    """Remember or forget what `said` asks for; return what the user should be told of it.

    A memory that fails must not fail the turn: that too becomes a notice.
    """
    if memory is None:
        return []
    try:
        told = await to_thread.run_sync(_keep, memory, said, reply)
        return [*told, *memory.take_notices(reply)]
    except GuongError as error:
        return [Notice(reply, error.code, dict(error.params), "memory")]


def _keep(memory: UserMemory, said: str, reply: int) -> list[Notice]:
    query = is_forget_request(said)
    if query is not None:
        return _forget(memory, query, reply)
    kept = [memory.remember(fact, source="auto") for fact in facts_in(said)]
    return [Notice(reply, "remembered", {"text": each.text}, "memory") for each in kept]


def _forget(memory: UserMemory, query: str, reply: int) -> list[Notice]:
    if query == "all":
        count = memory.forget("all")
        return [Notice(reply, "forgotten_all", {"count": count}, "memory")]
    found = memory.recall(query, 1)
    for recalled in found:
        memory.forget(recalled.memory.id)
    return [
        Notice(reply, "forgotten", {"text": recalled.memory.text}, "memory") for recalled in found
    ]
