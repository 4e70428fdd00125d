"""Numbers and dates as each language writes them."""

import pytest

from modules.ui.numbers import date, number


@pytest.mark.parametrize(
    ("value", "decimals", "vietnamese", "english"),
    [
        (1234.5, 1, "1.234,5", "1,234.5"),
        (1234567, 0, "1.234.567", "1,234,567"),
        (0.25, 2, "0,25", "0.25"),
        (-6, 0, "-6", "-6"),
        (78.04, 1, "78,0", "78.0"),
    ],
)
def test_numbers(value, decimals, vietnamese, english):
    assert number("vi", value, decimals) == vietnamese
    assert number("en", value, decimals) == english


def test_dates():
    assert date("vi", "2026-11-02T08:09:10+00:00") == "2/11/2026"
    assert date("en", "2026-11-02T08:09:10+00:00") == "2 Nov 2026"


def test_what_is_no_date_is_left_out():
    assert date("vi", "") == ""
    assert date("en", "hôm qua") == ""
