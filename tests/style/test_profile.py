"""The profile: what is counted, what is telling, what a person may change."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.errors import InvalidInput
from modules.persona.style import keyness
from modules.persona.style.counting import MAX_PHRASES, Counts
from modules.persona.style.manner import manner_of
from modules.persona.style.plots import plot_data
from modules.persona.style.profile import StyleProfile, check_profile, learned
from modules.persona.style.rules import table
from modules.text import clean
from modules.tts import normalize
from tests.style.proof import WRITERS, profile


def of(*texts, live=()):
    counts, heard = Counts(), Counts()
    for text in (*texts, *live):
        counts.add(text)
    for text in live:
        heard.add(text)
    return learned(counts, heard, StyleProfile())


def names(habits):
    return [habit.text for habit in habits]


def test_openers_closers_and_what_closes_questions_are_told_apart():
    found = of(
        "Ôi, vui quá nhé!",
        "Ôi, đẹp thế nhé bạn.",
        "đi đâu vậy?",
        "ăn gì vậy bạn?",
        "vậy hả, vui quá",
    )
    assert names(found.openers) == ["ôi"]
    assert names(found.closers) == ["nhé"]
    assert names(found.question_closers) == ["vậy"]


def test_marks_case_and_length_are_measured():
    found = of("vui quá!!", "đi thôi", "Ăn cơm chưa??", "mệt, buồn, chán...")
    assert found.lower_case == 0.75
    assert found.punctuation.exclamation == pytest.approx(1 / 3, abs=0.001)
    assert found.punctuation.none == pytest.approx(1 / 3, abs=0.001)
    assert found.punctuation.dots == pytest.approx(1 / 3, abs=0.001)
    assert found.punctuation.commas == 0.5
    assert found.message_words == pytest.approx(10 / 4)


def test_faces_and_laughs_are_kept_as_they_are_typed():
    found = of("vui ghê =))))", "hahahaha hay", "thôi =))))", "buồn 😭 quá", "khóc 😭", "hahahaha")
    assert names(found.laughs) == ["=))))", "hahahaha"]
    assert names(found.emoji) == ["😭"]
    assert found.humour == pytest.approx(4 / 6, abs=0.001)


def test_a_spelling_of_ones_own_has_its_share():
    found = of("ko đi", "ko biết", "không sao", "hông ăn", "j dzậy")
    shares = {(each.standard, each.written): each.share for each in found.spelling}
    assert shares[("không", "ko")] == 0.5


def test_curses_are_counted_and_never_taken_over():
    found = of(*["vl vui quá trời luôn", "đm chán ghê luôn á"] * 10)
    assert found.profanity == 1.0
    manner = manner_of(found)
    words = [h.text for h in (*manner.openers, *manner.closers)]
    assert not set(words) & set(table("habits")["profanity"]["words"])


def test_a_phrase_said_three_times_in_the_conversation_is_ones_own():
    usual = ["hôm nay trời đẹp quá", "mình đi chợ mua rau", "tối nay ăn gì"] * 200
    found = of(*usual, live=["vui hết nước chấm", "ngon hết nước chấm", "mê hết nước chấm luôn"])
    assert found.phrases[0].text == "hết nước chấm"
    assert "hết nước chấm" not in names(of(*usual, live=["vui hết nước chấm"] * 2).phrases)


def test_everyday_words_are_nobodys_own():
    found = of(*["mình đi ăn cơm rồi nhé bạn", "hôm nay mình mệt quá", "bạn có khỏe không"] * 5)
    assert "mình" not in names(found.phrases)
    assert not any(part in ("bạn", "mình") for p in found.phrases for part in p.text.split())


def test_g2_is_dunnings():
    # Rayson and Garside 2000, section 3: a word 50 times in 10,000 words, 30 in 20,000.
    e1, e2 = 10_000 * 80 / 30_000, 20_000 * 80 / 30_000
    wanted = 2 * (50 * math.log(50 / e1) + 30 * math.log(30 / e2))
    assert keyness.g2(50, 30, 10_000, 20_000) == pytest.approx(wanted)
    assert keyness.g2(5, 10, 10_000, 20_000) == pytest.approx(0.0, abs=1e-9)
    assert keyness.g2(1, 30, 10_000, 20_000) < 0


def test_the_reference_is_ordinary_vietnamese():
    counts, words = keyness.reference()
    assert words > 30_000
    assert counts["không"] > counts["hôm nay"] > 0
    assert "dzậy" not in counts or counts["dzậy"] < 3


@pytest.mark.parametrize(
    ("name", "region"), [("ha", "north"), ("bao", "south"), ("thanh", "central"), ("dan", "south")]
)
def test_the_region_of_a_writer_is_heard(name, region):
    assert profile(name).region == region


def test_the_formal_writer_is_more_formal_than_the_others():
    formality = {name: profile(name).formality for name in WRITERS}
    assert min(formality["ha"], formality["dung"]) > 0.7
    assert max(formality["bao"], formality["dan"], formality["thanh"]) < 0.3


def test_a_profile_survives_being_written_down():
    for name in WRITERS:
        made = profile(name)
        assert StyleProfile.model_validate_json(made.model_dump_json()) == made


def test_what_a_person_changed_stays_when_more_is_learned():
    first = of("vui nha", "đi nha")
    changed = check_profile({"closers": [{"text": "nghen", "share": 0.5}], "taboo": ["ừ"]}, first)
    assert changed.fixed == ["closers"]
    counts = Counts()
    counts.add("Ôi, đẹp nhé")
    again = learned(counts, Counts(), changed)
    assert names(again.closers) == ["nghen"]
    assert again.taboo == ["ừ"]
    assert again.messages == 1


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ([], "profile", "not_an_object"),
        ({"x": 1}, "profile.x", "unknown_key"),
        ({"humour": 2}, "profile.humour", "malformed"),
        ({"openers": [{"text": ""}]}, "profile.openers.0.text", "malformed"),
        ({"openers": [{"text": "a", "y": 1}]}, "profile.openers.0.y", "unknown_key"),
        ({"region": "west"}, "profile.region", "malformed"),
        ({"taboo": ["x"] * 200}, "profile.taboo", "malformed"),
    ],
)
def test_a_wrong_change_is_refused_by_its_key(changes, field, reason):
    with pytest.raises(InvalidInput) as caught:
        check_profile(changes, StyleProfile())
    assert (caught.value.params["field"], caught.value.reason) == (field, reason)


def test_counts_stay_bounded():
    counts = Counts()
    for number in range(4_000):
        letters = "".join(chr(97 + int(digit)) for digit in f"{number:05}")
        counts.add(" ".join(letters[place:] + "x" * place for place in range(5)) + f" {letters}")
    assert len(counts.phrases) <= MAX_PHRASES
    counts.prune(100)
    assert len(counts.phrases) == 100


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_counted(text):
    counts = Counts()
    for _ in range(13):
        counts.add(clean(text))
    made = learned(counts, Counts(), StyleProfile())
    manner_of(made)
    plot_data(made)


def test_plots_have_names_and_numbers():
    for plot in plot_data(profile("bao")):
        assert plot["code"] in StyleProfile.model_fields or plot["code"] in ("manner", "length")
        assert all(isinstance(name, str) and value >= 0 for name, value in plot["bars"])


def test_every_spelling_is_spoken_as_the_word_that_it_stands_for():
    """Answers are spoken: what they may write must be read as it is meant."""
    wrong = []
    for standard, row in table("spelling")["words"].items():
        for written in row["written"]:
            said, meant = (normalize(f"mình {word} á nha hihi") for word in (written, standard))
            dialect = written in SPOKEN_AS_WRITTEN
            if said != meant and not dialect:
                wrong.append((standard, written, said))
    assert wrong == []


# fmt: off
SPOKEN_AS_WRITTEN = {
    "hông", "hổng", "hong", "khum", "hem", "hăm", "khôm", "chi", "rứa", "dị", "dợ", "vầy", "vại",
    "thía", "thoi", "hoi", "hoy", "chừ", "ni", "mô", "răng", "nè", "giời", "chời", "thiệt", "xíu",
    "chả", "lém", "nựa", "roài", "rầu", "gòi", "gê", "dui", "dìa", "dề", "hongg", "đựt", "dzị",
    "dới", "mí", "cũn", "cũm", "ngừi", "nhma", "nma", "tê", "tề", "vầng", "ra răng", "dễ sợ",
    "bữa nay", "bựa ni", "hôm ni", "hum nay", "bi giờ", "bây chừ", "cái chi", "có chi", "cái gì",
    "chi mô", "chi đâu", "dạo ni", "dạo nài", "hồi này", "chút xíu", "1 xíu", "một tẹo", "một tí",
    "1 tí", "thế lào", "mọi ngừi", "mọi ng", "răng rồi", "dễ thươn", "cái giề", "cái j",
}
# fmt: on
"""Words of a region or of the young, which are said as they are."""
