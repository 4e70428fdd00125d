"""A face is prepared beside running turns, for the engine that is to show it."""

import numpy as np
import pytest

import modules.avatar.photo.engine as puppet
from modules.avatar.neural.painting import BOXES, MASKS
from modules.avatar.neural.pasting import soft_mask
from modules.conversation.app import App
from modules.conversation.gpu import LentGpu
from modules.conversation.speaking import show
from modules.engines import EngineSpec
from modules.errors import EngineUnavailable, NotFound
from modules.messages import Persona, TurnRequest
from modules.settings import Settings
from tests.avatar.conftest import spoken
from tests.avatar.neural.oracle import OracleEngine
from tests.avatar.photo.conftest import drafts

OWNER = "cd" * 16
SPEC = EngineSpec("musetalk", "avatar", "", frozenset({"torch"}), first_output_s=5.0)

__all__ = ["drafts"]


class Painter(OracleEngine):
    """Paints a green mouth into any face."""

    def __init__(self):
        super().__init__(SPEC)
        self.frames = 0

    def make(self):
        self.oracle.name = "musetalk"
        self.oracle.prepare = self.prepared_for
        self.oracle.attach = lambda frames, arrays: np.zeros(len(frames))
        self.oracle._painted = lambda run: np.tile(
            np.array([20, 200, 40], np.uint8), (len(run.indices), 64, 64, 1)
        )
        return self.oracle

    def prepared_for(self, frames, points):
        self.frames += len(frames)
        middle = points[:, 48:68].mean(1)
        corners = np.concatenate([middle - 60, middle + 60], -1)
        return {BOXES: corners.astype(np.int32), MASKS: np.tile(soft_mask(64), (len(frames), 1, 1))}


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setattr(puppet, "FRAMES", 24)
    made = App(Settings(data=tmp_path))
    painter = Painter()
    painter.load()
    made.residency.adopt(painter)
    made.painter = painter
    yield made
    painter.close()


@pytest.fixture
def face(app, drafts):
    return app.faces.add(OWNER, "Lan", drafts["fair"], True)


async def prepared(app, face):
    return [share async for share in app.preparing.prepare(OWNER, face.id, "musetalk")]


@pytest.mark.anyio
async def test_a_face_is_prepared_once_and_every_session_that_wears_it_knows(app, face):
    session = app.open_session("page", OWNER, live=False)
    await session.configure(Persona(avatar=face.id))
    assert "musetalk" not in session.engines()["avatar"]
    assert app.preparing.missing(session.portrait) == ("musetalk",)
    shares = await prepared(app, face)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)
    assert session.engines()["avatar"][0] == "musetalk"
    assert app.preparing.missing(session.portrait) == ()
    assert app.painter.frames == 24
    app.painter.oracle.version = "2"
    assert app.preparing.missing(session.portrait) == ("musetalk",)


@pytest.mark.anyio
async def test_the_painted_mouth_is_shown_on_the_face_and_the_rest_of_it_is_left(app, face):
    await prepared(app, face)
    session = app.open_session("page", OWNER, live=False)
    await session.configure(Persona(avatar=face.id))
    request = TurnRequest(
        0, "", persona=session.persona, portrait=session.portrait, engines=session.engines(),
        live=False,
    )  # fmt: skip
    chunks = await show(request, app.residency, spoken(1.0, reply=0, last=True))
    assert {chunk.track for chunk in chunks} == {"video", "audio"}
    assert sum(map(sum, app.painter.oracle.painted)) > 15


@pytest.mark.anyio
async def test_anothers_face_and_an_engine_that_prepares_nothing_are_refused(app, face):
    with pytest.raises(NotFound):
        [_ async for _ in app.preparing.prepare("ef" * 16, face.id, "musetalk")]
    with pytest.raises(EngineUnavailable, match="unknown_engine"):
        [_ async for _ in app.preparing.prepare(OWNER, face.id, "puppet")]


@pytest.mark.anyio
async def test_who_stops_reading_stops_the_preparation(app, face):
    steps = app.preparing.prepare(OWNER, face.id, "musetalk")
    async for _ in steps:
        break
    await steps.aclose()
    assert app.faces.get(OWNER, face.id).prepared == ()
    assert (await prepared(app, face))[-1] == 1


@pytest.mark.anyio
async def test_where_the_card_is_lent_the_painter_prepares_in_a_call_of_its_own(app, face):
    asked = []

    def decorate(duration):
        def lend(call):
            def lent(task):
                asked.append((task.kind, duration(task)))
                return call(task)

            return lent

        return lend

    app.painter.spec = EngineSpec("musetalk", "avatar", "", frozenset({"torch", "cuda"}))
    app.residency.adopt(app.painter)
    app.residency._places["avatar", "musetalk"].spec = app.painter.spec
    app.gpu = LentGpu(app.residency, app.cache, decorate)
    assert (await prepared(app, face))[-1] == 1
    assert asked == [("prepare", 30)]
    assert app.faces.get(OWNER, face.id).prepared == ("musetalk",)
