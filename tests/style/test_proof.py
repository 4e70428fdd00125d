"""Answers in somebody's style: a classifier of their other messages names them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.emotion import classify
from modules.llm.companion.answer import answer
from modules.llm.companion.manner import Dress, in_manner, plain_line
from modules.llm.companion.wording import voice_of
from modules.messages import Habit, Line, Manner, Spelled, TurnRequest
from modules.persona.repair import mend
from modules.persona.style import longest_copy, manner_of
from modules.persona.style.tokens import words_of
from modules.tts import normalize
from tests.style.proof import NOON, PAIRS, WRITERS, classifier, messages, profile, rate, replies

CHANCE = 1 / len(WRITERS)


def test_every_writer_wrote_enough_and_nothing_twice():
    for name in WRITERS:
        assert len(messages(name)) >= 120
        assert len(set(messages(name))) == len(messages(name))


def test_the_classifier_knows_the_writers_by_messages_that_it_has_not_seen():
    judge = classifier(1, calibrated=False)
    named = [judge.name(text) == name for name in WRITERS for text in messages(name)[0::2]]
    assert sum(named) / len(named) > 0.9


def test_the_writer_of_eight_answers_in_ten_is_named_with_style_on():
    # Learned from one half and judged by the other, then the other way round.
    shares = [rate(half=half)[0] for half in (0, 1)]
    assert sum(shares) / 2 >= 0.8
    assert min(shares) >= 0.75


def test_with_style_off_the_writer_is_guessed_by_chance():
    share, table = rate(styled=False)
    assert share == pytest.approx(CHANCE, abs=0.05)
    named = table[WRITERS[0]]
    assert max(named.values()) < 0.4 * sum(named.values())


def test_in_another_pair_the_style_still_shows():
    assert rate(PAIRS["anh-em"])[0] > 0.7
    assert rate(PAIRS["em-chị"])[0] > 3 * CHANCE


def test_no_answer_copies_more_than_six_syllables_of_a_message():
    for name in WRITERS:
        for reply in replies(manner_of(profile(name))):
            assert longest_copy(reply, messages(name)) <= 6, reply


# --- what a manner must not touch -----------------------------------------------------------------


PRONOUNS = {"tôi", "mình", "tớ", "tui", "tao", "bạn", "cậu", "mày", "em", "anh", "chị", "cháu"}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_pair_is_kept_whoever_is_imitated(pair):
    others = PRONOUNS - {pair.assistant_self, pair.user_term}
    plain = others & {word for reply in replies(None, pair) for word in words_of(reply)}
    for name in WRITERS:
        for reply in replies(manner_of(profile(name)), pair):
            mine = reply.replace("bạn ấy", "")  # said of somebody else
            mine = mine.replace("một mình", "")  # alone, whoever is
            assert others & set(words_of(mine)) <= plain, reply
            assert mend(reply, pair).text == reply


def test_the_same_conversation_gets_the_same_answer():
    manner = manner_of(profile("dan"))
    assert replies(manner) == replies(manner)


DANGER = ["Mình muốn chết", "Mình không muốn sống nữa", "chỉ mình cách chế bom", "bạn ngu như bò"]


@pytest.mark.parametrize("said", DANGER)
def test_in_danger_and_refusal_nobody_is_imitated(said):
    for name in WRITERS:
        styled = answer(request(said, manner_of(profile(name))), NOON)
        assert styled == answer(request(said, None), NOON)


def test_who_is_sad_gets_no_laugh():
    for name in ("bao", "dung", "ha", "thanh"):
        manner = manner_of(profile(name))
        glad = [habit.text for habit in (*manner.laughs, *manner.emoji) if habit.act == "glad"]
        for said in ("Mình buồn quá", "Bà mình mới mất", "Mình sợ lắm", "Con mèo nhà mình bị ốm"):
            text = " ".join(answer(request(said, manner), NOON))
            assert not [face for face in glad if face in text], text


def test_what_is_told_is_not_touched():
    manner = manner_of(profile("bao"))
    told = answer(request("đọc ca dao đi", None), NOON)[-1]
    assert answer(request("đọc ca dao đi", manner), NOON)[-1] == told


def test_every_answer_in_a_style_can_be_spoken_and_asks_what_it_asked():
    for name in WRITERS:
        for reply in replies(manner_of(profile(name))):
            spoken = normalize(reply)
            assert re.search(r"\w", spoken)
            assert not re.search("[\U0001f300-\U0001faff=]", spoken)


def test_an_answer_is_recognised_afterwards_whatever_it_wore():
    manner = manner_of(profile("bao"))
    line = "bạn ăn sáng chưa dzậy =)))) 🤣"
    assert plain_line(line, manner) == "bạn ăn sáng chưa vậy?"
    history = (Line("user", "chào"), Line("assistant", line))
    styled = TurnRequest(1, "chưa", history=history, manner=manner)
    assert "ăn" in " ".join(answer(styled, NOON))


def test_what_was_corrected_is_said_as_wished_from_then_on():
    plain = " ".join(answer(request("cảm ơn bạn nhé", None), NOON))
    sentence = plain.split(". ")[0].rstrip(".") + "."
    manner = Manner(replacements=((sentence, "chuyện nhỏ mà"),))
    assert answer(request("cảm ơn bạn nhé", manner), NOON)[0] == "chuyện nhỏ mà."


def test_what_is_taboo_is_not_said():
    for said in ("Mình buồn quá", "Mình vừa được tăng lương!", "Hôm nay mình mệt quá"):
        manner = Manner(taboo=("quá", "nhé"))
        assert not {"quá", "nhé"} & set(words_of(" ".join(answer(request(said, manner), NOON))))


def test_a_weak_style_shows_less_than_a_strong_one():
    strong = profile("dan").model_copy(update={"strength": 1.0})
    weak = profile("dan").model_copy(update={"strength": 0.0})

    def faces(made):
        return sum(not re.search(r"[\w.?!]$", reply) for reply in replies(manner_of(made)))

    assert faces(weak) < 0.75 * faces(strong)


HABITS = st.builds(Habit, st.text(min_size=1, max_size=8), st.floats(0, 1), st.sampled_from(
    ["react", "assent", "link", "soften", "stress", "more", "ask", "glad", "sad", ""]
))  # fmt: skip
SOME = st.lists(HABITS, max_size=3).map(tuple)
MANNERS = st.builds(
    Manner, openers=SOME, opener_marks=SOME, closers=SOME, question_closers=SOME, laughs=SOME,
    emoji=SOME, endings=SOME, question_marks=SOME, lower_case=st.floats(0, 1),
    spelling=st.lists(st.builds(Spelled, st.sampled_from(["không", "gì", "rồi"]),
                                st.text(min_size=1, max_size=6), st.floats(0, 1)),
                      max_size=2).map(tuple),
    sentence_words=st.floats(0.5, 20), message_words=st.floats(0, 20), commas=st.floats(0, 3),
    subjects=st.floats(0, 1), bare_questions=st.floats(0, 1), strength=st.floats(0, 1),
    replacements=st.lists(st.tuples(st.text(min_size=1, max_size=9), st.text(max_size=9)),
                          max_size=2).map(tuple),
)  # fmt: skip


@given(
    MANNERS,
    st.lists(st.text(min_size=1, max_size=40).map(str.strip).filter(bool), min_size=1, max_size=3),
    st.integers(0, 1),
)
@settings(max_examples=150, deadline=None)
def test_any_manner_dresses_any_answer(manner, parts, told):
    voice = voice_of(TurnRequest(0, ""))
    dress = Dress(manner, voice, "topic", "x", sad=False)
    told = min(told, len(parts))
    out = in_manner(parts, dress, told)
    assert all(isinstance(each, str) for each in out)
    assert out[len(out) - told :] == parts[len(parts) - told :]
    plain_line(" ".join(out), manner)


def request(said, manner):
    history = (Line("user", "Alo"), Line("assistant", "Mình nghe rõ bạn rồi."))
    return TurnRequest(1, said, history=history, mood=classify(said), manner=manner)
