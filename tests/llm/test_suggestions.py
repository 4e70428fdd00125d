"""What is suggested, and what is known of places: data that can be said to anybody."""

import re

import pytest

from modules.llm.companion.answer import answer
from modules.llm.companion.book import book, read
from modules.llm.companion.hearing import hear, hearing_data
from modules.llm.companion.origins import name_told, place_in
from modules.llm.companion.patterns import compile_patterns
from modules.messages import Line, Pair, TurnRequest
from modules.persona import Guard
from modules.text import count_syllables
from tests.llm.test_dialogues import EVENING, PAIRS, TERMS, told

ITEMS = [
    (f"{kind}.{name}", item)
    for kind, lists in read("suggestions").items()
    for name, table in lists.items()
    for item in table["items"]
] + [(name, said) for name, known in read("places")["places"].items() for said in known]


def test_every_kind_has_a_request_and_a_list_for_no_wish_at_all() -> None:
    for kind, lists in read("suggestions").items():
        assert book().entries[f"suggest_{kind}"].marked
        assert list(lists)[-1] == "any"
        for name, table in lists.items():
            assert len(set(table["items"])) == len(table["items"]) >= 3, name
            assert ("when" in table) == (name != "any")
            assert name == "any" or compile_patterns(table["when"], hearing_data()["classes"])


def test_items_name_nobody_and_are_short() -> None:
    for name, item in ITEMS:
        assert not set(re.findall(r"\w+", told(item))) & TERMS, (name, item)
        assert max(map(count_syllables, item.split(","))) <= 12, (name, item)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(pair))
def test_the_guard_leaves_them_alone(pair: tuple[str, str]) -> None:
    for name, item in ITEMS:
        guard = Guard(Pair(*pair), None)  # a region's words are the guard's to choose
        said = f"Nghĩ xem: {item}."
        assert "".join([*guard.push(said), *guard.finish()]).strip() == said, name


def test_other_names_are_those_of_known_places() -> None:
    data = read("places")
    assert set(data["also"]) <= set(data["places"])
    forms = [form for name, others in data["also"].items() for form in (name.lower(), *others)]
    assert {*map(str.lower, data["places"]), *forms} <= set(hearing_data()["classes"]["place"])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("anh ở Huế", "Huế"),
        ("em ở tphcm nè", "Sài Gòn"),
        ("minh o da nang", "Đà Nẵng"),
        ("que toi o hai phong", "Hải Phòng"),
        ("anh ở nhà", None),
        ("minh o hue", None),  # "huệ", "huề"
    ],
)
def test_places_are_found(text: str, place: str | None) -> None:
    found = place_in(hear(text))
    assert (found and found[0]) == place


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Chào em, anh tên Minh, anh ở Huế.", "Minh"),
        ("chào em anh tên minh anh ở huế", "Minh"),
        ("Cháu là Lan, sinh viên", "Lan"),
        ("Tên em là Nguyễn Thị Hoa ạ", "Hoa"),
        ("bác là Tuấn đây", "Tuấn"),
        ("my name is Peter", "Peter"),
        ("anh tên gì", ""),
        ("em là sinh viên", ""),
        ("mình là ai", ""),
        ("Con mèo của mình tên là Mun", ""),
        ("mẹ em tên là Lan", ""),
        ("bạn em tên Hùng", ""),
        ("em tên là gì", ""),
        ("mình là Người Hà Nội", ""),
    ],
)
def test_only_the_users_own_name_is_taken(text: str, name: str) -> None:
    assert name_told([text]) == name


def test_asked_again_it_suggests_something_else() -> None:
    history: list[Line] = []
    for text in ("ăn gì bây giờ", "món khác đi", "món khác đi"):
        said = " ".join(answer(TurnRequest(1, text, history=tuple(history)), EVENING))
        assert not any(line.text == said for line in history)
        history += [Line("user", text), Line("assistant", said)]
    assert len({line.text.partition(":")[2] for line in history if line.role == "assistant"}) == 3
