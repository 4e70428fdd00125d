"""What people say from day to day is taken for what it is, with its marks and without them."""

import pytest

from modules.llm.companion.answer import answer, answered
from modules.llm.companion.talk import talk_of
from modules.messages import Mood, Pair, TurnRequest
from modules.persona import address, restored
from modules.text import strip_diacritics
from tests.llm.test_dialogues import EVENING


def request_of(text: str, pair: Pair | None = None) -> TurnRequest:
    chosen = address(text)["pair"]
    return TurnRequest(1, text, heard_as=restored(text), pair=pair or Pair(**chosen))


def said(text: str, pair: Pair | None = None) -> str:
    return " ".join(answer(request_of(text, pair), EVENING)).lower()


def kind(text: str) -> str:
    return answered(talk_of(request_of(text), EVENING))[1]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("em hat cho anh nghe di", ("ru",)),
        ("hat ru cho con nghe di ba", ("ru",)),
        ("ngu ngon nhe em", ("ngủ ngon", "mai")),
        ("minh muon nghi viec", ("rời đi", "chỗ tiếp theo", "nghỉ rồi", "đổi việc", "công việc")),
        ("anh chi co mot minh lo het", ("một mình gánh", "không ai đỡ")),
        ("sep khong cho nghi phep", ("hụt hẫng", "ấm ức")),
    ],
)
def test_what_was_typed_without_marks_is_read_with_the_likeliest(
    text: str, parts: tuple[str, ...]
) -> None:
    assert any(part in said(text) for part in parts), said(text)


@pytest.mark.parametrize(
    "text", ["em hat cho anh nghe di", "em oi anh di", "con da lon roi ba", "may cac ban ay vu qua"]
)
@pytest.mark.parametrize("guessed", [True, False])
def test_nobody_is_taken_to_be_rude_for_a_word_that_has_other_readings(
    text: str, guessed: bool
) -> None:
    asked = request_of(text)
    if not guessed:
        asked = TurnRequest(1, text, pair=asked.pair)
    assert answered(talk_of(asked, EVENING))[1] not in ("abuse", "refuse")


def test_who_is_rude_without_marks_is_still_heard() -> None:
    assert kind("may ngu qua") == "abuse"
    assert kind("dm may") == "abuse"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Tháng 6 này là bé ra đời, con gái em ạ", ("chào đời", "để thương", "từng ngày")),
        ("tháng 6 này con gái anh ra đời", ("chào đời", "để thương", "từng ngày")),
        ("tháng sau con đầu lòng của mình chào đời", ("chào đời", "để thương", "từng ngày")),
        ("mẹ anh lại ốm nữa", ("người bệnh", "sớm khỏe")),
        ("ba em lại phải nằm viện", ("người bệnh", "sớm khỏe")),
        ("Em không biết mình sai ở đâu nữa", ("nặng lòng", "lỗi của một người")),
        ("cháu chẳng hiểu cháu sai chỗ nào", ("nặng lòng", "lỗi của một người")),
        ("Bà thương con hông?", ("thương theo", "quý con")),
        ("Bà thương con không?", ("thương theo", "quý con")),
        ("em thương anh không?", ("thương theo", "quý anh")),
        ("bác có quý cháu không", ("thương theo", "quý cháu")),
        ("Cái báo cáo thì trễ có một ngày thôi mà", ("trễ có chút", "chậm một chút")),
        ("mình nộp bài chậm mấy phút", ("trễ có chút", "chậm một chút")),
        ("nhà anh hôm nay cúp điện cả ngày", ("thiếu một thứ", "chờ có lại")),
        ("xóm mình bị cắt nước từ sáng", ("thiếu một thứ", "chờ có lại")),
        ("bữa ni ế quá", ("chờ khách", "buôn bán")),
        ("hôm nay quán vắng khách ghê", ("chờ khách", "buôn bán")),
        ("anh vẫn ế", ("một mình", "duyên")),
        ("con mèo nhà con tên Miu", ("tên nghe dễ thương", "chạy ra")),
        ("con chó nhà em tên là Vàng", ("tên nghe dễ thương", "chạy ra")),
        ("Anh định đặt là An, nghe có hay không?", ("êm tai", "được lắm")),
        ("nhà mình đặt tên bé là Bống có được không", ("êm tai", "được lắm")),
        ("sếp không cho nghỉ phép", ("hụt hẫng", "ấm ức")),
        ("một mình mẹ gánh hết việc nhà", ("một mình gánh", "không ai đỡ")),
    ],
)
def test_everyday_news_get_an_answer_of_their_own_kind(text: str, parts: tuple[str, ...]) -> None:
    assert any(part in said(text) for part in parts), said(text)


@pytest.mark.parametrize(
    "text", ["tháng 6 này con gái anh ra đời", "tháng sau vợ mình sinh em bé", "bầu 7 tháng rồi em"]
)
def test_of_a_child_that_is_not_born_nothing_is_asked_that_only_a_born_one_has(text: str) -> None:
    for part in ("bé mấy tuổi", "bé giống", "thích chơi", "bé khỏe không", "câu nói"):
        assert part not in said(text)


def test_a_pets_name_is_not_the_users() -> None:
    for text in ("con mèo nhà con tên Miu", "con chó nhà em tên là Vàng"):
        assert talk_of(request_of(text), EVENING).voice.user_name == ""
    assert talk_of(request_of("con tên Miu"), EVENING).voice.user_name == "Miu"


def test_marks_are_put_in_place_and_nothing_else_changes() -> None:
    assert restored("Em hat cho anh nghe di, 2 bai!") == "Em hát cho anh nghe đi, 2 bài!"
    assert restored("hát đi em") == ""
    assert restored("hello there") == ""
    for text in ("", "https://a.b/c anh oi", "😂 😂", "\n\n"):
        assert strip_diacritics(restored(text)) in ("", text)


def test_who_was_sad_a_turn_ago_is_answered_gently_and_may_change_the_subject() -> None:
    sad = Mood(1, "Sadness", {"Sadness": 0.7, "Other": 0.3})
    other = Mood(1, "Other", {"Other": 1.0})
    pair = Pair("em", "anh")
    asked = TurnRequest(1, "kể anh nghe chuyện cười đi", pair=pair, mood=other, overall=sad)
    plain = TurnRequest(1, asked.text, pair=pair, mood=other, overall=other)
    gentle, usual = (" ".join(answer(each, EVENING)) for each in (asked, plain))
    assert gentle != usual
    assert len(gentle) > len(usual)
    assert answered(talk_of(asked, EVENING))[1] == "ask"
