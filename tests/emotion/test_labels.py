"""Outputs find their labels by name, whatever their order; scores mean what they say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from modules.emotion import classify
from modules.emotion.phobert.calibration import calibrated, expected_error, fitted, keep, kept
from modules.emotion.phobert.labels import labels_of
from modules.emotion.phobert.network import windows
from modules.errors import WeightsRejected
from modules.messages import EMOTIONS

ORDERS = [
    ("Other", "Disgust", "Enjoyment", "Sadness", "Fear", "Surprise", "Anger"),
    ("Anger", "Disgust", "Enjoyment", "Fear", "Neutral", "Sadness", "Surprise"),
    ("vui", "buồn", "giận dữ", "sợ hãi", "ghê tởm", "ngạc nhiên", "khác"),
]


@pytest.mark.parametrize("names", ORDERS)
def test_each_output_counts_for_the_label_that_it_names(names: tuple[str, ...]) -> None:
    labels = labels_of(dict(enumerate(names)))
    for place, name in enumerate(labels.names):
        scores = labels.scores(np.eye(7, dtype=np.float32)[place], {})
        assert scores[name] == 1.0  # type: ignore[index]
        assert sum(scores.values()) == 1.0


def test_names_that_the_checkpoint_lacks_are_those_that_its_page_states() -> None:
    unnamed = {index: f"LABEL_{index}" for index in range(7)}
    assert labels_of(unnamed, ORDERS[0]).names == ORDERS[0]
    with pytest.raises(WeightsRejected):
        labels_of(unnamed)


def test_names_of_its_own_count_more_than_what_a_page_states() -> None:
    assert labels_of(dict(enumerate(ORDERS[0])), EMOTIONS).names == ORDERS[0]


@pytest.mark.parametrize("names", [("CLEAN", "OFFENSIVE", "HATE"), ("joy", "sad"), ("joy",) * 7])
def test_a_network_for_something_else_is_rejected(names: tuple[str, ...]) -> None:
    with pytest.raises(WeightsRejected) as caught:
        labels_of(dict(enumerate(names)))
    assert caught.value.params["file"] == "config.json"


@pytest.mark.parametrize("names", list(itertools.permutations(("NEG", "POS", "NEU")))[:4])
def test_a_model_of_sentiment_says_how_much_and_the_lexicon_which(names: tuple[str, ...]) -> None:
    labels = labels_of(dict(enumerate(names)))
    assert labels.sentiment

    def read(text: str, sure: str) -> dict[str, float]:
        given = np.array([0.9 if name == sure else 0.05 for name in names], np.float32)
        scores = labels.scores(given, classify(text).scores)
        assert sum(scores.values()) == pytest.approx(1.0)
        return dict(scores)

    angry = read("tức quá, bực cả mình!", "NEG")
    assert max(angry, key=angry.__getitem__) == "Anger"
    afraid = read("mình sợ quá, run hết cả người", "NEG")
    assert max(afraid, key=afraid.__getitem__) == "Fear"
    glad = read("mình vui quá", "POS")
    assert glad["Enjoyment"] == pytest.approx(0.9)
    plain = read("mai họp lúc chín giờ", "NEU")
    assert max(plain, key=plain.__getitem__) == "Other"


def test_the_temperature_makes_a_network_as_sure_as_it_is_right() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 1.5, (4_000, 7))
    labels = np.array([rng.choice(7, p=calibrated(row[None], 1.0)[0]) for row in truth])
    too_sure = (3.0 * truth).astype(np.float32)
    temperature = fitted(too_sure, labels)
    assert temperature == pytest.approx(3.0, rel=0.1)
    assert expected_error(calibrated(too_sure, temperature), labels) < 0.03
    assert expected_error(calibrated(too_sure, 1.0), labels) > 0.15


def test_a_temperature_is_kept_beside_the_weights(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert kept(tmp_path) == 1.5
    keep(tmp_path, 2.25, 100)
    assert kept(tmp_path) == 2.25
    (tmp_path / "calibration.json").write_text('{"temperature": -3}')
    assert kept(tmp_path) == 0.5


def test_too_few_sentences_tell_no_temperature() -> None:
    logits = 9 * np.eye(7, dtype=np.float32)
    assert fitted(logits, np.arange(7)) == 1.5


@given(
    arrays(np.float32, (3, 7), elements=st.floats(-80, 80, width=32)),
    st.floats(0.25, 10.0),
)
def test_a_temperature_never_changes_which_label_is_first(logits, temperature) -> None:  # type: ignore[no-untyped-def]
    scores = calibrated(logits, temperature)
    assert np.allclose(scores.sum(-1), 1.0, atol=1e-4)
    rows = np.arange(3)
    assert np.allclose(scores.max(-1), scores[rows, logits.argmax(-1)], atol=1e-6)


@given(st.integers(0, 2_000), st.integers(4, 254), st.data())
def test_windows_hold_every_token_and_none_is_too_long(count: int, size: int, data) -> None:  # type: ignore[no-untyped-def]
    overlap = data.draw(st.integers(0, size - 1))
    cut = windows(range(count), size, overlap)
    assert all(len(part) <= size for part in cut)
    assert {token for part in cut for token in part} == set(range(count))
    for one, other in itertools.pairwise(cut):
        assert one[len(one) - overlap :] == other[:overlap]
