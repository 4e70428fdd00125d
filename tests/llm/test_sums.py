"""Numbers, calculations and units, in words and digits."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.llm.companion.arithmetic import TooLarge, solve
from modules.llm.companion.numbers import (
    number_words,
    read_literal,
    read_number,
    tokens_of,
    write_number,
)
from modules.llm.companion.told_sums import told_sum
from modules.llm.companion.units import convert
from modules.text import strip_diacritics


def number(text: str, *, bare: bool = False) -> Fraction | None:
    found = read_number(tokens_of(text), 0, number_words(bare))
    return found[0] if found and found[1] == len(tokens_of(text)) else None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("không", 0),
        ("mười lăm", 15),
        ("hai mươi mốt", 21),
        ("hai mốt", 21),
        ("ba tư", 34),
        ("một trăm linh năm", 105),
        ("một trăm lẻ năm", 105),
        ("một trăm hai", 120),
        ("một trăm rưỡi", 150),
        ("hai nghìn không trăm hai mươi sáu", None),  # "không trăm" is not said for a sum
        ("mười hai nghìn ba trăm", 12_300),
        ("hai triệu rưỡi", 2_500_000),
        ("hai triệu tư", 2_400_000),
        ("một tỷ hai trăm triệu", 1_200_000_000),
        ("ba phẩy mười bốn", Fraction(314, 100)),
        ("ba phẩy một bốn", Fraction(314, 100)),
        ("1.000.000", 1_000_000),
        ("3,5", Fraction(7, 2)),
        ("1,000", 1_000),
        ("1.5", Fraction(3, 2)),
        ("1.234,56", Fraction(123456, 100)),
        ("5 triệu", 5_000_000),
        ("ba rưỡi", Fraction(7, 2)),
    ],
)
def test_numbers_are_read(text: str, value: Fraction | int | None) -> None:
    if value is None:
        assert number(text) != 0
    else:
        assert number(text) == value


@given(st.integers(0, 999_999))
def test_written_integers_are_read_back(value: int) -> None:
    shown, exact = write_number(Fraction(value))
    assert exact
    assert read_literal(shown) == value


def test_long_digits_are_no_number() -> None:
    assert read_literal("9" * 40) is None
    assert read_literal("²") is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(1_250_000), "1.250.000"),
        (Fraction(5, 2), "2,5"),
        (Fraction(10, 3), "3,3333"),
        (Fraction(-1, 4), "-0,25"),
        (Fraction(0), "0"),
    ],
)
def test_numbers_are_written_the_vietnamese_way(value: Fraction, shown: str) -> None:
    assert write_number(value)[0] == shown


@pytest.mark.parametrize(
    ("text", "said", "value"),
    [
        ("2 + 2", "2 cộng 2", 4),
        ("hai cộng hai bằng mấy", "2 cộng 2", 4),
        ("tính giúp mình 99 nhân 99 với", "99 nhân 99", 9_801),
        ("15% của 200 là bao nhiêu", "15% của 200", 30),
        ("năm mươi phần trăm của tám mươi", "50% của 80", 40),
        ("căn bậc hai của 16", "căn bậc hai của 16", 4),
        ("5 bình phương", "5 bình phương", 25),
        ("2 mũ 10", "2 mũ 10", 1_024),
        ("(2+3)*4 = ?", "(2 cộng 3) nhân 4", 20),
        ("2 + 3 x 4", "2 cộng 3 nhân 4", 14),
        ("10 - 2 - 3", "10 trừ 2 trừ 3", 5),
        ("một nửa của 50", "một nửa của 50", 25),
        ("âm 5 cộng 3", "âm 5 cộng 3", -2),
        ("2 mũ 3 mũ 2", "2 mũ 3 mũ 2", 512),
        ("1/3 cộng 1/6", "1 chia 3 cộng 1 chia 6", Fraction(1, 2)),
        ("một triệu rưỡi chia ba", "1.500.000 chia 3", 500_000),
    ],
)
def test_calculations_are_understood_and_exact(text: str, said: str, value: Fraction | int) -> None:
    found = solve(text, bare=False)
    assert found is not None
    assert (found.said, found.value) == (said, value)


@pytest.mark.parametrize("text", ["hai cong hai bang may", "15 phan tram cua 200", "10 chia 4"])
def test_they_are_understood_without_diacritics(text: str) -> None:
    assert solve(text, bare=True) is not None


@pytest.mark.parametrize(
    "text",
    [
        "mình 25 tuổi",
        "hẹn 10-12 giờ nhé",
        "ngày 2/9 là thứ mấy",
        "em có ba con mèo",
        "số điện thoại 0912-345-678",
        "2 +",
        "cộng trừ nhân chia",
        "tỉ số 2-1",
        "",
        "1+" * 60 + "1",  # half of it would be a wrong answer
        "()" * 40,
    ],
)
def test_numbers_in_a_sentence_are_no_calculation(text: str) -> None:
    assert solve(text, bare=False) is None


def test_division_by_zero_is_told_and_not_computed() -> None:
    with pytest.raises(ZeroDivisionError):
        solve("1 chia 0", bare=False)
    with pytest.raises(ZeroDivisionError):
        solve("căn bậc hai của âm 4", bare=False)


@pytest.mark.parametrize("text", ["2^100", "9 mũ 9 mũ 9", "999999999999 x 999999999999", "10^60"])
def test_what_is_too_large_is_not_computed(text: str) -> None:
    with pytest.raises(TooLarge):
        solve(text, bare=False)


@given(
    st.lists(
        st.sampled_from(
            [
                "1",
                "2",
                "0",
                ",",
                ".",
                "+",
                "-",
                "*",
                "/",
                "^",
                "(",
                ")",
                "%",
                "căn",
                "mũ",
                "chia",
                "hai",
                "của",
                "=",
            ]
        ),
        max_size=25,
    )
)
def test_no_string_of_signs_breaks_the_parser(parts: list[str]) -> None:
    try:
        found = solve(" ".join(parts), bare=False)
    except (ZeroDivisionError, TooLarge):
        return
    assert found is None or found.operations > 0


@given(st.integers(-999, 999), st.sampled_from("+-*"), st.integers(0, 999))
def test_integers_are_calculated_right(left: int, sign: str, right: int) -> None:
    found = solve(f"{left} {sign} {right} =", bare=False)
    assert found is not None
    assert found.value == {"+": left + right, "-": left - right, "*": left * right}[sign]


@pytest.mark.parametrize(
    ("text", "value", "exact"),
    [
        ("5 km bằng bao nhiêu m", "5.000 mét", True),
        ("đổi 3 kg ra gam", "3.000 gam", True),
        ("2 tiếng bằng mấy phút", "120 phút", True),
        ("một tấn bằng bao nhiêu tạ", "10 tạ", True),
        ("100 độ F là bao nhiêu độ C", "37,78 độ C", False),
        ("-10 độ C bằng mấy độ F", "14 độ F", True),
        ("60 km/h là bao nhiêu m/s", "16,67 mét trên giây", False),
        ("1 inch bằng mấy cm", "2,54 xăng-ti-mét", True),
        ("1 gb bằng bao nhiêu mb", "1.024 megabyte", True),
        ("hai cây vàng bằng mấy chỉ", "20 chỉ vàng", True),
        ("1 mm bằng bao nhiêu km", "0,000001 ki-lô-mét", False),
    ],
)
def test_units_are_converted(text: str, value: str, exact: bool) -> None:
    found = convert(text, bare=False)
    assert found is not None
    assert (found.value, found.exact) == (value, exact)
    bare = convert(strip_diacritics(text), bare=True)
    assert bare is not None
    assert bare.value == value


@pytest.mark.parametrize("text", ["mình cao 1 mét 7", "đi 5 km", "mấy km", "đổi giọng", ""])
def test_a_unit_alone_asks_for_nothing(text: str) -> None:
    assert convert(text, bare=False) is None


def test_different_things_are_not_converted() -> None:
    found = convert("5 kg bằng bao nhiêu mét", bare=False)
    assert found is not None
    assert not found.amount


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tổng 125 nghìn với 230 nghìn là bao nhiêu", 355_000),
        ("125 nghìn với 230 nghìn là bao nhiêu", 355_000),
        ("tổng 10 nghìn, 20 nghìn và 35 nghìn là bao nhiêu", 65_000),
        ("giảm 20% của 350 nghìn còn bao nhiêu", 280_000),
        ("áo 350 nghìn giảm 20% thì còn bao nhiêu", 280_000),
        ("lương 12 triệu tăng 10% thành bao nhiêu", 13_200_000),
        ("500 nghìn, mua hết 320 thì còn bao nhiêu", 180_000),
        ("có năm quả táo, ăn hai quả còn mấy quả", 3),
        ("18 triệu một tháng thì một năm", 216_000_000),
        ("5 triệu mỗi tháng thì 6 tháng được bao nhiêu", 30_000_000),
        ("3 ly, mỗi ly 25 nghìn hết bao nhiêu", 75_000),
    ],
)
def test_sums_that_are_told_are_worked_out_with_marks_and_without(text: str, value: int) -> None:
    for bare, spelled in ((False, text), (True, strip_diacritics(text))):
        found = told_sum(spelled, bare=bare)
        assert found is not None, spelled
        assert found[1] == value


@pytest.mark.parametrize(
    "text",
    [
        "em 20 tuổi với anh 25 tuổi",
        "hẹn 5 với 6 giờ nhé",
        "tuần 2 với tuần 3 nghỉ",
        "em yêu được 2 năm 3 tháng",
        "sinh ngày 20 tháng 11 năm 2000",
        "2 cộng 3 với 4 là bao nhiêu",
        "mua nhà 3 tỷ, tiêu hết 5 tỷ còn bao nhiêu",
        "",
    ],
)
def test_numbers_that_are_told_of_ask_for_no_sum(text: str) -> None:
    assert told_sum(text, bare=False) is None
