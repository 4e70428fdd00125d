import json
import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.messages import Region
from modules.text.region import ROWS, Row, leans_on_next, to_region
from modules.text.region.places import place

REGIONS: tuple[Region, ...] = ("north", "central", "south")
HERE = Path(__file__).parent


def read(name: str) -> list[dict[str, str]]:
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


ORDINARY, WANTED = read("region_ordinary"), read("region_wanted")
words = [word for row in ROWS for said in (row.n, row.c, row.s, row.keep) for word in said]
wild = st.text(max_size=80) | st.lists(st.sampled_from([*words, ",", "?", "“", "”", "Anh"])).map(
    " ".join
)
regions = st.sampled_from(REGIONS)


def unpunctuated(text: str) -> str:
    return re.sub(r"[^\w\s]", "", text.lower())


def test_no_ordinary_sentence_is_changed_for_any_region() -> None:
    assert len({row["text"] for row in ORDINARY}) == len(ORDINARY) >= 500
    assert sum("trap" in row for row in ORDINARY) >= len(ORDINARY) / 2
    for row in ORDINARY:
        for region in REGIONS:
            assert to_region(row["text"], region) == row["text"]
            bare = unpunctuated(row["text"])
            assert to_region(bare, region) == bare


@pytest.mark.parametrize("row", WANTED, ids=lambda row: f"{row['region']}: {row['text']}")
def test_what_another_region_says_is_brought_to_this_one(row: dict[str, str]) -> None:
    assert to_region(row["text"], row["region"]) == row["becomes"]  # type: ignore[arg-type]


def test_there_are_98_rows_and_those_that_are_swapped_name_what_they_leave_alone() -> None:
    assert len(ROWS) == 98
    assert {swap: sum(row.swap == swap for row in ROWS) for swap in "RYNP"} == {
        "R": 16, "Y": 37, "N": 35, "P": 10,
    }  # fmt: skip
    for row in ROWS:
        assert row.unchanged or row.swap == "P", row.gloss


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.gloss)
def test_a_row_is_well_spelled_and_its_own_negative_examples_hold(row: Row) -> None:
    told = {*row.n, *row.c, *row.s, *(each for phrase in row.phrases for each in phrase)}
    for word in [*told, *row.keep]:
        assert word == unicodedata.normalize("NFC", word).strip()
    for word in told:
        assert word == word.lower()
    for word, patterns in row.where.items():
        assert word in told, word
        for pattern in patterns:
            place(pattern)
    for sentence in row.unchanged:
        for region in REGIONS:
            assert to_region(sentence, region) == sentence


def test_a_quotation_code_a_link_a_name_and_a_number_stay() -> None:
    for text in (
        'Cô ấy nói "em bị tắc đường" rồi cười.',
        "Bài “Tắc đường ca” rất hay.",
        "Chạy lệnh `tắc đường` trong máy.",
        "Xem ở https://vi.dụ/tắc đường-này và anh@lợn.vn.",
        "Anh Lợn và chị Thìa là nhân vật hoạt hình.",
        "Mở tệp thìa_1 hoặc thìa-2.",
    ):
        assert to_region(text, "south") == text


def test_capitals_stay_as_they_are() -> None:
    assert to_region("Xà phòng hết rồi.", "south") == "Xà bông hết rồi."
    assert to_region("XÀ PHÒNG HẾT RỒI", "south") == "XÀ BÔNG HẾT RỒI"


def test_words_of_the_users_own_and_masked_places_stay() -> None:
    assert to_region("Xà phòng hết rồi.", "south", keep=["xà phòng"]) == "Xà phòng hết rồi."
    assert to_region("Xà phòng hết, xà phòng!", "south", [(0, 8)]) == "Xà phòng hết, xà bông!"


def test_what_was_said_before_in_the_sentence_counts() -> None:
    assert to_region("thế chị ạ.", "south") == "vậy chị ạ."
    assert to_region("thế chị ạ.", "south", before="Đội mình có lợi") == "thế chị ạ."
    assert leans_on_next(["đội", "có", "lợi"])
    assert leans_on_next(["cánh", "đồng", "bát"])
    assert not leans_on_next(["trời", "đẹp"])


@given(wild, regions)
def test_any_text_is_taken_and_doing_it_twice_changes_nothing_more(
    text: str, region: Region
) -> None:
    once = to_region(text, region)
    assert to_region(once, region) == once


@given(wild, regions)
def test_composed_and_decomposed_text_give_the_same(text: str, region: Region) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert to_region(unicodedata.normalize("NFD", composed), region) == to_region(composed, region)


@given(wild, regions)
def test_nothing_is_lost_but_the_words_that_are_swapped(text: str, region: Region) -> None:
    text = unicodedata.normalize("NFC", text)
    signs = re.findall(r"[^\w\s]|\s", text)
    kept = iter(re.findall(r"[^\w\s]|\s", to_region(text, region)))
    if len(text.split()) == len(to_region(text, region).split()):
        assert all(sign in kept for sign in signs)


def test_rows_of_one_kind_stand_together() -> None:
    kinds = [row.swap for row in ROWS]
    assert sum(a != b for a, b in pairwise(kinds)) == 3
