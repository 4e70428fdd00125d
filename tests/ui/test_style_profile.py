"""The profile as a person reads it and writes it back."""

import pytest

from modules.errors import InvalidInput
from modules.persona.style import StyleProfile, check_profile
from modules.persona.style.profile import Habit, KeyPhrase, Replacement
from modules.text.catalogue import sentences
from modules.ui.panels.style_profile import FIELDS, card, changes, written

HA = StyleProfile(
    messages=1234,
    words=8000,
    closers=[Habit(text="nha", share=0.42, count=90), Habit(text="nè", share=0.2, count=40)],
    emoji=[Habit(text="😂", share=0.004, count=5)],
    phrases=[KeyPhrase(text="<b>mắc cười</b>", count=9, g2=31.6)],
    taboo=["vâng"],
    replacements=[Replacement(old="tuyệt vời", new="đỉnh")],
    message_words=6.5,
    sentence_words=5.25,
    region="south",
)


def boxes(profile, **edited):
    return {name: written(profile, name) for name in FIELDS} | edited


def test_what_nobody_touched_is_no_change() -> None:
    assert changes(HA, boxes(HA)) == {}
    assert changes(StyleProfile(), boxes(StyleProfile())) == {}


def test_what_stays_keeps_its_share_and_what_is_new_is_said_as_often_as_the_most_usual() -> None:
    wanted = changes(HA, boxes(HA, closers=" nè , nghen,nè,, "))
    assert wanted == {
        "closers": [{"text": "nè", "share": 0.2, "count": 40}, {"text": "nghen", "share": 0.42}]
    }
    profile = check_profile(wanted, HA)
    assert [habit.text for habit in profile.closers] == ["nè", "nghen"]
    assert profile.fixed == ["closers"]


def test_an_empty_box_empties_the_list_and_phrases_can_be_written_in() -> None:
    wanted = changes(HA, boxes(HA, emoji="", phrases="xỉu luôn", taboo="vâng, kính thưa"))
    profile = check_profile(wanted, HA)
    assert profile.emoji == []
    assert [phrase.text for phrase in profile.phrases] == ["xỉu luôn"]
    assert profile.taboo == ["vâng", "kính thưa"]


@pytest.mark.parametrize("arrow", ["→", "->", " => "])
def test_a_replacement_is_a_line_with_an_arrow(arrow) -> None:
    wanted = changes(HA, boxes(HA, replacements=f"\nđược{arrow}oke\n→ dạ thôi\n"))
    assert wanted["replacements"] == [{"old": "được", "new": "oke"}, {"old": "", "new": "dạ thôi"}]


@pytest.mark.parametrize("line", ["không có mũi tên", "a →", "a → b → c"])
def test_what_is_no_replacement_is_refused(line) -> None:
    with pytest.raises(InvalidInput) as caught:
        changes(HA, boxes(HA, replacements=line))
    assert caught.value.params["field"] == "replacements"


def test_the_card_shows_figures_and_bars_in_the_language_of_the_page() -> None:
    shown = card(HA, "vi")
    for text in ("1.234", "6,5", "miền Nam", "nha", "42 %", "0,4 %", "32"):
        assert text in shown, text
    assert "1,234" in card(HA, "en")


def test_what_people_wrote_is_no_markup() -> None:
    assert "<b>" not in card(HA, "vi")


def test_an_empty_profile_has_no_card() -> None:
    assert card(StyleProfile(), "vi") == ""


def test_every_list_has_a_name_in_both_languages() -> None:
    for language in ("vi", "en"):
        for name in FIELDS:
            assert f"style.{name}" in sentences(language)
