"""Who may show a portrait: each engine once, and what has to be prepared is said to be."""

from types import SimpleNamespace

import gradio as gr
import pytest

from modules.messages import Persona
from modules.ui.labels import Labels
from modules.ui.panels.face_engine import FaceEngine
from tests.conversation.test_preparing import OWNER, app, drafts, face, prepared

__all__ = ["app", "drafts", "face"]


@pytest.mark.anyio
async def test_an_engine_whose_preparation_is_out_of_date_is_listed_once_as_unready(app, face):
    with gr.Blocks():
        shown = FaceEngine(SimpleNamespace(app=app, labels=Labels()))
    session = app.open_session("page", OWNER, live=False)
    await prepared(app, face)
    await session.configure(Persona(avatar=face.id))

    def listed():
        return [name for name, engine in shown.show(session)[0]["choices"] if engine == "musetalk"]

    assert listed() == ["musetalk"]
    app.painter.oracle.version = "2"
    [told] = listed()
    assert told != "musetalk"
