"""What the user told is said back as theirs, or quoted."""

import pytest

from modules.llm.companion.memories import facts_of, fitting, name_in, told_back


@pytest.mark.parametrize(
    ("fact", "said", "turned"),
    [
        ("Em thích ăn phở", "anh thích ăn phở", True),
        ("Mình tên là Nam", "anh tên là Nam", True),
        ("Tôi bị dị ứng tôm", "anh bị dị ứng tôm", True),
        ("Mẹ em tên là Lan", "“Mẹ em tên là Lan”", False),
        ("Anh Nam là sếp của em", "“Anh Nam là sếp của em”", False),
        ("Con mèo của mình tên là Mun", "“Con mèo của mình tên là Mun”", False),
        ("Em thích anh Nam", "“Em thích anh Nam”", False),
        ("Cuối tuần mình hay đi bơi", "“Cuối tuần mình hay đi bơi”", False),
    ],
)
def test_a_fact_is_turned_round_only_where_it_is_plain(fact: str, said: str, turned: bool) -> None:
    assert told_back(fact, "anh") == (said, turned)


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (["Mình tên là Nam"], "Nam"),
        (["Tên mình là Hoa"], "Hoa"),
        (["em tên Nguyễn Thị Hoa ạ"], "Hoa"),
        (["Con mèo của mình tên là Mun"], ""),
        (["Mẹ em tên là Lan"], ""),
        (["Mình thích phở", "Tôi tên là Bình"], "Bình"),
        (["Mình tên gì"], ""),
        ([], ""),
    ],
)
def test_the_users_name_is_theirs(facts: list[str], name: str) -> None:
    assert name_in(facts) == name


def test_requests_around_a_fact_are_left_out() -> None:
    assert facts_of(["Nhớ giúp là mình dị ứng tôm nhé", "<b>Mình thích phở</b>", "", "  "]) == [
        "mình dị ứng tôm",
        "Mình thích phở",
    ]


def test_a_fact_fits_by_what_it_is_about() -> None:
    facts = ["Mình thích ăn phở", "Mình sợ độ cao", "Con gái mình tên là Na"]
    assert fitting(facts, "hôm nay đi ăn phở nhé") == "Mình thích ăn phở"
    assert fitting(facts, "leo lên cao quá") == "Mình sợ độ cao"
    assert fitting(facts, "hôm nay mình đi làm") is None
    assert fitting(facts, "mình sợ gì nhỉ", asked=True) == "Mình sợ độ cao"
    assert fitting(facts, "mình thích ăn gì", asked=True) == "Mình thích ăn phở"
    assert fitting([], "phở") is None


def test_for_whom_something_is_remembered_is_no_part_of_it() -> None:
    told = facts_of(("Nhớ giúp con là con thích quà siêu nhân", "Nhớ giúp mình là mẹ dị ứng tôm"))
    assert told == ["con thích quà siêu nhân", "mẹ dị ứng tôm"]
    assert facts_of(("nhớ là mình là giáo viên",)) == ["mình là giáo viên"]
