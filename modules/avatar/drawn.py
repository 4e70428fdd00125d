"""The engine of the drawn personas."""

from __future__ import annotations

from modules.avatar.gallery import known, persona_ids
from modules.avatar.rig.rig import Rig
from modules.avatar.rigged import RiggedStream
from modules.avatar.specification import load_persona
from modules.engines import EngineSpec
from modules.errors import EngineUnavailable
from modules.messages import ByteArray, TurnRequest


class DrawnEngine:
    """Draws personas from their files. One renderer per persona is shared by all streams."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec

    def load(self) -> None:
        """Prepare the default persona; the first start paints it, later ones read what was kept.
        The others come with `modules.avatar.prepare`, or when they are first shown.

        Raises `EngineUnavailable` where skia or OpenCV cannot be loaded.
        """
        try:
            import cv2

            from modules.avatar import layers
        except ImportError as error:
            # The wheels of skia link libGL and libEGL, which a bare system lacks.
            remedy = "apt install libgl1 libegl1"
            raise EngineUnavailable("libraries", stage="avatar", remedy=remedy) from error
        # A frame is too small to be shared out; eight sessions would fight for the cores.
        cv2.setNumThreads(1)
        layers.renderer(persona_ids()[0])

    def close(self) -> None:
        """Let go of the prepared pictures."""
        from modules.avatar import layers

        layers.forget()

    def open(self, request: TurnRequest) -> DrawnStream:
        """Return the face of the request's persona, with the reply's feeling."""
        return DrawnStream(request)


class DrawnStream(RiggedStream):
    """One reply of a drawn persona."""

    def __init__(self, request: TurnRequest) -> None:
        from modules.avatar.layers import renderer

        avatar = known(request.persona.avatar)
        rig = Rig(load_persona(avatar), avatar, request.reply, request.expression)
        super().__init__(request.reply, rig)
        self._brush = renderer(avatar).brush()

    def draw(self, frame: int, out: ByteArray) -> None:
        """Draw a frame."""
        self._brush.draw(self._rig.pose(frame), out)
