"""The app: which engines it loads at start."""

import pytest

from modules import asr, llm, tts
from modules.conversation.app import App
from modules.settings import Settings


@pytest.mark.parametrize(
    ("settings", "loaded"),
    [({}, False), ({"llm_url": "http://127.0.0.1:1/v1"}, True), ({"llm": "openai"}, True)],
)
def test_a_language_server_is_used_as_soon_as_its_address_is_set(tmp_path, settings, loaded):
    app = App(Settings(data=tmp_path, **settings))
    assert app._wanted(llm.ENGINES[0]) is loaded


def test_what_was_fetched_is_loaded_and_what_is_embedded_comes_first(tmp_path):
    app = App(Settings(data=tmp_path))
    assert app._wanted(asr.ENGINES[0])
    assert not app._wanted(tts.ENGINES[-1])
