import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.conversation.identity import Identity, load_secret
from modules.errors import InvalidInput, StorageFailed


def test_a_key_always_leads_to_the_same_id_and_another_key_to_another():
    identity = Identity(b"secret")
    first, second = identity.new_key(), identity.new_key()
    assert identity.owner(first) == identity.owner(first)
    assert identity.owner(first) != identity.owner(second)
    assert len(identity.owner(first)) == 32
    assert set(identity.owner(first)) <= set("0123456789abcdef")


def test_the_id_does_not_contain_the_key_and_needs_the_secret():
    key = Identity(b"secret").new_key()
    with pytest.raises(InvalidInput):
        Identity(b"other").owner(key)


def test_a_mistyped_key_is_refused():
    identity = Identity(b"secret")
    key = identity.new_key()
    for wrong in (key[:-1], key + "A", key[:10] + ("A" if key[10] != "A" else "B") + key[11:], ""):
        with pytest.raises(InvalidInput) as caught:
            identity.owner(wrong)
        assert caught.value.params["field"] == "user_key"


@given(st.text(max_size=80))
def test_no_invented_key_opens_an_account(key):
    with pytest.raises(InvalidInput):
        Identity(b"secret").owner(key)


def test_an_account_and_a_key_never_share_an_id():
    identity = Identity(b"secret")
    key = identity.new_key()
    assert identity.owner_of_account(key) != identity.owner(key)


def test_the_secret_is_made_once_kept_privately_and_read_again(tmp_path):
    first = load_secret(None, tmp_path / "data")
    assert load_secret(None, tmp_path / "data") == first
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode) == 0o600
    assert [p.name for p in (tmp_path / "data").iterdir()] == ["secret"]


def test_a_given_secret_wins_and_touches_no_disk(tmp_path):
    assert load_secret("given", tmp_path / "data") == b"given"
    assert not (tmp_path / "data").exists()


def test_a_data_directory_that_is_a_file_is_a_storage_error(tmp_path):
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(StorageFailed):
        load_secret(None, tmp_path / "data")


def test_a_secret_that_cannot_be_read_is_a_storage_error(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StorageFailed):
        load_secret(None, tmp_path / "data")
