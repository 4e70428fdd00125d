import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.errors import InvalidInput
from modules.messages import Persona
from modules.persona import check_persona, check_user

values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=90)
keys = st.sampled_from([*Persona.model_fields, "addressee", "colour"])


def refused(call, *args) -> dict[str, object]:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInput) as raised:
        call(*args)
    return {"reason": raised.value.reason, **raised.value.params}


def test_nothing_given_is_nothing_known() -> None:
    assert check_persona(None) is None
    assert check_user(None, None) is None


def test_a_persona_is_tidied() -> None:
    persona = check_persona(
        {"name": " La\u0301n\u200b ", "age": 25, "self_term": "Chi\u0323", "user_term": ""}
    )
    assert persona is not None
    assert (persona.name, persona.age) == ("Lán", 25)
    assert (persona.self_term, persona.user_term) == ("chị", None)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (
            {"tone": "rude"},
            {
                "reason": "not_one_of",
                "field": "persona.tone",
                "choices": "'formal', 'casual' or 'friendly'",
            },
        ),
        ({"colour": "red"}, {"reason": "unknown_key", "field": "persona.colour"}),
        ({"age": 0}, {"reason": "out_of_range", "field": "persona.age", "least": 1, "most": 120}),
        ({"age": 200}, {"reason": "out_of_range", "field": "persona.age", "least": 1, "most": 120}),
        ({"age": "old"}, {"reason": "not_a_number", "field": "persona.age"}),
        ({"name": 5}, {"reason": "not_text", "field": "persona.name"}),
        ({"name": "x" * 61}, {"reason": "too_long", "field": "persona.name", "limit": 60}),
        (
            {"self_term": "vua"},
            {"reason": "unknown_term", "field": "persona.self_term", "term": "vua"},
        ),
        ({"self_term": 5}, {"reason": "not_text", "field": "persona.self_term"}),
        ("Lan", {"reason": "not_an_object", "field": "persona"}),
    ],
)
def test_what_is_wrong_is_named_by_its_key(value: object, error: dict[str, object]) -> None:
    assert refused(check_persona, value) == error


def test_the_keys_of_a_user_are_named_too() -> None:
    assert refused(check_user, {"region": "west"}, None)["field"] == "user.region"
    assert refused(check_user, {"addressee": "vua"}, None)["field"] == "user.addressee"


@pytest.mark.parametrize(
    ("persona", "user"),
    [
        ({"self_term": "chị"}, {"addressee": "chị"}),
        ({"self_term": "mình"}, {"addressee": "bạn"}),
        ({"self_term": "tôi"}, {"addressee": "anh"}),
        ({"self_term": "em"}, {"addressee": "cưng"}),
        ({"user_term": "em"}, {"self_term": "em"}),
        ({"user_term": "anh"}, {"self_term": "tôi"}),
        ({"self_term": "chị"}, {}),
        ({}, {"addressee": "chị"}),
    ],
)
def test_terms_that_agree_are_taken(persona: dict[str, object], user: dict[str, object]) -> None:
    assert check_user(user, check_persona(persona)) is not None


def test_a_conflict_names_both_keys() -> None:
    chị = check_persona({"self_term": "chị", "user_term": "em"})
    assert refused(check_user, {"addressee": "anh"}, chị) == {
        "reason": "conflict",
        "field": "persona.self_term",
        "other": "user.addressee",
    }
    assert refused(check_user, {"self_term": "cháu"}, chị) == {
        "reason": "conflict",
        "field": "persona.user_term",
        "other": "user.self_term",
    }


@given(st.dictionaries(keys, values, max_size=6))
def test_any_dict_is_taken_or_refused_by_name(value: dict[str, object]) -> None:
    for call in (check_persona, lambda each: check_user(each, None)):
        try:
            call(value)
        except InvalidInput as error:
            assert str(error.params["field"]).partition(".")[0] in ("persona", "user")
