"""Engines come and go without disturbing the turns that use them."""

import os

import pytest

from modules.engines import EngineSpec, in_order
from modules.errors import EngineFailed, EngineUnavailable
from modules.residency import ABANDONED_LIMIT, Residency
from tests.scripted import Scripted, gives_nothing, residency
from tests.virtual_time import virtual_time


class Loads:
    """A real engine class for specs to name; what it does is set by the test."""

    fails_with = None
    loaded = 0
    closed = 0

    def __init__(self, spec):
        self.spec = spec

    def load(self):
        if Loads.fails_with:
            raise Loads.fails_with
        Loads.loaded += 1

    def close(self):
        Loads.closed += 1

    def open(self, request):
        raise NotImplementedError


@pytest.fixture(autouse=True)
def _fresh():
    Loads.fails_with, Loads.loaded, Loads.closed = None, 0, 0


def spec(name="engine", **fields):
    return EngineSpec(name, "tts", "tests.test_residency:Loads", **fields)


def home(*specs, weights=None):
    return Residency({"tts": specs}, weights)


@virtual_time
async def test_an_engine_is_loaded_once_however_often_it_is_asked_for():
    engines = home(spec())
    await engines.load("tts", "engine")
    await engines.load("tts", "engine")
    assert Loads.loaded == 1
    assert engines.resident("tts") == ("engine",)


@virtual_time
async def test_threads_of_a_network_sleep_while_they_wait_unless_the_owner_says_otherwise(
    monkeypatch,
):
    for given, expected in (("", "PASSIVE"), ("ACTIVE", "ACTIVE")):
        monkeypatch.setenv("OMP_WAIT_POLICY", given)
        if not given:
            monkeypatch.delenv("OMP_WAIT_POLICY")
        await home(spec()).load("tts", "engine")
        assert os.environ["OMP_WAIT_POLICY"] == expected


@virtual_time
async def test_a_lease_keeps_an_engine_alive_after_it_was_unloaded():
    engines = home(spec())
    await engines.load("tts", "engine")
    with engines.lease("tts", "engine"):
        engines.unload("tts", "engine")
        assert engines.resident("tts") == ()
        assert Loads.closed == 0
    assert Loads.closed == 1


@virtual_time
async def test_an_engine_can_be_loaded_again_after_it_was_unloaded():
    engines = home(spec())
    await engines.load("tts", "engine")
    engines.unload("tts", "engine")
    await engines.load("tts", "engine")
    assert engines.resident("tts") == ("engine",)
    assert (Loads.loaded, Loads.closed) == (2, 1)


@virtual_time
async def test_a_missing_package_is_named_with_its_remedy():
    engines = home(spec(needs=frozenset({"packages"}), packages=("no_such_package",)))
    with pytest.raises(EngineUnavailable) as caught:
        await engines.load("tts", "engine")
    assert "no_such_package" in caught.value.params["remedy"]
    assert engines.report()[0].reason == "engine_unavailable.packages"


@virtual_time
async def test_weights_that_are_not_there_keep_an_engine_from_loading():
    class Nothing:
        def present(self, key):
            return False

    engines = home(spec(needs=frozenset({"weights"}), weights=("big",)), weights=Nothing())
    with pytest.raises(EngineUnavailable) as caught:
        await engines.load("tts", "engine")
    assert caught.value.code == "engine_unavailable.weights_missing"


@virtual_time
async def test_a_bug_while_loading_is_told_by_name_and_can_be_tried_again():
    engines = home(spec())
    Loads.fails_with = RuntimeError("bug")
    with pytest.raises(EngineFailed):
        await engines.load("tts", "engine")
    assert engines.report()[0].state == "failed"
    Loads.fails_with = None
    await engines.load("tts", "engine")
    assert engines.resident("tts") == ("engine",)


@virtual_time
async def test_a_bug_while_loading_does_not_keep_the_remedy_of_an_older_failure():
    engines = home(spec())
    Loads.fails_with = EngineUnavailable("no_key", stage="tts", remedy="set a key")
    with pytest.raises(EngineUnavailable):
        await engines.load("tts", "engine")
    assert engines.report()[0].remedy == "set a key"
    Loads.fails_with = RuntimeError("bug")
    with pytest.raises(EngineFailed):
        await engines.load("tts", "engine")
    (line,) = engines.report()
    assert (line.reason, line.remedy) == ("engine_failed.load", "")


@virtual_time
async def test_one_broken_embedded_engine_does_not_keep_the_others_from_loading():
    broken = EngineSpec("broken", "tts", "tests.no_such_module:Nothing")
    engines = home(broken, spec())
    await engines.load_embedded()
    assert engines.resident("tts") == ("engine",)


@virtual_time
async def test_unknown_engines_are_refused():
    with pytest.raises(EngineUnavailable):
        await home(spec()).load("tts", "nonsense")


@virtual_time
async def test_the_preferred_engine_comes_first_and_unknown_names_are_ignored():
    engines = home(spec("a"), spec("b"))
    await engines.load_embedded()
    assert engines.resident("tts", ("b", "gone")) == ("b", "a")


def test_in_order_keeps_every_engine_exactly_once():
    specs = (spec("a"), spec("b"), spec("c"))
    assert [s.name for s in in_order(specs, ("c", "c", "x"))] == ["c", "a", "b"]


@virtual_time
async def test_too_many_stuck_calls_ask_for_a_restart_until_they_come_back():
    class Stuck:
        busy = True

    engines = residency(Scripted("tts", "tts", gives_nothing()))
    stuck = [Stuck() for _ in range(ABANDONED_LIMIT)]
    for stream in stuck:
        assert not engines.needs_restart
        engines.abandon(stream)
    assert engines.needs_restart
    stuck[0].busy = False
    assert not engines.needs_restart


@virtual_time
async def test_engines_at_rest_can_be_woken():
    engines = residency(Scripted("tts", "a", gives_nothing(), needs=("torch",)))
    engines.rest("tts", "a")
    assert engines.resident("tts") == ()
    engines.wake_all()
    assert engines.resident("tts") == ("a",)


@virtual_time
async def test_where_all_rest_the_embedded_ones_serve_all_the_same():
    neural = Scripted("tts", "neural", gives_nothing(), needs=("torch",))
    embedded = Scripted("tts", "embedded", gives_nothing())
    engines = residency(neural, embedded)
    engines.rest("tts", "embedded")
    assert engines.resident("tts") == ("neural",)
    engines.rest("tts", "neural")
    assert engines.resident("tts") == ("embedded",)


@virtual_time
async def test_an_engine_whose_calls_hang_rests_even_if_it_is_the_last():
    class Stuck:
        busy = True

    engines = residency(Scripted("tts", "embedded", gives_nothing()))
    engines.rest("tts", "embedded")
    for _ in range(ABANDONED_LIMIT):
        engines.abandon(Stuck())
    assert engines.resident("tts") == ()
