"""What is told of the last turn: the mood, its latency as a small waterfall, and its notices."""

from __future__ import annotations

import html

from modules.conversation.details import Collected
from modules.messages import Notice
from modules.text.catalogue import sentences, tell
from modules.ui.numbers import number

_ENGINES = ("engine", "next")
"""Parameters of notices that name an engine: people are told its part, not its id."""
_MILESTONES = ("front", "first_text", "tts", "voice", "first_frame", "first_audio")


def last_turn(language: str, collected: Collected, remembered: str = "") -> str:
    """Return what the page tells of a turn: the mood heard, the time it took, its notices, and
    what was `remembered` for it.

    The waterfall is folded away; `footer.js` keeps it as the visitor left it.
    """
    bars = _waterfall(language, collected)
    if not bars:
        return notices(language, collected) + remembered
    latency = collected.end.latency_ms if collected.end else {}
    told = []
    if collected.mood and collected.mood.label != "Other":
        mood = tell(language, f"mood.{collected.mood.label}")
        heard = html.escape(tell(language, "mood.heard", mood=mood))
        told.append(f'<span class="guong-mood" data-mood="{collected.mood.label}">{heard}</span>')
    if "first_audio" in latency:
        time = number(language, latency["first_audio"])
        told.append(f"<span>{html.escape(tell(language, 'latency.total', ms=time))}</span>")
    summary = "".join(told) or html.escape(tell(language, "latency.title"))
    return (
        f'{notices(language, collected)}<details class="guong-turn">'
        f"<summary>{summary}</summary>{bars}</details>{remembered}"
    )


def _waterfall(language: str, collected: Collected) -> str:
    """Return a bar per milestone, from when the one before was reached."""
    latency = collected.end.latency_ms if collected.end else {}
    reached = [(name, latency[name]) for name in _MILESTONES if name in latency]
    if not reached:
        return ""
    total = max(ms for _, ms in reached) or 1.0
    bars, begin = [], 0.0
    for name, ms in sorted(reached, key=lambda entry: entry[1]):
        label = html.escape(tell(language, f"latency.{name}"))
        bars.append(
            f'<div class="bar"><span>{label}</span><div class="track">'
            f'<i style="left:{100 * begin / total:.1f}%;'
            f'width:{max(1.0, 100 * (ms - begin) / total):.1f}%"></i></div>'
            f"<b>{number(language, ms, 1)} ms</b></div>"
        )
        begin = ms
    return f'<div class="guong-latency">{"".join(bars)}</div>'


def notice_code(notice: Notice) -> str:
    """Return the key of a notice's sentence: its own, or that of the error it reports."""
    return notice.code if "." in notice.code else f"notice.{notice.code}"


def notices(language: str, collected: Collected) -> str:
    """Return what the user should know of the last turn."""
    lines = [html.escape(_sentence(language, notice)) for notice in collected.notices]
    return "".join(f'<p class="guong-notice">{line}</p>' for line in dict.fromkeys(lines))


def _sentence(language: str, notice: Notice) -> str:
    names = {
        key: sentences(language).get(f"engine_name.{value}", value) if key in _ENGINES else value
        for key, value in notice.params.items()
    }
    said = tell(language, notice_code(notice), **names)
    return said[:1].upper() + said[1:]
