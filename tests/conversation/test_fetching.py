"""Getting an engine while the app runs: from a hub that breaks off, onto a card that is full."""

import asyncio
import hashlib
from dataclasses import replace

import pytest

from modules.conversation.app import TABLES, App
from modules.conversation.fetching import fetch_engine
from modules.engines import EngineSpec
from modules.errors import EngineUnavailable, Forbidden, WeightsRejected
from modules.messages import Clause, TextDelta, TurnEnd
from modules.models import Weights
from modules.residency import Residency
from modules.settings import Settings
from tests.hub import Hub
from tests.test_download import BIG, FILES, hub, spec_for  # noqa: F401 - a fixture

ENGINE = "tests.conversation.test_fetching:Speaks"
OLD = EngineSpec("old", "llm", ENGINE, frozenset({"torch", "cuda"}), megabytes=8_000)
NEW = EngineSpec(
    "new", "llm", ENGINE, frozenset({"torch", "weights"}), weights=("toy",), megabytes=9_000
)


class Speaks:
    """A model that says its name; two do not fit on one card."""

    room = 2
    loaded: list[str]

    def __init__(self, spec):
        self.spec = spec

    def load(self):
        if len(Speaks.loaded) >= Speaks.room or self.spec.name == "too large":
            raise EngineUnavailable("memory", stage="llm", remedy="9000 MB > 4000 MB")
        Speaks.loaded.append(self.spec.name)

    def close(self):
        if self.spec.name in Speaks.loaded:
            Speaks.loaded.remove(self.spec.name)

    def open(self, request):
        return Says(self.spec.name)


class Says:
    def __init__(self, name):
        self.name = name
        self.request = None

    async def push(self, item):
        self.request = item

    async def clear(self):
        pass

    async def aclose(self):
        pass

    async def __aiter__(self):
        for number in range(3):
            await asyncio.sleep(0.05)
            yield TextDelta(self.request.reply, f"Đây là {self.name}, câu {number}. ")


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setattr(Speaks, "loaded", [], raising=False)
    monkeypatch.setattr(Speaks, "room", 2)
    monkeypatch.setattr("modules.card.plugged_in", lambda: True)
    made = App(Settings(data=tmp_path / "data", bucket=tmp_path / "bucket"))
    table = {"llm": (NEW, OLD, TABLES["llm"][-1]), "tts": (), "voice": (), "avatar": ()}
    made.tables = {stage: table.get(stage, specs) for stage, specs in TABLES.items()}
    right = hashlib.sha256(BIG).hexdigest()
    made.weights = Weights(tmp_path / "models", {"toy": spec_for(FILES, sha256=right)})
    made.residency = Residency(made.tables, made.weights)
    made.back = made._back_here()
    return made


def no_progress(done, total):
    """Nobody looks."""


async def turn(app, session, reply):
    messages = [m async for m in session.turn("Chào em", reply)]
    text = " ".join(m.text for m in messages if isinstance(m, Clause))
    return text, next(m for m in messages if isinstance(m, TurnEnd)).engines["llm"]


def test_a_download_that_broke_off_is_resumed_and_the_engine_serves_from_the_next_turn(
    app,
    hub: Hub,  # noqa: F811
):
    hub.cut_after = [600_000]
    seen = []

    async def visit():
        await app.residency.load_embedded()
        await app.residency.load("llm", "old")
        session = app.open_session("visitor", "ab" * 16, live=False)
        talking = asyncio.create_task(turn(app, session, 1))
        await asyncio.sleep(0.03)  # it has begun
        await fetch_engine(app, "llm", "new", lambda done, total: seen.append((done, total)))
        return await talking, await turn(app, session, 2)

    first, second = asyncio.run(visit())
    assert first[1] == "old"
    assert "new" not in first[0]
    assert second[1] == "new"
    ranges = [h.get("range") for _, path, h in hub.downloads() if "pytorch_model" in path]
    assert ranges == [None, "bytes=600000-"]
    assert seen[-1][0] == seen[-1][1] == sum(map(len, FILES.values()))


def test_a_visitor_who_leaves_stops_the_download_and_the_next_one_resumes_it(app, hub: Hub):  # noqa: F811
    some = asyncio.Event()

    async def visit():
        loop = asyncio.get_running_loop()

        def progress(done, total):
            if done > 100_000:
                loop.call_soon_threadsafe(some.set)

        getting = asyncio.create_task(fetch_engine(app, "llm", "new", progress))
        await some.wait()
        getting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await getting
        part = app.weights.directory / "toy" / "pytorch_model.bin.part"
        whole = part.with_name("pytorch_model.bin")
        while not (part.exists() or whole.exists()):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)  # its thread looks at the next chunk
        await fetch_engine(app, "llm", "new", no_progress)
        return app.residency.resident("llm")

    assert "new" in asyncio.run(visit())


def test_other_bytes_than_the_pinned_ones_are_never_loaded(app, hub: Hub):  # noqa: F811
    hub.corrupt = True
    with pytest.raises(WeightsRejected):
        asyncio.run(fetch_engine(app, "llm", "new", no_progress))
    assert Speaks.loaded == []


def test_where_two_do_not_fit_the_old_one_goes_when_its_turn_has_ended(app, hub: Hub):  # noqa: F811
    Speaks.room = 1

    async def visit():
        await app.residency.load_embedded()
        await app.residency.load("llm", "old")
        session = app.open_session("visitor", "ab" * 16, live=False)
        talking = asyncio.create_task(turn(app, session, 1))
        await asyncio.sleep(0.03)
        getting = asyncio.create_task(fetch_engine(app, "llm", "new", no_progress))
        first = await talking
        await getting
        return first[1], (await turn(app, session, 2))[1]

    assert asyncio.run(visit()) == ("old", "new")
    assert Speaks.loaded == ["new"]


def test_what_does_not_fit_even_alone_leaves_the_old_one_in_place(app, hub: Hub, monkeypatch):  # noqa: F811
    huge = replace(NEW, name="too large")
    app.tables["llm"] = (huge, OLD, TABLES["llm"][-1])
    app.residency = Residency(app.tables, app.weights)

    async def visit():
        await app.residency.load("llm", "old")
        with pytest.raises(EngineUnavailable) as caught:
            await fetch_engine(app, "llm", "too large", no_progress)
        return caught.value, app.residency.resident("llm")

    error, left = asyncio.run(visit())
    assert error.code == "engine_unavailable.memory"
    assert left == ("old",)


def test_a_missing_package_is_named_with_the_exact_command_before_anything_is_fetched(
    app,
    hub: Hub,  # noqa: F811
    monkeypatch,
):
    lacking = replace(NEW, packages=("torch", "no_such_package", "cv2"))
    monkeypatch.setattr(
        EngineSpec, "missing_packages", property(lambda s: s.packages), raising=False
    )
    app.residency = Residency({"llm": (lacking,)}, app.weights)
    with pytest.raises(EngineUnavailable) as caught:
        asyncio.run(fetch_engine(app, "llm", "new", no_progress))
    remedy = caught.value.params["remedy"]
    assert "python" in remedy
    assert " -m pip install torch==" in remedy
    assert "opencv-python-headless==" in remedy
    assert remedy.split()[-2] == "no_such_package"
    assert hub.asked == []


def test_on_zerogpu_a_model_is_fetched_for_the_next_start_if_it_outlives_it(
    app,
    hub: Hub,  # noqa: F811
    monkeypatch,
):
    monkeypatch.setattr("modules.conversation.fetching.on_zerogpu", lambda: True)
    with pytest.raises(Forbidden) as caught:
        asyncio.run(fetch_engine(app, "llm", "new", no_progress))
    assert caught.value.code == "forbidden.restart_to_load"
    assert app.weights.present("toy")
    assert Speaks.loaded == []
    hub.asked.clear()
    app.settings = app.settings.model_copy(update={"bucket": None})
    with pytest.raises(Forbidden) as caught:
        asyncio.run(fetch_engine(app, "llm", "new", no_progress))
    assert caught.value.code == "forbidden.restart_forgets"
    assert hub.asked == []
