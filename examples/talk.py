"""Says something to a running Gương and keeps its answer.

python examples/talk.py "Chào em, anh tên Minh" --url http://127.0.0.1:7860 --video answer.mp4

It needs gradio_client and nothing else of Gương: copy it anywhere. With --key (from --new-key) what
you tell is remembered in later conversations.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import httpx
from gradio_client import Client
from gradio_client.exceptions import AppError


def main() -> int:
    """Talk once; return the exit status."""
    arguments = _arguments()
    try:
        client = Client(arguments.url, verbose=False)
    except httpx.HTTPError as error:
        print(f"No Gương answers at {arguments.url} ({error}). Start it?", file=sys.stderr)
        return 1
    if arguments.new_key:
        print(client.predict(api_name="/new_user")["user_key"])
        return 0
    if not arguments.message:
        print("Give a message to say.", file=sys.stderr)
        return 2
    try:
        details, audio, video = talk(client, arguments.message, arguments.key)
    except AppError as error:  # its text begins with a code, such as invalid_input.too_long
        print(error, file=sys.stderr)
        return 1
    describe(details)
    for made, wanted in ((audio, arguments.audio), (video, arguments.video)):
        keep(made, wanted)
    return 0


def talk(client: Client, message: str, key: str | None) -> tuple[dict[str, Any], Any, Any]:
    """Say a message and print the answer while it grows; return details, wav and mp4."""
    shown = ""
    job = client.submit(message, None, None, key, api_name="/chat")
    for text, *_ in job:
        print(text.removeprefix(shown), end="", flush=True)
        shown = text
    _, details, audio, video = job.result()  # raises what went wrong: the loop only ends
    print()
    return details, audio, video


def describe(details: dict[str, Any]) -> None:
    """Print what the app understood, and how long it took."""
    pair, feeling = details["address"], details["emotion"]
    print(f"  address  {pair['assistant_self']} / {pair['user_term']} ({pair['reason']})")
    print(f"  emotion  {feeling['label']} ({feeling['scores'][feeling['label']]:.0%})")
    print("  latency  " + ", ".join(f"{k} {v:.0f} ms" for k, v in details["latency_ms"].items()))
    for notice in details["notices"]:
        rest = ", ".join(f"{k}={v}" for k, v in notice.items() if k != "code")
        print(f"  notice   {notice['code']}{f' ({rest})' if rest else ''}")


def keep(made: Any, wanted: Path | None) -> None:
    """Copy a file that the client fetched to where it is wanted."""
    if wanted is None:
        return
    if not made:
        print(f"  {wanted} was not made: see the notices", file=sys.stderr)
        return
    shutil.copyfile(made, wanted)
    print(f"  saved    {wanted}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("message", nargs="?", help='such as "Chào em, anh tên Minh"')
    parser.add_argument("--url", default=os.environ.get("GUONG_URL", "http://127.0.0.1:7860"))
    parser.add_argument("--audio", type=Path, help="where to save the voice, a wav file")
    parser.add_argument("--video", type=Path, help="where to save the talking face, an mp4 file")
    parser.add_argument("--key", help="your user key: what you tell is remembered under it")
    parser.add_argument("--new-key", action="store_true", help="print a new user key and stop")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
