"""Uploads: one file for the same content, however many callers sent it."""

import pytest

from modules.conversation.files import Files
from modules.errors import InvalidInput


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def upload(files):
    """Write a file as Gradio does: under the hash of its content, replacing an equal one."""
    draft = files.root / "draft"
    draft.write_bytes(b"sound")
    directory = files.root / "hash"
    directory.mkdir(exist_ok=True)
    return draft.rename(directory / "sound.wav")


def test_an_upload_is_gone_when_it_has_been_read(files):
    file = files.uploaded(str(upload(files)), "audio")
    files.discard(file)
    assert not file.parent.exists()
    files.discard(file)  # and again does no harm


def test_the_same_sound_stays_until_its_last_reader_is_done(files):
    first = files.uploaded(str(upload(files)), "audio")
    second = files.uploaded(str(upload(files)), "audio")
    files.discard(first)
    assert second.read_bytes() == b"sound"
    files.discard(second)
    assert not second.parent.exists()


def test_a_sound_that_is_sent_anew_while_the_first_is_read_awaits_its_own_reader(files):
    first = files.uploaded(str(upload(files)), "audio")
    again = upload(files)
    files.discard(first)
    second = files.uploaded(str(again), "audio")
    files.discard(second)
    assert not second.parent.exists()


@pytest.mark.parametrize("path", ["", "/etc/passwd", "a\0b", "x" * 5_000, "hash/../../secret"])
def test_what_was_not_uploaded_is_refused(files, path):
    with pytest.raises(InvalidInput, match="not_uploaded"):
        files.uploaded(path, "audio")
