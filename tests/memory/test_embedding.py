import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.memory import ENGINES
from modules.memory.embedding import HashedEmbedding
from modules.messages import TurnRequest
from tests.memory.conftest import rows

EMBEDDING = HashedEmbedding()


def asked(name):
    """Facts, questions with the place of their fact, and utterances that ask for none."""
    lines = rows(name)
    told = [line for line in lines if "fact" in line]
    questions = [(ask, place) for place, line in enumerate(told) for ask in line["asks"]]
    unrelated = [line["unrelated"] for line in lines if "unrelated" in line]
    return [line["fact"] for line in told], questions, unrelated


def similarities(texts, facts):
    return EMBEDDING.embed(texts, query=True) @ EMBEDDING.embed(facts).T


@pytest.mark.parametrize(
    ("name", "first", "five"),
    [
        ("recall_tune.jsonl", 0.94, 1.0),
        ("recall_held.jsonl", 0.93, 1.0),
        ("recall_fresh.jsonl", 0.88, 0.96),
    ],
)
def test_the_fact_that_answers_a_question_is_found(name, first, five):
    facts, questions, _ = asked(name)
    scores = similarities([question for question, _ in questions], facts)
    ranks = np.argsort(-scores, axis=1)
    places = np.array([place for _, place in questions])
    assert np.mean(ranks[:, 0] == places) >= first
    assert np.mean((ranks[:, :5] == places[:, None]).any(axis=1)) >= five


@pytest.mark.parametrize(
    ("name", "answered", "disturbed"),
    [
        ("recall_tune.jsonl", 0.97, 0.25),
        ("recall_held.jsonl", 0.94, 0.20),
        ("recall_fresh.jsonl", 0.76, 0.20),
    ],
)
def test_the_threshold_lets_answers_through_and_keeps_most_else_out(name, answered, disturbed):
    facts, questions, unrelated = asked(name)
    scores = similarities([question for question, _ in questions], facts)
    right = scores[np.arange(len(questions)), [place for _, place in questions]]
    assert np.mean(right >= EMBEDDING.threshold) >= answered
    assert np.mean(similarities(unrelated, facts).max(axis=1) >= EMBEDDING.threshold) <= disturbed


def test_vectors_are_the_same_in_another_process():
    text = "Mình sống ở Hà Nội, 27 tuổi"
    script = (
        "from modules.memory.embedding import HashedEmbedding as E; import sys;"
        f"sys.stdout.buffer.write(E().embed([{text!r}]).tobytes())"
    )
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            check=True,
        )
        assert done.stdout == EMBEDDING.embed([text]).tobytes()


def test_a_question_without_diacritics_finds_the_same_fact():
    scores = similarities(["minh song o dau nhi"], ["Mình sống ở Huế", "Mình thích ăn bún bò"])
    assert scores[0, 0] > EMBEDDING.threshold > scores[0, 1]


@given(st.lists(st.text(max_size=200), max_size=5))
def test_any_text_gives_a_finite_vector_of_length_one(texts):
    vectors = EMBEDDING.embed(texts)
    assert vectors.shape == (len(texts), EMBEDDING.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_the_embedded_rung_needs_nothing():
    spec = ENGINES[-1]
    assert spec.embedded
    engine = spec.make()
    engine.load()
    assert engine.name.startswith("hashed-")
    engine.close()


@pytest.mark.anyio
async def test_the_embedding_is_an_engine_with_streams():
    stream = ENGINES[-1].make().open(TurnRequest(0, ""))
    await stream.push("Mình tên gì?")
    await stream.push("Nhà mình ở đâu?")
    vectors = [vector async for vector in stream]
    assert np.array_equal(vectors, EMBEDDING.embed(["Mình tên gì?", "Nhà mình ở đâu?"]))
