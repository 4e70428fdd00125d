"""Writes resting pictures: `python -m modules.avatar.posters [--size 1024] [--out FOLDER]`.

Without options it writes those beside the persona files, to be run after a change of the art; a
test compares them with what is drawn. The large ones, for print and pages, are no enlargements:
they hold detail that the live picture has no room for.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from modules.avatar import poster
from modules.avatar.gallery import FOLDER, persona_ids, poster_file
from modules.avatar.specification import PersonaFile, load_persona
from modules.messages import FRAME_SIZE, ByteArray

QUALITY = 95


def large_poster(persona: PersonaFile) -> ByteArray:
    """Paint the idle pose at twice the live size: uint8 [1024, 1024, 3]. Takes seconds."""
    from modules.avatar.art.canvas import LARGE
    from modules.avatar.art.portrait import paint_portrait
    from modules.avatar.face.renderer import Renderer
    from modules.avatar.rig.idle import idle_pose

    painted = np.round(paint_portrait(persona.look, fine=True) * 255).astype(np.uint8)
    out = np.empty((LARGE, LARGE, 3), np.uint8)
    Renderer(persona, painted, fine=True).brush().draw(idle_pose(persona.rest), out)
    return out


def main(arguments: list[str] | None = None) -> None:
    """Write the picture of every persona."""
    parser = argparse.ArgumentParser(prog="python -m modules.avatar.posters")
    parser.add_argument(
        "--size", type=int, choices=(FRAME_SIZE, 2 * FRAME_SIZE), default=FRAME_SIZE
    )
    parser.add_argument("--out", type=Path, default=None, help="a folder other than the personas'")
    asked = parser.parse_args(arguments)
    folder = asked.out or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for avatar in persona_ids():
        large = asked.size > FRAME_SIZE
        picture = large_poster(load_persona(avatar)) if large else poster(avatar)
        name = f"{avatar}-{asked.size}.jpg" if large else poster_file(avatar).name
        Image.fromarray(picture).save(folder / name, quality=QUALITY, subsampling=0)


if __name__ == "__main__":
    main()
