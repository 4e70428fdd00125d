"""A running app for tests: started once as a process of its own, on a free port."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path

START_S = 180


class Running:
    """A server and what tests ask of it."""

    def __init__(self, port, data, process):
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.data = data
        self.process = process

    def state(self):
        with urllib.request.urlopen(f"{self.url}/test/state", timeout=10) as answer:
            return json.load(answer)

    def disk(self, state):
        """Let the operating system refuse every write ("full"), or no longer ("free")."""
        urllib.request.urlopen(f"{self.url}/test/disk/{state}", timeout=10).close()

    def wait(self):
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended: {self.log()}")
            try:
                if self.state()["ready"]:
                    return self
            except OSError:
                pass
            time.sleep(0.1)
        raise TimeoutError(self.log())

    def log(self):
        return (self.data.parent / "server.log").read_text(errors="replace")[-4_000:]


@contextmanager
def running(directory, *options):
    """Serve the app from `directory`/data until the block ends."""
    port = free_port()
    data = Path(directory) / "data"
    root = Path(__file__).parent.parent
    command = [sys.executable, "-m", "tests.server", str(port), str(data), *options]
    with (Path(directory) / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=root, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield Running(port, data, process).wait()
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
