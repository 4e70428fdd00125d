"""Routes of our own beside Gradio's: files that every visitor may see,
and those of portraits, which only who was told their handle finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from modules import avatar
from modules.avatar.gallery import persona_ids, poster_file
from modules.conversation.portrait_loops import PREFIX
from modules.errors import GuongError, NotFound
from modules.ui import fonts

if TYPE_CHECKING:
    from modules.conversation.app import App
    from modules.conversation.session import Session

IDLE = "/gradio_api/guong/idle/"
POSTER = "/gradio_api/guong/poster/"
_STATES = ("idle", "listening", "thinking")
_OWN = {"cache-control": "private, max-age=600"}
_A_DAY = {"cache-control": "public, max-age=86400"}
_FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable"}


def face_addresses(app: App, session: Session) -> dict[str, str]:
    """Return where a page finds the still and the loops of its face, and what it is called."""
    if session.portrait is not None:
        face = app.portrait_loops.handle(session.owner, session.portrait)
        name = session.portrait.name
    else:
        face = session.persona.avatar or avatar.avatars()[0].id
        name = next((each.name for each in avatar.avatars() if each.id == face), "")
    loop = IDLE.removeprefix("/") + face
    return {
        "name": name,
        "poster": POSTER.removeprefix("/") + face,
        **{state: f"{loop}?state={state}" for state in _STATES},
    }


async def poster(app: App, request: Request) -> Response:
    """Serve the resting picture of a drawn persona, or of a portrait by its handle."""
    face = request.path_params["avatar"]
    if face.startswith(PREFIX):
        try:
            path = await to_thread.run_sync(app.portrait_loops.still, face)
        except NotFound as error:
            return PlainTextResponse(error.code, 404)
        return FileResponse(path, headers=_OWN)
    drawn = poster_file(face) if face in persona_ids() else None
    if drawn is None or not drawn.exists():
        return PlainTextResponse("not_found.avatar", 404)
    return FileResponse(drawn, headers=_A_DAY)


async def font(request: Request) -> Response:
    """Serve one file of the page's type."""
    name = request.path_params["name"]
    if name not in fonts.FILES:
        return PlainTextResponse("not_found.font", 404)
    return FileResponse(fonts.DIRECTORY / name, media_type="font/woff2", headers=_FOR_GOOD)


async def idle_loop(app: App, request: Request) -> Response:
    """Serve the loop of a drawn persona, or of a portrait by its handle.

    `?state=` is idle (so without it), listening or thinking.
    """
    state, face = request.query_params.get("state", "idle"), request.path_params["avatar"]
    own = face.startswith(PREFIX)
    try:
        path = await (app.portrait_loops if own else app.idle_loops).path(face, state)
    except NotFound as error:
        return PlainTextResponse(error.code, 404)
    except GuongError as error:
        return PlainTextResponse(error.code, 503)
    # The name holds a hash of the picture: the browser may keep it for good.
    return FileResponse(path, headers=_OWN if own else _A_DAY)
