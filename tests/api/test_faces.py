"""A portrait is left with consent, speaks for its owner and for nobody else, and can be deleted."""

import json
import urllib.error
import urllib.request
import zipfile

import av
import cv2
import numpy as np
import pytest
from gradio_client import Client, handle_file

from modules.messages import FACE_POINTS
from tests.api.test_endpoints import refused
from tests.avatar.conftest import change
from tests.avatar.neural.test_preparation import film
from tests.avatar.photo.conftest import FOLDER

PICTURE = str(FOLDER / "fair.jpg")


@pytest.fixture(scope="module")
def face(client):
    """A user with a portrait."""
    key = client.predict(api_name="/new_user")["user_key"]
    made = client.predict(handle_file(PICTURE), "Lan", True, key, api_name="/add_avatar")
    return key, made


@pytest.fixture(scope="module")
def sample(client):
    return client.predict("Xin chào các bạn.", "", "Other", None, api_name="/speak")


def pictures(mp4):
    with av.open(mp4) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])


def kept_picture(server, identity):
    (path,) = server.data.glob(f"users/*/faces/{identity}/portrait.png")
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def test_a_portrait_comes_with_its_points(face):
    _, made = face
    assert made["id"].startswith("photo-")
    assert (made["name"], made["kind"]) == ("Lan", "photo")
    assert set(made["points"]) == set(FACE_POINTS)
    assert "small" in made["advice"]


def test_a_portrait_is_listed_for_its_owner_alone(client, face):
    key, made = face
    assert made["id"] in [each["id"] for each in client.predict(key, api_name="/avatars")]
    assert made["id"] not in [each["id"] for each in client.predict(api_name="/avatars")]
    kinds = {each["kind"] for each in client.predict(key, api_name="/avatars")}
    assert kinds == {"drawn", "photo"}


def test_a_portrait_answers(client, server, face):
    key, made = face
    persona = {"name": "Lan", "avatar": made["id"]}
    _, details, _, mp4 = client.predict("Chào bạn", persona, None, key, api_name="/chat")
    assert details["engines"]["avatar"] == "puppet"
    shown = pictures(mp4)
    assert np.abs(shown[0].astype(int) - kept_picture(server, made["id"])).mean() < 8
    assert np.abs(shown[5:].astype(int) - shown[:1]).max(axis=(1, 2, 3)).max() > 60


def test_a_recorded_voice_is_shown_by_a_portrait_or_its_still(client, face, sample):
    key, made = face
    sound = handle_file(sample)
    moving = pictures(
        client.predict(sound, made["id"], "", "Xin chào các bạn.", key, api_name="/animate")
    )
    still = pictures(client.predict(sound, made["id"], "still", None, key, api_name="/animate"))
    assert change(moving[4:24]).mean() > 2 * change(still[4:24]).mean()
    told = refused(client.predict, sound, made["id"], "drawn", None, key, api_name="/animate")
    assert told.startswith("engine_unavailable.unknown_engine")


def test_nobody_else_finds_it(server, face, sample):
    _, made = face
    other = Client(server.url, verbose=False)
    stranger = other.predict(api_name="/new_user")["user_key"]
    unknown, persona = "photo-" + "0" * 32, {"avatar": made["id"]}
    for key in (None, stranger):
        for identity in (made["id"], unknown):
            told = refused(
                other.predict, handle_file(sample), identity, "", None, key, api_name="/animate"
            )
            assert told.startswith("not_found.avatar")
        told = refused(other.predict, "Chào", persona, None, key, api_name="/chat")
        assert told.startswith("not_found.avatar")
    for route in ("idle", "poster"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{server.url}/gradio_api/guong/{route}/{made['id']}")
        assert caught.value.code == 404


def test_without_consent_nothing_is_kept(client, server, key):
    told = refused(client.predict, handle_file(PICTURE), "x", False, key, api_name="/add_avatar")
    assert told.startswith("consent_required.face")
    assert [f for f in client.predict(key, api_name="/avatars") if f["kind"] == "photo"] == []
    assert not list(server.data.glob("files/*/fair.jpg"))  # the upload is gone


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "invalid_input.image_empty"),
        (b"no picture" * 90, "invalid_input.not_image"),
        ("cut", "invalid_input.image_truncated"),
        ("grey", "invalid_input.face_none"),
        ("two", "invalid_input.face_several"),
    ],
)
def test_a_picture_that_cannot_speak_is_refused_for_its_own_reason(
    client, key, tmp_path, content, code
):
    whole = cv2.imread(PICTURE)
    made = {
        "cut": lambda: (FOLDER / "fair.jpg").read_bytes()[:20_000],
        "grey": lambda: cv2.imencode(".jpg", np.full((400, 400, 3), 127, np.uint8))[1].tobytes(),
        "two": lambda: cv2.imencode(".jpg", np.hstack([whole, whole]))[1].tobytes(),
    }
    path = tmp_path / "face.jpg"
    path.write_bytes(made[content]() if isinstance(content, str) else content)
    told = refused(client.predict, handle_file(str(path)), "x", True, key, api_name="/add_avatar")
    assert told.startswith(code)


@pytest.mark.parametrize("name", ["", " \n", "x" * 61])
def test_a_face_needs_a_name(client, key, name):
    told = refused(client.predict, handle_file(PICTURE), name, True, key, api_name="/add_avatar")
    assert told.startswith(("invalid_input.empty", "invalid_input.too_long"))


def test_a_wrong_key_keeps_nothing(client):
    for wrong in ("", "guong_" + "A" * 44):
        told = refused(
            client.predict, handle_file(PICTURE), "x", True, wrong, api_name="/add_avatar"
        )
        assert told.startswith(("invalid_input.not_issued", "invalid_input.key_needed"))


def test_the_export_holds_it_and_after_delete_it_is_gone(client, server, key):
    made = client.predict(handle_file(PICTURE), "Lan", True, key, api_name="/add_avatar")
    with zipfile.ZipFile(client.predict(key, api_name="/export")) as archive:
        names = [name for name in archive.namelist() if name.startswith("faces/")]
        record = json.loads(archive.read(f"faces/{made['id']}/meta.json"))
    assert f"faces/{made['id']}/portrait.png" in names
    assert record["name"] == "Lan"
    before = len(list(server.data.glob(f"users/*/faces/{made['id']}")))
    assert client.predict(key, api_name="/delete")["faces"] == 1
    assert len(list(server.data.glob(f"users/*/faces/{made['id']}"))) == before - 1


def test_a_clip_becomes_a_face_that_idles_and_speaks_as_it_was_filmed(client, sample, tmp_path):
    key = client.predict(api_name="/new_user")["user_key"]
    rgb = cv2.cvtColor(cv2.imread(PICTURE), cv2.COLOR_BGR2RGB)
    clip = str(film(tmp_path / "clip.mp4", rgb, frames=30))
    made = client.predict(handle_file(clip), "Lan", True, key, api_name="/add_avatar")
    assert (made["kind"], made["engines"]) == ("clip", ["puppet", "still"])
    assert "brief" in made["advice"]
    listed = {each["id"]: each["kind"] for each in client.predict(key, api_name="/avatars")}
    assert listed[made["id"]] == "clip"
    chosen = client.predict(
        handle_file(clip), "Lan", True, key, "still", api_name="/add_avatar"
    )["engines"]  # fmt: skip
    assert chosen == ["still", "puppet"]
    shown = pictures(
        client.predict(handle_file(sample), made["id"], "", None, key, api_name="/animate")
    )
    assert change(shown[4:20]).mean() < 1
    told = refused(
        client.predict, handle_file(clip), "Lan", True, key, "musetalk", api_name="/add_avatar"
    )
    assert told.startswith("engine_unavailable.unknown_engine")
    told = refused(client.predict, handle_file(clip), "Lan", False, key, api_name="/add_avatar")
    assert told.startswith("consent_required.face")
