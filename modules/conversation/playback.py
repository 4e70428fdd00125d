"""The clock of a reply: how far what was made runs ahead of what is heard.

Sound is the master clock. Playback begins with the first frames; from then on the reply must stay
ahead of it. An engine that takes longer than real time while the lead is small is given up before
the lead is gone, and a pause in the making is bridged before the picture freezes.
"""

from __future__ import annotations

from collections import deque

import anyio

from modules.conversation.fallback import Pressure
from modules.engines import EngineSpec
from modules.messages import FPS, SPEECH_RATE, Frames, Speech

BRIDGE_BELOW_S = 0.15
"""A lead under this is filled up with silence (Chromium freezes on a late chunk)."""
_COMFORT_S = 0.5
"""With more lead than this a slow step does no harm."""
_AT_EASE_S = 1.0
_EASE = 1 / 3
"""A reply that is this far ahead is made at three times real time at most: somebody else's first
words wait for the processor."""
_PATIENCE_S = 0.25
"""The least that a step may take, however small the lead."""
_WINDOW_S = 1.0


class Playback:
    """How far one reply has come, in seconds of media and of real time."""

    def __init__(self, live: bool, *, hasty: bool = False) -> None:
        self.live = live
        self.hasty = hasty
        """Whether to make all as fast as possible: every second of a lent GPU counts."""
        self.made_s = 0.0
        self._began: float | None = None

    @property
    def begun(self) -> bool:
        """True once anything can be playing."""
        return self._began is not None

    @property
    def lead_s(self) -> float:
        """Media made beyond what is playing now; infinite before playback and for files."""
        if not self.live or self._began is None:
            return float("inf")
        return self.made_s - (anyio.current_time() - self._began)

    @property
    def ease(self) -> float:
        """Seconds to rest for each second of media that is made now."""
        leisurely = self.live and not self.hasty
        return _EASE if leisurely and _AT_EASE_S < self.lead_s < float("inf") else 0.0

    def add(self, seconds: float) -> None:
        """Note media that was made; the first starts the clock."""
        if self._began is None:
            self._began = anyio.current_time()
        self.made_s += seconds


class KeepAhead(Pressure):
    """The pressure on an engine whose output is played while it is made."""

    def __init__(self, playback: Playback) -> None:
        self._playback = playback
        self._window: deque[tuple[float, float]] = deque()
        self._engine = ""

    def limit(self, spec: EngineSpec, given: bool) -> float:
        """Return the engine's own limit, or what the lead still allows.

        An embedded engine that takes long for once is on a busy machine, and so would be the one
        after it: only `behind` demotes it.
        """
        if spec.name != self._engine:  # what its predecessor took does not count against it
            self._engine = spec.name
            self._window.clear()
        own = super().limit(spec, given)
        if not given or spec.embedded:
            return own
        return min(own, max(_PATIENCE_S, self._playback.lead_s))

    def behind(self, out: object, busy_s: float) -> bool:
        """Tell whether the last second of media took longer than a second while the lead is low."""
        self._window.append((_seconds(out), busy_s))
        while sum(media for media, _ in self._window) - self._window[0][0] >= _WINDOW_S:
            self._window.popleft()
        media_s = sum(media for media, _ in self._window)
        busy = sum(busy for _, busy in self._window)
        return media_s >= _WINDOW_S and busy > media_s and self._playback.lead_s < _COMFORT_S


def _seconds(out: object) -> float:
    if isinstance(out, Frames):
        return len(out.rgb) / FPS
    if isinstance(out, Speech):
        return len(out.samples) / SPEECH_RATE
    return 0.0
