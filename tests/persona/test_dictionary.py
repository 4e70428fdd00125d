import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.errors import InvalidInput
from modules.messages import Dictionary, Pair
from modules.persona import Guard, as_dict, check_dictionary, instructions
from modules.persona.dictionary import LONGEST, MOST, replaced

WORDS = {
    "always": ["bát"],
    "never": {"deadline": "hạn chót", "check-in": "nhận phòng", "okie": ""},
    "say": {"Ea H'leo": "ê a hờ leo"},
}


keys = st.sampled_from(["always", "never", "say", "x"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner),
)


def guarded(text: str, dictionary: Dictionary, region: str | None = "south") -> str:
    guard = Guard(Pair("em", "anh"), region, "casual", dictionary)  # type: ignore[arg-type]
    return "".join([*guard.push(text), *guard.finish()])


def test_what_is_given_is_what_is_read_back() -> None:
    assert as_dict(check_dictionary(WORDS)) == WORDS
    assert as_dict(check_dictionary({})) == {"always": [], "never": {}, "say": {}}
    assert check_dictionary({"always": [" phê  lắm "]}).always == ("phê lắm",)


@pytest.mark.parametrize(
    ("value", "reason", "field"),
    [
        (["bát"], "not_an_object", "words"),
        ({"sometimes": []}, "unknown_key", "words.sometimes"),
        ({"always": "bát"}, "not_a_list", "words.always"),
        ({"always": [3]}, "not_text", "words.always"),
        ({"always": ["  "]}, "empty", "words.always"),
        ({"always": ["!?"]}, "empty", "words.always"),
        ({"always": ["a" * (LONGEST + 1)]}, "too_long", "words.always"),
        ({"always": [f"từ {n}" for n in range(MOST + 1)]}, "too_many_entries", "words.always"),
        ({"never": ["ok"]}, "not_an_object", "words.never"),
        ({"never": {"ok": 1}}, "not_text", "words.never.ok"),
        ({"never": {"ok": "OK"}}, "same_word", "words.never.ok"),
        ({"never": {"ok": "được " * 60}}, "too_long", "words.never.ok"),
        ({"say": {"Pleiku": ""}}, "empty", "words.say.Pleiku"),
        ({"always": ["ok"], "never": {"OK": "được"}}, "conflict_word", "words.always"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(value: object, reason: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_dictionary(value)
    assert caught.value.reason == reason
    assert caught.value.params["field"] == field


def test_a_word_that_is_never_used_is_exchanged_as_a_whole_word() -> None:
    mine = check_dictionary(WORDS)
    assert guarded("Deadline là mai, check-in lúc hai giờ.", mine) == (
        "Hạn chót là mai, nhận phòng lúc hai giờ."
    )
    for text in (
        'Anh hỏi "deadline" là ngày nào.',
        "Deadlines của team khác.",
        "Xem tại https://deadline.vn/deadline để rõ.",
        "Tệp pre-deadline_1 ở đó.",
    ):
        assert guarded(text, mine) == text


def test_a_word_without_another_is_left_and_counted() -> None:
    mine = check_dictionary(WORDS)
    assert replaced("Okie anh.", mine) == ("Okie anh.", 1)
    guard = Guard(Pair("em", "anh"), None, "casual", mine)
    assert [*guard.push("Okie anh."), *guard.finish()] == ["Okie anh."]
    assert guard.left == 1


def test_the_users_words_go_before_those_of_a_region() -> None:
    assert guarded("Em rửa bát bằng xà phòng.", check_dictionary(WORDS)) == (
        "Em rửa bát bằng xà bông."
    )
    never = check_dictionary({"never": {"xà phòng": "bánh xà phòng"}})
    assert guarded("Hết xà phòng rồi.", never) == "Hết bánh xà phòng rồi."


def test_what_the_user_says_of_an_english_word_goes_before_the_guards_own_table() -> None:
    assert guarded("Em nói sorry anh rồi.", Dictionary()) == "Em nói xin lỗi anh rồi."
    mine = check_dictionary({"always": ["sorry"]})
    assert guarded("Em nói sorry anh rồi.", mine) == "Em nói sorry anh rồi."
    mine = check_dictionary({"never": {"sorry": "thứ lỗi"}})
    assert guarded("Em nói sorry anh rồi.", mine) == "Em nói thứ lỗi anh rồi."


def test_the_longest_entry_counts_and_what_is_always_said_is_kept() -> None:
    mine = check_dictionary(
        {"always": ["xe hơi sang"], "never": {"xe hơi": "ô tô", "xe hơi cũ": "xe cũ"}}
    )
    assert guarded("Xe hơi cũ, xe hơi sang, xe hơi.", mine, None) == "Xe cũ, xe hơi sang, ô tô."


def test_a_language_model_is_told() -> None:
    prompt = instructions(None, None, Pair("em", "anh"), dictionary=check_dictionary(WORDS))
    assert 'luôn dùng: "bát"' in prompt
    assert '"hạn chót" thay cho "deadline"' in prompt
    assert 'Không dùng: "okie"' in prompt
    assert "dictionary" not in prompt
    assert instructions(None, None, Pair()) == instructions(
        None, None, Pair(), dictionary=Dictionary()
    )


@given(values)
def test_any_value_is_taken_or_refused_by_name(value: object) -> None:
    try:
        made = check_dictionary(value)
    except InvalidInput as error:
        assert str(error.params["field"]).startswith("words")
    else:
        assert check_dictionary(as_dict(made)) == made


@given(st.text(max_size=60))
def test_any_text_passes_and_is_not_changed_without_entries(text: str) -> None:
    assert replaced(text, Dictionary()) == (text, 0)
    replaced(text, check_dictionary(WORDS))
