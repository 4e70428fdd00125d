"""Four portraits drawn by `benchmarks.portraits`, and what is made of them once.

They are kept as files, so that a persona may be redrawn without moving what is measured here.
"""

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from modules.avatar.photo.made import draft_portrait
from modules.messages import Portrait

FOLDER = Path(__file__).parent / "portraits"
SITTERS = sorted(path.stem for path in FOLDER.glob("*.jpg"))


def packed(rgb, kind=".jpg"):
    done, data = cv2.imencode(kind, np.ascontiguousarray(rgb[..., ::-1]))
    assert done
    return data.tobytes()


def picture_file(name):
    """The bytes of a sitter's picture, as somebody would send them."""
    return (FOLDER / f"{name}.jpg").read_bytes()


@pytest.fixture(scope="session")
def pictures():
    """Every sitter's picture, uint8 [768, 768, 3], and the true points in it."""
    truth = json.loads((FOLDER / "points.json").read_text())
    return {
        name: (np.array(Image.open(io.BytesIO(picture_file(name)))), truth[name])
        for name in SITTERS
    }


@pytest.fixture(scope="session")
def drafts():
    return {name: draft_portrait(picture_file(name)) for name in SITTERS}


@pytest.fixture(scope="session")
def faces(drafts):
    return {name: Portrait(d.id, name, d.rgb, d.points) for name, d in drafts.items()}
