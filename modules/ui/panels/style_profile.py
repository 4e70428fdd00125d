"""The profile of a writer as a person reads it, and as text boxes give it back."""

from __future__ import annotations

import html
import re
from typing import Any

from modules.errors import InvalidInput
from modules.persona.style import StyleProfile, plot_data
from modules.persona.style.plots import Series
from modules.text import clean
from modules.text.catalogue import sentences, tell
from modules.ui.numbers import number

HABITS = (
    "openers", "closers", "question_closers", "fillers", "laughs", "emoji", "slang", "phrases",
)  # fmt: skip
"""Lists whose entries are written side by side, with commas between them."""
FIELDS = (*HABITS, "taboo", "replacements")
_TOLD = ("length", "manner", "punctuation")
"""Series whose bars have names of their own in the catalogue."""
_BARS = 8
_SMALLEST = 0.02
"""A bar is never so short that it cannot be seen."""
_ARROW = re.compile(r"\s*(?:→|=>|->)\s*")
_NEW_SHARE = 0.3
"""How often something is said that a person wrote in by hand, where nothing else is known."""


def card(profile: StyleProfile, language: str) -> str:
    """Return the profile as HTML: its figures, then a plot for each list; "" for an empty one."""
    plots = [plot for plot in plot_data(profile) if plot["code"] != "length"]
    if not plots:
        return ""
    title = html.escape(tell(language, "style.profile_title"))
    drawn = "".join(_plot(plot, language) for plot in plots)
    return f'<h3>{title}</h3>{_figures(profile, language)}<div class="guong-plots">{drawn}</div>'


def _figures(profile: StyleProfile, language: str) -> str:
    figures = [("style.messages", number(language, profile.messages))]
    if profile.messages:
        figures += [
            (f"style.{name}", number(language, getattr(profile, name), 1))
            for name in ("message_words", "sentence_words")
        ]
    if profile.region:
        figures.append(("style.region", tell(language, f"region.{profile.region}")))
    cells = (
        f"<div><dt>{html.escape(tell(language, code))}</dt><dd>{html.escape(value)}</dd></div>"
        for code, value in figures
    )
    return f'<dl class="guong-figures">{"".join(cells)}</dl>'


def _plot(plot: Series, language: str) -> str:
    """Return a bar chart as a list: the words and the values are text for every reader."""
    told = plot["code"] in _TOLD
    bars = plot["bars"] if told else sorted(plot["bars"], key=lambda bar: -bar[1])
    top = 1.0 if told else max(value for _, value in bars) or 1.0
    rows = "".join(
        f'<li><span class="guong-word">{html.escape(_name(plot, text, language))}</span>'
        f'<span class="guong-bar" style="--of:{max(value / top, _SMALLEST):.3f}"></span>'
        f'<span class="guong-value">{_value(plot["unit"], value, language)}</span></li>'
        for text, value in bars[:_BARS]
        if value
    )
    title = html.escape(tell(language, f"style.{plot['code']}"))
    what = html.escape(tell(language, _unit(plot)))
    return f"<section><h4>{title}</h4><p>{what}</p><ul>{rows}</ul></section>"


def _unit(plot: Series) -> str:
    """Return the code of the line under a title, which says what the bars are of."""
    own = f"style.of_{plot['code']}"
    return own if own in sentences("vi") else f"style.unit_{plot['unit']}"


def _name(plot: Series, text: str, language: str) -> str:
    return tell(language, f"style.{text}") if plot["code"] in _TOLD else text


def _value(unit: str, value: float, language: str) -> str:
    if unit != "share":
        return number(language, value)
    percent = 100 * value
    return f"{number(language, percent, int(percent < 1))} %"


# --- text boxes -----------------------------------------------------------------------------------


def written(profile: StyleProfile, name: str) -> str:
    """Return a list of the profile as the text of its box."""
    if name == "replacements":
        return "\n".join(f"{each.old} → {each.new}" for each in profile.replacements)
    entries = getattr(profile, name)
    return ", ".join(each if name == "taboo" else each.text for each in entries)


def changes(profile: StyleProfile, boxes: dict[str, str]) -> dict[str, Any]:
    """Return the lists whose box says something else than the profile, as `edit` takes them.

    What stays keeps its share; what is new has the share of the most usual of its list. Raises
    `InvalidInput` for a replacement that is none.
    """
    changed = {name: text for name, text in boxes.items() if text != written(profile, name)}
    return {name: _read(profile, name, text) for name, text in changed.items()}


def _read(profile: StyleProfile, name: str, text: str) -> list[Any]:
    if name == "replacements":
        return [_replacement(line) for line in text.splitlines() if line.strip()]
    entries = list(dict.fromkeys(filter(None, (clean(part) for part in text.split(",")))))
    if name == "taboo":
        return entries
    known = {each.text: each.model_dump() for each in getattr(profile, name)}
    return [known.get(entry) or _new(profile, name, entry) for entry in entries]


def _new(profile: StyleProfile, name: str, text: str) -> dict[str, Any]:
    if name == "phrases":
        return {"text": text}
    return {"text": text, "share": max((h.share for h in getattr(profile, name)), default=0.0)
            or _NEW_SHARE}  # fmt: skip


def _replacement(line: str) -> dict[str, str]:
    old, *new = (clean(part) for part in _ARROW.split(line))
    if len(new) != 1 or not new[0]:
        raise InvalidInput("malformed", field="replacements")
    return {"old": old, "new": new[0]}
