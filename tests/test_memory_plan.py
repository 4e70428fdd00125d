"""What cards of made-up sizes hold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.conversation.app import TABLES
from modules.engines import EngineSpec
from modules.memory_plan import on_card, plan, smaller

CARDS = {"T4": 15_600, "L4": 23_500, "L40S": 47_000, "A100": 84_000}
"""Free megabytes of cards of 16, 24, 48 and 80 GB."""


def spec(stage, name, megabytes, *needs):
    return EngineSpec(name, stage, "", frozenset({"cuda", *needs}), megabytes=megabytes)


MADE_UP = {
    "llm": (
        spec("llm", "thirteen", 12_300),
        spec("llm", "seven", 7_700),
        spec("llm", "four", 5_000),
        EngineSpec("companion", "llm", ""),
    ),
    "avatar": (spec("avatar", "fine", 8_000), spec("avatar", "plain", 1_000)),
    "asr": (spec("asr", "large", 4_000), spec("asr", "medium", 2_200), spec("asr", "small", 1_000)),
    "voice": (spec("voice", "converter", 300),),
}


def names(made):
    """Return the first engine of each stage."""
    return {each.stage: each.name for each in reversed(made.chosen)}


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("T4", {"llm": "four", "avatar": "fine", "asr": "small", "voice": "converter"}),
        ("L4", {"llm": "thirteen", "avatar": "fine", "asr": "small", "voice": "converter"}),
        ("L40S", {"llm": "thirteen", "avatar": "fine", "asr": "large", "voice": "converter"}),
        ("A100", {"llm": "thirteen", "avatar": "fine", "asr": "large", "voice": "converter"}),
    ],
)
def test_the_best_that_fits_is_planned_and_no_stage_goes_without(card, expected):
    made = plan(MADE_UP, CARDS[card])
    assert names(made) == expected
    assert made.used_mb <= CARDS[card] * 0.96 - 600
    assert made.left_mb >= 0


def test_nothing_is_planned_for_a_card_on_which_nothing_fits():
    made = plan(MADE_UP, 700)
    assert (made.chosen, made.used_mb) == ((), 0)
    assert "no engine" in str(made)


def test_a_stage_whose_smallest_engine_does_not_fit_leaves_the_room_to_others():
    assert names(plan(MADE_UP, 4_500)) == {"avatar": "plain", "asr": "medium", "voice": "converter"}


def test_what_the_owner_prefers_comes_before_what_the_ladder_would_take():
    wish = {"avatar": ("plain",), "llm": ("seven",)}
    made = plan(MADE_UP, CARDS["T4"], preferred=lambda stage: wish.get(stage, ()))
    assert names(made)["avatar"] == "plain"
    assert names(made)["llm"] == "seven"
    assert names(made)["voice"] == "converter"


def test_what_is_left_has_room_for_further_faces_but_not_for_a_second_model():
    made = plan(MADE_UP, CARDS["L40S"])
    assert [each.name for each in made.chosen if each.stage == "avatar"] == ["fine", "plain"]
    assert [each.name for each in made.chosen if each.stage == "llm"] == ["thirteen"]
    assert len(plan(MADE_UP, CARDS["T4"]).chosen) == 4


def test_what_only_films_takes_no_room_from_what_answers():
    films = replace(spec("avatar", "films", 500), live=False)
    tables = {**MADE_UP, "avatar": (*MADE_UP["avatar"], films)}
    small = plan(tables, 3_000)
    assert names(small) == {"avatar": "plain", "asr": "small"}
    assert films in plan(tables, CARDS["L40S"]).chosen
    assert names(plan(tables, 3_000, preferred=lambda stage: ("films",)))["avatar"] == "films"


def test_an_engine_that_shares_a_network_costs_nothing_beside_it_and_all_of_it_alone():
    moving = spec("avatar", "moving", 3_000)
    still = replace(moving, name="still", shares="moving")
    both = plan({"avatar": (moving, still)}, CARDS["T4"])
    assert ([each.name for each in both.chosen], both.used_mb) == (["moving", "still"], 3_000)
    first = spec("avatar", "first", 2_000)
    assert plan({"avatar": (first, still)}, 5_000).chosen == (first,)


def test_what_cannot_be_loaded_is_not_planned():
    made = plan(MADE_UP, CARDS["A100"], able=lambda each: each.name not in ("thirteen", "fine"))
    assert (names(made)["llm"], names(made)["avatar"]) == ("seven", "plain")


def test_an_engine_leaves_room_to_those_that_are_still_to_come():
    made = plan(MADE_UP, CARDS["L4"])
    model = next(each for each in made.chosen if each.stage == "llm")
    spare = int(CARDS["L4"] * 0.04)
    assert made.beside(model) == 8_000 + 1_000 + 300 + spare
    assert made.beside(model, [each for each in made.chosen if each.stage == "avatar"]) == (
        1_000 + 300 + spare
    )


def test_after_memory_ran_out_only_smaller_engines_are_tried_the_best_first():
    failed = MADE_UP["llm"][0]
    assert [s.name for s in smaller(MADE_UP["llm"], failed, lambda each: True)] == ["seven", "four"]
    assert smaller(MADE_UP["llm"], MADE_UP["llm"][2], lambda each: True) == []


@given(
    st.integers(0, 100_000),
    st.lists(st.tuples(st.sampled_from(list(MADE_UP)), st.integers(1, 40_000)), max_size=12),
)
def test_a_plan_never_holds_more_than_the_card_nor_two_engines_of_a_stage(free, engines):
    tables = {}
    for number, (stage, megabytes) in enumerate(engines):
        tables[stage] = (*tables.get(stage, ()), spec(stage, str(number), megabytes))
    made = plan(tables, free)
    assert made.used_mb <= free
    alone = [each.stage for each in made.chosen if each.stage != "avatar"]
    assert len(set(alone)) == len(alone)
    for stage, table in tables.items():  # whoever goes without has nothing that would still fit
        if stage not in names(made):
            assert min(each.megabytes for each in table) > made.left_mb or made.usable_mb == 0
    larger = plan(tables, free + 1_000_000)
    assert names(larger) == {stage: table[0].name for stage, table in tables.items()}


@pytest.mark.parametrize("card", CARDS)
def test_every_card_holds_a_model_a_recogniser_and_a_voice_of_ours(card):
    made = plan(TABLES, CARDS[card])
    assert {"llm", "asr", "voice"} <= set(names(made))
    assert all(on_card(each) and each.megabytes > 0 for each in made.chosen)


def test_every_engine_of_the_card_says_how_much_it_takes():
    for table in TABLES.values():
        for each in filter(on_card, table):
            assert each.megabytes >= 100, each.name


def test_who_may_go_to_the_card_or_not_is_left_room_for():
    reader = EngineSpec("reader", "emotion", "", frozenset({"torch"}), megabytes=700)
    made = plan({**MADE_UP, "emotion": (reader, replace(reader, name="second"))}, CARDS["T4"])
    assert made.usable_mb == plan(MADE_UP, CARDS["T4"]).usable_mb - 700
    assert "emotion" not in names(made)


def test_embedded_engines_and_servers_take_nothing_of_the_card():
    for table in TABLES.values():
        assert not any(on_card(each) for each in table if each.embedded or "network" in each.needs)
    assert not on_card(replace(MADE_UP["llm"][0], needs=frozenset({"network"})))
