"""A silent loop of frames as an MP4 that a `<video loop>` plays without a seam."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from uuid import uuid4

import av

from modules.media.export import AI_MARK
from modules.messages import FPS, FRAME_SIZE, ByteArray

_X264 = {"preset": "veryfast", "crf": "22", "profile": "main", "threads": "1"}


def write_loop(frames: Iterable[ByteArray], path: Path) -> Path:
    """Encode frames [512, 512, 3] at 25 a second; return `path`.

    The file appears at once and whole: whoever reads it meanwhile sees the old one or the new one.
    """
    draft = path.with_name(f".{uuid4().hex}.mp4")
    try:
        with av.open(str(draft), "w", format="mp4", options={"movflags": "faststart"}) as file:
            file.metadata["comment"] = AI_MARK
            stream = file.add_stream("libx264", rate=FPS)
            stream.width = stream.height = FRAME_SIZE
            stream.pix_fmt = "yuv420p"
            stream.options = dict(_X264)
            for index, rgb in enumerate(frames):
                picture = av.VideoFrame.from_ndarray(rgb, format="rgb24")
                picture.pts, picture.time_base = index, Fraction(1, FPS)
                file.mux(stream.encode(picture))
            file.mux(stream.encode(None))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path
