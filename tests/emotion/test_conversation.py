"""The mood over several turns, and what the assistant shows in answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.emotion import classify, expression, smooth
from modules.messages import EMOTIONS, EmotionLabel, Mood

moods = st.lists(
    st.lists(st.floats(0, 1), min_size=7, max_size=7)
    .filter(lambda scores: sum(scores) > 0.01)
    .map(
        lambda scores: Mood(
            1, "Other", {label: s / sum(scores) for label, s in zip(EMOTIONS, scores, strict=True)}
        )
    ),
    min_size=1,
    max_size=8,
)


def sure(label: EmotionLabel, reply: int = 0) -> Mood:
    return Mood(reply, label, {other: float(other == label) for other in EMOTIONS}, "lexicon")


def test_no_turns_have_no_mood() -> None:
    assert smooth([]).label == "Other"


def test_one_turn_is_its_own_mood() -> None:
    assert smooth([sure("Fear", 3)]) == sure("Fear", 3)


def test_the_newest_turn_weighs_most() -> None:
    assert smooth([sure("Sadness"), sure("Enjoyment")]).label == "Enjoyment"


def test_a_short_yes_does_not_end_a_sorrow() -> None:
    assert smooth([classify("mình buồn quá"), classify("ừ")]).label == "Sadness"


def test_many_neutral_turns_do() -> None:
    turns = [classify("mình buồn quá"), *[classify("cuộc họp ở phòng 302")] * 4]
    assert smooth(turns).label == "Other"


def test_the_result_belongs_to_the_last_turn() -> None:
    assert smooth([sure("Anger", 1), sure("Other", 7)]).reply == 7


def test_a_mood_without_scores_is_sure_of_its_label() -> None:
    assert smooth([Mood(0, "Anger")]).label == "Anger"
    assert expression(Mood(0, "Enjoyment")) == "Enjoyment"


@given(moods)
def test_smoothing_gives_a_distribution(turns: list[Mood]) -> None:
    scores = smooth(turns).scores
    assert sum(scores.values()) == pytest.approx(1)
    assert all(score >= 0 for score in scores.values())


@pytest.mark.parametrize(
    ("felt", "shown"),
    [
        ("Enjoyment", "Enjoyment"),
        ("Sadness", "Sadness"),
        ("Fear", "Sadness"),
        ("Anger", "Other"),
        ("Disgust", "Other"),
        ("Surprise", "Surprise"),
        ("Other", "Other"),
    ],
)
def test_the_answer_is_not_the_feeling_thrown_back(felt: EmotionLabel, shown: EmotionLabel) -> None:
    assert expression(sure(felt)) == shown


def test_an_unsure_mood_leaves_the_face_at_rest() -> None:
    scores: dict[EmotionLabel, float] = dict.fromkeys(EMOTIONS, 0.7 / 6)
    scores["Enjoyment"] = 0.3
    assert expression(Mood(0, "Enjoyment", scores)) == "Other"
