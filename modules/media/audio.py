"""Reading the audio files that people upload, and writing ours.

Uploads are hostile until shown otherwise: only named container formats are opened, from an open
file and never from a path or address inside it (a playlist must not make the server read other
files), decoding stops at the limit whatever the header claims, and each way to be unusable has a
reason of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import av
import numpy as np
import soundfile
import soxr
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from modules.errors import InvalidInput, StorageFailed
from modules.messages import LISTEN_RATE, FloatArray

FORMATS = (
    "wav,w64,aiff,au,caf,flac,mp3,ogg,matroska,webm,mov,mp4,m4a,3gp,aac,amr,ac3,eac3,wv,asf,avi,"
    "mpegts,flv"
)
"""Names of libavformat's demuxers that may look at an upload: no playlists, no images."""
MAGIC = (b"RIFF", b"RF64", b"FORM", b"fLaC", b"OggS", b"ID3", b"caff", b"\x1aE\xdf\xa3", b"#!AMR")
"""How files of those formats begin; MP4 has `ftyp` at its fifth byte."""
MAX_BYTES = 300 << 20
RATES = range(4_000, 384_001)
MAX_CHANNELS = 8
"""7.1. Beyond it PyAV 18.1 reads past the end of libav's array of planes and crashes."""
SHORTEST_S = 0.1
USABLE_S = 0.3
"""What a damaged file must still hold to be used."""
SILENT = 1e-3
"""Peak below which nothing was recorded: -60 dBFS."""
THINNEST = 250
"""Bytes per second that the most frugal speech codec needs; a header that claims less lies."""
MAX_ERRORS = 50
"""Packets in a row that may fail to decode before the rest counts as damaged."""
MAX_UNDEFINED = 0.01
"""Share of samples that may be NaN or infinite (they are taken as silence)."""
CLIPPED = 0.005
"""Share of samples at full scale above which a recording is clipped: 5 ms in every second."""

SAMPLES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}
"""numpy's types of libav's sample formats (a trailing p, for planar, left out)."""
UNDECODABLE = (av.FFmpegError, ValueError, IndexError)
"""What PyAV raises over bad bytes: ValueError where a name in the metadata is no text, IndexError
where a stream that the header named does not come."""

# Lo/Ro downmix of ITU-R BS.775-3, folded to one channel; the subwoofer carries no speech.
DOWNMIX = {"FL": 0.5, "FR": 0.5, "FC": 0.707, "LFE": 0.0, "LFE2": 0.0}
SURROUND = 0.354


def read_audio(
    path: Path,
    *,
    rate: int = LISTEN_RATE,
    max_seconds: float,
    field: str = "audio",
    refuse_clipped: bool = False,
) -> FloatArray:
    """Return the sound of an audio or video file: mono float32 in [-1, 1] at `rate`.

    Memory is bounded by `max_seconds`, not by the file. A file that breaks off is used as far as it
    goes, if that is 0.3 s or more. Raises `InvalidInput` with `field` and one of: `empty`,
    `too_big`, `not_audio`, `no_audio_track`, `truncated`, `too_many_channels`, `too_long`,
    `too_short`, `silent`, `not_finite`, and `clipped` where `refuse_clipped` asks for it.
    """
    _check_size(path, field)
    with path.open("rb") as file:
        take = _decode(file, rate, max_seconds, field)
    samples = take.mono()
    needed = USABLE_S if take.damaged else SHORTEST_S
    if take.seconds < needed:
        reason = "truncated" if take.damaged else "too_short"
        raise InvalidInput(reason, field=field, seconds=round(take.seconds, 2), needed=needed)
    if take.undefined > MAX_UNDEFINED * max(take.count, 1):
        raise InvalidInput("not_finite", field=field)
    if refuse_clipped and take.at_full_scale > CLIPPED * take.count:
        raise InvalidInput("clipped", field=field)
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < SILENT:
        raise InvalidInput("silent", field=field)
    return samples / peak if peak > 1.0 else samples


def write_wav(path: Path, samples: FloatArray, rate: int, *, comment: str) -> None:
    """Write mono float32 samples as 16-bit WAV with `comment` in its metadata (LIST INFO, ICMT).

    Raises `StorageFailed` where the disk refuses.
    """
    try:
        with soundfile.SoundFile(path, "w", rate, 1, "PCM_16", format="WAV") as out:
            out.comment = comment
            out.write(np.clip(samples, -1.0, 1.0))
    except (OSError, soundfile.LibsndfileError) as error:
        path.unlink(missing_ok=True)
        raise StorageFailed("disk", what=path.name) from error


class _Source:
    """An open file for libav. A seek to nowhere, which damaged files ask for, fails quietly."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.read, self.tell = file.read, file.tell

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self.file.seek(offset, whence)
        except (OSError, ValueError):
            return -1


@dataclass
class _Take:
    """What was decoded so far, resampled: blocks of float32 [frames, rows], one or two rows."""

    rate: int
    blocks: list[FloatArray] = field(default_factory=list)
    rows: int = 0
    seconds: float = 0.0
    count: int = 0
    undefined: int = 0
    at_full_scale: int = 0
    damaged: bool = False
    source_rate: int = 0
    resampler: soxr.ResampleStream | None = None

    def add(self, frame: AudioFrame) -> None:
        sound = _planes(frame)
        self.seconds += sound.shape[1] / frame.sample_rate
        self.count += sound.size
        finite = np.isfinite(sound)
        self.undefined += sound.size - int(np.count_nonzero(finite))
        sound = np.where(finite, sound, np.float32(0.0))
        self.at_full_scale += int(np.count_nonzero(np.abs(sound) >= 0.999))
        if len(sound) > 2:
            sound = _downmix(sound, [channel.name for channel in frame.layout.channels])
        self.rows = self.rows or len(sound)
        if len(sound) != self.rows:  # the stream changed its layout on the way
            sound = sound.mean(axis=0, keepdims=True).repeat(self.rows, axis=0)
        if frame.sample_rate != self.source_rate:
            self.flush()
            self.source_rate = frame.sample_rate
            self.resampler = soxr.ResampleStream(
                self.source_rate, self.rate, self.rows, dtype="float32", quality="HQ"
            )
        self._resample(np.ascontiguousarray(sound.T), last=False)

    def flush(self) -> None:
        if self.resampler is not None:
            self._resample(np.zeros((0, self.rows), np.float32), last=True)

    def mono(self) -> FloatArray:
        """Return the mean of the rows; where they cancel each other, the louder row alone."""
        self.flush()
        if not self.blocks:
            return np.zeros(0, np.float32)
        sound = np.concatenate(self.blocks)
        mean = sound.mean(axis=1)
        levels = np.sqrt(np.mean(np.square(sound), axis=0))
        if self.rows == 2 and np.sqrt(np.mean(np.square(mean))) < 0.2 * levels.max():
            return sound[:, int(levels.argmax())].copy()
        return cast("FloatArray", mean)

    def _resample(self, block: FloatArray, *, last: bool) -> None:
        assert self.resampler is not None
        self.blocks.append(self.resampler.resample_chunk(block, last=last).reshape(-1, self.rows))


def _check_size(path: Path, field: str) -> None:
    size = path.stat().st_size if path.is_file() else 0
    if size == 0:
        raise InvalidInput("empty", field=field)
    if size > MAX_BYTES:
        raise InvalidInput("too_big", field=field, limit_mb=MAX_BYTES >> 20)


def _decode(file: BinaryIO, rate: int, max_seconds: float, field: str) -> _Take:
    take = _Take(rate)
    try:
        container = av.open(
            _Source(file), "r", options={"format_whitelist": FORMATS, "protocol_whitelist": ""}
        )
    except UNDECODABLE as error:
        raise _unreadable(file, field) from error
    with container:
        if not container.streams.audio:
            raise InvalidInput("no_audio_track", field=field)
        stream = container.streams.audio[0]
        claimed = _claimed_seconds(container, stream)
        if claimed > max_seconds and container.size > THINNEST * claimed:
            raise _too_long(field, claimed, max_seconds)
        for frame in _frames(container, stream, take):
            if frame.layout.nb_channels > MAX_CHANNELS:
                raise InvalidInput("too_many_channels", field=field, limit=MAX_CHANNELS)
            if frame.sample_rate not in RATES:
                raise InvalidInput("not_audio", field=field)
            take.add(frame)
            if take.seconds > max_seconds:
                raise _too_long(field, max(claimed, take.seconds), max_seconds)
    if take.count == 0 and take.damaged:
        raise _unreadable(file, field)
    return take


def _frames(container: InputContainer, stream: AudioStream, take: _Take) -> Iterator[AudioFrame]:
    errors = 0
    packets = container.demux(stream)
    while errors < MAX_ERRORS:
        try:
            frames = next(packets).decode()
        except StopIteration:
            return
        except UNDECODABLE:
            take.damaged, errors = True, errors + 1
            continue
        errors = 0 if frames else errors
        yield from frames


def _claimed_seconds(container: InputContainer, stream: AudioStream) -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _too_long(field: str, seconds: float, limit: float) -> InvalidInput:
    return InvalidInput("too_long", field=field, seconds=round(seconds), limit=round(limit))


def _unreadable(file: BinaryIO, field: str) -> InvalidInput:
    file.seek(0)
    start = file.read(12)
    known = start.startswith(MAGIC) or start[4:8] == b"ftyp"
    return InvalidInput("truncated" if known else "not_audio", field=field)


def _planes(frame: AudioFrame) -> FloatArray:
    """Return a frame as float32 [channels, samples]; full scale of integers is 1."""
    kind, channels = (
        np.dtype(SAMPLES[frame.format.name.removesuffix("p")]),
        frame.layout.nb_channels,
    )
    # Not `to_ndarray`: with eight planar channels it takes libav's line sizes for a ninth plane.
    if frame.format.is_planar:
        planes = [np.frombuffer(bytes(p), kind, frame.samples) for p in frame.planes[:channels]]
        data = np.stack(planes)
    else:
        packed = np.frombuffer(bytes(frame.planes[0]), kind, frame.samples * channels)
        data = packed.reshape(-1, channels).T
    if kind == np.uint8:
        return (data.astype(np.float32) - 128.0) / 128.0
    if np.issubdtype(kind, np.integer):
        return data.astype(np.float32) * np.float32(-1.0 / np.iinfo(kind).min)
    return data.astype(np.float32)


def _downmix(sound: FloatArray, names: list[str]) -> FloatArray:
    weights = np.array([DOWNMIX.get(name, SURROUND) for name in names], np.float32)
    if weights.sum() == 0.0:
        weights = np.ones(len(names), np.float32)
    return cast("FloatArray", (weights / weights.sum()) @ sound)[np.newaxis]
