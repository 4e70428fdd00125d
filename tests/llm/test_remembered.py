"""What memory found for a turn, said back: told at a time, in a document, in a picture."""

from datetime import datetime
from typing import Any

import pytest

from modules.llm.companion.answer import answer
from modules.llm.prompt import messages_of
from modules.messages import Pair, Recollection, TurnRequest

EVENING = datetime(2026, 11, 22, 19, 0)
DOCUMENT = Recollection(
    "Giá thuê là tám triệu. Bên B đặt cọc hai tháng.", "document", "doc-1",
    "2026-11-20T10:00+07:00",
    "thứ sáu tuần này", name="Hợp đồng thuê nhà.pdf", page=2, quote="Bên B đặt cọc hai tháng.",
)  # fmt: skip


def said(text: str, when: str = "hôm qua") -> Recollection:
    return Recollection(text, "said", "m", "2026-11-21T09:00+07:00", when)


def turn(text: str, *found: Recollection, **more: Any) -> TurnRequest:
    told = tuple(item.text for item in found if item.kind == "said")
    pair = Pair(*more.pop("pair", ("em", "anh")))
    return TurnRequest(1, text, pair=pair, recalled=told, recollections=found, **more)


def spoken(request: TurnRequest) -> str:
    return " ".join(answer(request, EVENING))


@pytest.mark.parametrize("pair", [("em", "anh"), ("mình", "bạn"), ("cháu", "bác")])
def test_what_was_told_then_is_told_back_with_its_day(pair: tuple[str, str]) -> None:
    found = (said("Anh thích ăn phở", "thứ sáu tuần này"), said("Anh mới đổi việc"))
    answered = spoken(turn("hôm trước anh kể gì?", *found, asked_when="hôm trước", pair=pair))
    assert f"Thứ sáu tuần này {pair[1]} kể" in answered
    assert "thích ăn phở" in answered
    assert f"Hôm qua {pair[1]} kể" in answered


def test_where_nothing_was_told_then_it_says_so() -> None:
    answered = spoken(turn("tháng 10 anh kể gì?", asked_when="tháng 10"))
    assert "háng 10" in answered
    assert "chưa" in answered
    assert "chưa" in spoken(turn("thang 10 anh ke gi?", asked_when="thang 10"))


def test_a_question_is_answered_from_a_document_with_its_name_and_page() -> None:
    answered = spoken(turn("Hợp đồng nói tiền cọc bao nhiêu?", DOCUMENT))
    assert "“Hợp đồng thuê nhà”, trang 2" in answered
    assert "“Bên B đặt cọc hai tháng”" in answered
    assert "Hợp đồng" not in spoken(turn("Anh mới đi làm về", DOCUMENT))


def test_a_picture_that_is_spoken_of_is_remembered_by_its_caption() -> None:
    picture = Recollection("Mèo Mun ngủ trên ghế", "picture", "picture-1", name="Mèo Mun")
    answered = spoken(turn("em còn nhớ tấm ảnh con mèo Mun của anh không?", picture))
    assert "“Mèo Mun ngủ trên ghế”" in answered


def test_a_language_model_is_told_where_it_is_from() -> None:
    system = messages_of(turn("tiền cọc bao nhiêu?", DOCUMENT, instructions="Bạn là Lan."))[0]
    assert "[tài liệu “Hợp đồng thuê nhà.pdf”, trang 2] Giá thuê" in system["content"]


def test_a_language_model_is_told_not_to_invent_what_was_never_told() -> None:
    system = messages_of(turn("hôm qua anh kể gì?", asked_when="hôm qua"))[0]
    assert "không có gì được ghi nhớ" in system["content"]
    known = messages_of(turn("hôm qua anh kể gì?", said("Anh ốm"), asked_when="hôm qua"))[0]
    assert "Anh ốm" in known["content"]
    assert "không có gì được ghi nhớ" not in known["content"]
