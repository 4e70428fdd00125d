from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from modules import keeping
from modules.errors import ConsentRequired, InvalidInput, NotFound, StorageFailed
from modules.messages import SPEECH_RATE, FloatArray
from modules.text.names import LONGEST_NAME, clean_name
from modules.voice import store as store_module
from modules.voice.profile import measure_profile
from modules.voice.store import MOST_VOICES, VoiceStore
from tests.voice.speaking import other_reading, reading

MINH, LAN = "a1" * 16, "b2" * 16
DAY = 86_400.0


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def users(tmp_path: Path) -> Path:
    return tmp_path / "data" / "users"


@pytest.fixture
def store(users: Path, clock: Clock) -> VoiceStore:
    return VoiceStore(users, clock)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the cleaning, which has tests of its own."""
    monkeypatch.setattr(
        store_module, "prepare_sample", lambda samples, _: samples[: 6 * SPEECH_RATE]
    )


def sound(number: int = 0) -> FloatArray:
    return np.roll(0.3 * reading()[: 7 * SPEECH_RATE], number)


def files(directory: Path) -> list[Path]:
    return sorted(directory.rglob("*")) if directory.exists() else []


def added(store: VoiceStore, owner: str = MINH, number: int = 0, name: str = "Giọng Minh") -> str:
    return store.add(owner, name, sound(number), SPEECH_RATE, consent=True).id


def test_a_sample_is_cleaned_measured_and_kept(store: VoiceStore, clock: Clock) -> None:
    voice = store.add(MINH, "  Giọng\tcủa Minh ", 0.3 * other_reading(), SPEECH_RATE, True)
    assert voice.name == "Giọng của Minh"
    assert voice.created == voice.consented == voice.used == clock.now
    assert 10 < voice.seconds < 16
    assert voice.sha256.startswith(voice.id)
    assert len(voice.id) >= 16
    assert store.list(MINH) == [voice]
    profile = store.get(MINH, voice.id)
    assert (profile.id, profile.name) == (voice.id, voice.name)
    plain = measure_profile(other_reading(), SPEECH_RATE, id="", name="")
    assert profile.f0_hz == pytest.approx(plain.f0_hz, rel=0.02)


def test_without_consent_nothing_is_looked_at_and_nothing_written(
    store: VoiceStore, users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked_at(*_: object) -> None:
        raise AssertionError("analysed without consent")

    for name in ("prepare_sample", "measure_profile", "digest"):
        monkeypatch.setattr(store_module, name, looked_at)
    with pytest.raises(ConsentRequired) as refused:
        store.add(MINH, "", sound(), SPEECH_RATE, consent=False)
    assert refused.value.code == "consent_required.voice"
    assert not users.exists()


@pytest.mark.usefixtures("quick")
def test_the_same_sample_twice_is_one_voice_with_the_newer_name(
    store: VoiceStore, clock: Clock, users: Path
) -> None:
    first = added(store, name="Minh")
    clock.now += 50
    again = store.add(MINH, "Anh Minh", sound(), SPEECH_RATE, consent=True)
    assert again.id == first
    assert [voice.name for voice in store.list(MINH)] == ["Anh Minh"]
    assert store.list(MINH)[0].created == clock.now - 50
    assert store.get(MINH, first).name == "Anh Minh"
    assert len(list((users / MINH / "voices").iterdir())) == 1
    assert added(store, LAN) == first  # content, not owner, makes the id


@pytest.mark.usefixtures("quick")
def test_everything_is_readable_by_the_app_alone(store: VoiceStore, users: Path) -> None:
    mask = os.umask(0)
    try:
        added(store)
    finally:
        os.umask(mask)
    for path in (users, *files(users)):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.usefixtures("quick")
def test_anothers_voice_is_as_unknown_as_one_that_does_not_exist(store: VoiceStore) -> None:
    voice = added(store, LAN)
    for call in (store.get, store.delete):
        answers = []
        for owner, id_ in ((MINH, voice), (MINH, "c3" * 16), (LAN, "c3" * 16)):
            with pytest.raises(NotFound) as unknown:
                call(owner, id_)
            answers.append((unknown.value.code, set(unknown.value.params)))
        assert answers == [("not_found.voice", {"id"})] * 3
    assert store.get(LAN, voice)


@pytest.mark.parametrize(
    "id_", ["", ".", "..", "../" + LAN, "/etc", "A1" * 16, "a1" * 16 + "\n", "é" * 32]
)
def test_ids_that_are_paths_find_nothing(store: VoiceStore, users: Path, id_: str) -> None:
    users.mkdir(parents=True)
    for call in (store.get, store.delete):
        with pytest.raises(NotFound):
            call(MINH, id_)
        with pytest.raises(NotFound):
            call(id_, "a1" * 16)
    with pytest.raises(NotFound):
        store.add(id_, "Minh", sound(), SPEECH_RATE, consent=True)
    for call_owner in (store.list, store.delete_all, store.export):
        with pytest.raises(NotFound):
            call_owner(id_)
    assert not list(users.iterdir())


@given(st.text(max_size=90))
@settings(max_examples=200)
def test_any_name_is_one_clean_line_or_refused(name: str) -> None:
    try:
        cleaned = clean_name(name)
    except InvalidInput as refused:
        assert refused.params["field"] == "name"
        assert refused.reason in ("empty", "too_long")
        return
    assert 0 < len(cleaned) <= LONGEST_NAME
    assert cleaned == cleaned.strip()
    assert not set("\n\r\t\0\u202e\u2066") & set(cleaned)
    assert clean_name(cleaned) == cleaned
    cleaned.encode()


def test_a_name_cannot_turn_the_text_around_it() -> None:
    assert clean_name("\u202eMinh\u202c \u2067Lan\u2069") == "Minh Lan"
    assert clean_name("a\nb\x00c\ud800") == "a bc"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ["../../etc/passwd", "Nguyễn Thị Ánh 🎤", "a/b\\c", "名前", '"}{'])
def test_a_name_is_data_and_never_a_path(store: VoiceStore, users: Path, name: str) -> None:
    voice = added(store, name=name)
    assert store.list(MINH)[0].name == name
    assert {path.name for path in files(users)} == {
        MINH, "voices", voice, "sample.flac", "profile.npz", "meta.json",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["", "  \n", "x" * (LONGEST_NAME + 1)])
def test_no_name_and_a_long_name_are_refused_before_any_work(
    store: VoiceStore, users: Path, name: str
) -> None:
    with pytest.raises(InvalidInput):
        store.add(MINH, name, sound(), SPEECH_RATE, consent=True)
    assert not users.exists()


def test_a_sample_that_cannot_be_used_leaves_nothing_behind(store: VoiceStore, users: Path) -> None:
    with pytest.raises(InvalidInput):
        store.add(MINH, "Minh", np.zeros(9 * SPEECH_RATE, np.float32), SPEECH_RATE, consent=True)
    assert not files(users)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("at", range(6))
def test_a_full_disk_is_named_and_leaves_nothing_behind(
    store: VoiceStore, users: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    kept = added(store, number=1)
    before = files(users)
    synced = iter(range(99))
    fsync, rename = os.fsync, Path.rename

    def full(number: int) -> None:
        if number == at:
            raise OSError(errno.ENOSPC, "No space left on device")

    def full_sync(handle: int) -> None:
        full(next(synced))
        fsync(handle)

    def full_rename(self: Path, target: Path) -> Path:
        full(next(synced))
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", full_sync)
    monkeypatch.setattr(Path, "rename", full_rename)
    if at > 3:  # three files and one rename: nothing else can fill the disk
        added(store)
        return
    with pytest.raises(StorageFailed) as failed:
        added(store)
    assert failed.value.code == "storage_failed.disk"
    assert files(users) == before
    assert store.get(MINH, kept)


@pytest.mark.usefixtures("quick")
def test_what_a_crash_left_is_ignored_and_cleaned(
    store: VoiceStore, users: Path, clock: Clock
) -> None:
    home = users / MINH / "voices"
    for name in (".half", "c3" * 16, "d4" * 16):
        (home / name).mkdir(parents=True)
    (home / ".half" / "sample.flac").write_bytes(b"fLaC")
    (home / ("c3" * 16) / "meta.json").write_text("{}")
    (home / "Thumbs.db").write_bytes(b"")
    voice = added(store)
    clock.now = (home / ".half").stat().st_mtime
    assert [found.id for found in store.list(MINH)] == [voice]
    assert not store.expire(10_000)
    assert len(list(home.iterdir())) == 5  # they may be in the making
    clock.now += 2 * 3600
    assert not store.expire(10_000)
    assert [path.name for path in home.iterdir()] == [voice]


@pytest.mark.usefixtures("quick")
def test_a_half_written_voice_is_replaced_when_its_sample_comes_again(
    store: VoiceStore, users: Path
) -> None:
    voice = added(store)
    (users / MINH / "voices" / voice / "profile.npz").unlink()
    assert not store.list(MINH)
    assert added(store) == voice
    assert store.get(MINH, voice)


@pytest.mark.usefixtures("quick")
def test_a_damaged_profile_is_measured_again_from_the_sample(
    store: VoiceStore, users: Path
) -> None:
    voice = added(store)
    whole = store.get(MINH, voice)
    path = users / MINH / "voices" / voice / "profile.npz"
    path.write_bytes(path.read_bytes()[:99])
    again = store.get(MINH, voice)
    assert again.f0_hz == pytest.approx(whole.f0_hz, rel=0.01)
    path.write_bytes(b"")
    (path.parent / "sample.flac").write_bytes(b"fLaC")
    with pytest.raises(StorageFailed) as failed:
        store.get(MINH, voice)
    assert failed.value.code == "storage_failed.unreadable"


@pytest.mark.usefixtures("quick")
def test_deleting_removes_the_voice_and_every_file_of_it(store: VoiceStore, users: Path) -> None:
    voices = [added(store, number=number) for number in range(3)]
    kept = added(store, LAN)
    store.delete(MINH, voices[0])
    with pytest.raises(NotFound):
        store.get(MINH, voices[0])
    assert {voice.id for voice in store.list(MINH)} == set(voices[1:])
    assert store.delete_all(MINH) == 2
    assert not [path for path in files(users / MINH) if path.is_file()]
    assert store.delete_all(MINH) == 0
    assert store.get(LAN, kept)


@pytest.mark.usefixtures("quick")
def test_unused_voices_expire_and_used_ones_do_not(
    store: VoiceStore, clock: Clock, users: Path
) -> None:
    unused, used = added(store, number=1), added(store, LAN)
    for _ in range(4):
        clock.now += 100 * DAY
        store.get(LAN, used)
    assert store.expire(365) == 1
    assert not store.list(MINH)
    assert [voice.id for voice in store.list(LAN)] == [used]
    assert unused not in {path.name for path in files(users)}
    assert store.expire(365) == 0


@pytest.mark.usefixtures("quick")
def test_a_full_disk_does_not_silence_a_stored_voice(
    store: VoiceStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = added(store)
    clock.now += DAY

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert store.get(MINH, voice)
    assert store.list(MINH)[0].used == clock.now - DAY


@pytest.mark.usefixtures("quick")
def test_export_gives_every_file_of_the_owner_and_no_other(store: VoiceStore) -> None:
    voice = added(store)
    added(store, LAN, 5)
    paths = store.export(MINH)
    assert [path.name for path in paths] == ["sample.flac", "profile.npz", "meta.json"]
    assert all(path.is_file() and MINH in path.parts and voice in path.parts for path in paths)
    samples, rate = soundfile.read(paths[0])
    assert (len(samples), rate) == (6 * SPEECH_RATE, SPEECH_RATE)
    assert json.loads(paths[2].read_text("utf-8"))["name"] == "Giọng Minh"
    assert store.export("c3" * 16) == []


@pytest.mark.usefixtures("quick")
def test_one_owner_cannot_fill_the_disk(store: VoiceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MOST_VOICES", 2)
    assert MOST_VOICES >= 10
    added(store, number=1)
    added(store, number=2)
    with pytest.raises(InvalidInput) as refused:
        added(store, number=3)
    assert (refused.value.reason, refused.value.params["limit"]) == ("too_many", 2)
    assert added(store, number=1)  # known already: only its name is set
    assert added(store, LAN, 3)


@pytest.mark.usefixtures("quick")
def test_the_same_sample_from_several_threads_at_once_is_one_voice(store: VoiceStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda _: added(store), range(4)))
    assert len(set(ids)) == 1
    assert [voice.id for voice in store.list(MINH)] == ids[:1]


@pytest.mark.usefixtures("quick")
def test_one_voice_that_cannot_be_deleted_does_not_keep_the_others(
    store: VoiceStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, *others = sorted(added(store, number=number) for number in range(3))
    remove: Callable[[Path], None] = keeping.remove

    def stubborn(directory: Path) -> None:
        if directory.name == stuck:
            raise PermissionError(errno.EACCES, "Permission denied")
        remove(directory)

    monkeypatch.setattr(keeping, "remove", stubborn)
    clock.now += 400 * DAY
    with pytest.raises(StorageFailed):
        store.expire(365)
    assert [voice.id for voice in store.list(MINH)] == [stuck]
    assert len(others) == 2
