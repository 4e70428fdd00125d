"""The 98 rows of regional words, read once from `particles.toml`, `things.toml` and `told.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from modules.messages import Region

Words = tuple[str, ...]


class Row(BaseModel):
    """What the three regions call one thing; `particles.toml` explains the keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: Annotated[Words, Field(min_length=1)]
    c: Annotated[Words, Field(min_length=1)]
    s: Annotated[Words, Field(min_length=1)]
    gloss: str
    swap: Literal["R", "Y", "N", "P"]
    where: dict[str, Words] = {}
    keep: Words = ()
    phrases: tuple[tuple[str, str, str], ...] = ()
    unchanged: Annotated[Words, Field(alias="not")] = ()

    def written(self, region: Region) -> str:
        """Return the word that is written in a region."""
        return self.said(region)[0]

    def said(self, region: Region) -> Words:
        """Return all words that are a region's own."""
        return {"north": self.n, "central": self.c, "south": self.s}[region]


def read(name: str) -> dict[str, Any]:
    """Return the table `<name>.toml`."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))


@cache
def _rows() -> tuple[Row, ...]:
    return tuple(
        Row.model_validate(row)
        for name in ("particles", "things", "told")
        for row in read(name)["row"]
    )


ROWS = _rows()
