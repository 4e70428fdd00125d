"""Pictures as a film without sound: what a filmed face and an idle loop are kept as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

from modules.messages import FPS, FRAME_SIZE, ByteArray


def write_h264(
    frames: Iterable[ByteArray], path: Path, x264: Mapping[str, str],
    container: Mapping[str, str] | None = None, comment: str = "",
) -> None:  # fmt: skip
    """Encode frames, uint8 [512, 512, 3], 25 a second, into an MP4.

    `x264` and `container` are options of the encoder and of the file.
    """
    import av  # here: the store of faces is imported before anything is encoded

    with av.open(str(path), "w", format="mp4", options=dict(container or {})) as file:
        if comment:
            file.metadata["comment"] = comment
        stream = file.add_stream("libx264", rate=FPS)
        stream.width = stream.height = FRAME_SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = dict(x264)
        for number, rgb in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            file.mux(stream.encode(picture))
        file.mux(stream.encode(None))
