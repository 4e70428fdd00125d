"""Starts the web server: the app, its page, its API, and the two routes of our own."""

from __future__ import annotations

import logging
import os
from functools import partial
from typing import Any

import anyio

from modules.conversation.app import App
from modules.heap import share_arenas
from modules.settings import Settings
from modules.zerogpu import on_zerogpu

log = logging.getLogger("guong")


def launch() -> None:
    """Build everything and serve until the process is stopped."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    serve(make_app(Settings()))


def make_app(settings: Settings) -> App:
    """Return the app; Gradio is told first where files go and to call nobody."""
    share_arenas()
    files = settings.data / "files"
    for directory in (settings.data, settings.data / "users", files):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["GRADIO_TEMP_DIR"] = str(files)
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    return App(settings)


def serve(app: App, *, routes: tuple[Any, ...] = (), **options: Any) -> None:
    """Serve an app; `options` go to Gradio's `launch`."""
    # Imported now, not above: Gradio reads the environment when its components are made.
    from starlette.routing import Route, WebSocketRoute

    from modules.conversation import socket
    from modules.ui import fonts
    from modules.ui.blocks import build
    from modules.ui.routes import IDLE, POSTER, font, idle_loop, poster
    from modules.ui.styles import appearance

    if on_zerogpu():
        anyio.run(app.load_before_launch)
    demo = build(app)
    demo.queue(default_concurrency_limit=None)
    demo.launch(
        ssr_mode=False,  # with it Node is the public port, and passes no socket on
        max_file_size="300mb",
        run_history=False,
        footer_links=["api"],
        app_kwargs={
            "lifespan": app.running,
            "routes": [
                WebSocketRoute(socket.PATH, partial(socket.serve, app)),
                Route(IDLE + "{avatar}", partial(idle_loop, app)),
                Route(POSTER + "{avatar}", partial(poster, app)),
                Route(fonts.ROUTE + "{name}", font),
                *routes,
            ],
        },
        **appearance(),
        **options,
    )
