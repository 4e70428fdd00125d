"""A silent loop of frames as an MP4 that a `<video loop>` plays without a seam."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from modules.h264 import write_h264
from modules.media.export import AI_MARK
from modules.messages import ByteArray

_X264 = {"preset": "veryfast", "crf": "22", "profile": "main", "threads": "1"}


def write_loop(frames: Iterable[ByteArray], path: Path) -> Path:
    """Encode frames [512, 512, 3] at 25 a second; return `path`.

    The file appears at once and whole: whoever reads it meanwhile sees the old one or the new one.
    """
    draft = path.with_name(f".{uuid4().hex}.mp4")
    try:
        write_h264(frames, draft, _X264, {"movflags": "faststart"}, AI_MARK)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path
