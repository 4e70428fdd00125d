"""Frames and speech into fragmented MP4 for MediaSource: one file per track.

Two single-track files, each for a SourceBuffer of its own: one file with both tracks and a
fragment per frame gave wrong video timestamps in Chromium, which decoded 84 of 96 frames while
`currentTime` looked healthy. PyAV muxes; its MP4 muxer holds the newest packet back until the next
one tells how long it lasts, so the last fragment comes with `close`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from modules.messages import (
    FPS,
    FRAME_SIZE,
    SPEECH_RATE,
    FloatArray,
    Frames,
    MediaChunk,
    Track,
)

MIME_TYPES = {"video": 'video/mp4; codecs="avc1.42C01F"', "audio": 'audio/mp4; codecs="mp4a.40.2"'}
"""H.264 baseline, level 3.1, and AAC-LC: what every browser with MediaSource plays."""

_FRAGMENT_EACH_PACKET = {
    "movflags": "empty_moov+default_base_moof+frag_every_frame",
    "flush_packets": "1",
}
_X264 = {"preset": "ultrafast", "tune": "zerolatency", "crf": "24", "profile": "baseline"}
_KEYFRAME_EVERY = 2 * FPS


class _Sink:
    """Takes what a muxer writes and gives it away once."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._written = 0

    def write(self, data: bytes) -> int:
        self._bytes += data
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def take(self) -> bytes:
        taken = bytes(self._bytes)
        self._bytes.clear()
        return taken


class Encoder:
    """Encodes one reply. Not thread-safe: one call at a time."""

    def __init__(self, reply: int) -> None:
        self._reply = reply
        self._sinks = {"video": _Sink(), "audio": _Sink()}
        self._video_file, self._video = _open_video(self._sinks["video"])
        self._audio_file, self._audio = _open_audio(self._sinks["audio"])
        self._frames = 0
        self._samples = 0
        self._sequence = 0
        self._begun: set[Track] = set()

    def encode(self, frames: Frames) -> list[MediaChunk]:
        """Encode pictures with their sound; return the fragments that are complete."""
        start_s = self._frames / FPS
        for picture in frames.rgb:
            self._mux_video(self._video.encode(self._picture(picture)))
        if len(frames.speech.samples):
            self._mux_audio(self._audio.encode(self._sound(frames.speech.samples)))
        return list(self._chunks(frames.clause, start_s))

    def close(self, clause: int = 0) -> list[MediaChunk]:
        """Finish both files; return what was held back."""
        start_s = self._frames / FPS
        if self._frames:
            self._mux_video(self._video.encode(None))
            self._mux_audio(self._audio.encode(None))
        self._video_file.close()
        self._audio_file.close()
        return list(self._chunks(clause, start_s)) if self._frames else []

    def _picture(self, rgb: np.typing.NDArray[np.uint8]) -> av.VideoFrame:
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
        frame.pts, frame.time_base = self._frames, Fraction(1, FPS)
        self._frames += 1
        return frame

    def _sound(self, samples: FloatArray) -> av.AudioFrame:
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
        frame.sample_rate = SPEECH_RATE
        frame.pts, frame.time_base = self._samples, Fraction(1, SPEECH_RATE)
        self._samples += len(samples)
        return frame

    def _mux_video(self, packets: list[Any]) -> None:
        for packet in packets:
            packet.duration = 1  # the muxer would else give the first fragments no length
            self._video_file.mux(packet)

    def _mux_audio(self, packets: list[Any]) -> None:
        for packet in packets:
            if packet.pts >= 0:  # the priming packet would shift the sound by 46 ms
                self._audio_file.mux(packet)

    def _chunks(self, clause: int, start_s: float) -> Iterator[MediaChunk]:
        for name, sink in self._sinks.items():
            track = cast("Track", name)
            data = sink.take()
            if data:
                init = track not in self._begun
                self._begun.add(track)
                yield MediaChunk(self._reply, clause, track, self._sequence, start_s, data, init)
                self._sequence += 1


def _open_video(sink: _Sink) -> tuple[av.container.OutputContainer, VideoStream]:
    file = av.open(cast("Any", sink), "w", format="mp4", options=_FRAGMENT_EACH_PACKET)
    stream = file.add_stream("libx264", rate=FPS)
    stream.width = stream.height = FRAME_SIZE
    stream.pix_fmt = "yuv420p"
    stream.options = {**_X264, "g": str(_KEYFRAME_EVERY), "threads": "1"}
    return file, stream


def _open_audio(sink: _Sink) -> tuple[av.container.OutputContainer, AudioStream]:
    file = av.open(cast("Any", sink), "w", format="mp4", options=_FRAGMENT_EACH_PACKET)
    stream = file.add_stream("aac", rate=SPEECH_RATE)
    stream.layout = "mono"
    stream.bit_rate = 64_000
    return file, stream
