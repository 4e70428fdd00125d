"""The benchmark of faces takes an engine that only films, and outlives one that fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import face
from benchmarks.report import Figure
from modules.avatar.sadtalker.engine import SadTalkerEngine
from modules.avatar.sadtalker.studio import Studio
from modules.messages import Portrait
from tests.avatar.conftest import spoken
from tests.avatar.photo.conftest import drafts, faces
from tests.avatar.sadtalker.test_engine import SPECS, studio

__all__ = ["drafts", "faces", "studio"]


class Filmer(SadTalkerEngine):
    """SadTalker with toys for networks."""

    networks: Studio | None = None

    def load(self) -> None:
        """Take the toys."""
        self._studio = self.networks


def figures(
    monkeypatch: pytest.MonkeyPatch, networks: Studio | None, portrait: Portrait
) -> list[Figure]:
    monkeypatch.setattr(Filmer, "networks", networks)
    spec = replace(SPECS["sadtalker"], factory=f"{__name__}:Filmer", weights=(), packages=())
    return face._engine(spec, portrait, spoken(1.0, reply=0, last=True))


def test_a_head_that_only_films_is_measured_and_has_no_seam(
    studio: Studio, faces: dict[str, Portrait], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {row.name: row for row in figures(monkeypatch, studio, faces["fair"])}
    assert rows["sadtalker: frames a second"].value > 0
    assert "sadtalker: fit of mouth and sound" in rows
    assert not any("seam" in name or "failed" in name for name in rows)


def test_one_that_fails_has_a_row_that_is_not_met(
    faces: dict[str, Portrait], monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = figures(monkeypatch, None, faces["fair"])
    assert (row.name, row.met) == ("sadtalker: failed", False)
    assert row.detail == "engine_unavailable.not_loaded"
