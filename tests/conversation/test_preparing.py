"""A face is prepared beside running turns, for the engine that is to show it."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import av
import numpy as np
import pytest

import modules.avatar.photo.engine as puppet
from modules.avatar.neural.painting import BOXES, MASKS
from modules.avatar.neural.pasting import soft_mask
from modules.avatar.neural.shelf import made, motion_file, painted_file
from modules.avatar.photo.clips import CLIP, digest
from modules.conversation.app import App
from modules.conversation.gpu import LentGpu
from modules.conversation.speaking import show
from modules.engines import EngineSpec
from modules.errors import EngineFailed, EngineUnavailable, NotFound
from modules.messages import Persona, Portrait, TurnRequest
from modules.settings import Settings
from tests.avatar.conftest import play, spoken
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


class Swaying:
    """Moves a portrait as a toy: down and up again, in 24 frames."""

    def __init__(self, name="sadtalker", version="1", far=5):
        self.name, self.version, self.far = name, version, far

    def idle(self, rgb, points):
        for k in range(24):
            yield np.roll(rgb, round(self.far * np.sin(np.pi * k / 24)), 0)


def who_moves(app, mover):
    """Let an engine be there that moves portraits; return it."""
    spec = EngineSpec("sadtalker", "avatar", "", frozenset({"torch"}))
    engine = SimpleNamespace(spec=spec, load=lambda: None, close=lambda: None, mover=mover)
    app.residency.adopt(engine)
    return engine


def loop_of(path):
    with av.open(str(path)) as file:
        return np.stack([each.to_ndarray(format="rgb24") for each in file.decode(video=0)])


def apart(frames, frame):
    """How far each frame of a loop is from a frame, above the mouth; what codecs lose averages out
    along the rows, and the toy sways down and up.
    """
    rows, row = (each[..., :200, :, :].mean((-1, -2)) for each in (frames, frame))
    return np.abs(np.diff(rows) - np.diff(row)).mean(-1)


@pytest.mark.anyio
async def test_replies_are_painted_onto_the_loop_that_the_page_shows_and_end_where_it_begins(
    app, face
):
    who_moves(app, Swaying())
    await prepared(app, face)
    portrait = app.faces.get(OWNER, face.id)
    loop = loop_of(await app.portrait_loops.path(app.portrait_loops.handle(OWNER, portrait)))
    assert len(loop) == 24
    assert np.sort(apart(loop, loop[0]))[1] > 0.5  # no other frame is taken for it
    request = TurnRequest(0, "", portrait=portrait)
    batches = play(app.painter.open(request), spoken(1.0, reply=0, last=True))
    reply = np.concatenate([batch.rgb for batch in batches])
    for frame in reply:
        assert apart(loop, frame).min() < 0.3
    assert apart(loop, reply[0]).argmin() == apart(loop, reply[-1]).argmin() == 0
    assert apart(reply, loop[0]).max() > 0.5
    assert np.abs(reply[8, 200:].astype(int) - loop[0, 200:]).max() > 100  # a mouth of green


@pytest.mark.anyio
async def test_a_face_moves_anew_once_somebody_moves_it_better_and_nothing_of_before_is_taken(
    app, face
):
    await prepared(app, face)
    before = app.faces.get(OWNER, face.id)
    puppets = made(motion_file(before))
    painted = painted_file(before, app.painter.oracle)
    assert (puppets.mover, app.painter.frames) == ("puppet", 24)
    kept = painted.read_bytes()

    engine = who_moves(app, Swaying())
    assert app.preparing.missing(before) == ("musetalk",)
    assert app.painter.prepared(before)  # and speaks meanwhile
    await prepared(app, face)
    assert made(motion_file(before))[:2] == ("sadtalker", "1")
    assert app.preparing.missing(before) == ()
    assert app.painter.frames == 48
    assert not painted.exists()

    motion_file(before).with_name(painted.name).write_bytes(kept)  # of as many frames
    painted_file(before, app.painter.oracle).unlink()
    assert not app.painter.prepared(before)
    with pytest.raises(EngineFailed, match="not_prepared"):
        app.painter.attached(before)
    await prepared(app, face)

    engine.mover = Swaying(version="2", far=9)
    assert app.preparing.missing(before) == ("musetalk",)
    await prepared(app, face)
    assert made(motion_file(before))[:2] == ("sadtalker", "2")
    folder = app.faces.folder(OWNER, face.id)
    assert len(list(folder.glob("motion-*"))) == len(list(folder.glob("painted-*"))) == 1

    engine.mover = None  # not loaded now: its loop is better than the puppet's
    assert app.preparing.missing(before) == ()


@pytest.mark.anyio
async def test_who_wears_a_face_of_an_older_version_has_it_prepared_again_quietly(app, face):
    await prepared(app, face)
    session = app.open_session("page", OWNER, live=False)
    await session.configure(Persona(avatar=face.id))
    assert not app._tasks
    app.painter.oracle.version = "2"
    await session.configure(Persona(avatar=face.id))
    await asyncio.gather(*app._tasks)
    assert app.painter.frames == 48
    assert app.preparing.missing(session.portrait) == ()
    assert app.preparing._renewing == set()


@pytest.mark.anyio
async def test_what_was_never_prepared_is_not_prepared_unasked(app, face):
    session = app.open_session("page", OWNER, live=False)
    await session.configure(Persona(avatar=face.id))
    assert not app._tasks
    assert app.painter.frames == 0


def test_what_is_made_of_a_face_is_told_apart_by_its_picture_its_clip_and_its_points(tmp_path):
    rgb, points = np.zeros((512, 512, 3), np.uint8), np.zeros((26, 2), np.float32)
    face = Portrait("photo", "Lan", rgb, points, str(tmp_path), clip=True)
    (tmp_path / CLIP).write_bytes(b"a clip")
    other, further = rgb.copy(), points.copy()
    other[9, 9], further[3] = 1, 4
    told = {digest(face), digest(replace(face, rgb=other)), digest(replace(face, points=further))}
    (tmp_path / CLIP).write_bytes(b"another")
    told |= {digest(face), digest(replace(face, clip=False))}
    assert len(told) == 5
    assert digest(replace(face, name="Mai")) in told
