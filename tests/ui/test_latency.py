"""What the page tells of a turn."""

from modules.conversation.details import Collected
from modules.messages import Notice
from modules.ui.latency import notices


def told(language, notice):
    collected = Collected()
    collected.add(notice)
    return notices(language, collected)


def test_a_notice_names_what_an_engine_does_and_not_its_id():
    params = {"engine": "drawn", "next": "still", "why": "engine_timeout.behind"}
    notice = Notice(1, "demoted", params, "avatar")
    assert "Nhân vật vẽ không làm được (chậm hơn lời nói); tấm hình" in told("vi", notice)
    assert "The drawn face could not do it" in told("en", notice)


def test_an_engine_that_nobody_gave_a_name_keeps_its_own():
    notice = Notice(1, "demoted", {"engine": "newcomer", "next": "puppet", "why": "x"}, "avatar")
    assert "Newcomer could not do it (x); the talking photo takes over." in told("en", notice)


def test_the_same_notice_is_told_once():
    notice = Notice(1, "demoted", {"engine": "drawn", "next": "still", "why": "x"}, "avatar")
    collected = Collected()
    for _ in range(3):
        collected.add(notice)
    assert notices("vi", collected).count("<p") == 1
