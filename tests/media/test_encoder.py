"""Media: every frame in, every frame out, sound and picture in step."""

import io

import av
import numpy as np
import pytest

from modules.errors import EngineFailed, StorageFailed
from modules.media.encoder import Encoder
from modules.media.export import AI_MARK, write_mp4
from modules.messages import CHUNK_HEADER, FRAME_SAMPLES, SPEECH_RATE, Frames, Speech, chunk_bytes

SECOND = 25


def media(count, batch, flashes=(), clicks=()):
    """Encode `count` frames in batches, white at the flashes, with clicks in the sound."""
    encoder = Encoder(7)
    sound = np.zeros(count * FRAME_SAMPLES, np.float32)
    for click in clicks:
        at = click * FRAME_SAMPLES
        sound[at : at + 200] = 0.8 * np.sin(np.arange(200) * 0.5)
    chunks = []
    for first in range(0, count, batch):
        n = min(batch, count - first)
        rgb = np.zeros((n, 512, 512, 3), np.uint8)
        for k in range(n):
            if first + k in flashes:
                rgb[k] = 255
        samples = sound[first * FRAME_SAMPLES : (first + n) * FRAME_SAMPLES]
        chunks += encoder.encode(Frames(7, 0, rgb, first, Speech(7, 0, samples)))
    return chunks + encoder.close()


def track(chunks, name):
    return io.BytesIO(b"".join(c.data for c in chunks if c.track == name))


def flash_times(file):
    with av.open(file) as source:
        return [
            float(frame.pts * frame.time_base)
            for frame in source.decode(video=0)
            if frame.to_ndarray(format="gray").mean() > 128
        ]


def click_times(file):
    times = []
    with av.open(file) as source:
        for frame in source.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.3)
            begins = float(frame.pts * frame.time_base)
            for at in begins + loud / SPEECH_RATE:
                if not times or at - times[-1] > 0.2:
                    times.append(at)
    return times


@pytest.mark.parametrize(("count", "batch"), [(1, 1), (8, 8), (50, 7), (100, 12)])
def test_every_frame_is_decoded_again_at_its_own_time(count, batch):
    chunks = media(count, batch)
    with av.open(track(chunks, "video")) as source:
        times = [float(f.pts * f.time_base) for f in source.decode(video=0)]
    assert np.allclose(times, np.arange(count) / SECOND)


def test_sound_and_picture_are_in_step():
    chunks = media(100, 9, flashes=(25, 50, 75), clicks=(25, 50, 75))
    flashes = flash_times(track(chunks, "video"))
    clicks = click_times(track(chunks, "audio"))
    assert np.allclose(flashes, [1, 2, 3])
    assert np.abs(np.array(clicks) - flashes).max() < 0.005


def test_the_first_chunk_of_each_track_opens_its_buffer_and_only_that():
    chunks = media(60, 8)
    for name in ("video", "audio"):
        assert [c.init for c in chunks if c.track == name] == [True] + [False] * (
            sum(c.track == name for c in chunks) - 1
        )
    assert [c.sequence for c in chunks] == list(range(len(chunks)))


def test_the_first_batch_of_eight_frames_already_carries_seven():
    chunk = media(8, 8)[0]
    assert chunk.track == "video"
    assert chunk.data.count(b"moof") == 7  # the muxer holds the newest one back


def test_a_chunk_on_the_wire_names_its_reply_track_and_time():
    chunk = media(16, 8)[2]
    reply, sequence, start_ms, track_index, init = CHUNK_HEADER.unpack_from(chunk_bytes(chunk))
    assert (reply, sequence, start_ms, track_index, init) == (7, 2, 320, 0, 0)
    assert chunk_bytes(chunk)[CHUNK_HEADER.size :] == chunk.data


def test_an_exported_answer_is_one_file_in_step_and_marked_as_made_by_ai(tmp_path):
    chunks = media(75, 10, flashes=(25, 50), clicks=(25, 50))
    path = write_mp4(chunks, tmp_path / "answer.mp4")
    assert np.allclose(flash_times(path), [1, 2])
    assert np.abs(np.array(click_times(path)) - [1, 2]).max() < 0.005
    with av.open(path) as file:
        assert file.metadata["comment"] == AI_MARK
        assert file.metadata["ai_generated"] == "true"
        assert {s.type for s in file.streams} == {"video", "audio"}
        assert file.streams.video[0].frames == 75
    assert [p.name for p in tmp_path.iterdir()] == ["answer.mp4"]


def test_a_reply_without_media_cannot_be_exported(tmp_path):
    with pytest.raises(EngineFailed):
        write_mp4([], tmp_path / "answer.mp4")


def test_a_directory_that_cannot_be_written_is_a_storage_error(tmp_path):
    with pytest.raises(StorageFailed):
        write_mp4(media(8, 8), tmp_path / "missing" / "answer.mp4")


def test_closing_an_encoder_that_got_nothing_gives_nothing():
    assert Encoder(1).close() == []
