"""Who and where is hidden before anything else sees a message."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.persona.style.masking import LABELS, mask, masked_share

HIDDEN = {
    "Mai chị Hằng gọi 0912 345 678 nhé": ["Hằng", "0912", "678"],
    "gọi +84 912.345.678 đi": ["84", "912", "678"],
    "Nhà mình số 12 ngõ 34 đường Lê Lợi, quận 3, TP.HCM": ["12", "34", "Lê Lợi", "quận 3", "HCM"],
    "ở hẻm 51/12 Cách Mạng Tháng Tám, phường 7 nha": ["51/12", "Cách Mạng", "7"],
    "mail mình là an.nguyen@gmail.com nha": ["an.nguyen", "gmail"],
    "xem https://a.vn/x?y=1 đi, hay www.abc.com": ["a.vn", "abc"],
    "vào fb.com/an.nguyen.123 nhé": ["fb.com", "an.nguyen"],
    "Nguyễn Văn An ơi": ["Nguyễn", "Văn", "An"],
    "hôm qua gặp anh tuấn ở Đà Nẵng": ["tuấn", "Đà Nẵng"],
    "stk 0071000123456 Vietcombank": ["0071000123456", "Vietcombank"],
    "Con bé Linh học lớp 5A trường Trần Phú": ["Linh", "5A", "Trần Phú"],
    "bao ơi mai chi bao mang sach nhe": ["bao ơi"],
    "hỏi chị hang đi": ["hang"],
    "chuyển cho bảo 500k nha": ["500k"],
    "số của mình là không chín một hai ba bốn năm sáu bảy tám": ["chín một hai"],
    "ib @nguyenan98 nha": ["nguyenan98"],
}


@pytest.mark.parametrize("text", HIDDEN)
def test_names_numbers_and_places_are_hidden(text):
    masked = mask(text, ["Trần Gia Bảo", "Ngọc Hà"])
    assert [each for each in HIDDEN[text] if each in masked] == []


@pytest.mark.parametrize(
    "text",
    [
        "Trời ơi vui quá", "Hôm nay mình mệt lắm luôn á", "đi ăn phở không", "Tết này về quê nha",
        "má ơi ngon xỉu", "con mèo của em dễ thương", "Chị ơi em tới rồi", "ăn sáng chưa em",
        "TRỜI ƠI VUI QUÁ", "Ôi. Thế à. Được đấy.", "đường tắc lắm", "phòng em lạnh quá",
    ],
)  # fmt: skip
def test_everyday_words_stay(text):
    assert mask(text, ["Trần Gia Bảo"]) == text


def test_a_name_of_the_chat_that_is_an_everyday_word_is_hidden_only_as_a_name():
    assert mask("thư ơi đi học", ["Anh Thư"]) == "[tên] ơi đi học"
    assert mask("đi thư viện", ["Anh Thư"]) == "đi thư viện"


def test_what_is_mostly_hidden_says_so():
    assert masked_share(mask("0912345678")) == 1.0
    assert masked_share("vui quá trời luôn") == 0.0


@given(st.text(max_size=120), st.integers(10, 10**9))
@settings(max_examples=200, deadline=None)
def test_no_number_of_two_digits_gets_through(text, number):
    masked = mask(f"{text} {number} nha")
    assert not re.search(r"(?<!\w)[0-9]{2}", masked)
    assert LABELS
