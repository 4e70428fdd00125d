"""A chat completions server that does exactly what a test says, in the test's own event loop.

`python -m tests.llm.server` is one as a process of its own: it prints its address, repeats what it
was last asked, word by word, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Call:
    """One request as the server got it, and the means to answer it."""

    headers: dict[str, str]
    body: dict[str, Any]
    writer: asyncio.StreamWriter
    streaming: bool = False

    async def status(self, code: int, body: object = "", **headers: str) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        await self._write(
            f"HTTP/1.1 {code} X\r\ncontent-type: application/json\r\n{extra}"
            f"content-length: {len(data)}\r\n\r\n".encode()
            + data
        )

    async def event(self, data: object) -> None:
        """Send one event of the stream; text is sent as it is."""
        if not self.streaming:
            self.streaming = True
            await self._write(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                b"transfer-encoding: chunked\r\n\r\n"
            )
        line = data if isinstance(data, str) else json.dumps(data)
        await self._chunk(f"data: {line}\n\n".encode())

    async def say(self, text: str) -> None:
        await self.event({"choices": [{"index": 0, "delta": {"content": text}}]})

    async def finish(self, reason: str = "stop") -> None:
        await self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        await self.event("[DONE]")
        await self.end()

    async def end(self) -> None:
        """End the HTTP response properly, whatever was said."""
        await self._write(b"0\r\n\r\n")

    def cut(self) -> None:
        """Drop the connection in the middle of the response."""
        self.writer.transport.abort()

    async def _chunk(self, data: bytes) -> None:
        await self._write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def _write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


Answer = Callable[[Call], Awaitable[None]]


@dataclass
class ChatServer:
    """`calls` are the requests so far, `connections` and `closed` how many were opened
    and have ended."""

    answer: Answer
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    connections: int = 0
    closed: int = 0
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client closes its connection while it is being answered."""

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
                raw = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
                headers["authorization"] = raw.get("Authorization", raw.get("authorization", ""))
                body = json.loads(await reader.readexactly(int(headers["content-length"])))
                call = Call(headers, body, writer)
                self.calls.append(call)
                await self._answer_or_notice(call, reader)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            self.closed += 1
            writer.close()

    async def _answer_or_notice(self, call: Call, reader: asyncio.StreamReader) -> None:
        answering = asyncio.ensure_future(self.answer(call))
        leaving = asyncio.ensure_future(_gone(reader))
        try:
            await asyncio.wait([answering, leaving], return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                self.hung_up.set()
            else:
                await answering
        finally:
            answering.cancel()
            leaving.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)


async def _gone(reader: asyncio.StreamReader) -> None:
    # Looks for the end of the connection without taking the next request off it.
    while not reader.at_eof() and not reader._buffer:  # type: ignore[attr-defined]
        await reader._wait_for_data("gone")  # type: ignore[attr-defined]
    if not reader.at_eof():
        await asyncio.Event().wait()


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[ChatServer]:
    server = ChatServer(answer)
    listening = await asyncio.start_server(server.connected, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield server
    finally:
        listening.close()


@contextmanager
def process() -> Iterator[str]:
    """Start the server as a process of its own; yield its address."""
    command = [sys.executable, "-m", "tests.llm.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdout
        yield running.stdout.readline().decode().strip()
        assert running.stdin
        running.stdin.close()


async def repeat(call: Call) -> None:
    """Answer with the words of the last message."""
    for word in call.body["messages"][-1]["content"].split():
        await call.say(f"{word} ")
    await call.finish()


async def main() -> None:
    async with serving(repeat) as server:
        print(server.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
