"""A visitor outside the app's process: loads the page's session, talks, and notes what comes when.

It speaks Gradio's own queue protocol and the app's socket, as a browser does, and decodes nothing
while it measures.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets

from modules.messages import CHUNK_HEADER, TRACKS


@dataclass
class Arrival:
    """One chunk of media, and when it came, in seconds since the message was sent."""

    at_s: float
    track: str
    start_s: float
    data: bytes = field(repr=False)
    reply: int = 0
    sequence: int = 0
    init: bool = False


@dataclass
class Told:
    """One message of the socket's that is no media."""

    at_s: float
    type: str
    reply: int


@dataclass
class Answer:
    """All that came of one message."""

    arrivals: list[Arrival] = field(default_factory=list)
    ended_s: float = 0.0
    text: str = ""

    def track(self, name: str) -> bytes:
        """Return one track's file."""
        return b"".join(a.data for a in self.arrivals if a.track == name)

    @property
    def seconds(self) -> float:
        """When the last video chunk is due, in the reply's own time."""
        return max((a.start_s for a in self.arrivals if a.track == "video"), default=0.0)


class Visitor:
    """One page's session. Use as an async context manager."""

    def __init__(self, url: str, key: str = "") -> None:
        self.url = url
        self.key = key
        self._page = secrets.token_hex(6)
        self._reply = 0
        self._outcomes: dict[str, asyncio.Future[list[object]]] = {}
        self._queue: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Visitor:
        self._http = httpx.AsyncClient(base_url=self.url, timeout=None)
        config = (await self._http.get("/config")).json()
        self._events = _events(config)
        outputs = await self._run("load", ["", self.key, "vi", 0], None)
        session = next(o for o in outputs if isinstance(o, dict) and "session" in o)["session"]
        self.key = session.get("key", self.key)
        self._socket = await websockets.connect(
            self.url.replace("http", "ws") + "/gradio_api/guong/socket", max_size=None
        )
        hello = {"type": "hello", "token": session["token"], "reply": 0, "have": 0}
        await self._socket.send(json.dumps(hello))
        assert json.loads(await self._socket.recv())["type"] == "ready"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        if self._queue:
            self._queue.cancel()
        await self._http.aclose()

    async def say(self, text: str, *, until: int | None = None) -> Answer:
        """Send a message and take in its answer, or only its first `until` chunks."""
        answer, began = Answer(), time.perf_counter()
        reply, turn = self.submit(text)
        while until is None or len(answer.arrivals) < until:
            came = await self.receive(began)
            if isinstance(came, Told):
                if came.type in ("end", "halted") and came.reply == reply:
                    answer.ended_s = came.at_s
                    break
            elif came.reply == reply:
                answer.arrivals.append(came)
        if until is None:
            await turn
        else:
            await self.halt()
            turn.cancel()
        return answer

    def submit(self, text: str) -> tuple[int, asyncio.Task[list[object]]]:
        """Send a message without waiting; return its reply's number, and its turn."""
        self._reply += 1
        told = {"text": text, "reply": self._reply}
        return self._reply, asyncio.create_task(self._run("submit", [], told))

    async def receive(self, began: float) -> Arrival | Told:
        """Return what comes next on the socket, with the seconds since `began`."""
        message = await self._socket.recv()
        at_s = time.perf_counter() - began
        if isinstance(message, str):
            told = json.loads(message)
            return Told(at_s, told["type"], told.get("reply", 0))
        reply, sequence, start_ms, track, init = CHUNK_HEADER.unpack_from(message)
        data = message[CHUNK_HEADER.size :]
        return Arrival(at_s, TRACKS[track], start_ms / 1000, data, reply, sequence, bool(init))

    async def choose_voice(self, voice: str) -> None:
        """Pick a voice, as the page's list does."""
        await self._run("input", [voice], None)

    async def halt(self) -> None:
        """Interrupt whatever is being said."""
        await self._socket.send(json.dumps({"type": "halt", "upto": self._reply}))

    async def _run(self, event: str, data: list[object], event_data: object) -> list[object]:
        body = {
            "data": data,
            "fn_index": self._events[event],
            "session_hash": self._page,
            "event_data": event_data,
            "trigger_id": None,
        }
        joined = await self._http.post("/gradio_api/queue/join", json=body)
        outcome = self._outcome(joined.json()["event_id"])
        if self._queue is None or self._queue.done():
            self._queue = asyncio.create_task(self._listen())
        return await outcome

    def _outcome(self, event_id: str) -> asyncio.Future[list[object]]:
        # The queue may tell of an event before its request has been answered.
        return self._outcomes.setdefault(event_id, asyncio.get_running_loop().create_future())

    async def _listen(self) -> None:
        """Read the queue for all events of the page: two readers would rob each other."""
        while any(not outcome.done() for outcome in self._outcomes.values()):
            stream = self._http.stream(
                "GET", "/gradio_api/queue/data", params={"session_hash": self._page}
            )
            async with stream as lines:
                async for line in lines.aiter_lines():
                    if line.startswith("data:"):
                        self._hear(json.loads(line[5:]))

    def _hear(self, told: dict[str, Any]) -> None:
        if told["msg"] == "unexpected_error":
            raise RuntimeError(told["message"])
        if told["msg"] != "process_completed":
            return
        outcome = self._outcome(told["event_id"])
        if not outcome.done():
            outcome.set_result(list(told["output"].get("data") or []))


def _events(config: dict[str, Any]) -> dict[str, int]:
    """Return the index of the events that a visitor triggers here."""
    names = {c["id"]: c["props"].get("elem_id") for c in config["components"]}
    wanted = {("load", None), ("submit", "guong-stage"), ("input", "guong-voice")}
    found: dict[str, int] = {}
    for dependency in config["dependencies"]:
        for target, name in dependency["targets"]:
            if (name, names.get(target)) in wanted:
                found.setdefault(name, dependency["id"])
    return found
