"""Writes the resting pictures beside the persona files: `python -m modules.avatar.posters`.

To be run after a change of the art; a test compares the pictures with what is drawn.
"""

from __future__ import annotations

from PIL import Image

from modules.avatar import poster
from modules.avatar.gallery import persona_ids, poster_file

QUALITY = 92


def main() -> None:
    """Write the picture of every persona."""
    for avatar in persona_ids():
        Image.fromarray(poster(avatar)).save(poster_file(avatar), quality=QUALITY, subsampling=0)


if __name__ == "__main__":
    main()
