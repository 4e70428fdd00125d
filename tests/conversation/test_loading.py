"""Engines at start: what a card holds, what fails, and what takes the place of what ran out."""

import asyncio
import logging
from typing import ClassVar

import pytest

from modules import card
from modules.conversation.app import TABLES, App
from modules.conversation.loading import load_engines
from modules.engines import EngineSpec
from modules.errors import EngineFailed, EngineUnavailable, WeightsRejected, out_of_memory
from modules.messages import Notice
from modules.residency import Residency
from modules.settings import Settings
from tests.virtual_time import virtual_time


class OutOfMemoryError(RuntimeError):
    """Named as torch's is."""


class Loads:
    """An engine of the card; which cannot be loaded, and with what, a test says."""

    failing: ClassVar[dict[str, Exception]] = {}
    left: ClassVar[dict[str, int]] = {}

    def __init__(self, spec):
        self.spec = spec

    def load(self):
        Loads.left[self.spec.name] = self.spec.leave_mb
        if error := Loads.failing.get(self.spec.name):
            raise error

    def close(self):
        pass

    def open(self, request):
        return Fails()


class Fails:
    async def push(self, item):
        raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    async def clear(self):
        pass

    async def aclose(self):
        pass

    def __aiter__(self):
        return self


def neural(stage, name, megabytes):
    needs = frozenset({"torch", "cuda", "weights"})
    factory = "tests.conversation.test_loading:Loads"
    return EngineSpec(name, stage, factory, needs, weights=(name,), megabytes=megabytes)


LADDER = {
    "llm": (
        neural("llm", "large", 20_000),
        neural("llm", "middle", 7_700),
        neural("llm", "small", 2_500),
        TABLES["llm"][-1],
    ),
    "voice": (neural("voice", "converter", 300), TABLES["voice"][-1]),
    "avatar": (neural("avatar", "painter", 8_000), TABLES["avatar"][-1]),
}


class Everything:
    def present(self, key):
        return True


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setattr(Loads, "failing", {})
    monkeypatch.setattr(Loads, "left", {})
    monkeypatch.setattr(card, "plugged_in", lambda: True)
    monkeypatch.setattr(card, "read", lambda: card.Card("made up", 24_000, 23_500))
    made = App(Settings(data=tmp_path))
    made.tables = {stage: LADDER.get(stage, ()) for stage in TABLES}
    made.residency = Residency(made.tables, Everything())
    made.residency.on_exhausted, made.back = made._exhausted, made._back_here()
    return made


def resident(app):
    return {stage: app.residency.resident(stage)[0] for stage in LADDER}


@virtual_time
async def test_what_fits_is_loaded_and_the_plan_is_printed(app, caplog):
    caplog.set_level(logging.INFO, "guong")
    await load_engines(app, here=True)
    assert resident(app) == {"llm": "middle", "voice": "converter", "avatar": "painter"}
    assert app.residency.resident("llm") == ("middle", "companion")  # one on the card, no more
    (line,) = [r.getMessage() for r in caplog.records if "memory plan" in r.getMessage()]
    assert "made up" in line
    assert "llm/middle 7,700" in line
    assert Loads.left["middle"] >= 8_300


@virtual_time
async def test_the_page_can_follow_what_is_being_loaded(app, monkeypatch):
    seen = []
    load = app.residency.load

    async def noting(stage, name, **options):
        seen.append(app.step)
        await load(stage, name, **options)

    monkeypatch.setattr(app.residency, "load", noting)
    await load_engines(app, here=True)
    steps = [(s.engine, s.number, s.total) for s in seen if s.code == "starting.engine"]
    assert steps == [("middle", 1, 3), ("converter", 2, 3), ("painter", 3, 3)]
    assert seen[0].code == "starting.embedded"
    assert app.step is None


@virtual_time
async def test_too_little_memory_at_load_falls_to_the_next_smaller_one(app):
    Loads.failing["middle"] = OutOfMemoryError("CUDA out of memory")
    await load_engines(app, here=True)
    assert resident(app)["llm"] == "small"
    told = {line.spec.name: line.reason for line in app.residency.report()}
    assert told["middle"] == "engine_unavailable.memory"


@virtual_time
async def test_where_nothing_fits_the_embedded_engine_serves(app):
    Loads.failing |= {name: OutOfMemoryError() for name in ("middle", "small")}
    await load_engines(app, here=True)
    assert resident(app) == {"llm": "companion", "voice": "converter", "avatar": "painter"}


@virtual_time
async def test_memory_that_runs_out_in_use_is_told_and_a_smaller_engine_comes(app):
    await load_engines(app, here=True)
    session = app.open_session("visitor", "ab" * 16, live=False)
    messages = [m async for m in session.turn("Chào em", 1)]
    (notice,) = [m for m in messages if isinstance(m, Notice) and m.stage == "llm"]
    assert (notice.code, notice.params["why"]) == ("demoted", "engine_failed.memory")
    assert messages[-1].engines["llm"] == "companion"
    while "small" not in app.residency.resident("llm"):
        await asyncio.sleep(0.1)
    assert "middle" not in app.residency.resident("llm")
    told = {line.spec.name: line.reason for line in app.residency.report()}
    assert told["middle"] == "engine_failed.memory"


@virtual_time
async def test_nothing_is_planned_and_torch_not_asked_where_there_is_no_card(app, monkeypatch):
    monkeypatch.setattr(card, "plugged_in", lambda: False)
    monkeypatch.setattr(card, "read", lambda: pytest.fail("torch was imported for nothing"))
    await load_engines(app, here=True)
    assert resident(app) == {"llm": "companion", "voice": "world", "avatar": "still"}


ALL = [spec for specs in TABLES.values() for spec in specs]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("bug"),
        ImportError("no such thing"),
        OSError("disk"),
        OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        WeightsRejected("unreadable", file="x", why="y"),
        EngineUnavailable("weights_missing", stage="", remedy="x"),
        KeyError("config"),
        SystemError("native"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("broken", ALL, ids=lambda spec: f"{spec.stage}-{spec.name}")
def test_whichever_engine_cannot_be_loaded_all_others_are(tmp_path, monkeypatch, broken, error):
    class Engine:
        def __init__(self, spec):
            self.spec = spec

        def load(self):
            if self.spec.name == broken.name:
                raise error

        def close(self):
            pass

    monkeypatch.setattr(EngineSpec, "make", lambda self: Engine(self))
    monkeypatch.setattr(EngineSpec, "missing_packages", property(lambda self: ()))
    monkeypatch.setattr(card, "plugged_in", lambda: True)
    monkeypatch.setattr(card, "read", lambda: card.Card("made up", 900_000, 900_000))
    residency = Residency(TABLES, Everything())

    async def start():
        app = Started(residency)
        await load_engines(app, here=True)
        return {line.spec.name: line for line in residency.report()}

    report = asyncio.run(start())
    assert report[broken.name].state in ("failed", "absent")
    for stage, specs in TABLES.items():
        others = [spec for spec in specs if spec.embedded and spec is not broken]
        assert {report[spec.name].state for spec in others} <= {"resident"}, stage


class Started:
    """As much of an app as loading needs."""

    gpu = None
    tables = TABLES
    settings = Settings()
    step = None

    def __init__(self, residency):
        self.residency = residency


def test_a_lack_of_memory_is_known_wherever_it_stands():
    inner = OutOfMemoryError("CUDA out of memory")
    outer = EngineFailed("raised", stage="llm", engine="x")
    outer.__cause__ = inner
    assert out_of_memory(outer)
    assert out_of_memory(RuntimeError("cuBLAS: CUBLAS_STATUS_ALLOC_FAILED when calling"))
    assert not out_of_memory(RuntimeError("size mismatch"))
    assert not out_of_memory(ValueError("out of memory"))
