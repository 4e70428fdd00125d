"""Routes of our own beside Gradio's: files that every visitor may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from modules.errors import GuongError, NotFound

if TYPE_CHECKING:
    from modules.conversation.app import App

IDLE = "/gradio_api/guong/idle/"


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
    return FileResponse(path, headers={"cache-control": "public, max-age=86400"})
