"""Films: every picture once, sound in step after many answers, words where they are spoken."""

import itertools

import av
import numpy as np
import pytest

from modules.errors import EngineFailed, StorageFailed
from modules.media.card import FADE_FRAMES, pages
from modules.media.encoder import Encoder
from modules.media.export import AI_MARK
from modules.media.film import RATE, Look, write_film
from modules.media.loop import write_loop
from modules.media.scenes import SIZE, Answer, Card, frames_of
from modules.messages import FRAME_SAMPLES, SPEECH_RATE, Caption, CaptionWord, Frames, Speech

GREY = 96
LOOK = Look("Do AI tạo")
MARK = (slice(20, 58), slice(SIZE - 160, SIZE - 20))
FOOT = (slice(SIZE // 2, SIZE), slice(0, SIZE))


def answer(directory, name, count, flashes=(), words=(), seconds=None):
    """Write a grey answer that is white, and sounds, at the flashes: both tracks as files."""
    encoder = Encoder(1)
    rgb = np.full((count, 512, 512, 3), GREY, np.uint8)
    sound = np.zeros(count * FRAME_SAMPLES, np.float32)
    for flash in flashes:
        rgb[flash] = 255
        at = flash * FRAME_SAMPLES
        sound[at : at + FRAME_SAMPLES] = 0.8 * np.sin(np.arange(FRAME_SAMPLES) * 0.5)
    chunks = encoder.encode(Frames(1, 0, rgb, 0, Speech(1, 0, sound))) + encoder.close()
    paths = []
    for track in ("video", "audio"):
        paths.append(directory / f"{name}.{track}")
        paths[-1].write_bytes(b"".join(c.data for c in chunks if c.track == track))
    captions = (Caption(1, 0, tuple(CaptionWord(*word) for word in words)),) if words else ()
    return Answer(*paths, seconds or count / 25, captions)


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    frames = (np.full((512, 512, 3), GREY, np.uint8) for _ in range(30))
    return write_loop(frames, tmp_path_factory.mktemp("idle") / "idle.mp4")


def pictures(path):
    """Return the brightness of every picture, 0 to 255: [720, 720] each."""
    shown = []
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            plane = np.frombuffer(bytes(frame.planes[0]), np.uint8)
            luma = plane.reshape(frame.height, -1)[:, : frame.width].astype(np.float32)
            shown.append(np.clip((luma - 16) * (255 / 219), 0, 255).round().astype(np.uint8))
    return shown


def sound(path):
    with av.open(str(path)) as file:
        frames = [(f.pts, f.to_ndarray()[0]) for f in file.decode(audio=0)]
    assert all(b[0] == a[0] + len(a[1]) for a, b in itertools.pairwise(frames))  # without a gap
    return np.concatenate([samples for _, samples in frames])


def beeps(samples):
    loud = np.flatnonzero(np.abs(samples) > 0.25) / RATE
    return [t for i, t in enumerate(loud) if i == 0 or t - loud[i - 1] > 0.2]


def bright(path):
    middle = (slice(80, 300), slice(100, 500))
    means = [picture[middle].mean() for picture in pictures(path)]
    return [i / 25 for i, m in enumerate(means) if m > 180 and (i == 0 or means[i - 1] <= 180)]


def test_after_many_answers_sound_and_picture_are_still_in_step(tmp_path, idle):
    scenes = []
    for number in range(6):  # lengths that are no whole number of AAC packets
        scenes.append(Card("Bạn", "Nhanh lên", "user", idle))
        scenes.append(answer(tmp_path, str(number), 31 + number, flashes=(7, 19)))
    path = write_film(scenes, tmp_path / "film.mp4", LOOK)
    seen, heard = bright(path), beeps(sound(path))
    assert len(seen) == len(heard) == 12
    assert np.abs(np.array(seen) - heard).max() < 0.005
    count = sum(frames_of(scene) for scene in scenes)
    assert len(pictures(path)) == count
    assert len(sound(path)) / RATE == pytest.approx(count / 25, abs=1024 / RATE)
    with av.open(str(path)) as file:
        lengths = [float(s.duration * s.time_base) for s in file.streams]
    assert lengths == pytest.approx([count / 25] * 2, abs=0.001)


def test_no_picture_of_a_film_is_black_or_jumps_at_a_join(tmp_path, idle):
    scenes = [
        Card("Bạn", "Chào bạn", "user", idle),
        answer(tmp_path, "a", 40),
        Card("Bạn", "Tạm biệt", "user", idle),
        answer(tmp_path, "b", 40),
    ]
    shown = pictures(write_film(scenes, tmp_path / "film.mp4", LOOK))
    top = [picture[70:230] for picture in shown]  # above every bubble, below the mark
    assert all(abs(part.mean() - GREY) < 4 for part in top)
    # What was there before the mark and the bubble is there again between them.
    jumps = [np.abs(a.astype(int) - b).mean() for a, b in itertools.pairwise(top)]
    assert max(jumps) < 1.0


def test_a_face_that_idles_in_another_pose_is_blended_into_the_answer(tmp_path):
    dark = (np.full((512, 512, 3), 20, np.uint8) for _ in range(30))
    idle = write_loop(dark, tmp_path / "idle.mp4")
    scenes = [answer(tmp_path, "a", 10), Card("", "Ừ", "user", idle), answer(tmp_path, "b", 10)]
    shown = pictures(write_film(scenes, tmp_path / "film.mp4", LOOK))
    top = np.array([picture[70:230].mean() for picture in shown])
    assert np.abs(np.diff(top)).max() <= (GREY - 20) / FADE_FRAMES + 2
    assert top.min() < 24


def test_the_mark_is_in_every_picture_and_in_the_file(tmp_path, idle):
    scenes = [Card("Bạn", "Chào", "user", idle), answer(tmp_path, "a", 20)]
    path = write_film(scenes, tmp_path / "film.mp4", LOOK)
    for picture in pictures(path):
        assert picture[MARK].max() > 180
        assert picture[MARK].min() < GREY - 20
    with av.open(str(path)) as file:
        assert file.metadata["comment"] == AI_MARK
        assert file.metadata["ai_generated"] == "true"


WORDS = (("Chào", 0.2, 0.5), ("bạn,", 0.5, 0.8), ("khỏe", 0.8, 1.1), ("không?", 1.1, 1.4))


def test_captions_come_and_go_with_the_voice_word_by_word(tmp_path):
    scene = answer(tmp_path, "a", 75, words=WORDS)
    shown = pictures(write_film([scene], tmp_path / "film.mp4", LOOK))
    drawn = [np.abs(picture[FOOT].astype(int) - GREY).mean() > 3 for picture in shown]
    assert not any(drawn[:5])  # 0.2 s
    assert all(drawn[8:50])
    assert not any(drawn[55:])  # 0.7 s after the last word
    # The word that is being said is brighter than those to come: the light moves on to the right.
    centres = []
    for second in (0.4, 0.7, 1.0, 1.3):
        changed = shown[round(second * 25)][FOOT].astype(int) - shown[8][FOOT]
        _, columns = np.nonzero(np.abs(changed) > 40)
        centres.append(columns.mean() if len(columns) else 0.0)
    assert centres[0] == 0.0
    assert centres[1] < centres[2] < centres[3]


def test_without_captions_in_the_picture_they_are_a_subtitle_track(tmp_path, idle):
    scenes = [
        Card("Bạn", "Chào", "user", idle),
        answer(tmp_path, "a", 50, words=WORDS),
        Card("Bạn", "Chào", "user", idle),
        answer(tmp_path, "b", 50, words=WORDS),
    ]
    path = write_film(scenes, tmp_path / "film.mp4", Look("Do AI tạo", captions=False))
    lead = frames_of(scenes[0]) / 25
    with av.open(str(path)) as file:
        shown = [
            (float(packet.pts * packet.time_base), bytes(packet)[2:].decode())
            for packet in file.demux(subtitles=0)
            if packet.pts is not None and len(bytes(packet)) > 2
        ]
    assert [text for _, text in shown] == ["Chào bạn, khỏe không?"] * 2
    assert [t for t, _ in shown] == pytest.approx([lead + 0.2, 2 * lead + 2.2], abs=0.002)
    first = round(lead * 25)
    assert all(np.abs(p[FOOT].astype(int) - GREY).mean() < 2 for p in pictures(path)[first:][:50])


def test_captions_in_the_picture_are_no_subtitle_track_as_well(tmp_path):
    path = write_film([answer(tmp_path, "a", 20, words=WORDS)], tmp_path / "film.mp4", LOOK)
    with av.open(str(path)) as file:
        assert [stream.type for stream in file.streams] == ["video", "audio"]


def test_an_interrupted_answer_ends_where_it_was_interrupted(tmp_path):
    scene = answer(tmp_path, "a", 50, flashes=(40,), seconds=1.2)
    path = write_film([scene], tmp_path / "film.mp4", LOOK)
    assert len(pictures(path)) == 30
    assert beeps(sound(path)) == []


def test_the_colours_are_those_of_the_answer(tmp_path):
    encoder = Encoder(1)
    rgb = np.empty((20, 512, 512, 3), np.uint8)
    rgb[:] = (200, 120, 60)
    chunks = encoder.encode(Frames(1, 0, rgb, 0, Speech(1, 0, np.zeros(20 * 882, np.float32))))
    chunks += encoder.close()
    for track in ("video", "audio"):
        (tmp_path / track).write_bytes(b"".join(c.data for c in chunks if c.track == track))
    path = write_film(
        [Answer(tmp_path / "video", tmp_path / "audio", 0.8)], tmp_path / "film.mp4", LOOK
    )
    with av.open(str(path)) as file:
        frame = next(file.decode(video=0))
        assert frame.colorspace == 1  # BT.709, and it is said
        picture = frame.to_ndarray(format="rgb24")
    assert np.abs(picture[300, 300].astype(int) - (200, 120, 60)).max() <= 4


def test_progress_is_told_after_every_picture_and_whoever_hears_it_can_stop(tmp_path):
    scene, told = answer(tmp_path, "a", 25), []
    write_film([scene], tmp_path / "film.mp4", LOOK, lambda done, of: told.append((done, of)))
    assert told == [(done, 25) for done in range(1, 26)]

    class Stopped(Exception):
        pass

    def stop(done, of):
        if done == 5:
            raise Stopped

    with pytest.raises(Stopped):
        write_film([scene], tmp_path / "stopped.mp4", LOOK, stop)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".audio", ".mp4", ".video"]


def test_nothing_to_show_is_an_error_and_leaves_nothing(tmp_path):
    with pytest.raises(EngineFailed, match="no_media"):
        write_film([], tmp_path / "film.mp4", LOOK)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_is_a_storage_error(tmp_path):
    with pytest.raises(StorageFailed, match="disk"):
        write_film([answer(tmp_path, "a", 5)], tmp_path / "missing" / "film.mp4", LOOK)


def test_a_full_disk_is_a_storage_error(tmp_path):
    resource = pytest.importorskip("resource")
    scene = answer(tmp_path, "a", 60, flashes=range(0, 60, 2))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, limits[1]))
    try:
        with pytest.raises(StorageFailed, match="disk"):
            write_film([scene], tmp_path / "film.mp4", LOOK)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.glob("*.mp4"))


def test_a_card_without_a_loop_stands_on_the_picture_beside_it(tmp_path):
    scenes = [Card("Bạn", "Chào"), answer(tmp_path, "a", 10)]
    shown = pictures(write_film(scenes, tmp_path / "film.mp4", LOOK))
    assert all(abs(picture[70:230].mean() - GREY) < 4 for picture in shown)


@pytest.mark.parametrize(
    "text", ["", "Ừ", "😀", "x" * 4_000, "Chào bạn. " * 300, "漢字 " * 50, "một " * 12]
)
def test_any_text_fits_its_card(tmp_path, idle, text):
    from modules.media import lettering
    from modules.media.card import _ROOM, CardFace

    for page in pages(text):
        assert all(line.width <= _ROOM for line in page.lines)
        face = CardFace(page, "Bạn", "user")
        assert face._bubble.width() <= SIZE
        assert face._bubble.height() <= SIZE * 0.75
        assert page.frames >= 1.8 * 25
    assert lettering.width("Bạn", 24) > 0


def test_a_longer_text_stands_longer_and_turns_its_pages():
    short, long = pages("Chào bạn"), pages("Hôm nay trời đẹp quá. " * 40)
    assert len(short) == 1 < len(long)
    assert short[0].frames < long[0].frames <= 8 * 25


def test_the_sound_of_an_answer_is_as_it_was(tmp_path):
    """Encoded twice: what the second time adds is far below what the first one left."""
    scene = answer(tmp_path, "a", 50, flashes=(10, 11, 12, 13, 30))
    with av.open(str(scene.audio)) as file:
        once = np.concatenate([f.to_ndarray()[0] for f in file.decode(audio=0)])
    twice = sound(write_film([scene], tmp_path / "film.mp4", LOOK))[::2]
    length = min(len(once), len(twice), 50 * FRAME_SAMPLES)
    rest = once[:length] - twice[:length]
    assert 10 * np.log10(np.square(once[:length]).sum() / np.square(rest).sum()) > 25
    assert SPEECH_RATE * 2 == RATE
