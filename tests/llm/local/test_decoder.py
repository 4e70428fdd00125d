"""The arithmetic of a batch, against what transformers' own `generate` writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from modules.llm.local.cards import CARDS, Card
from modules.llm.local.decoder import Decoder, Sampling
from modules.llm.local.network import Network
from tests.replayed import captured

GREEDY = Sampling(0, 1, 0, 1)
PENALISED = Sampling(0, 1, 0, 1.3)
CARD: Card = CARDS["qwen3-0.6b"]
TOKENS = 24


@pytest.fixture(params=["llama", "qwen"], scope="module")
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    yield request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def network(folder: Path) -> Network:
    torch.manual_seed(0)
    return Network(folder, CARD, "cpu")


@pytest.fixture(scope="module")
def reference(folder: Path, network: Network) -> Any:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=network.dtype).eval()
    model.generation_config.eos_token_id = None  # nothing ends an answer here
    return model


def prompt(length: int, seed: int = 1) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    return [int(n) for n in torch.randint(3, 250, (length,), generator=generator)]


def expected(model: Any, ids: list[int], penalty: float = 1.0) -> list[int]:
    options = {"max_new_tokens": TOKENS, "do_sample": False, "repetition_penalty": penalty}
    out = model.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids)), **options)
    return [int(token) for token in out[0, len(ids) :]]


def begin(decoder: Decoder, slot: int, ids: list[int], *, shared: int = 0, part: int = 7) -> int:
    state = None
    for start in range(shared, len(ids), part):
        state = decoder.fill(slot, ids[start : start + part], start)
    assert state is not None
    return decoder.first(slot, ids, state)


def go_on(decoder: Decoder, slots: dict[int, list[int]], lengths: dict[int, int]) -> None:
    """Write the rest of `TOKENS` tokens for every slot."""
    while any(len(given) < TOKENS for given in slots.values()):
        rows = {
            slot: (given[-1], lengths[slot] + len(given) - 1)
            for slot, given in slots.items()
            if len(given) < TOKENS
        }
        idle = {slot: lengths[slot] + len(given) for slot, given in slots.items()}
        for slot, token in decoder.step(rows, idle).items():
            slots[slot].append(token)


@pytest.mark.parametrize("sampling", [GREEDY, PENALISED])
def test_greedy_answers_are_those_of_transformers(
    network: Network, reference: Any, sampling: Sampling
) -> None:
    ids = prompt(40)
    decoder = Decoder(network, sampling)
    given = {0: [begin(decoder, 0, ids)]}
    go_on(decoder, given, {0: len(ids)})
    wanted = expected(reference, ids, sampling.repetition_penalty)
    assert len(set(wanted)) > 3  # the network says something
    assert given[0] == wanted


def test_answers_in_one_batch_are_those_of_each_alone(network: Network, reference: Any) -> None:
    network.slots = 3
    decoder = Decoder(network, PENALISED)
    prompts = {0: prompt(70), 1: prompt(9, 2), 2: prompt(33, 3)}
    given = {slot: [begin(decoder, slot, ids)] for slot, ids in prompts.items()}
    go_on(decoder, given, {slot: len(ids) for slot, ids in prompts.items()})
    for slot, ids in prompts.items():
        assert given[slot] == expected(reference, ids, 1.3)


def test_steps_that_are_replayed_write_the_same(
    network: Network, reference: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.slots = 3
    made = captured(monkeypatch)
    decoder = Decoder(network, PENALISED, graphs=True)
    decoder.warm()
    known = len(made)
    prompts = {0: prompt(70), 1: prompt(9, 2), 2: prompt(33, 3)}
    given = {slot: [begin(decoder, slot, ids)] for slot, ids in prompts.items()}
    go_on(decoder, given, {slot: len(ids) for slot, ids in prompts.items()})
    for slot, ids in prompts.items():
        assert given[slot] == expected(reference, ids, 1.3)
    assert len(made) == known
    assert sum(graph.count for graph in made) == TOKENS - 1


def test_a_slot_that_is_idle_keeps_what_it_holds(network: Network, reference: Any) -> None:
    network.slots = 3
    decoder = Decoder(network, GREEDY)
    kept, others = prompt(50), {0: prompt(20, 2), 2: prompt(30, 3)}
    first = begin(decoder, 1, kept)
    given = {slot: [begin(decoder, slot, ids)] for slot, ids in others.items()}
    lengths = {0: 20, 2: 30}
    for _ in range(5):
        rows = {slot: (g[-1], lengths[slot] + len(g) - 1) for slot, g in given.items()}
        for slot, token in decoder.step(rows, {1: 50}).items():
            given[slot].append(token)
    answer = {1: [first]}
    go_on(decoder, answer, {1: 50})
    assert answer[1] == expected(reference, kept)


def test_a_prompt_that_begins_like_the_last_one_is_not_computed_again(
    network: Network, reference: Any
) -> None:
    decoder = Decoder(network, PENALISED)
    persona = prompt(48)
    begin(decoder, 0, persona + prompt(20, 2))
    ids = persona + prompt(11, 3)
    given = {0: [begin(decoder, 0, ids, shared=48)]}
    go_on(decoder, given, {0: len(ids)})
    assert given[0] == expected(reference, ids, 1.3)


def test_a_prompt_may_begin_with_the_prefix_of_another_slot(
    network: Network, reference: Any
) -> None:
    network.slots = 2
    decoder = Decoder(network, GREEDY)
    persona = prompt(48)
    begin(decoder, 0, persona + prompt(20, 2))
    decoder.copy(0, 1, 48)
    ids = persona + prompt(11, 3)
    given = {1: [begin(decoder, 1, ids, shared=48)]}
    go_on(decoder, given, {1: len(ids)})
    assert given[1] == expected(reference, ids)


def test_drawn_tokens_are_among_the_likeliest_and_follow_their_shares(network: Network) -> None:
    decoder = Decoder(network, Sampling(1.0, 0.8, 3, 1.0), seed=1)
    logits = torch.full((2_000, network.vocabulary), -20.0)
    logits[:, 10:14] = torch.log(torch.tensor([0.5, 0.25, 0.15, 0.1]))
    drawn = decoder._drawn(logits).tolist()
    # Of the three likeliest (0.56, 0.28, 0.17) two reach 0.8 together.
    assert set(drawn) == {10, 11}
    assert drawn.count(10) / len(drawn) == pytest.approx(2 / 3, abs=0.04)


def test_the_window_is_the_models_where_it_is_shorter(network: Network) -> None:
    assert network.window == 2_048
    ids = prompt(2_040)
    decoder = Decoder(network, GREEDY)
    given = [begin(decoder, 0, ids, part=512)]
    for _ in range(8):
        given.append(decoder.step({0: (given[-1], 2_039 + len(given))}, {})[0])
    assert len(given) == 9
