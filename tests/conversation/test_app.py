"""The app: which engines it loads at start."""

import asyncio
from types import SimpleNamespace

import pytest

from modules import asr, llm, tts
from modules.conversation import loading
from modules.conversation.app import App
from modules.conversation.loading import covered, try_load, wanted
from modules.settings import Settings
from tests.virtual_time import virtual_time


@virtual_time
async def test_a_language_server_without_an_address_says_what_to_set(tmp_path):
    app = App(Settings(data=tmp_path))
    assert not await try_load(app, app.residency.spec("llm", "openai"), here=True)
    (line,) = [line for line in app.residency.report() if line.spec.name == "openai"]
    assert (line.reason, line.remedy) == ("engine_unavailable.llm_url_unset", "GUONG_LLM_URL")


def test_a_language_server_serves_first_as_soon_as_its_address_is_set(tmp_path, monkeypatch):
    monkeypatch.setenv("GUONG_LLM_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("GUONG_LLM_MODEL", "any")

    async def load():
        app = App(Settings(data=tmp_path))
        for spec in llm.ENGINES:
            if spec.embedded or wanted(app, spec):
                await try_load(app, spec, here=True)
        return app.default_engines()["llm"]

    assert asyncio.run(load()) == ("openai", "companion")


def adopting(tmp_path, name):
    app = App(Settings(data=tmp_path, restricted=False))
    spec = next(spec for spec in llm.ENGINES if spec.name == name)
    app.residency.adopt(SimpleNamespace(spec=spec, close=lambda: None))
    return app


@virtual_time
async def test_one_language_model_of_this_process_is_enough(tmp_path):
    app = adopting(tmp_path, "qwen3-8b")
    left_out = [spec.name for spec in llm.ENGINES if covered(app, spec)]
    assert left_out == [spec.name for spec in llm.ENGINES if "torch" in spec.needs]
    assert not covered(App(Settings(data=tmp_path)), llm.ENGINES[2])


@virtual_time
async def test_a_model_with_a_restricted_licence_can_be_ruled_out(tmp_path):
    app = adopting(tmp_path, "companion")
    ruled_out = [spec.name for spec in llm.ENGINES if spec.weights and not wanted(app, spec)]
    assert ruled_out == ["ura-llama-13b", "ura-llama-7b"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [(asr.ENGINES[0], True), (llm.ENGINES[0], True), (tts.ENGINES[-1], False)],
    ids=lambda value: getattr(value, "name", value),
)
def test_embedded_engines_are_loaded_apart_from_what_may_fail(tmp_path, spec, expected):
    assert loading.wanted(App(Settings(data=tmp_path)), spec) is expected
