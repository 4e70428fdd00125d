"""Corrections: what counts as one, what does not, and what it changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.errors import InvalidInput
from modules.persona.style.feedback import Correction, applied, correction_in, parse_correction
from modules.persona.style.profile import Habit, StyleProfile

LAST = "Không có gì đâu bạn."
HEARD = {
    'Đừng nói thế, nói là "có chi mô" nhé': (LAST, "có chi mô"),
    "em nên nói là: dạ em nghe": (LAST, "dạ em nghe"),
    "Bạn đừng nói vậy, nói là chuyện nhỏ mà": (LAST, "chuyện nhỏ mà"),
    "đừng nói 'không có gì', nói \"có gì đâu\" đi": ("không có gì", "có gì đâu"),
    "I'd say it like this: no worries mate": (LAST, "no worries mate"),
    "I would say it like this: thôi kệ đi": (LAST, "thôi kệ đi"),
    "chị thì nói là thôi kệ đi": (LAST, "thôi kệ đi"),
    "đổi 'xin chào' thành 'hế lô'": ("xin chào", "hế lô"),
    "thay từ tuyệt vời bằng xịn xò": ("tuyệt vời", "xịn xò"),
    "lần sau nói là ok nha": (LAST, "ok nha"),
    "xin chào → hế lô": ("xin chào", "hế lô"),
}


@pytest.mark.parametrize("said", HEARD)
def test_a_correction_is_heard(said):
    assert correction_in(said, LAST) == Correction("replace", *HEARD[said])


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ('đừng nói chữ "tuyệt vời" nữa', Correction("avoid", "tuyệt vời")),
        ("don't say the word awesome", Correction("avoid", "awesome")),
        ("đừng dùng emoji nhé", Correction("no_emoji")),
        ("nói ngắn thôi nhé", Correction("shorter")),
        ("Nói dài hơn đi", Correction("longer")),
        ("đừng học cách nói của em nhé", Correction("no_learning")),
        ("Đừng bắt chước mình", Correction("plain")),
        ("nói giống mình đi", Correction("like_me")),
    ],
)
def test_other_wishes_are_heard(said, wanted):
    assert correction_in(said, LAST) == wanted


@pytest.mark.parametrize(
    "said",
    [
        "hôm nay trời đẹp", "Đừng nói nữa, mình mệt", "mình nói là mình mệt", "đừng nói với mẹ nhé",
        "đừng nói vậy, mình buồn đó", "thay nhớt xe bằng nhớt tốt", "sửa xe qua chỗ khác",
        "phải nói là hôm nay vui", "nên nói là gì bây giờ", "đừng nói chuyện với nó",
        "đổi việc rồi",
        "em nên nói là gì với sếp?", "mẹ bảo đừng nói dối", "ngắn thôi", "",
    ],
)  # fmt: skip
def test_what_only_sounds_like_one_is_none(said):
    assert correction_in(said, LAST) is None


def test_corrections_change_the_profile_and_the_newest_counts():
    profile = applied(StyleProfile(), Correction("replace", "xin chào", "hế lô"))
    profile = applied(profile, Correction("replace", "xin chào", "chào nha"))
    assert [(r.old, r.new) for r in profile.replacements] == [("xin chào", "chào nha")]
    profile = applied(profile, Correction("avoid", "Tuyệt vời"))
    assert profile.taboo == ["tuyệt vời"]
    smiling = profile.model_copy(update={"emoji": [Habit(text="🌸", share=0.5)]})
    assert applied(smiling, Correction("no_emoji")).emoji == []
    assert applied(profile, Correction("shorter")).sentence_words < 8
    assert not applied(profile, Correction("no_learning")).learning
    assert not applied(profile, Correction("plain")).applied


def test_what_a_caller_gives_is_checked():
    for wrong, reason in ((1, "not_text"), ("  ", "empty"), ("x" * 500, "too_long"),
                          ("hôm nay trời đẹp", "no_correction")):  # fmt: skip
        with pytest.raises(InvalidInput) as caught:
            parse_correction(wrong)
        assert (caught.value.reason, caught.value.params["field"]) == (reason, "correction")


@given(st.text(max_size=300), st.text(max_size=100))
def test_any_text_may_be_said(said, last):
    correction_in(said, last)
