import pickle

import pytest

from modules import errors
from modules.errors import AtCapacity, GuongError, InvalidInput, trace


def test_an_error_has_a_code_made_of_its_kind_and_its_reason():
    error = InvalidInput("too_long", field="text", limit=9)
    assert error.code == "invalid_input.too_long"
    assert error.params == {"field": "text", "limit": 9}
    assert "text" in str(error)


@pytest.mark.parametrize(
    "error",
    [InvalidInput("too_long", field="text", limit=9), AtCapacity("turns", retry_s=3)],
)
def test_an_error_comes_out_of_a_pickle_as_it_went_in(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (copy.code, copy.params) == (error.code, error.params)


def test_every_kind_of_error_has_a_kind_of_its_own():
    kinds = [
        cls.kind
        for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, GuongError)
    ]
    assert len(kinds) == len(set(kinds))


def test_a_trace_tells_where_and_not_what_was_said():
    def fails():
        try:
            raise KeyError("tên mình là Lan")
        except KeyError as error:
            raise ValueError("Lan sinh năm 1990") from error

    try:
        fails()
    except ValueError as error:
        told = trace(error)
    assert "Lan" not in told
    assert told.startswith("ValueError at test_errors.py:")
    assert told.endswith("fails; after KeyError")
