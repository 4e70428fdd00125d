"""The last turn's latency as a small waterfall, and its notices."""

from __future__ import annotations

import html

from modules.conversation.details import Collected
from modules.messages import Notice
from modules.text.catalogue import tell

_MILESTONES = ("front", "first_text", "tts", "voice", "first_frame", "first_audio")


def waterfall(language: str, collected: Collected) -> str:
    """Return a bar per milestone, from when the one before was reached."""
    latency = collected.end.latency_ms if collected.end else {}
    reached = [(name, latency[name]) for name in _MILESTONES if name in latency]
    if not reached:
        return notices(language, collected)
    total = max(ms for _, ms in reached) or 1.0
    bars, begin = [], 0.0
    for name, ms in sorted(reached, key=lambda entry: entry[1]):
        label = html.escape(tell(language, f"latency.{name}"))
        bars.append(
            f'<div class="bar"><span>{label}</span>'
            f'<i style="margin-left:{100 * begin / total:.1f}%;'
            f'width:{max(1.0, 100 * (ms - begin) / total):.1f}%"></i><b>{ms:.0f} ms</b></div>'
        )
        begin = ms
    return f'<div class="guong-latency">{"".join(bars)}</div>{notices(language, collected)}'


def notice_code(notice: Notice) -> str:
    """Return the key of a notice's sentence: its own, or that of the error it reports."""
    return notice.code if "." in notice.code else f"notice.{notice.code}"


def notices(language: str, collected: Collected) -> str:
    """Return what the user should know of the last turn."""
    lines = [html.escape(tell(language, notice_code(n), **n.params)) for n in collected.notices]
    return "".join(f'<p class="guong-notice">{line}</p>' for line in dict.fromkeys(lines))
