"""What the menu of saving offers: a moving head only where one can act."""

from types import SimpleNamespace

import gradio as gr

from modules.ui.labels import Labels
from modules.ui.panels import Bench
from modules.ui.panels.saving import Saving
from modules.ui.visitors import Visitors
from tests.conversation.test_acted import FACE
from tests.conversation.test_session import app_with
from tests.scripted import Scripted, shows
from tests.virtual_time import virtual_time


@virtual_time
async def test_a_moving_head_is_offered_once_a_portrait_is_worn_and_an_engine_is_there(tmp_path):
    engines = [Scripted("avatar", name, shows()) for name in ("avatar", "sadtalker")]
    app = app_with(tmp_path, *engines)
    visitors, request = Visitors(app), SimpleNamespace(session_hash="p1", headers={}, request=None)
    session, _ = visitors.arrive("", "", "vi", request)
    with gr.Blocks() as page:
        saving = Saving(Bench(app, visitors, Labels()))

    async def offered():
        return (await saving._offer(request))["visible"]

    assert not saving._acted.visible
    assert not await offered()
    session.portrait = FACE
    assert await offered()
    await app.residency.unloaded("avatar", "sadtalker")
    assert not await offered()
    asks = [event for event in page.fns.values() if event.name == "_offer"]
    assert [event.outputs for event in asks] == [[saving._acted]]
    assert [event.targets for event in asks] == [[(saving._open._id, "click")]]
