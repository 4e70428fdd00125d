"""What no language model is left to answer: the first words to somebody in danger.

Whatever engine is configured, an utterance that speaks of self-harm, violence or an emergency gets
the companion's caring answer, with the help lines, in the pair and region in use. The turns after
it are a language model's again, with a word on how to speak now and without jest or a style.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from modules.messages import EmotionLabel, Mood, TurnRequest

_LIGHT: frozenset[EmotionLabel] = frozenset({"Enjoyment", "Surprise", "Other"})


def cared(request: TurnRequest, moment: datetime | None = None) -> TurnRequest:
    """Return the request as danger changes it; without danger, as it is. Takes milliseconds.

    In danger, `answer` is what is said, `expression` gentle, and a light mood is not believed.
    """
    from modules.llm.companion.answer import answer
    from modules.llm.companion.care import care_data, danger_in, was_in_danger
    from modules.llm.companion.clock import now
    from modules.llm.companion.talk import talk_of

    moment = moment or now()
    talk = talk_of(request, moment)
    if danger_in(talk, talk.heard):
        plain = replace(request, manner=None)
        said = " ".join(answer(plain, moment))
        return replace(
            plain, answer=said, mood=_grave(request.mood), overall=_grave(request.overall),
            expression="Sadness",
        )  # fmt: skip
    if not was_in_danger(talk):
        return request
    return replace(
        request,
        manner=None,
        expression="Other" if request.expression in _LIGHT else request.expression,
        instructions=f"{request.instructions}\n{care_data()['prompt']['after'].strip()}",
    )


def _grave(mood: Mood) -> Mood:
    """Return a mood that is not light: nobody in danger is told that they sound glad."""
    if mood.label not in _LIGHT:
        return mood
    scores: dict[EmotionLabel, float] = dict.fromkeys(mood.scores, 0.0) | {"Sadness": 1.0}
    return replace(mood, label="Sadness", scores=scores)
