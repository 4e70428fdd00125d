"""What engines share."""

import multiprocessing
import threading

from modules.engines import EngineLock


def test_a_lock_holds_one_at_a_time_and_is_open_after_an_error():
    lock, order = EngineLock(), []
    with lock:
        other = threading.Thread(target=lambda: _note(lock, order))
        other.start()
        other.join(0.05)
        order.append("first")
    other.join()
    assert order == ["first", "second"]
    try:
        with lock:
            raise RuntimeError
    except RuntimeError:
        _note(lock, order)
    assert order == ["first", "second", "second"]


def _note(lock, order):
    with lock:
        order.append("second")


def test_a_forked_worker_finds_a_lock_open_that_a_thread_of_the_parent_holds():
    lock, held, end = EngineLock(), threading.Event(), threading.Event()

    def hold():
        with lock:
            held.set()
            end.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    child = multiprocessing.get_context("fork").Process(target=_note, args=(lock, []))
    child.start()
    child.join(10)
    end.set()
    holder.join()
    try:
        assert child.exitcode == 0
    finally:
        child.kill()
