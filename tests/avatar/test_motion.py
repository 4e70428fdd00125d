import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modules.avatar.rig.accents import Accents
from modules.avatar.rig.blinks import LIDS, Blinks
from modules.avatar.rig.gaze import Gaze
from modules.avatar.rig.idle import idle_pose
from modules.avatar.rig.rig import Rig
from modules.avatar.rig.wander import Wander
from modules.avatar.specification import load_persona
from modules.messages import FPS, SPEECH_RATE, Speech, Viseme
from tests.avatar.conftest import silence, spoken

seeds = st.integers(0, 2**32 - 1)


def source(seed=1):
    return np.random.default_rng(seed)


@given(seeds)
def test_blinks_shut_for_two_frames_and_open_slower_than_they_shut(seed):
    blinks = Blinks(source(seed))
    lids = np.array([blinks.lid(frame, None) for frame in range(60 * FPS)])
    shut = lids == 0
    starts = np.flatnonzero(np.diff(shut.astype(int)) == 1) + 1
    assert 8 <= len(starts) <= 50
    for start in starts[:-1]:
        assert shut[start : start + 2].all()
        assert not shut[start + 2]
        assert lids[start - 1] > 0
        assert lids[start + 3] < 1
    assert min(np.diff(starts)) >= 8


@given(seeds, st.integers(0, 300))
def test_no_blink_is_left_unfinished_at_the_end(seed, end):
    blinks = Blinks(source(seed))
    lids = [blinks.lid(frame, end) for frame in range(end + 1)]
    assert lids[-1] == 1


def test_blinks_close_faster_than_they_open():
    closing = sum(1 for lid in LIDS[: LIDS.index(0)])
    opening = len(LIDS) - closing - 2
    assert opening > closing


@given(seeds)
def test_the_eyes_are_mostly_on_the_viewer_and_come_back(seed):
    gaze = Gaze(source(seed))
    looks = np.array([gaze.look(frame) for frame in range(60 * FPS)])
    at_viewer = (np.abs(looks) < 0.6).all(axis=1)
    assert 0.4 < at_viewer.mean() < 0.97
    assert np.abs(looks).max() < 3
    assert not looks[0].any()
    # Between jumps the eyes hold still: nothing is redrawn.
    assert (np.diff(looks, axis=0) == 0).all(axis=1).mean() > 0.8


@given(seeds, st.integers(0, 3))
def test_wandering_never_jumps_in_place_or_speed(seed, channel):
    wander = Wander(source(seed))
    values = np.array([wander.at(channel, k / 100, 1.0) for k in range(4_000)])
    speed = np.diff(values) * 100
    assert np.abs(speed).max() < 10
    assert np.abs(np.diff(speed)).max() < 1.5
    assert 0.3 < values.std() < 2


def test_wandering_has_no_visible_period():
    wander = Wander(source())
    values = np.array([wander.at(0, k / 10, 1.0) for k in range(1_200)])
    values -= values.mean()
    alike = np.correlate(values, values, "full")[len(values) :] / (values @ values)
    assert alike[30:900].max() < 0.5


def vowels(loudness, length=2_500):
    samples = np.concatenate([np.full(length, level, np.float32) for level in loudness])
    shapes = tuple(Viseme(k * length, (k + 1) * length, "open") for k in range(len(loudness)))
    return samples, shapes


def test_a_strong_syllable_makes_the_head_nod_and_even_ones_do_not():
    for loudness, nods in (([0.1] * 12, False), ([0.1] * 8 + [0.4] + [0.1] * 3, True)):
        accents = Accents(source())
        accents.hear(*vowels(loudness), at=0)
        down = [accents.nod(k / FPS) for k in range(60)]
        assert (max(down) > 0.3) == nods
        assert down[-1] < 0.05


def test_a_nod_comes_with_the_syllable():
    accents = Accents(source())
    accents.hear(*vowels([0.1] * 8 + [0.4] + [0.1] * 4), at=0)
    down = [accents.nod(k / FPS) for k in range(60)]
    begins = 8 * 2_500 / SPEECH_RATE
    assert 0 <= np.argmax(down) / FPS - begins < 0.2


def rig_for(reply=1, feeling="Other"):
    return Rig(load_persona("linh"), "linh", reply, feeling)


def poses(rig, count, first=0):
    return [rig.pose(frame) for frame in range(first, first + count)]


def test_the_first_and_the_last_pose_are_the_idle_pose():
    for feeling in ("Other", "Enjoyment", "Sadness", "Surprise"):
        rig = rig_for(feeling=feeling)
        rig.hear(silence(4.0), 0)
        first = poses(rig, 60)
        rig.end(99, 60)
        last = poses(rig, 40, 60)[-1]
        for pose in (first[0], last):
            np.testing.assert_allclose(pose[:-1], idle_pose(load_persona("linh").rest)[:-1])
            np.testing.assert_allclose(pose.mouth, (0,) * 7 + (pose.mouth.corner, 0))


@given(st.integers(10, 40))
def test_the_way_back_is_smooth_however_late_the_end_is_known(left):
    rig = rig_for(reply=9, feeling="Sadness")
    speech = spoken(3.0, reply=9)
    rig.hear(speech, 0)
    way = poses(rig, 75)
    rig.end(74 + left, 75)
    way += poses(rig, left, 75)
    for name, limit in (("yaw", 1.2), ("pitch", 1.6), ("roll", 0.012), ("inner", 0.2)):
        assert np.abs(np.diff([getattr(pose, name) for pose in way])).max() < limit, name


def test_a_feeling_grows_and_is_never_shown_to_the_full():
    rig = rig_for(feeling="Enjoyment")
    rig.hear(silence(3.0), 0)
    cheeks = [pose.cheek for pose in poses(rig, 60)]
    assert cheeks == sorted(cheeks)
    assert cheeks[5] < cheeks[10] < cheeks[30]


def test_a_smile_is_part_of_the_spoken_mouth():
    calm, happy = rig_for(), rig_for(feeling="Enjoyment")
    for rig in (calm, happy):
        rig.hear(spoken(2.0), 0)
    corners = [[pose.mouth.corner for pose in poses(rig, 50)][30:] for rig in (calm, happy)]
    assert np.mean(corners[1]) > np.mean(corners[0]) + 0.1


def test_the_mouth_lives_with_the_level_inside_a_long_vowel_without_jitter():
    seconds, count = 1.2, round(1.2 * SPEECH_RATE)
    t = np.arange(count) / SPEECH_RATE
    level_db = -20 + 5 * np.sin(2 * np.pi * 3 * t)
    samples = (np.sqrt(2) * 10 ** (level_db / 20) * np.sin(2 * np.pi * 200 * t)).astype(np.float32)
    rig = rig_for()
    rig.hear(Speech(1, 0, samples, (Viseme(0, count, "open"),)), 0)
    opened = np.array([pose.mouth.open for pose in poses(rig, int(seconds * FPS) - 1)])[6:]
    heard = level_db[((np.arange(len(opened)) + 6.5) / FPS * SPEECH_RATE).astype(int)]
    trend = np.polyval(np.polyfit(np.arange(len(opened)), opened, 2), np.arange(len(opened)))
    assert np.corrcoef(opened - trend, heard)[0, 1] > 0.8
    assert np.ptp(opened) > 0.12
    assert np.abs(np.diff(opened)).max() < 0.12
    assert np.abs(np.diff(opened, 2)).max() < 0.08


def test_no_feeling_opens_the_mouth_in_silence():
    for feeling in ("Surprise", "Fear", "Disgust", "Enjoyment"):
        rig = rig_for(feeling=feeling)
        rig.hear(silence(3.0), 0)
        assert all(pose.mouth.open == 0 for pose in poses(rig, 60)), feeling
