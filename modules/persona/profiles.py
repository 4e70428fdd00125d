"""Checks what callers say of the assistant and of the user, and names the key that is wrong."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from modules.errors import InvalidInput, Param
from modules.messages import Persona, User
from modules.persona.terms import TERMS, term_of
from modules.text.nfc import clean

Profile = TypeVar("Profile", bound=BaseModel)

_REASONS = {
    "extra_forbidden": "unknown_key",
    "string_too_long": "too_long",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "literal_error": "not_one_of",
    "string_type": "not_text",
    "int_type": "not_a_number",
    "int_parsing": "not_a_number",
    "int_from_float": "not_a_number",
    "int_parsing_size": "out_of_range",
}
"""pydantic's error types, and what they are called here; any other is "malformed"."""

_PARAMS = {"max_length": "limit", "expected": "choices"}
_BOUNDS = {"ge": "least", "le": "most"}


def check_persona(value: dict[str, object] | None) -> Persona | None:
    """Return the persona that a caller gave, its terms in canonical spelling.

    Raises `InvalidInput` whose `field` is the key, such as "persona.tone".
    """
    return (
        None if value is None else _checked(value, Persona, "persona", ("self_term", "user_term"))
    )


def check_user(value: dict[str, object] | None, persona: Persona | None) -> User | None:
    """Return the user that a caller gave.

    Raises `InvalidInput`; with reason "conflict" where user and persona name different terms for
    the same of the two, `field` and `other` being the keys.
    """
    if value is None:
        return None
    user = _checked(value, User, "user", ("self_term", "addressee"))
    if persona:
        _agree("persona.self_term", persona.self_term, "user.addressee", user.addressee)
        _agree("user.self_term", user.self_term, "persona.user_term", persona.user_term)
    return user


def _checked(value: object, model: type[Profile], name: str, terms: tuple[str, ...]) -> Profile:
    if not isinstance(value, dict):
        raise InvalidInput("not_an_object", field=name)
    tidy = {str(key): _tidy(each) for key, each in value.items()}
    for key in terms:
        tidy[key] = _known_term(tidy.get(key), f"{name}.{key}")
    try:
        return model.model_validate(tidy)
    except ValidationError as error:
        raise _named(error, model, name) from None


def _tidy(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def _known_term(value: object, field: str) -> object:
    """Return the canonical spelling of a term; empty text means that none is fixed."""
    if not isinstance(value, str) or not value:
        return value if value != "" else None
    known = term_of(value)
    if known is None:
        raise InvalidInput("unknown_term", field=field, term=value[:40])
    return known


def _named(error: ValidationError, model: type[Profile], name: str) -> InvalidInput:
    """Return the first of pydantic's errors as ours: the key, and what would have been right."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join((name, *map(str, first["loc"])))
    params: dict[str, Param] = {
        ours: value if isinstance(value, int | float | str) else str(value)
        for theirs, ours in _PARAMS.items()
        if (value := first.get("ctx", {}).get(theirs)) is not None
    }
    reason = _REASONS.get(first["type"], "malformed")
    if reason == "out_of_range":
        params = _range(model, str(first["loc"][0]))
    return InvalidInput(reason, field=field, **params)


def _range(model: type[Profile], key: str) -> dict[str, Param]:
    """Return both ends of what a key may be: pydantic names only the one that was passed."""
    return {
        ours: value
        for bound in model.model_fields[key].metadata
        for theirs, ours in _BOUNDS.items()
        if (value := getattr(bound, theirs, None)) is not None
    }


def _agree(field: str, spoken: str | None, other: str, called: str | None) -> None:
    """Check what somebody says for "I" against what the other calls them.

    Equal terms agree, and a neutral "I" (mình, tôi) agrees with any term: nobody is called so.
    """
    if not spoken or not called or spoken == called or TERMS[spoken].role == "self":
        return
    if TERMS[called].spoken == spoken:
        return  # one calls "cưng" or "shop", and hears "em"
    fields = (field, other) if field.startswith("persona") else (other, field)
    raise InvalidInput("conflict", field=fields[0], other=fields[1])
