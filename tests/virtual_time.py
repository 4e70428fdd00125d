"""An event loop whose clock jumps: a conversation of minutes is tested in milliseconds."""

import asyncio
import functools
import selectors

import anyio.to_thread


class VirtualLoop(asyncio.SelectorEventLoop):
    """Never waits: when nothing is ready, the clock jumps to the next timer."""

    def __init__(self):
        self.now = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self):
        return self.now


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, loop):
        super().__init__()
        self._loop = loop

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("deadlock: every task waits and no timer is set")
        if not ready:
            self._loop.now += timeout
        return ready


async def _inline(function, *args, **_):
    # A worker thread knows nothing of the virtual clock: its work takes no time here.
    return function(*args)


def virtual_time(test):
    """Run an async test on the virtual clock."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        real = anyio.to_thread.run_sync
        anyio.to_thread.run_sync = _inline
        try:
            with asyncio.Runner(loop_factory=VirtualLoop) as runner:
                runner.run(test(*args, **kwargs))
        finally:
            anyio.to_thread.run_sync = real

    return run
