"""A portrait's loops and still are found by who was told where, while the face is kept."""

import stat

import numpy as np
import pytest

from modules.avatar.photo.made import Draft
from modules.avatar.photo.points import check_points
from modules.avatar.photo.store import FaceStore
from modules.conversation import portrait_loops
from modules.conversation.portrait_loops import PREFIX, PortraitLoops
from modules.errors import NotFound
from tests.avatar.photo.test_points import usual

OWNER, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def faces(tmp_path):
    return FaceStore(tmp_path / "users")


@pytest.fixture
def portrait(faces):
    rgb = np.full((512, 512, 3), 90, np.uint8)
    draft = Draft("photo-" + "1" * 32, rgb, check_points(usual()), ())
    return faces.get(OWNER, faces.add(OWNER, "Lan", draft, True).id)


@pytest.fixture
def loops(faces, monkeypatch):
    def three(portrait, state):
        yield from [portrait.rgb] * 3

    monkeypatch.setattr("modules.avatar.photo.engine.portrait_loop", three)
    return PortraitLoops(faces)


def test_a_handle_says_nothing_and_differs_by_owner_points_and_process(faces, loops, portrait):
    handle = loops.handle(OWNER, portrait)
    assert handle.startswith(PREFIX)
    assert len(handle) == len(PREFIX) + 40
    assert portrait.id.removeprefix("photo-") not in handle
    assert handle == loops.handle(OWNER, portrait)
    faces.change(OWNER, portrait.id, points={**usual(), "chin": [256, 370]})
    others = {
        loops.handle(OTHER, portrait),
        loops.handle(OWNER, faces.get(OWNER, portrait.id)),
        PortraitLoops(faces).handle(OWNER, portrait),
    }
    assert len(others | {handle}) == 4


@pytest.mark.anyio
async def test_a_loop_lies_beside_its_portrait_for_the_app_alone(faces, loops, portrait):
    handle = loops.handle(OWNER, portrait)
    path = await loops.path(handle, "listening")
    assert path.parent == faces.folder(OWNER, portrait.id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = path.stat().st_mtime_ns
    assert (await loops.path(handle, "listening")).stat().st_mtime_ns == written
    assert loops.still(handle).read_bytes().startswith(b"\x89PNG")


@pytest.mark.anyio
async def test_nothing_is_found_by_an_id_a_guess_or_once_the_face_is_gone(faces, loops, portrait):
    handle = loops.handle(OWNER, portrait)
    with pytest.raises(NotFound, match="state"):
        await loops.path(handle, "dancing")
    foreign = loops.handle(OTHER, portrait)
    faces.delete(OWNER, portrait.id)
    for name in (portrait.id, PREFIX + "0" * 40, foreign, handle):
        with pytest.raises(NotFound) as caught:
            await loops.path(name)
        assert caught.value.code == "not_found.avatar"
        with pytest.raises(NotFound):
            loops.still(name)


def test_old_handles_are_forgotten(loops, portrait, monkeypatch):
    monkeypatch.setattr(portrait_loops, "_MOST", 2)
    old = loops.handle(OWNER, portrait)
    for owner in (OTHER, "c" * 32):
        loops.handle(owner, portrait)
    with pytest.raises(NotFound):
        loops.still(old)
