"""While engines are loaded the page says so; then the line is gone."""

import asyncio
from types import SimpleNamespace

import gradio as gr
import pytest

from modules.conversation.loading import Step
from modules.ui.panels.starting import Starting


@pytest.fixture
def line():
    app = SimpleNamespace(step=None)
    with gr.Blocks():
        made = Starting(SimpleNamespace(app=app, on=lambda *args: None))

    def shown(step, language="vi"):
        app.step = step
        return asyncio.run(made.show(SimpleNamespace(language=language)))

    return shown


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_is_loaded_is_named_with_how_far_it_has_come(line, language):
    text, timer = line(Step("starting.engine", "qwen3-4b<", 2, 5), language)
    assert "qwen3-4b&lt; (2/5)" in text["value"]
    assert text["visible"]
    assert timer["active"]


def test_when_all_is_loaded_the_line_is_gone_and_nobody_looks_again(line):
    text, timer = line(None)
    assert not text["visible"]
    assert not timer["active"]
