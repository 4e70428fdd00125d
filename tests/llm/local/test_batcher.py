"""Who is answered when: the batch without a network, its steps taken one by one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from modules.errors import EngineFailed, GuongError
from modules.llm.local.batcher import MOST_WAITING, Batcher, Job

STOP = 0


class Counting:
    """A network that answers every prompt with its last token plus one, plus two, ...; each step
    waits until the test allows it, so that the test decides what happens between two steps.
    """

    def __init__(self, *, free: bool = False) -> None:
        self.free = free
        self.allowed = threading.Semaphore(0)
        self.done = threading.Semaphore(0)
        self.steps: list[dict[int, tuple[int, int]]] = []
        self.filled: list[tuple[int, int, int]] = []
        self.copied: list[tuple[int, int, int]] = []
        self.breaks = False

    def warm(self) -> None:
        pass

    def fill(self, slot: int, tokens: Sequence[int], start: int) -> object:
        self.filled.append((slot, len(tokens), start))
        return None

    def first(self, slot: int, prompt: Sequence[int], state: object) -> int:
        return prompt[-1] + 1

    def step(self, rows: dict[int, tuple[int, int]], idle: dict[int, int]) -> dict[int, int]:
        self.steps.append(dict(rows))
        if not self.free:
            self.done.release()
            assert self.allowed.acquire(timeout=5)
        if self.breaks:
            self.breaks = False
            raise RuntimeError("said by a user")
        return {slot: token + 1 for slot, (token, _) in rows.items()}

    def copy(self, source: int, target: int, length: int) -> None:
        self.copied.append((source, target, length))


class Heard:
    """What one answer gave; `ended` is set at its end."""

    def __init__(self, most: int, session: str, first: int, deadline: float) -> None:
        self.tokens: list[int] = []
        self.error: GuongError | None = None
        self.ended = threading.Event()
        self.job = Job(session, [9, 9, first], most, deadline, self._deliver)

    def _deliver(self, what: int | GuongError | None) -> None:
        if isinstance(what, int):
            self.tokens.append(what)
            return
        self.error = what
        self.ended.set()


def ask(
    batcher: Batcher, most: int = 3, session: str = "a", first: int = 10, deadline: float = 0
) -> Heard:
    heard = Heard(most, session, first, deadline)
    batcher.submit(heard.job)
    return heard


@contextmanager
def batching(
    network: Counting, slots: int = 2, stops: frozenset[int] = frozenset()
) -> Iterator[Batcher]:
    batcher = Batcher(network, slots, stops)
    batcher.start()
    try:
        yield batcher
    finally:
        network.free = True
        for _ in range(100):
            network.allowed.release()
        batcher.close()


def wait(network: Counting) -> None:
    """Wait until the next step has begun."""
    assert network.done.acquire(timeout=5)


def test_an_answer_has_its_tokens_and_an_end() -> None:
    with batching(Counting(free=True)) as batcher:
        heard = ask(batcher, most=4)
        assert heard.ended.wait(5)
        assert (heard.tokens, heard.error) == ([11, 12, 13, 14], None)


def test_a_stop_ends_an_answer_and_is_not_given() -> None:
    with batching(Counting(free=True), stops=frozenset({13})) as batcher:
        heard = ask(batcher, most=100)
        assert heard.ended.wait(5)
        assert heard.tokens == [11, 12]


def test_an_answer_joins_the_batch_while_another_is_written() -> None:
    network = Counting()
    with batching(network) as batcher:
        first = ask(batcher, most=5)
        wait(network)
        second = ask(batcher, most=2, session="b", first=50)
        network.allowed.release()
        wait(network)
        assert {token for token, _ in network.steps[1].values()} == {12, 51}
        network.allowed.release()
        assert second.ended.wait(5)
        assert not first.ended.is_set()
        assert second.tokens == [51, 52]


def test_the_oldest_deadline_goes_first() -> None:
    network = Counting()
    with batching(network, slots=1) as batcher:
        ask(batcher, most=2, session="a")
        wait(network)
        late = ask(batcher, most=1, session="b", first=50, deadline=2)
        early = ask(batcher, most=1, session="c", first=70, deadline=1)
        ends: list[str] = []
        for name, heard in (("late", late), ("early", early)):
            heard.job.deliver = lambda what, n=name, h=heard: (  # type: ignore[misc]
                ends.append(n) if what is None else None, h._deliver(what)
            )  # fmt: skip
        network.allowed.release()
        assert late.ended.wait(5)
        assert early.ended.wait(5)
        assert ends == ["early", "late"]


def test_a_session_has_one_answer_in_the_batch_at_a_time() -> None:
    network = Counting()
    with batching(network, slots=4) as batcher:
        first, second = ask(batcher, most=2), ask(batcher, most=1, first=30)
        wait(network)
        assert len(network.steps[0]) == 1
        assert second.tokens == []
        network.allowed.release()
        assert first.ended.wait(5)
        assert second.ended.wait(5)


def test_no_token_is_computed_after_the_step_in_which_an_answer_was_cancelled() -> None:
    network = Counting()
    with batching(network) as batcher:
        heard = ask(batcher, most=1_000)
        wait(network)
        batcher.cancel(heard.job)
        network.allowed.release()
        assert heard.ended.wait(5)
        assert heard.tokens == [11]
        other = ask(batcher, most=1, session="b")
        assert other.ended.wait(5)
        assert len(network.steps) == 1


def test_an_answer_that_was_cancelled_while_it_waited_is_never_begun() -> None:
    network = Counting()
    with batching(network, slots=1) as batcher:
        first, second = ask(batcher, most=2), ask(batcher, session="b")
        wait(network)
        batcher.cancel(second.job)
        network.allowed.release()
        assert first.ended.wait(5)
        third = ask(batcher, most=1, session="c")
        assert third.ended.wait(5)
        assert len(network.filled) == 2


def test_a_long_prompt_is_computed_in_parts_between_the_tokens_of_others() -> None:
    network = Counting()
    with batching(network) as batcher:
        ask(batcher, most=100)
        wait(network)
        long = Heard(1, "b", 5, 0)
        long.job.prompt = [1] * 600
        batcher.submit(long.job)
        for _ in range(3):
            network.allowed.release()
            wait(network)
        assert [part for part in network.filled if part[0] == 1] == [
            (1, 256, 0), (1, 256, 256), (1, 88, 512),
        ]  # fmt: skip
        assert long.ended.wait(5)


def test_the_next_turn_of_a_session_computes_only_what_is_new() -> None:
    network = Counting(free=True)
    with batching(network) as batcher:
        first = ask(batcher, most=3)  # 9 9 10 | 11 12 13
        assert first.ended.wait(5)
        second = Heard(1, "a", 0, 0)
        second.job.prompt = [9, 9, 10, 11, 12, 13, 7]
        batcher.submit(second.job)
        assert second.ended.wait(5)
        # The keys of 13, the last token, were never needed.
        assert network.filled == [(0, 3, 0), (0, 2, 5)]


def test_a_queue_that_is_full_says_so() -> None:
    network = Counting()
    with batching(network, slots=1) as batcher:
        ask(batcher, most=1_000)
        wait(network)
        for number in range(MOST_WAITING):
            ask(batcher, session=f"s{number}")
        with pytest.raises(EngineFailed, match="llm_busy"):
            ask(batcher, session="one more")


def test_a_batch_that_fails_ends_its_answers_and_no_others() -> None:
    network = Counting()
    network.breaks = True
    with batching(network) as batcher:
        heard = ask(batcher)
        wait(network)
        network.allowed.release()
        assert heard.ended.wait(5)
        assert isinstance(heard.error, EngineFailed)
        assert "said by a user" not in str(heard.error)
        assert all(not slot.tokens for slot in batcher.slots)  # what they hold is not trusted
        network.free = True
        again = ask(batcher, most=2)
        assert again.ended.wait(5)
        assert again.tokens == [11, 12]


def test_a_turn_whose_event_loop_is_gone_does_not_disturb_the_others() -> None:
    with batching(Counting(free=True)) as batcher:
        gone = Heard(5, "gone", 10, 0)

        def deliver(what: object) -> None:
            raise RuntimeError("Event loop is closed")

        gone.job.deliver = deliver
        batcher.submit(gone.job)
        heard = ask(batcher, most=2, session="b")
        assert heard.ended.wait(5)
        assert heard.tokens == [11, 12]


def test_closing_ends_every_answer_with_an_error() -> None:
    network = Counting()
    with batching(network, slots=1) as batcher:
        first, waiting = ask(batcher, most=100), ask(batcher, session="b")
        wait(network)
        closing = threading.Thread(target=batcher.close)
        closing.start()
        while not batcher._closing:
            pass
        network.allowed.release()
        closing.join(5)
        assert first.error is not None
        assert waiting.error is not None
        with pytest.raises(EngineFailed):
            ask(batcher)


def test_what_the_first_use_raises_is_raised_where_it_is_started() -> None:
    class Broken(Counting):
        def warm(self) -> None:
            raise MemoryError

    with pytest.raises(MemoryError):
        Batcher(Broken(), 1, frozenset()).start()
