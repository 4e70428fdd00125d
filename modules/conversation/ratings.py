"""What users thought of answers, for people who evaluate them: stored only when somebody rates.

    users/<owner>/ratings.jsonl     one rating on a line, the oldest first

A rating holds what is needed to judge the answer again, and nothing that the app refuses to
remember: a message with a password in it is left out.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from modules.conversation.talk import Exchange
from modules.errors import InvalidInput, StorageFailed
from modules.memory.secret import secret_in
from modules.private import make_private, storage, write_private
from modules.text import clean

log = logging.getLogger("guong.ratings")

Verdict = Literal["good", "bad"]
Reason = Literal["address", "unnatural", "tone", "lip_sync", "voice", "other"]
REASONS: tuple[Reason, ...] = get_args(Reason)

LONGEST_COMMENT = 1_000
MOST = 2_000
"""Per user; beyond it the oldest go."""
_FILE = "ratings.jsonl"


@dataclass(frozen=True, slots=True)
class Rating:
    """One line of the file.

    `id` names the answer: rating it again takes the place of the older rating. `time` is ISO 8601
    in UTC. `withheld` says which secret `message`, `answer` or `comment` held: empty then.
    """

    id: str
    time: str
    verdict: Verdict
    reasons: tuple[Reason, ...]
    comment: str
    message: str
    spoken: bool
    answer: str
    whole: bool
    pair: dict[str, str]
    persona: dict[str, Any]
    mood: dict[str, Any] | None
    recalled: int
    engines: dict[str, str]
    seconds: float
    withheld: str = ""


def rating_of(
    exchange: Exchange, session: str, verdict: str, reasons: Sequence[str] = (), comment: str = ""
) -> Rating:
    """Return the rating of an answer of a session; `session` is any text that names it.

    Raises `InvalidInput` for a verdict or a reason that there is not, or too long a comment.
    """
    said = clean(comment)
    if len(said) > LONGEST_COMMENT:
        raise InvalidInput("too_long", field="comment", limit=LONGEST_COMMENT)
    mood, texts = exchange.mood, [exchange.said, exchange.answer, said]
    secrets = [secret_in(text) or "" for text in texts]
    message, answer, said = (
        "" if secret else text for text, secret in zip(texts, secrets, strict=True)
    )
    return Rating(
        id=f"{session}-{exchange.reply}",
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        verdict=_one_of(verdict, ("good", "bad"), "verdict"),
        reasons=tuple(_one_of(reason, REASONS, "reasons") for reason in dict.fromkeys(reasons)),
        comment=said,
        message=message,
        spoken=exchange.spoken,
        answer=answer,
        whole=exchange.whole,
        pair={
            "assistant_self": exchange.pair.assistant_self,
            "user_term": exchange.pair.user_term,
        },
        persona=exchange.persona.model_dump(exclude={"voice"}),
        mood={"label": mood.label, "engine": mood.engine} if mood else None,
        recalled=len(exchange.recalled),
        engines=dict(exchange.engines),
        seconds=round(exchange.seconds, 2),
        withheld=next(filter(None, secrets), ""),
    )


class Ratings:
    """All users' ratings. Safe for threads; every call names the owner."""

    def __init__(self, users: Path) -> None:
        self._users = users
        self._guard = threading.Lock()

    def put(self, owner: str, rating: Rating) -> None:
        """Store a rating; one of the same answer is replaced. Raises `StorageFailed`."""
        with self._guard:
            kept = [line for line in self._lines(owner) if line["id"] != rating.id]
            self._write(owner, [*kept, asdict(rating)][-MOST:])

    def take_back(self, owner: str, rating: str) -> int:
        """Delete the rating with that id; return how many that was."""
        with self._guard:
            lines = self._lines(owner)
            kept = [line for line in lines if line["id"] != rating]
            if len(kept) < len(lines):
                self._write(owner, kept)
            return len(lines) - len(kept)

    def all(self, owner: str) -> list[dict[str, Any]]:
        """Return an owner's ratings as plain data, the oldest first."""
        with self._guard:
            return self._lines(owner)

    def jsonl(self, owner: str) -> str:
        """Return an owner's ratings as JSON lines (UTF-8), for evaluation."""
        return _jsonl(self.all(owner))

    def delete(self, owner: str) -> int:
        """Delete all ratings of an owner; return how many there were. Raises `StorageFailed`."""
        with self._guard:
            count = len(self._lines(owner))
            with storage(_FILE):
                self._path(owner).unlink(missing_ok=True)
            return count

    def _path(self, owner: str) -> Path:
        return self._users / owner / _FILE

    def _lines(self, owner: str) -> list[dict[str, Any]]:
        try:
            text = self._path(owner).read_text("utf-8")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageFailed("unreadable", what=_FILE) from error
        return [line for line in map(_read, text.splitlines()) if line is not None]

    def _write(self, owner: str, lines: list[dict[str, Any]]) -> None:
        path = self._path(owner)
        with storage(_FILE):
            if lines:
                make_private(path.parent)
                write_private(path, _jsonl(lines).encode())
            else:
                path.unlink(missing_ok=True)


def _jsonl(lines: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _read(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:  # a disk that lied; the other lines are still good
        log.warning("a rating cannot be read")
        return None
    return found if isinstance(found, dict) and "id" in found else None


def _one_of(given: str, known: Sequence[Any], field: str) -> Any:
    if given not in known:
        raise InvalidInput("not_one_of", field=field, choices=", ".join(known))
    return given
