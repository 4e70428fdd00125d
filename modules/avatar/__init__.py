"""The face: drawn personas that speak, and the stills that stand in for them.

Nothing heavy is imported here: skia and OpenCV come with the first picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modules.avatar.gallery import known, persona_ids
from modules.avatar.specification import STATES, State, load_persona, motion_version
from modules.engines import EngineSpec
from modules.messages import FRAME_SIZE, ByteArray, Gender, Portrait, Region

ENGINES: tuple[EngineSpec, ...] = (
    EngineSpec(
        "drawn",
        "avatar",
        "modules.avatar.drawn:DrawnEngine",
        packages=("skia", "cv2"),
        megabytes=50,
        # A batch of twelve frames takes some 20 ms; the rest is a busy machine.
        first_output_s=5.0,
        next_output_s=3.0,
    ),
    EngineSpec(
        "musetalk",
        "avatar",
        "modules.avatar.musetalk.engine:MuseTalkEngine",
        frozenset({"torch", "cuda", "weights"}),
        packages=("torch", "diffusers", "transformers", "cv2"),
        weights=("musetalk", "sd-vae-ft-mse", "whisper-tiny"),
        extras=("dwpose",),
        # In halves: painter 1.7 GB, autoencoder and ear 0.3, graphs and a batch of pictures 3.
        megabytes=5_000,
        licence="MIT",
        first_output_s=4.0,
        next_output_s=2.0,
    ),
    EngineSpec(
        "musetalk-tiny",
        "avatar",
        "modules.avatar.musetalk.engine:MuseTalkEngine",
        frozenset({"torch", "cuda", "weights"}),
        packages=("torch", "diffusers", "transformers", "cv2"),
        weights=("musetalk", "sd-vae-ft-mse", "whisper-tiny", "taesd"),
        extras=("dwpose",),
        megabytes=4_000,
        licence="MIT",
        first_output_s=4.0,
        next_output_s=2.0,
    ),
    EngineSpec(
        "wav2lip",
        "avatar",
        "modules.avatar.wav2lip.engine:Wav2LipEngine",
        frozenset({"torch", "weights", "licence", "research"}),
        packages=("torch", "onnx", "onnxruntime", "cv2"),
        weights=("wav2lip",),
        extras=("dwpose",),
        megabytes=600,
        licence="non-commercial: research and personal use only",
        # On two cores a batch of twelve frames takes 0.4 s, on a busy machine twice that.
        first_output_s=5.0,
        next_output_s=3.0,
    ),
    *(
        EngineSpec(
            name,
            "avatar",
            "modules.avatar.sadtalker.engine:SadTalkerEngine",
            frozenset({"torch", "cuda", "weights"}),
            packages=("torch", "safetensors", "cv2", "soxr"),
            weights=("sadtalker-256",),
            extras=("dwpose",),
            megabytes=3_000,
            shares=shares,
            live=False,
            licence="MIT",
            # It begins when an answer is over: with all coefficients of up to five minutes.
            first_output_s=60.0,
            next_output_s=20.0,
        )
        for name, shares in (("sadtalker", ""), ("sadtalker-still", "sadtalker"))
    ),
    EngineSpec(
        "puppet",
        "avatar",
        "modules.avatar.photo.engine:PuppetEngine",
        packages=("cv2",),
        megabytes=20,
        first_output_s=5.0,
        next_output_s=3.0,
    ),
    EngineSpec(
        "still",
        "avatar",
        "modules.avatar.still:StillEngine",
        megabytes=1,
        first_output_s=5.0,
        next_output_s=3.0,
    ),
)

_DRAWN_ONLY = frozenset({"drawn"})
_PORTRAITS_ONLY = frozenset(
    {"puppet", "musetalk", "musetalk-tiny", "wav2lip", "sadtalker", "sadtalker-still"}
)


@dataclass(frozen=True, slots=True)
class AvatarInfo:
    """What a list of avatars shows, and which voice suits: median pitch and speaking rate."""

    id: str
    name: str
    gender: Gender
    age: int
    region: Region
    voice_f0_hz: float
    voice_rate: float
    manner_vi: str
    manner_en: str


PAINTERS: dict[str, str] = {
    "musetalk": "musetalk",
    "musetalk-tiny": "musetalk",
    "wav2lip": "wav2lip",
}
"""Engines that show only what they were prepared for, and the painter (`neural/painting.py`) whose
preparation each of them takes."""
FILMERS = frozenset(spec.name for spec in ENGINES if not spec.live)
"""Engines that begin when an answer is over: for films, never for a turn."""


def serving(
    engines: tuple[str, ...], portrait: Portrait | None, *, films: bool = False
) -> tuple[str, ...]:
    """Return which of a stage's engines can show a face: a portrait, or (None) a drawn persona.

    Who was chosen for a portrait comes first; who paints mouths serves where it was prepared. For
    `films` those serve as well that begin when an answer is over, behind all others.
    """
    cannot = _DRAWN_ONLY if portrait is not None else _PORTRAITS_ONLY
    able = [name for name in engines if name not in cannot and name not in FILMERS]
    if films and portrait is not None:
        able += [name for name in engines if name in FILMERS]
    if portrait is None:
        return tuple(able)
    able = [n for n in able if n not in PAINTERS or PAINTERS[n] in portrait.prepared]
    return tuple(sorted(able, key=lambda name: name != portrait.engine))


def avatars() -> tuple[AvatarInfo, ...]:
    """Return all drawn personas, the default one first."""
    return tuple(_info(avatar) for avatar in persona_ids())


def prepare(avatar: str) -> None:
    """Get a drawn persona ready to speak: a second or two at the first start, a tenth of that
    later. Does nothing for an unknown one, and where nothing can be drawn.
    """
    try:
        from modules.avatar.layers import renderer
    except ImportError:
        return
    if avatar in persona_ids():
        renderer(avatar)


def poster(avatar: str) -> ByteArray:
    """Return the idle pose of an avatar (unknown: of the default), uint8 [512, 512, 3].

    It is the first frame of the idle loop and of every reply. Where nothing can be drawn, it is
    the picture of the `still` engine.
    """
    return next(idle_loop(avatar))


def idle_loop(avatar: str, state: State = "idle") -> Iterator[ByteArray]:
    """Yield the frames of a seamless loop of twelve seconds, each uint8 [512, 512, 3].

    It shows the avatar (unknown: the default one) as it idles, listens or thinks. The first frame
    is the idle pose, and the last one is next to it: any loop or reply may follow. The first call
    in a process may take a second or two. Where nothing can be drawn, the loop is the picture of
    the `still` engine.
    """
    from modules.avatar.rig.loops import FRAMES, Loop

    name = known(avatar)
    try:
        from modules.avatar.layers import renderer
    except ImportError:
        from modules.avatar.still import picture

        for _ in range(FRAMES):
            yield picture(name).copy()
        return
    import numpy as np

    brush, loop = renderer(name).brush(), Loop(load_persona(name), name, state)
    for frame in range(FRAMES):
        out = np.empty((FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
        brush.draw(loop.pose(frame), out)
        yield out


def _info(avatar: str) -> AvatarInfo:
    who = load_persona(avatar).identity
    return AvatarInfo(
        avatar, who.name, who.gender, who.age, who.region, who.voice.f0_hz, who.voice.rate,
        who.manner.vi, who.manner.en,
    )  # fmt: skip


__all__ = [
    "ENGINES",
    "FILMERS",
    "PAINTERS",
    "STATES",
    "AvatarInfo",
    "State",
    "avatars",
    "idle_loop",
    "motion_version",
    "poster",
    "prepare",
    "serving",
]
