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

    async def __aenter__(self) -> Visitor:
        self._http = httpx.AsyncClient(base_url=self.url, timeout=None)
        config = (await self._http.get("/config")).json()
        self._events = _events(config)
        outputs = await self._run("load", ["", self.key, "vi"], None)
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
        await self._http.aclose()

    async def say(self, text: str, *, until: int | None = None) -> Answer:
        """Send a message and take in its answer, or only its first `until` chunks."""
        self._reply += 1
        answer, reply = Answer(), self._reply
        began = time.perf_counter()
        turn = asyncio.create_task(self._run("submit", [], {"text": text, "reply": reply}))
        while until is None or len(answer.arrivals) < until:
            message = await self._socket.recv()
            at_s = time.perf_counter() - began
            if isinstance(message, str):
                told = json.loads(message)
                if told["type"] in ("end", "halted") and told["reply"] == reply:
                    answer.ended_s = at_s
                    break
                continue
            number, _, start_ms, track, _ = CHUNK_HEADER.unpack_from(message)
            if number == reply:
                data = message[CHUNK_HEADER.size :]
                answer.arrivals.append(Arrival(at_s, TRACKS[track], start_ms / 1000, data))
        if until is None:
            await turn
        else:
            await self.halt()
            turn.cancel()
        return answer

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
        event_id = joined.json()["event_id"]
        stream = self._http.stream(
            "GET", "/gradio_api/queue/data", params={"session_hash": self._page}
        )
        async with stream as lines:
            async for line in lines.aiter_lines():
                if not line.startswith("data:"):
                    continue
                told = json.loads(line[5:])
                if told["msg"] == "process_completed" and told.get("event_id") == event_id:
                    return list(told["output"].get("data") or [])
        return []


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
