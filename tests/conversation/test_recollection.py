"""What is recalled for a turn by time: what is remembered, and what was said a while ago."""

import asyncio
from datetime import datetime, timedelta

import pytest

from modules.conversation.app import App
from modules.conversation.recollection import recalled
from modules.conversation.session import VIETNAM
from modules.memory import spoken_day
from modules.settings import Settings

OWNER = "ab" * 16
NOW = datetime(2026, 11, 22, 15, 30, tzinfo=VIETNAM)
TOLD = {
    "Mình tên là Lan": NOW - timedelta(days=60),
    "Mình mới đổi việc": NOW - timedelta(days=9),
    "Con mèo của mình bị ốm": NOW - timedelta(days=1, hours=2),
    "Mình thích chạy bộ": NOW - timedelta(hours=8),
}


@pytest.fixture
def ask(tmp_path):
    """Ask something of a user who told a few things; what was found comes back."""
    app = App(Settings(data=tmp_path / "data"))
    memory = app.memory_of(OWNER)
    for text, moment in TOLD.items():
        memory.remember(text, said_at=moment)

    async def asked(text, *said, now=NOW):
        session = app.open_session("page", OWNER, live=False)
        session.now = lambda: now
        for reply, each in enumerate([*said, text], 1):
            session.talk.begin(reply, each, spoken=False).at = now - timedelta(minutes=9)

        async def tell(message):
            raise AssertionError(message)

        return await recalled(session, text, 9, tell)

    yield lambda *args, **more: asyncio.run(asked(*args, **more))
    app.memories.close()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("hôm qua mình kể gì với bạn?", ["Con mèo của mình bị ốm"]),
        ("tuần trước mình nói gì ấy nhỉ", ["Mình mới đổi việc"]),
        ("hồi sáng mình kể gì?", ["Mình thích chạy bộ"]),
        ("tháng 9 mình có nói gì không?", ["Mình tên là Lan"]),
        ("Lần đầu mình nói chuyện mình kể gì?", list(TOLD)),
        ("hôm trước mình kể gì?", ["Mình mới đổi việc", "Con mèo của mình bị ốm"]),
        ("hôm trước mình kể gì về con mèo?", ["Con mèo của mình bị ốm"]),
        ("tháng 2 mình kể gì với bạn?", []),
    ],
)
def test_what_was_told_then_is_found_in_the_order_of_telling(ask, asked, told):
    found = ask(asked)
    assert list(found.told) == told
    assert found.asked_when


def test_a_vague_time_finds_the_latest_where_nothing_was_told_then(ask):
    found = ask("hôm trước mình kể gì?", now=NOW + timedelta(days=400))
    assert list(found.told) == list(TOLD)


def test_a_memory_comes_with_its_day_and_a_model_is_told_it(ask):
    found = ask("hôm qua mình kể gì?")
    (item,) = found.items
    assert (item.when, item.said_at[:10]) == ("hôm qua", "2026-11-21")
    assert found.dated == ("Con mèo của mình bị ốm (kể hôm qua, 2026-11-21)",)


def test_what_was_said_in_this_conversation_counts_and_what_was_asked_does_not(ask):
    said = ("Nãy trời mưa mình bị ướt hết", "Bạn thấy sao?", "hồi sáng mình kể gì?", "ừ")
    found = ask("hôm nay mình nói gì rồi nhỉ?", *said)
    assert list(found.told) == ["Mình thích chạy bộ", "Nãy trời mưa mình bị ướt hết"]


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "hôm nay"), (1, "hôm qua"), (2, "hôm kia"), (4, "thứ tư tuần này"),
     (8, "thứ bảy tuần trước"), (40, "ngày 13 tháng 10"), (400, "ngày 18 tháng 10 năm 2025")],
)  # fmt: skip
def test_a_day_is_named_as_one_says_it_today(days, said):
    assert spoken_day(NOW - timedelta(days=days), NOW) == said
