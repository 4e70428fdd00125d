"""The films of a face that idles, listens or thinks, as files and over HTTP."""

import anyio
import av
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from modules.conversation import idle
from modules.conversation.idle import IdleLoops
from modules.errors import NotFound, StorageFailed
from modules.ui.routes import IDLE, idle_loop


@pytest.fixture
def drawing(monkeypatch):
    """A face of five grey pictures, and how often it was drawn."""
    drawn = []

    def loop(avatar, state):
        drawn.append((avatar, state))
        for grey in range(100, 150, 10):
            yield np.full((512, 512, 3), grey, np.uint8)

    monkeypatch.setattr(idle, "idle_loop", loop)
    return drawn


def path(loops, *what):
    return anyio.run(loops.path, *what)


def test_each_state_is_a_film_of_its_own_made_once(tmp_path, drawing):
    loops = IdleLoops(tmp_path)
    files = [path(loops, "linh", state) for state in ("idle", "listening", "thinking")]
    assert len(set(files)) == 3
    assert path(loops, "linh") == files[0]
    assert drawing == [("linh", state) for state in ("idle", "listening", "thinking")]
    with av.open(str(files[1])) as film:
        assert sum(1 for _ in film.decode(video=0)) == 5


def test_another_start_reads_what_is_on_disk(tmp_path, drawing, monkeypatch):
    first = path(IdleLoops(tmp_path), "linh", "thinking")
    before = first.stat().st_mtime_ns
    assert path(IdleLoops(tmp_path), "linh", "thinking") == first
    assert first.stat().st_mtime_ns == before


def test_a_face_that_moves_otherwise_gets_a_new_film_and_the_old_one_goes(
    tmp_path, drawing, monkeypatch
):
    old, other = (path(IdleLoops(tmp_path), "linh", state) for state in ("idle", "listening"))
    monkeypatch.setattr(idle, "motion_version", lambda avatar: "changed")
    new = path(IdleLoops(tmp_path), "linh", "idle")
    assert new != old
    assert not old.exists()
    assert other.exists()


@pytest.mark.parametrize("what", [("nobody", "idle"), ("linh", "asleep"), ("linh", "")])
def test_unknown_faces_and_states_are_not_found(tmp_path, what):
    with pytest.raises(NotFound):
        path(IdleLoops(tmp_path), *what)


def test_a_folder_that_cannot_be_written_is_said(tmp_path, drawing):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StorageFailed):
        path(IdleLoops(blocked / "cache"), "linh")


def test_the_route_serves_each_state_and_404_for_what_is_unknown(tmp_path, drawing):
    class App:
        idle_loops = IdleLoops(tmp_path)

    async def serve(request):
        return await idle_loop(App, request)

    client = TestClient(Starlette(routes=[Route(IDLE + "{avatar}", serve)]))
    films = [client.get(f"{IDLE}linh{query}") for query in ("", "?state=idle", "?state=listening")]
    assert [film.status_code for film in films] == [200, 200, 200]
    assert films[0].headers["content-type"] == "video/mp4"
    assert films[0].content == films[1].content
    for wrong in ("linh?state=asleep", "linh?state=", "nobody", "nobody?state=idle"):
        answer = client.get(IDLE + wrong)
        assert answer.status_code == 404
        assert answer.text.startswith("not_found.")
