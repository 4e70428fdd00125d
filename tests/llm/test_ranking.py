"""A language model that keeps its words scores above one that does not, and each fault tells."""

import pytest

from benchmarks.judging import judge
from benchmarks.models import dialogues, score
from modules.messages import Pair, TextDelta
from tests.scripted import Scripted

NORTH = Pair("em", "anh")
PARTICLES = {"north": "nhé", "central": "hí", "south": "nha"}
FIVE = dialogues()[:5]


def engine(answer):
    async def play(item, request):
        for word in answer(item).split(" "):
            yield TextDelta(item.reply, f"{word} ")

    return Scripted("llm", "scripted", play)


def good(request):
    """In the pair, the manners and the region that were asked for."""
    me, you = request.pair.assistant_self, request.pair.user_term
    junior = me in ("em", "cháu", "con") and you not in ("em", "cháu", "con")
    subject = f"Dạ, {me}" if junior else me.capitalize()
    closer = PARTICLES[request.persona.region]
    return f"{subject} nghe đây. {you.capitalize()} kể tiếp cho {me} về bạn bè của {you} {closer}."


def bad(request):
    """Always tôi and bạn, mixed softeners, English, dạ from everybody, a new pair half way."""
    me, you = ("tôi", "bạn") if request.reply < 5 else ("tao", "mày")
    return f"Dạ, {me} think là {you} nên gặp anh bè của {you} nhé, okay nha."


def scores(answer):
    return {figure.name: figure.value for figure in score(engine(answer), FIVE)}


def test_a_good_model_is_ranked_above_a_bad_one_with_the_guard_off_and_on() -> None:
    best, worst = scores(good), scores(bad)
    assert best["mean, guard off"] == best["mean, guard on"] == 100
    assert worst["mean, guard off"] < 30
    assert worst["mean, guard off"] < worst["mean, guard on"] < best["mean, guard on"]


def test_every_fault_of_the_bad_model_is_counted_under_its_own_name() -> None:
    worst = scores(bad)
    for name in ("precision of I", "precision of you", "dialogues in one pair", "region"):
        assert worst[f"{name}, guard off"] < 50, name
    for name in ("compounds left alone", "Vietnamese"):
        assert worst[f"{name}, guard off"] == 0, name


def test_a_model_that_says_nothing_scores_nothing() -> None:
    assert set(scores(lambda request: "").values()) == {0}


@pytest.mark.parametrize("row", dialogues(), ids=lambda row: row["turns"][0]["say"])
def test_the_dialogues_are_of_eight_lines_in_a_pair_region_and_tone(row) -> None:
    assert row.keys() == {"pair", "region", "tone", "turns"}
    assert len(row["turns"]) == 8
    assert len(row["pair"]) == 2
    assert row["region"] in PARTICLES
    assert all(line["say"].strip() for line in row["turns"])


def test_there_are_two_hundred_lines() -> None:
    assert sum(len(row["turns"]) for row in dialogues()) == 200


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Dạ, em là Lan, trợ lý của anh ạ.", ()),
        ("Dạ, bạn bè của anh tốt thật.", ()),
        ("Dạ, chị gái anh làm nghề gì ạ?", ()),
        ("Dạ, em giật mình vì tiếng Anh của cô giáo.", ()),
        ('Dạ, anh cứ nói "Tôi cần giúp bạn" là được.', ()),
        ("Tôi giúp gì được cho bạn?", ("tôi", "bạn")),
        ("Anh là trợ lý của em.", ("anh", "em")),
        ("Dạ, em chào chị.", ("chị",)),
        ("Mình nghe đây.", ("mình",)),
    ],
)
def test_what_stands_for_neither_of_the_two_is_no_slot(text, wrong) -> None:
    assert judge(text, NORTH, "north", "friendly").wrong == wrong


@pytest.mark.parametrize(
    ("text", "pair", "well"),
    [
        ("Dạ, em nghe.", NORTH, True),
        ("Em nghe.", NORTH, False),
        ("Anh nghe đây em ạ.", Pair("anh", "em"), True),
        ("Anh nghe đây ạ.", Pair("anh", "em"), False),
        ("Dạ, mẹ nghe.", Pair("mẹ", "con"), False),
        ("Mình nghe.", Pair(), True),
    ],
)
def test_da_and_a_belong_to_the_junior(text, pair, well) -> None:
    assert judge(text, pair, "north", "friendly").particles is well


@pytest.mark.parametrize(
    ("text", "region", "well"),
    [
        ("Đi nhé.", "north", True),
        ("Đi nha.", "north", False),
        ("Vâng, đi nha.", "south", False),
        ("Đi mô rứa?", "central", True),
        ("Nghỉ hè xong nhớ khám răng.", "north", True),
        ("Mùa hè nhớ đánh răng.", "north", True),
    ],
)
def test_a_word_of_another_region_is_heard(text, region, well) -> None:
    assert judge(text, NORTH, region, "friendly").region is well


@pytest.mark.parametrize(
    ("text", "leaked"),
    [
        ("Anh mở email và xem video trên YouTube.", False),
        ("Chị Jennifer sống ở London.", False),
        ("I think so.", True),
        ("Anh nên relax một chút.", True),
        ("Em khong biet anh oi.", True),
    ],
)
def test_english_and_words_without_marks_are_heard(text, leaked) -> None:
    assert bool(judge(text, NORTH, "north", "friendly").english) is leaked
