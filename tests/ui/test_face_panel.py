"""The panel of faces where a network paints: who may show a portrait, chosen, prepared, shown."""

from pathlib import Path
from types import SimpleNamespace

import av
import gradio as gr
import numpy as np
import pytest

import modules.avatar.photo.engine as puppet
from modules.conversation.app import App
from modules.messages import Persona
from modules.settings import Settings
from modules.tts import ENGINES as VOICES
from modules.ui.labels import Labels
from modules.ui.panels import Bench
from modules.ui.panels.face import FacePanel
from modules.ui.visitors import Visitors
from tests.avatar.photo.conftest import drafts
from tests.conversation.test_preparing import Painter

__all__ = ["drafts"]

REQUEST = SimpleNamespace(session_hash="p1", headers={}, request=None)


class Page:
    """The panel, driven by what a visitor clicks; `shown` is what the page has then."""

    def __init__(self, app):
        self.app, self.shares, self.shown = app, [], {}
        self.visitors = Visitors(app)
        self.session, _ = self.visitors.arrive("", "", "vi", REQUEST)
        with gr.Blocks() as self.blocks:
            self.panel = FacePanel(Bench(app, self.visitors, Labels()))

    async def open(self):
        self._take(self.panel.outputs, await self.panel.show(self.session))

    async def click(self, button, *values):
        """Do what a button does; its inputs have these values."""
        (event,) = [
            each for each in self.blocks.fns.values()
            if any(self.blocks.blocks[at].elem_id == button for at, _ in each.targets)
        ]  # fmt: skip
        outs = await event.fn(REQUEST, *values, self._progress)
        self._take(event.outputs, outs)

    def _take(self, components, outs):
        assert len(components) == len(outs)
        self.shown |= {each.elem_id: out for each, out in zip(components, outs, strict=True)}

    def _progress(self, share, told):
        self.shares.append((share, told))

    @property
    def offered(self):
        """The names in the list of engines, as they are written; None where there is no list."""
        listed = self.shown["guong-face-engine"]
        assert listed["visible"] == self.shown["guong-face-prepare"]["visible"]
        return {name: text for text, name in listed["choices"]} if listed["visible"] else None


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setattr(puppet, "FRAMES", 24)
    return App(Settings(data=tmp_path))


@pytest.fixture
def painter(app):
    made = Painter()
    made.load()
    app.residency.adopt(made)
    yield made
    made.close()


async def page_of(app, draft):
    """A page whose visitor wears a portrait, where the puppet and a voice are loaded."""
    for stage, name in (("avatar", "puppet"), ("avatar", "still"), ("tts", VOICES[-1].name)):
        await app.residency.load(stage, name)
    page = Page(app)
    face = app.faces.add(page.session.owner, "Lan", draft, True)
    await page.session.configure(Persona(avatar=face.id))
    await page.open()
    return page


def film(update):
    with av.open(str(Path(update["value"]))) as file:
        return np.stack([each.to_ndarray(format="rgb24") for each in file.decode(video=0)])


def green(frames):
    """The largest share of a frame that is as green as the painter's mouth."""
    red, green, blue = np.moveaxis(frames[:, 200:400, 150:362].astype(int), -1, 0)
    return float(((green - red > 60) & (green - blue > 60)).mean((1, 2)).max())


@pytest.mark.anyio
async def test_without_a_network_there_is_nothing_to_choose(app, drafts):
    page = await page_of(app, drafts["fair"])
    assert page.offered is None
    assert page.shown["guong-face-delete"]["visible"]


@pytest.mark.anyio
async def test_a_painter_is_offered_to_a_portrait_and_not_to_a_drawn_face(app, painter, drafts):
    page = await page_of(app, drafts["fair"])
    assert list(page.offered) == ["", "puppet", "still", "musetalk"]
    assert page.offered["puppet"] == "puppet"
    assert page.offered["musetalk"] != "musetalk"  # says that it is to be prepared
    assert page.shown["guong-face-engine"]["value"] == ""
    await page.session.configure(Persona(avatar="linh"))
    await page.open()
    assert page.offered is None


@pytest.mark.anyio
async def test_who_is_chosen_is_prepared_with_progress_and_shown_in_a_preview(app, painter, drafts):
    page = await page_of(app, drafts["fair"])
    await page.click("guong-face-prepare", "musetalk")
    assert painter.frames == 24
    shares = [share for share, _ in page.shares]
    assert (shares[0], shares[-1]) == (0, 1)
    assert shares == sorted(shares)
    assert all("musetalk" in told for _, told in page.shares)
    assert page.offered["musetalk"] == "musetalk"
    assert page.shown["guong-face-engine"]["value"] == "musetalk"
    assert "musetalk" in page.shown["guong-face-status"]
    assert page.session.portrait.engine == "musetalk"
    assert page.session.engines()["avatar"][0] == "musetalk"
    assert page.shown["guong-face-preview"]["visible"]
    assert green(film(page.shown["guong-face-preview"])) > 0.05


@pytest.mark.anyio
async def test_another_choice_prepares_nothing_and_is_kept(app, painter, drafts):
    page = await page_of(app, drafts["fair"])
    await page.click("guong-face-prepare", "still")
    assert (painter.frames, page.shares) == (0, [])
    assert page.session.engines()["avatar"][0] == "still"
    assert page.shown["guong-face-engine"]["value"] == "still"
    assert not page.shown["guong-face-preview"]["visible"]
    await page.click("guong-face-prepare", "")
    assert page.session.engines()["avatar"][0] == "puppet"
    assert app.faces.get(page.session.owner, page.session.portrait.id).engine == ""


@pytest.mark.anyio
async def test_where_no_portrait_is_worn_any_more_the_choice_is_refused(app, painter, drafts):
    page = await page_of(app, drafts["fair"])
    await page.session.configure(Persona(avatar="linh"))
    with pytest.raises(gr.Error):
        await page.click("guong-face-prepare", "musetalk")
    assert painter.frames == 0
