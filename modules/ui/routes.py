"""Routes of our own beside Gradio's: files that every visitor may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from modules import avatar
from modules.avatar.gallery import persona_ids, poster_file
from modules.errors import GuongError, NotFound
from modules.ui import fonts

if TYPE_CHECKING:
    from modules.conversation.app import App

IDLE = "/gradio_api/guong/idle/"
POSTER = "/gradio_api/guong/poster/"
_STATES = ("idle", "listening", "thinking")
_A_DAY = {"cache-control": "public, max-age=86400"}
_FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable"}


def face_addresses(face: str) -> dict[str, str]:
    """Return where a page finds the still and the loops of a face, and what it is called."""
    loop = IDLE.removeprefix("/") + face
    return {
        "name": next((each.name for each in avatar.avatars() if each.id == face), ""),
        "poster": POSTER.removeprefix("/") + face,
        **{state: f"{loop}?state={state}" for state in _STATES},
    }


async def poster(request: Request) -> Response:
    """Serve the resting picture of a drawn persona."""
    face = request.path_params["avatar"]
    path = poster_file(face) if face in persona_ids() else None
    if path is None or not path.exists():
        return PlainTextResponse("not_found.avatar", 404)
    return FileResponse(path, headers=_A_DAY)


async def font(request: Request) -> Response:
    """Serve one file of the page's type."""
    name = request.path_params["name"]
    if name not in fonts.FILES:
        return PlainTextResponse("not_found.font", 404)
    return FileResponse(fonts.DIRECTORY / name, media_type="font/woff2", headers=_FOR_GOOD)


async def idle_loop(app: App, request: Request) -> Response:
    """Serve the loop of a drawn persona: `?state=` idle (so without it), listening or thinking."""
    state = request.query_params.get("state", "idle")
    try:
        path = await app.idle_loops.path(request.path_params["avatar"], state)
    except NotFound as error:
        return PlainTextResponse(error.code, 404)
    except GuongError as error:
        return PlainTextResponse(error.code, 503)
    # The name holds a hash of the picture: the browser may keep it for good.
    return FileResponse(path, headers=_A_DAY)
