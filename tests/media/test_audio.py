"""Reading uploads: every kind of file, every way to be unusable, and hostile bytes."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.errors import InvalidInput, StorageFailed
from modules.media.audio import read_audio, write_wav
from modules.messages import LISTEN_RATE, FloatArray


def tone(rate: int, seconds: float = 1.0, hertz: float = 440.0, level: float = 0.3) -> FloatArray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype("f4")


def encode(path: Path, codec: str, rate: int, layout: str, sound: FloatArray) -> Path:
    """Write float32 [channels, samples] with libav; a .mp4 gets a picture track before the sound.

    Without a codec there is no sound at all.
    """
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=5) if path.suffix == ".mp4" else None
        stream = container.add_stream(codec, rate=rate, layout=layout) if codec else None
        if picture is not None:
            picture.width = picture.height = 64
            black = np.zeros((64, 64, 3), np.uint8)
            for _ in range(5):
                container.mux(picture.encode(av.VideoFrame.from_ndarray(black, format="rgb24")))
            container.mux(picture.encode(None))
        if stream is not None:
            for frame in _frames(stream, rate, layout, sound):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


def _frames(stream: Any, rate: int, layout: str, sound: FloatArray) -> Iterator[av.AudioFrame]:
    # Packed: PyAV 18.1 miscounts the planes of eight planar channels.
    packed = np.ascontiguousarray(sound.T).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    fifo = av.AudioFifo()
    for piece in av.AudioResampler(stream.format, layout, rate).resample(frame):
        fifo.write(piece)
    size = stream.codec_context.frame_size or 1024
    while (piece := fifo.read(size) or fifo.read(0, partial=True)) is not None:
        yield piece


def reason(path: Path, **options: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_audio(path, **{"max_seconds": 60.0, "field": "clip", **options})
    assert caught.value.params["field"] == "clip"
    return caught.value.reason


def pitch(samples: FloatArray, rate: int = LISTEN_RATE) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * rate / len(samples))


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_every_sample_rate_becomes_the_one_asked_for(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(rate), rate)
    samples = read_audio(path, max_seconds=10)
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(LISTEN_RATE, abs=2)
    assert pitch(samples) == pytest.approx(440, abs=2)
    assert np.abs(samples[1000:-1000]).max() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(
    "subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"]
)
def test_every_depth_of_wav_keeps_its_level(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(16_000), 16_000, subtype=subtype)
    samples = read_audio(path, max_seconds=10)
    assert np.abs(samples - tone(16_000)).max() < (0.02 if subtype in ("ULAW", "ALAW") else 0.01)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.flac", "FLAC"), ("a.ogg", "OGG"), ("a.mp3", "MP3"), ("a.aiff", "AIFF"),
        ("a.caf", "CAF"), ("a.au", "AU"), ("a.w64", "W64"), ("a.rf64", "RF64"),
    ],
)  # fmt: skip
def test_files_of_other_programs_are_read(tmp_path: Path, name: str, kind: str) -> None:
    soundfile.write(tmp_path / name, tone(44_100), 44_100, format=kind)
    samples = read_audio(tmp_path / name, max_seconds=10)
    assert len(samples) == pytest.approx(LISTEN_RATE, rel=0.06)
    assert pitch(samples) == pytest.approx(440, abs=5)


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout"),
    [
        ("a.m4a", "aac", 44_100, "mono"), ("a.m4a", "aac", 48_000, "stereo"),
        ("a.mp4", "aac", 48_000, "5.1"), ("a.webm", "libopus", 48_000, "mono"),
        ("a.opus", "libopus", 48_000, "stereo"), ("a.mka", "flac", 96_000, "stereo"),
        ("a.mov", "pcm_s24le", 48_000, "stereo"), ("a.aac", "aac", 22_050, "mono"),
        ("a.webm", "libopus", 48_000, "7.1"), ("a.mka", "flac", 48_000, "7.1"),
    ],
)  # fmt: skip
def test_what_phones_and_browsers_record_is_read(
    tmp_path: Path, name: str, codec: str, rate: int, layout: str
) -> None:
    channels = av.AudioLayout(layout).nb_channels
    path = encode(tmp_path / name, codec, rate, layout, np.tile(tone(rate), (channels, 1)))
    samples = read_audio(path, max_seconds=10)
    assert len(samples) == pytest.approx(LISTEN_RATE, rel=0.08)
    assert pitch(samples) == pytest.approx(440, abs=5)
    assert np.abs(samples[2000:-2000]).max() == pytest.approx(0.3, abs=0.1)


def test_the_name_of_a_file_does_not_matter(tmp_path: Path) -> None:
    encode(tmp_path / "a.m4a", "aac", 44_100, "mono", tone(44_100)[np.newaxis])
    (tmp_path / "a.m4a").rename(tmp_path / "a.txt")
    assert len(read_audio(tmp_path / "a.txt", max_seconds=10)) > 15_000


def test_the_sound_of_a_video_is_read(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", "aac", 44_100, "mono", tone(44_100)[np.newaxis])
    with av.open(str(path)) as container:
        assert container.streams.video
    assert pitch(read_audio(path, max_seconds=10)) == pytest.approx(440, abs=5)


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", "", 0, "", tone(1))
    assert reason(path) == "no_audio_track"


def test_speech_on_the_centre_channel_is_kept_and_the_subwoofer_is_not(tmp_path: Path) -> None:
    names = [channel.name for channel in av.AudioLayout("5.1").channels]
    sound = np.zeros((6, 48_000), np.float32)
    sound[names.index("FC")] = tone(48_000, hertz=440)
    sound[names.index("LFE")] = tone(48_000, hertz=60, level=0.9)
    path = encode(tmp_path / "a.mka", "flac", 48_000, "5.1", sound)
    samples = read_audio(path, max_seconds=10)
    assert pitch(samples) == pytest.approx(440, abs=2)
    spectrum = np.abs(np.fft.rfft(samples))
    assert spectrum[60] < 0.01 * spectrum[440]


def test_a_quiet_second_channel_does_not_silence_the_first(tmp_path: Path) -> None:
    stereo = np.stack([tone(16_000), np.zeros(16_000, np.float32)], axis=1)
    soundfile.write(tmp_path / "a.wav", stereo, 16_000)
    samples = read_audio(tmp_path / "a.wav", max_seconds=10)
    assert np.abs(samples).max() == pytest.approx(0.15, abs=0.01)


def test_channels_in_opposite_phase_do_not_cancel(tmp_path: Path) -> None:
    stereo = np.stack([tone(16_000), -tone(16_000)], axis=1)
    soundfile.write(tmp_path / "a.wav", stereo, 16_000, subtype="FLOAT")
    samples = read_audio(tmp_path / "a.wav", max_seconds=10)
    assert np.abs(samples).max() == pytest.approx(0.3, abs=0.01)


def test_more_channels_than_any_recorder_has_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.tile(tone(16_000)[:, np.newaxis], (1, 16)), 16_000)
    assert reason(tmp_path / "a.wav") == "too_many_channels"


def test_a_header_with_a_forged_number_of_channels_crashes_nothing(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.webm", "libopus", 48_000, "5.1", np.tile(tone(48_000), (6, 1)))
    whole = path.read_bytes()
    head = whole.index(b"OpusHead")
    for channels in (*range(20), 64, 255):
        forged = bytearray(whole)
        forged[head + 9] = channels
        path.write_bytes(bytes(forged))
        try:
            assert np.isfinite(read_audio(path, max_seconds=10)).all()
        except InvalidInput:
            continue


def test_an_empty_file_and_a_missing_one_are_empty(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    assert reason(tmp_path / "a.wav") == "empty"
    assert reason(tmp_path / "none.wav") == "empty"
    assert reason(tmp_path) == "empty"


@pytest.mark.parametrize(
    "content",
    [
        b"Xin ch\xc3\xa0o, \xc4\x91\xc3\xa2y l\xc3\xa0 v\xc4\x83n b\xe1\xba\xa3n." * 50,
        b"\x89PNG\r\n\x1a\n" + bytes(2_000),
        b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(2_000),
        b"%PDF-1.7\n" + b"x" * 2_000,
        b"PK\x03\x04" + bytes(2_000),
        b"\x00",
    ],
    ids=["text", "png", "jpeg", "pdf", "zip", "one byte"],
)
def test_what_is_no_sound_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(content)
    assert reason(path) == "not_audio"


@pytest.mark.parametrize("kind", ["m3u8", "concat", "sdp", "dash"])
def test_a_playlist_cannot_make_the_server_read_another_file(tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret.wav"
    soundfile.write(secret, tone(16_000, 3.0), 16_000)
    text = {
        "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{secret}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{secret}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=audio 5004 RTP/AVP 0\n",
        "dash": f'<?xml version="1.0"?><MPD><Period><AdaptationSet><Representation><BaseURL>'
        f"{secret}</BaseURL></Representation></AdaptationSet></Period></MPD>",
    }[kind]
    path = tmp_path / "list.wav"
    path.write_text(text, encoding="utf-8")
    assert reason(path) == "not_audio"


def test_a_file_that_breaks_off_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    for name, kind in [("a.wav", "WAV"), ("a.flac", "FLAC"), ("a.mp3", "MP3"), ("a.ogg", "OGG")]:
        path = tmp_path / name
        noise = np.random.default_rng(0).normal(0, 0.1, 160_000).astype("f4")
        soundfile.write(path, noise, 16_000, format=kind)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        seconds = len(read_audio(path, max_seconds=60)) / LISTEN_RATE
        assert 3.0 < seconds < 7.0, name


def test_a_file_of_which_too_little_is_left_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 160_000), 16_000)
    whole = path.read_bytes()
    path.write_bytes(whole[:3_000])
    assert reason(path) == "truncated"
    movie = encode(tmp_path / "a.m4a", "aac", 44_100, "mono", tone(44_100)[np.newaxis])
    movie.write_bytes(movie.read_bytes()[:2_000])
    assert reason(movie) == "truncated"


def test_a_blip_is_too_short_and_its_length_is_named(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(16_000, 0.05), 16_000)
    with pytest.raises(InvalidInput) as caught:
        read_audio(tmp_path / "a.wav", max_seconds=60)
    assert caught.value.code == "invalid_input.too_short"
    assert caught.value.params["seconds"] == 0.05


@pytest.mark.parametrize("level", [0.0, 5e-4])
def test_silence_is_silent(tmp_path: Path, level: float) -> None:
    soundfile.write(tmp_path / "a.wav", tone(16_000, level=level), 16_000)
    assert reason(tmp_path / "a.wav") == "silent"


def test_faint_speech_is_not_silence(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(16_000, level=0.003), 16_000)
    assert len(read_audio(tmp_path / "a.wav", max_seconds=10)) == 16_000


def test_clipping_is_refused_only_where_it_matters(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.clip(tone(16_000, level=3.0), -1, 1), 16_000)
    assert len(read_audio(tmp_path / "a.wav", max_seconds=10)) == 16_000
    assert reason(tmp_path / "a.wav", refuse_clipped=True) == "clipped"


def test_a_loud_but_clean_recording_is_not_clipped(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(16_000, level=0.97), 16_000)
    assert len(read_audio(tmp_path / "a.wav", max_seconds=10, refuse_clipped=True)) == 16_000


def test_float_sound_beyond_full_scale_is_brought_back(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(16_000, level=20_000), 16_000, subtype="FLOAT")
    samples = read_audio(tmp_path / "a.wav", max_seconds=10)
    assert np.abs(samples).max() == pytest.approx(1.0)


def test_a_few_undefined_samples_become_silence(tmp_path: Path) -> None:
    sound = tone(16_000)
    sound[100:140] = np.nan
    sound[200] = np.inf
    soundfile.write(tmp_path / "a.wav", sound, 16_000, subtype="FLOAT")
    samples = read_audio(tmp_path / "a.wav", max_seconds=10)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() == pytest.approx(0.3, abs=0.05)


def test_many_undefined_samples_are_refused(tmp_path: Path) -> None:
    sound = tone(16_000)
    sound[:8_000] = np.nan
    soundfile.write(tmp_path / "a.wav", sound, 16_000, subtype="FLOAT")
    assert reason(tmp_path / "a.wav") == "not_finite"


def test_a_long_file_is_refused_with_its_length(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(8_000, 90.0), 8_000)
    with pytest.raises(InvalidInput) as caught:
        read_audio(tmp_path / "a.wav", max_seconds=60, field="clip")
    assert caught.value.params == {"field": "clip", "seconds": 90, "limit": 60}


def decoded_seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    from modules.media import audio

    seconds = [0.0]
    real = audio._Take.add

    def counted(take: Any, frame: av.AudioFrame) -> None:
        seconds[0] += frame.samples / frame.sample_rate
        real(take, frame)

    monkeypatch.setattr(audio._Take, "add", counted)
    return seconds


def test_an_hour_is_refused_without_decoding_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(8_000 * 3_600, np.int16), 8_000)
    seconds = decoded_seconds(monkeypatch)
    assert reason(tmp_path / "a.wav") == "too_long"
    assert seconds[0] == 0.0


def test_a_small_file_that_unpacks_to_an_hour_stops_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.flac"
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_16") as out:
        for _ in range(60):
            out.write(np.zeros(8_000 * 60, np.int16))
    assert (
        path.stat().st_size < 250 * 3_600
    )  # thinner than any real hour, so its claim is not believed
    seconds = decoded_seconds(monkeypatch)
    assert reason(path) == "too_long"
    assert seconds[0] < 62


def test_a_header_that_claims_ten_hours_does_not_condemn_a_short_file(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, tone(16_000, 2.0), 16_000)
    data = bytearray(path.read_bytes())
    # STREAMINFO: 36 bits of sample count end at byte 26 of the file (RFC 9639, 8.2).
    samples = 16_000 * 36_000
    data[21] = (data[21] & 0xF0) | (samples >> 32)
    data[22:26] = (samples & 0xFFFFFFFF).to_bytes(4, "big")
    path.write_bytes(bytes(data))
    assert len(read_audio(path, max_seconds=60)) == pytest.approx(32_000, abs=10)


def test_a_header_that_claims_a_second_does_not_let_ten_minutes_in(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 8_000 * 100), 8_000)
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = (8_000).to_bytes(4, "big")
    path.write_bytes(bytes(data))
    assert reason(path) == "too_long"


def test_a_streamed_wav_without_a_length_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(16_000, 2.0), 16_000)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 4, 0xFFFFFFFF)
    struct.pack_into("<I", data, data.index(b"data") + 4, 0xFFFFFFFF)
    path.write_bytes(bytes(data))
    assert len(read_audio(path, max_seconds=60)) == 32_000


def test_a_file_beyond_the_size_limit_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        file.truncate(301 << 20)  # sparse: no room is taken
    monkeypatch.setattr(av, "open", lambda *args, **options: pytest.fail("opened"))
    assert reason(path) == "too_big"


def test_a_comment_survives_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "reply.wav"
    comment = "AI-generated by Gương (synthetic voice)"
    write_wav(path, tone(22_050), 22_050, comment=comment)
    with soundfile.SoundFile(path) as sound:
        assert sound.comment == comment
        assert (sound.samplerate, sound.channels, sound.subtype) == (22_050, 1, "PCM_16")
    with av.open(str(path)) as container:
        assert container.metadata["comment"] == comment
    assert b"LIST" in path.read_bytes()
    assert b"ICMT" in path.read_bytes()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone(16_000), 16_000, comment="AI-generated")
    samples = read_audio(tmp_path / "a.wav", max_seconds=10)
    assert np.abs(samples - tone(16_000)).max() < 1e-4


def test_samples_beyond_full_scale_do_not_wrap_around(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone(16_000, level=2.0), 16_000, comment="AI-generated")
    samples, _ = soundfile.read(tmp_path / "a.wav")
    assert np.abs(np.diff(samples)).max() < 0.5


def test_a_disk_that_refuses_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed) as caught:
        write_wav(tmp_path / "none" / "a.wav", tone(16_000), 16_000, comment="x")
    assert caught.value.params == {"what": "a.wav"}


@given(
    start=st.sampled_from(
        [b"", b"RIFF\x24\x00\x00\x00WAVEfmt ", b"fLaC", b"OggS", b"ID3\x04", b"\xff\xfb\x90\x00",
         b"\x1aE\xdf\xa3", b"\x00\x00\x00\x18ftypmp42", b"FORM", b"caff", b"#!AMR\n", b"G"]
    ),
    content=st.binary(max_size=4_000),
)  # fmt: skip
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_bytes_are_refused_and_never_hang(
    tmp_path: Path, start: bytes, content: bytes
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(start + content)
    began = time.monotonic()
    try:
        samples = read_audio(path, max_seconds=5)
    except InvalidInput as error:
        assert error.params["field"] == "audio"
    else:  # noise may be a sound by chance; then it is a sane one
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() <= 1.0
        assert len(samples) <= 6 * LISTEN_RATE
    assert time.monotonic() - began < 20


@pytest.fixture(scope="module")
def sound_files(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("sounds")
    paths = []
    for kind in ("WAV", "FLAC", "OGG", "MP3", "AIFF"):
        paths.append(folder / f"a.{kind}")
        soundfile.write(paths[-1], tone(16_000), 16_000, format=kind)
    paths.append(encode(folder / "a.m4a", "aac", 44_100, "mono", tone(44_100)[np.newaxis]))
    paths.append(encode(folder / "a.webm", "libopus", 48_000, "mono", tone(48_000)[np.newaxis]))
    return [path.read_bytes() for path in paths]


@given(data=st.data())
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_files_are_refused_or_give_a_sane_sound(
    tmp_path: Path, sound_files: list[bytes], data: st.DataObject
) -> None:
    whole = bytearray(data.draw(st.sampled_from(sound_files)))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(whole[: data.draw(st.integers(1, len(whole)))]))
    try:
        samples = read_audio(path, max_seconds=5)
    except InvalidInput:
        return
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1.0
    assert len(samples) <= 6 * LISTEN_RATE
