"""What a panel draws of a profile: names and values, nothing of how they look."""

from __future__ import annotations

from typing import TypedDict

from modules.persona.style.profile import StyleProfile


class Series(TypedDict):
    """One plot: a code for its title (`style.<code>`), and its bars."""

    code: str
    unit: str
    bars: list[tuple[str, float]]


_LISTS = ("openers", "closers", "question_closers", "fillers", "laughs", "emoji", "slang")
_SHARES = ("lower_case", "stretched", "formality", "humour", "diacritics", "bare_questions")


def plot_data(profile: StyleProfile) -> list[Series]:
    """Return the plots of a profile, those without a bar left out.

    The units are "share" (0 to 1), "g2" (keyness) and "words".
    """
    plots: list[Series] = [
        Series(code="phrases", unit="g2", bars=[(p.text, p.g2) for p in profile.phrases[:15]])
    ]
    plots += [
        Series(code=name, unit="share", bars=[(h.text, h.share) for h in getattr(profile, name)])
        for name in _LISTS
    ]
    spelled = [(f"{s.standard} → {s.written}", s.share) for s in profile.spelling]
    plots.append(Series(code="spelling", unit="share", bars=spelled))
    if profile.messages:
        marks = profile.punctuation.model_dump(exclude={"commas"})
        plots.append(Series(code="punctuation", unit="share", bars=list(marks.items())))
        shares = [(name, float(getattr(profile, name))) for name in _SHARES]
        plots.append(Series(code="manner", unit="share", bars=shares))
        lengths = [(n, float(getattr(profile, n))) for n in ("message_words", "sentence_words")]
        plots.append(Series(code="length", unit="words", bars=lengths))
    return [plot for plot in plots if plot["bars"]]
