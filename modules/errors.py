"""The errors of Gương: few, named, and free of prose.

An error carries a code and named parameters; `ui/translations/` holds the sentences. The code is
`<kind>.<reason>`: the kind is the class, the reason says what exactly was wrong.
"""

from __future__ import annotations

import traceback
from pathlib import Path

_FRAMES = 12
_EXHAUSTED = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")

Param = str | int | float


class GuongError(Exception):
    """Base of all errors that a user may see."""

    kind = "error"

    def __init__(self, reason: str, **params: Param) -> None:
        super().__init__(reason)
        self.reason = reason
        self.params = params

    @property
    def code(self) -> str:
        """Key of the sentence in the catalogue."""
        return f"{self.kind}.{self.reason}"

    def __str__(self) -> str:
        shown = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.code} ({shown})" if shown else self.code

    def __reduce__(self) -> tuple[object, ...]:
        # The default calls the class with `args` alone and would lose the parameters on the way
        # from a forked worker.
        return _rebuild, (type(self), self.reason, self.params)


def _rebuild(kind: type[GuongError], reason: str, params: dict[str, Param]) -> GuongError:
    return kind(reason, **params)


class InvalidInput(GuongError):
    """Something that the user gave cannot be used; `field` names it."""

    kind = "invalid_input"

    def __init__(self, reason: str, *, field: str, **params: Param) -> None:
        super().__init__(reason, field=field, **params)


class NotFound(GuongError):
    """No such thing, or not yours: the two are told apart nowhere."""

    kind = "not_found"


class ConsentRequired(GuongError):
    """Biometric data was offered without consent."""

    kind = "consent_required"


class Forbidden(GuongError):
    """Only the owner of the app may do this."""

    kind = "forbidden"


class AtCapacity(GuongError):
    """Too many turns at once; `retry_s` says when to try again."""

    kind = "at_capacity"


class QuotaExceeded(GuongError):
    """The GPU quota of this visitor is used up; `retry_s` says when it returns."""

    kind = "quota_exceeded"


class EngineUnavailable(GuongError):
    """An engine cannot run here; `stage` names what is missing and `remedy` what to do."""

    kind = "engine_unavailable"


class EngineFailed(GuongError):
    """An engine raised, or returned nothing where something was due."""

    kind = "engine_failed"


class EngineTimeout(GuongError):
    """An engine took longer than its limit."""

    kind = "engine_timeout"


class WeightsRejected(GuongError):
    """A downloaded file is not what it should be; `file` names it."""

    kind = "weights_rejected"


class StorageFailed(GuongError):
    """The disk is full, or the user's data cannot be read or written."""

    kind = "storage_failed"


LADDER_ERRORS = (EngineUnavailable, EngineFailed, EngineTimeout, WeightsRejected, QuotaExceeded)
"""The only errors that make the next engine of a stage take over."""


def out_of_memory(error: BaseException | None) -> bool:
    """Tell whether memory ran out, the card's or the machine's, there or in what led to it.

    torch's class is known by its name, so that nobody imports torch to ask.
    """
    while error is not None:
        kinds = {kind.__name__ for kind in type(error).__mro__}
        said = str(error) if isinstance(error, RuntimeError) else ""
        if kinds & {"OutOfMemoryError", "MemoryError"} or any(sign in said for sign in _EXHAUSTED):
            return True
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False


def trace(error: BaseException) -> str:
    """Return what an error is and where it came from, for the log.

    Without its own words: those may hold what a user said.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    way = " > ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    after = f"; after {type(cause).__name__}" if cause else ""
    return f"{type(error).__name__} at {way}{after}"
