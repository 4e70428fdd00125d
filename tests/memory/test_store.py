from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.errors import InvalidInput
from modules.memory import limits
from tests.memory.conftest import rows


def texts(memory):
    return [each.text for each in memory.all()]


def test_what_is_remembered_is_recalled(memory):
    memory.remember("Mình dị ứng tôm")
    memory.remember("Mình nuôi một con mèo tên Bún")
    found = memory.recall("Mình bị dị ứng gì ấy nhỉ?")
    assert found[0].memory.text == "Mình dị ứng tôm"
    assert found[0].score > 0.4


def test_asking_about_nobody_leaves_no_trace_on_disk(store, tmp_path):
    memory = store.open("ff")
    assert memory.recall("Mình tên gì?") == []
    assert memory.all() == [] and memory.export() == []
    assert memory.forget("all") == 0 and memory.forget("0" * 32) == 0
    assert store.delete("ff") == 0
    assert list(tmp_path.iterdir()) == []


def test_users_do_not_see_each_other(store):
    store.open("a1").remember("Mình tên Lan")
    store.open("b2").remember("Mình tên Hùng")
    assert texts(store.open("a1")) == ["Mình tên Lan"]
    assert [found.memory.text for found in store.open("b2").recall("Mình tên gì?")] == [
        "Mình tên Hùng"
    ]


@pytest.mark.parametrize("owner", ["", "..", "A1", "a/b", "a1\n", "g", "a" * 129, "../a1", "à"])
def test_an_owner_that_is_no_hexadecimal_id_is_refused(store, owner):
    with pytest.raises(InvalidInput) as refused:
        store.open(owner)
    assert refused.value.code == "invalid_input.malformed"
    with pytest.raises(InvalidInput):
        store.delete(owner)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00\x01"])
def test_nothing_cannot_be_remembered(memory, text):
    with pytest.raises(InvalidInput) as refused:
        memory.remember(text)
    assert refused.value.code == "invalid_input.empty"
    assert refused.value.params["field"] == "text"


def test_a_thousand_characters_are_kept_and_one_more_is_refused(memory):
    assert memory.remember("ă" * 1000).text == "ă" * 1000
    with pytest.raises(InvalidInput) as refused:
        memory.remember("ă" * 1001)
    assert refused.value.code == "invalid_input.too_long"
    assert refused.value.params == {"field": "text", "limit": 1000}


def test_a_password_is_refused_with_the_reason(memory):
    with pytest.raises(InvalidInput) as refused:
        memory.remember("mật khẩu wifi nhà mình là 88888888", source="api")
    assert refused.value.code == "invalid_input.never_stored"
    assert refused.value.params["secret"] == "password"
    assert memory.all() == []


def test_the_same_text_again_stays_one_memory_with_its_id(memory):
    first = memory.remember("Mình tên Lan", said_at=datetime(2025, 1, 1, tzinfo=UTC))
    again = memory.remember("  Mình   tên Lan ")
    assert again.id == first.id
    assert again.created > first.created
    assert memory.all() == [again]


def test_a_new_wording_of_the_same_takes_the_place_of_the_old(memory):
    first = memory.remember("Mình rất thích ăn phở")
    again = memory.remember("mình thích ăn phở lắm")
    assert again.id == first.id
    assert texts(memory) == ["mình thích ăn phở lắm"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Mình uống rượu", "Mình không uống rượu"),
        ("Mình không ăn được hành", "Mình ăn được hành"),
        ("Mình hút thuốc", "Mình bỏ hút thuốc rồi"),
        ("Mình tên là Lan", "Mình tên là Lan Anh"),
        ("Mình sống ở Hà Nội", "Hiện tại mình sống ở Huế"),
        ("Mình 27 tuổi", "Mình 28 tuổi rồi"),
        ("Mình sống ở Hà Nội", "Mình mới chuyển vào Sài Gòn"),
    ],
)
def test_a_newer_statement_takes_the_place_of_the_one_it_contradicts(memory, old, new):
    memory.remember(old)
    memory.remember("Mẹ mình tên Hoa")
    memory.remember(new)
    assert texts(memory) == ["Mẹ mình tên Hoa", new]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mình dị ứng tôm", "Mình dị ứng cua"),
        ("Mình tên Lan", "Mẹ mình tên Hoa"),
        ("Mình dị ứng tôm", "Con mình dị ứng tôm"),
        ("Mình có hai con mèo", "Mình có hai con chó"),
        ("Mình sống ở Huế", "Mình từng sống ở Nhật"),
        ("Mình tên Lan, thích vẽ tranh", "Mình tên Lan Anh"),
        ("Em trai mình 12 tuổi", "Em gái mình 12 tuổi"),
        ("Mình 27 tuổi", "Mẹ mình 58 tuổi"),
        ("Mình sống ở Huế", "Mình sống với bà ngoại"),
        ("Mình sống ở Huế", "Mình mới chuyển sang làm ở ngân hàng"),
        ("Mình tên Lan", "Mình tên ở nhà là Thỏ"),
        ("Mình quê nội ở Huế", "Mình quê ngoại ở Vinh"),
        ("Mình 27 tuổi", "Mình tuổi con dê"),
    ],
)
def test_different_facts_stay_apart(memory, one, other):
    memory.remember(one)
    memory.remember(other)
    assert texts(memory) == [one, other]


def test_what_the_user_asked_for_stays_theirs_when_heard_again(memory):
    memory.remember("Mình dị ứng tôm", source="user")
    assert memory.remember("Mình dị ứng tôm", source="auto").source == "user"
    assert memory.remember("Mình dị ứng tôm", source="api").source == "api"


def test_the_time_is_kept_in_utc(memory):
    hanoi = timezone(timedelta(hours=7))
    kept = memory.remember("Mai mình đi khám", said_at=datetime(2025, 3, 1, 6, tzinfo=hanoi))
    assert kept.created == "2025-02-28T23:00:00.000Z"
    assert memory.all() == [kept]


def test_memories_survive_a_restart(store, memory):
    memory.remember("Mình tên Lan")
    kept = memory.all()
    store.close()
    assert memory.all() == kept
    assert memory.recall("mình tên gì")[0].memory == kept[0]


def test_forgetting_one_leaves_the_others(memory):
    first = memory.remember("Mình dị ứng tôm")
    second = memory.remember("Mình tên Lan")
    assert memory.forget(first.id) == 1
    assert memory.forget(first.id) == 0
    assert memory.all() == [second]
    assert memory.recall("Mình tên gì?")[0].memory == second


def test_forgetting_all_says_how_many_and_allows_new_ones(memory):
    memory.remember("Mình dị ứng tôm")
    memory.remember("Mình tên Lan")
    assert memory.forget("all") == 2
    assert memory.all() == []
    memory.remember("Mình tên Hoa")
    assert texts(memory) == ["Mình tên Hoa"]


def test_export_is_plain_data(memory):
    kept = memory.remember("Mình tên Lan", source="api")
    assert memory.export() == [
        {"id": kept.id, "text": "Mình tên Lan", "created": kept.created, "source": "api"}
    ]


def test_nothing_irrelevant_is_recalled(memory):
    for line in rows("recall_tune.jsonl")[:20]:
        memory.remember(line["fact"])
    for utterance in ("Hôm nay trời đẹp quá nhỉ", "Một cộng một bằng mấy?", "Giá vàng hôm nay?"):
        assert memory.recall(utterance) == []


def test_recall_gives_at_most_the_limit_best_first(memory):
    for dish in ("phở", "bún chả", "bánh mì", "cơm tấm", "hủ tiếu", "bánh xèo"):
        memory.remember(f"Mình thích ăn {dish}")
    found = memory.recall("Mình thích ăn gì?", limit=4)
    assert len(found) == 4
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    assert memory.recall("Mình thích ăn gì?", limit=0) == []
    assert len(memory.recall("Mình thích ăn gì?", limit=10_000)) == 6


def test_of_equally_near_memories_the_newer_comes_first(memory):
    memory.remember("Mình thích màu xanh", said_at=datetime(2024, 1, 1, tzinfo=UTC))
    memory.remember("Tôi thích màu xanh lá", said_at=datetime(2024, 1, 2, tzinfo=UTC))
    memory.remember("Mình ghét màu tím", said_at=datetime(2024, 1, 3, tzinfo=UTC))
    again = memory.recall("màu", threshold=0.0)
    assert again == memory.recall("màu", threshold=0.0)


def test_a_threshold_can_be_given(memory):
    memory.remember("Mình dị ứng tôm")
    assert memory.recall("Hôm nay trời đẹp", threshold=-1.0) != []
    assert memory.recall("Mình dị ứng gì?", threshold=0.99) == []


def test_a_full_memory_loses_its_oldest_own_notes_first(memory, monkeypatch):
    monkeypatch.setattr(limits, "MAX_MEMORIES", 12)
    monkeypatch.setattr(limits, "_ROOM", 6)
    foods = ["phở", "bún", "xôi", "chè", "nem", "giò", "lẩu", "cháo", "miến", "mì", "cơm", "bánh"]
    for place, food in enumerate(foods):
        memory.remember(f"Mình thích ăn {food}", source="user" if place < 4 else "auto")
    memory.remember("Mình dị ứng tôm", source="auto")
    kept = texts(memory)
    assert len(kept) == 10
    assert kept[:4] == [f"Mình thích ăn {food}" for food in foods[:4]]
    assert not {f"Mình thích ăn {food}" for food in foods[4:7]} & set(kept)
    assert kept[-1] == "Mình dị ứng tôm"
    (notice,) = memory.take_notices()
    assert (notice.code, notice.params) == ("memory_made_room", {"count": 3})
    assert memory.take_notices() == []


def test_a_memory_full_of_long_texts_is_bounded_by_its_bytes(memory, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", 2_000)
    foods = ["phở", "bún", "xôi", "chè", "nem", "giò", "lẩu", "cháo"]
    for food in foods:
        memory.remember(f"Mình thích ăn {food} " + food * 60)
    count, size = memory.usage()
    assert size <= 2_000
    assert count < len(foods)
    assert foods[-1] in texts(memory)[-1]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=300))
def test_any_text_is_kept_as_it_is_shown_or_refused(memory, text):
    try:
        kept = memory.remember(text)
    except InvalidInput as refused:
        assert refused.reason in ("empty", "never_stored")
    else:
        assert kept in memory.all()
        memory.recall(text)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Thứ hai bác phải làm gì hả cháu?", True),
        ("Thứ ba bác phải làm gì hả cháu?", False),
        ("Thứ hai vui ghê", False),  # asks nothing
    ],
)
def test_a_question_about_a_day_finds_what_names_that_day(memory, asked, found):
    memory.remember("thứ hai bác đi khám mắt")
    memory.remember("cuối tuần bác trồng xoài")
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    told = [item.memory.text for item in memory.recollect(asked, now).found]
    assert told == (["thứ hai bác đi khám mắt"] if found else [])
