"""Which personas there are, by the files in `personas/`. Paths only, so that nothing can fail."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "personas"
DEFAULT = "linh"


def persona_ids() -> tuple[str, ...]:
    """Return the ids of all drawn personas, the default one first."""
    ids = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return tuple(sorted(ids, key=lambda name: name != DEFAULT))


def known(avatar: str) -> str:
    """Return an id that exists: `avatar` itself, or the default where it is unknown or empty."""
    return avatar if avatar in persona_ids() else DEFAULT


def poster_file(avatar: str) -> Path:
    """Return where the resting picture of a known persona lies."""
    return FOLDER / f"{avatar}.jpg"
