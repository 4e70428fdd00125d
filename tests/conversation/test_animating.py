"""`/animate` shows a portrait with each engine of neural faces: painters, and those that film.

Doubles stand in the networks' place; each shows a colour of its own, which is read back from the
film. The rest is the app's: upload, preparation on demand, fallback, encoding.
"""

from dataclasses import replace

import av
import numpy as np
import pytest
import soundfile

import modules.avatar.photo.engine as puppet
from modules.api.face import FaceEndpoints
from modules.avatar import ENGINES, FILMERS, PAINTERS
from modules.avatar.stream import FaceStream
from modules.conversation.app import App
from modules.errors import EngineFailed, EngineUnavailable
from modules.messages import SPEECH_RATE
from modules.settings import Settings
from tests.avatar.conftest import spoken
from tests.avatar.photo.conftest import drafts
from tests.conversation.test_preparing import Painter

COLOURS = {
    "musetalk": (20, 200, 40), "wav2lip": (30, 60, 210), "sadtalker": (200, 170, 30),
    "sadtalker-still": (190, 40, 180),
}  # fmt: skip

__all__ = ["drafts"]


class Coloured(Painter):
    """Paints a mouth of a colour, as an engine of any name."""

    def __init__(self, spec, colour):
        super().__init__()
        self.spec, self.colour = spec, np.array(colour, np.uint8)

    def make(self):
        oracle = super().make()
        oracle.name = PAINTERS[self.spec.name]
        oracle._painted = lambda run: np.tile(self.colour, (len(run.indices), 64, 64, 1))
        return oracle


class Filmer:
    """Shows pictures of one colour, and only once all is said."""

    def __init__(self, spec, colour):
        self.spec, self.colour, self.opened = spec, colour, []

    def load(self):
        pass

    def close(self):
        pass

    def open(self, request):
        if request.live:
            raise EngineFailed("not_live", stage="avatar", engine=self.spec.name)
        self.opened.append(request.portrait.id)
        return Film(request.reply, self.colour)


class Film(FaceStream):
    def __init__(self, reply, colour):
        super().__init__(reply)
        self.colour = colour

    def drawable(self):
        return None if self._framer.ended else 0

    def draw(self, frame, out):
        out[:] = self.colour


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setattr(puppet, "FRAMES", 24)
    made = App(Settings(data=tmp_path))
    made.doubles = {}
    for spec in ENGINES:
        if spec.name in COLOURS:
            # What a double needs, any machine has.
            own = replace(spec, needs=frozenset(), packages=(), weights=(), shares="")
            kind = Coloured if spec.name in PAINTERS else Filmer
            double = made.doubles[spec.name] = kind(own, COLOURS[spec.name])
            double.load()
            made.residency.adopt(double)
    yield made
    for double in made.doubles.values():
        double.close()


@pytest.fixture
def key(app):
    return app.identity.new_key()


@pytest.fixture
def face(app, key, drafts):
    return app.faces.add(app.identity.owner(key), "Lan", drafts["fair"], True)


async def animated(app, face, key, engine, seconds=1.0):
    """The pictures of the film that the endpoint gives for a sound."""
    folder = app.files.root / "upload"
    folder.mkdir(parents=True, exist_ok=True)
    sound = folder / "said.wav"
    soundfile.write(sound, spoken(seconds).samples, SPEECH_RATE)
    film = await FaceEndpoints(app).animate({"path": str(sound)}, face.id, engine, None, key)
    assert not sound.exists()
    with av.open(film.path) as file:
        return np.stack([each.to_ndarray(format="rgb24") for each in file.decode(video=0)])


def near(picture, colour):
    """The share of a picture that has a colour, but for what pasting and encoding do to it."""
    return float((np.abs(picture.astype(int) - colour).max(-1) < 50).mean())


@pytest.mark.anyio
@pytest.mark.parametrize("engine", COLOURS)
async def test_each_engine_shows_the_portrait_that_it_is_asked_for(app, face, key, engine):
    frames = await animated(app, face, key, engine)
    assert len(frames) == 25 + 10
    shares = {name: near(frames[12], colour) for name, colour in COLOURS.items()}
    if engine in FILMERS:
        assert shares[engine] > 0.99
        assert app.doubles[engine].opened == [face.id]
        assert not any(app.doubles[name].frames for name in PAINTERS if name in COLOURS)
    else:
        assert shares[engine] > 0.005  # a mouth
        assert near(frames[-1], COLOURS[engine]) < 0.001  # which is closed at the end
        assert app.faces.get(app.identity.owner(key), face.id).prepared == (PAINTERS[engine],)
    assert max(share for name, share in shares.items() if name != engine) < 0.002


@pytest.mark.anyio
async def test_a_face_is_prepared_by_the_first_film_only(app, face, key):
    await animated(app, face, key, "musetalk", 0.4)
    prepared = app.doubles["musetalk"].frames
    assert prepared == 24
    await animated(app, face, key, "musetalk", 0.4)
    assert app.doubles["musetalk"].frames == prepared


@pytest.mark.anyio
async def test_where_who_films_fails_the_next_engine_shows_it_all(app, face, key, monkeypatch):
    def failing(request):
        raise EngineFailed("closed", stage="avatar", engine="sadtalker")

    monkeypatch.setattr(app.doubles["sadtalker"], "open", failing)
    await app.residency.load("avatar", "still")
    frames = await animated(app, face, key, "sadtalker")
    assert len(frames) == 25 + 10
    assert near(frames[12], COLOURS["sadtalker"]) < 0.01


@pytest.mark.anyio
async def test_an_engine_that_is_not_there_is_named_with_those_that_are(app, face, key):
    with pytest.raises(EngineUnavailable, match="unknown_engine") as refused:
        await animated(app, face, key, "musetalk-tiny")
    assert "musetalk-tiny" not in str(refused.value.params)
