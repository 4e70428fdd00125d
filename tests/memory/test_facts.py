import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.memory import facts_in, secret_in
from modules.memory.facts import kinds_of
from modules.memory.wording import words
from tests.memory.conftest import rows

SETS = ["tune", "held", "fresh", "blind", "sealed", "last", "year"]


def plain(text):
    return " ".join(words(text))


def scored(name):
    """Precision and recall of the facts found in a set of utterances."""
    right = found = wanted = 0
    for row in rows(f"facts_{name}.jsonl"):
        got = {plain(fact) for fact in facts_in(row["say"])}
        expected = {plain(fact) for fact in row["facts"]}
        right += len(got & expected)
        found += len(got)
        wanted += len(expected)
    return right / found, right / wanted


@pytest.mark.parametrize("name", SETS)
def test_what_is_worth_remembering_is_found_and_little_else(name):
    precision, recall = scored(name)
    assert precision >= 0.98
    assert recall >= 0.95


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Nhớ giúp mình là mình dị ứng tôm nhé", "mình dị ứng tôm"),
        ("Dạ em chào chị, em tên Mai ạ", "em tên Mai"),
        ("Mình tên Lan, còn bạn tên gì?", "Mình tên Lan"),
        ("Bác bị điếc một bên tai cháu ạ, nói to lên nhé", "Bác bị điếc một bên tai"),
        ("Mệt quá, mình làm ca đêm", "mình làm ca đêm"),
    ],
)
def test_the_request_the_greeting_and_the_question_are_left_out(said, kept):
    assert facts_in(said) == [kept]


def test_each_sentence_is_a_fact_of_its_own():
    said = "Mình tên Lan. Hôm nay trời đẹp! Mình sống ở Huế. Mình sống ở Huế."
    assert facts_in(said) == ["Mình tên Lan", "Mình sống ở Huế"]


@pytest.mark.parametrize(
    "said",
    [
        "Mình tên gì bạn nhớ không?",
        "Nếu mình sống ở Pháp thì mình ăn bánh mì",
        "Mình không tên là Lan",
        "Dịch câu này: tôi tên là Lan. Tôi sống ở Huế.",
        "Mình 200 tuổi rồi. Đùa thôi.",
        'Cô giáo bảo "em bị dị ứng phấn hoa" rồi về',
        "Chị Hằng hàng xóm bị ung thư",
        "Bạn mình thích ăn phở",
        "Đừng nhớ là mình bị trầm cảm nhé",
        "Mật khẩu facebook của mình là lananh123",
        "Nhớ giúp mình số thẻ 4111 1111 1111 1111 nhé",
    ],
)
def test_what_is_asked_supposed_joked_quoted_or_secret_is_no_fact(said):
    assert facts_in(said) == []


def test_titles_in_quotation_marks_do_not_make_a_sentence_somebody_elses():
    assert facts_in("Mình thích phim “Mắt biếc” lắm") == ["Mình thích phim “Mắt biếc” lắm"]


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ("Mình tên là Lan", {"name"}),
        ("Em 20 tuổi", {"age"}),
        ("Tôi sống ở Hà Nội", {"home"}),
        ("minh song o da nang", {"home"}),
        ("Mình quê ở Nam Định", set()),
        ("Mình tên Lan, mình 24 tuổi", {"age", "name"}),
        ("Mẹ mình tên Hoa", set()),
        ("Mình từng sống ở Nhật", set()),
        ("Trước đây mình sống ở Huế", set()),
        ("Mình tên gì nhỉ", set()),
        ("Bạn tên là Lan", set()),
    ],
)
def test_a_statement_tells_what_one_has_only_one_of(said, kinds):
    assert kinds_of(said) == (kinds, bool(kinds))


def test_a_statement_that_tells_more_is_known_to():
    assert kinds_of("Mình tên Lan, thích vẽ tranh") == ({"name"}, False)


SYLLABLES = """
mình tôi em tên là sống ở thích ăn không nếu nhớ giúp đừng quên dị ứng 20 tuổi Lan Huế , . ? ! "
mẹ bị bạn gì ạ nhé hôm mai đi và minh ten la khong mật khẩu 4111111111111111
"""


@settings(deadline=None)  # the first text waits for the patterns to be compiled
@given(st.lists(st.sampled_from(SYLLABLES.split()), max_size=25).map(" ".join) | st.text())
def test_any_text_gives_parts_of_itself_and_never_a_secret(said):
    for fact in facts_in(said):
        assert fact
        assert set(words(fact)) <= set(words(said))
        assert secret_in(fact) is None
    kinds_of(said)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Chào anh Khoa, em là Ngọc, em đang ở Đà Nẵng", ["em là Ngọc, em đang ở Đà Nẵng"]),
        ("chào chị Hương ạ, em tên Linh", ["em tên Linh"]),
        ("Nhớ giúp con là con thích quà siêu nhân", ["con thích quà siêu nhân"]),
        ("nhớ giúp mình thứ sáu này họp phụ huynh", ["thứ sáu này họp phụ huynh"]),
        ("nhớ giùm em chìa khóa dự phòng dưới chậu cây", ["chìa khóa dự phòng dưới chậu cây"]),
        ("nhớ giúp em nhé", []),
        ("nhớ giúp anh mua sữa cho bé", []),
        ("nhớ ăn cơm nhé", []),
        ("nhớ cho kỹ vào", []),
    ],
)
def test_who_is_greeted_is_no_part_and_what_shall_be_remembered_is_kept(said, kept):
    assert facts_in(said) == kept
