"""The face: a portrait is left with consent, its points corrected, heard, worn and deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from anyio import to_thread

from modules import avatar, persona
from modules.api.face import draft_of, kind_of
from modules.conversation.session import Session
from modules.errors import ConsentRequired, InvalidInput, NotFound
from modules.media.export import write_mp4
from modules.messages import FACE_POINTS, Portrait, TurnRequest
from modules.text.catalogue import tell
from modules.text.names import clean_name
from modules.ui.casting import put_on
from modules.ui.labels import first
from modules.ui.panels import Bench
from modules.ui.panels.face_engine import FaceEngine
from modules.ui.routes import POSTER

_SCRIPT = (Path(__file__).parent / "points.js").read_text("utf-8")
_TEMPLATE = """
<div class="guong-points" hidden>
  <p class="guong-points-hint"></p>
  <svg role="group" focusable="false"></svg>
</div>
"""


_PREVIEW = 2
"""Place of the preview among a panel's outputs."""


class FacePanel:
    """Which face speaks, and the portraits that are one's own."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        labels(
            gr.Markdown(elem_classes="guong-why", **first(value="face.intro")), value="face.intro"
        )
        with gr.Row():
            with gr.Column():
                self._build_new()
            with gr.Column():
                self._build_own()
        self.outputs: list[Any] = [
            self._faces, self._points, self._preview, self._delete, *self._engine.outputs,
        ]  # fmt: skip
        self.worn: list[Any] = []
        """Events after which another face is shown on the stage."""
        self.corrected: Any = None
        """The event after which the same face moves otherwise."""
        self._connect()

    def _build_new(self) -> None:
        labels = self._bench.labels
        self._file = labels(
            gr.Image(
                sources=["upload", "webcam"], type="filepath", image_mode=None, height=300,
                elem_id="guong-portrait",
                **first(label="face.file", placeholder="face.placeholder"),
            ),
            label="face.file",
            placeholder="face.placeholder",
        )  # fmt: skip
        with labels(
            gr.Accordion(open=False, elem_id="guong-clip-part", **first(label="face.clip_part")),
            label="face.clip_part",
        ):
            labels(gr.Markdown(**first(value="face.clip_intro")), value="face.clip_intro")
            self._clip = labels(
                gr.Video(
                    sources=["upload", "webcam"], include_audio=False, height=300,
                    elem_id="guong-clip", **first(label="face.clip"),
                ),
                label="face.clip",
            )  # fmt: skip
        # Gradio would open them before we have looked at them.
        self._file.preprocess = _path  # type: ignore[method-assign]
        self._clip.preprocess = _path
        self._name = labels(
            gr.Textbox(max_length=60, elem_id="guong-face-name", **first(label="face.name")),
            label="face.name",
        )
        self._consent = labels(
            gr.Checkbox(value=False, elem_id="guong-face-consent", **first(label="face.consent")),
            label="face.consent",
        )
        self._keep_it = labels(
            gr.Button(variant="primary", elem_id="guong-face-keep", **first(value="face.save")),
            value="face.save",
        )
        self._status = gr.HTML(elem_id="guong-face-status")

    def _build_own(self) -> None:
        labels = self._bench.labels
        self._faces = labels(
            gr.Dropdown(
                [(each.name, each.id) for each in avatar.avatars()],
                value=avatar.avatars()[0].id, elem_id="guong-faces",
                **first(label="face.yours"),
            ),
            label="face.yours",
        )  # fmt: skip
        self._points = gr.HTML(
            html_template=_TEMPLATE, js_on_load=_SCRIPT, apply_default_css=False, padding=False,
            elem_id="guong-points",
        )  # fmt: skip
        with gr.Row():
            self._hear = labels(
                gr.Button(size="sm", elem_id="guong-face-hear", **first(value="face.preview")),
                value="face.preview",
            )
            self._delete = labels(
                gr.Button(
                    size="sm", variant="stop", visible=False, elem_id="guong-face-delete",
                    **first(value="face.delete"),
                ),
                value="face.delete",
            )  # fmt: skip
        self._engine = FaceEngine(self._bench)
        self._preview = gr.Video(
            visible=False, autoplay=True, interactive=False, show_label=False, height=300,
            elem_id="guong-face-preview",
        )  # fmt: skip

    async def show(self, session: Session) -> list[Any]:
        """Return the faces of a session, and the points of the one that is worn."""
        own = await to_thread.run_sync(self._bench.app.faces.list, session.owner)
        drawn = [(each.name, each.id) for each in avatar.avatars()]
        kinds = [tell(session.language, f"face.{kind_of(each.clip)}_kind") for each in own]
        named = zip(own, kinds, strict=True)
        listed = [*((f"{each.name} · {kind}", each.id) for each, kind in named), *drawn]
        return [
            gr.update(choices=listed, value=session.persona.avatar or drawn[0][1]),
            self._marked(session),
            gr.update(value=None, visible=False),
            gr.update(visible=session.portrait is not None),
            *self._engine.show(session),
        ]

    def _marked(self, session: Session) -> dict[str, Any]:
        """Return what the editor of the points shows: nothing for a drawn persona."""
        language, portrait = session.language, session.portrait
        if portrait is None:
            return {"id": ""}
        handle = self._bench.app.portrait_loops.handle(session.owner, portrait)
        return {
            "id": portrait.id,
            "image": POSTER.removeprefix("/") + handle,
            "points": portrait.marks,
            "labels": {name: tell(language, f"point.{name}") for name in FACE_POINTS},
            "title": tell(language, "face.points"),
            "hint": tell(language, "face.check"),
        }

    def _connect(self) -> None:
        on = self._bench.on
        everything = [*self.outputs, self._file, self._clip, self._consent, self._status]
        self.worn = [
            on(
                self._keep_it.click,
                self._keep,
                [self._file, self._clip, self._name, self._consent],
                everything,
                busy=True,
            ),
            on(self._faces.input, self._use, self._faces, [*self.outputs, self._status]),
            on(self._delete.click, self._remove, None, [*self.outputs, self._status]),
            on(
                self._engine.button.click,
                self._choose,
                self._engine.choice,
                [*self.outputs, self._status],
                busy=True,
            ),
        ]
        self.corrected = on(self._points.submit, self._correct, None, [self._points, self._status])
        on(self._hear.click, self._say, None, self._preview, busy=True)

    async def _keep(
        self, request: gr.Request, file: str | None, clip: str | None, name: str, consent: bool,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> list[Any]:  # fmt: skip
        session, app = self._bench.visitors.session(request), self._bench.app
        given = clip or file
        if not given:
            raise InvalidInput("empty", field="file")
        if not consent:
            raise ConsentRequired("face")
        called = clean_name(name)
        progress(0.1, tell(session.language, "face.working"))
        path = Path(given)
        draft = await to_thread.run_sync(draft_of, path, app.finder)
        kept = await to_thread.run_sync(app.faces.add, session.owner, called, draft, True)
        app.files.discard(path)
        await put_on(session, kept.id)
        told = [tell(session.language, "face.kept", name=kept.name)]
        told += [tell(session.language, f"face.advice_{code}") for code in draft.advice]
        if session.portrait and (missing := app.preparing.missing(session.portrait)):
            told.append(await self._engine.make_ready(session, missing[0], progress))
        return [*await self.show(session), None, None, False, " ".join(told)]

    async def _choose(
        self, request: gr.Request, engine: str | None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> list[Any]:  # fmt: skip
        """Let an engine show the face from now on; one that paints is prepared first, and shown."""
        session = self._bench.visitors.session(request)
        told = await self._engine.choose(session, engine or "", progress)
        shown = await self.show(session)
        if told:
            shown[_PREVIEW] = await self._said(session)
        return [*shown, told or tell(session.language, "face.engine_used")]

    async def _use(self, request: gr.Request, face: str) -> list[Any]:
        session = self._bench.visitors.session(request)
        await put_on(session, face)
        name = session.portrait.name if session.portrait else _drawn_name(face)
        return [*await self.show(session), tell(session.language, "face.used", name=name)]

    async def _correct(self, request: gr.Request, event: gr.EventData) -> list[Any]:
        """Keep corrected points; a set that is no face is refused, and the old ones come back."""
        session, app = self._bench.visitors.session(request), self._bench.app
        told: dict[str, Any] = event._data or {}
        face, edit = str(told.get("id", "")), told.get("edit", 0)
        try:
            await to_thread.run_sync(
                lambda: app.faces.change(session.owner, face, points=told.get("points"))
            )
        except InvalidInput as error:
            text = tell(session.language, error.code, **error.params)
            return [{**self._marked(session), "edit": edit}, text]
        if session.persona.avatar == face:
            await put_on(session, face)
        return [{**self._marked(session), "edit": edit}, ""]

    async def _remove(self, request: gr.Request) -> list[Any]:
        session, app = self._bench.visitors.session(request), self._bench.app
        if session.portrait is None:
            raise NotFound("avatar", id="")
        face = session.portrait.id
        await app.delete_face(session.owner, face)
        await put_on(session, avatar.avatars()[0].id)
        return [*await self.show(session), tell(session.language, "face.deleted")]

    async def _say(self, request: gr.Request) -> Any:
        """Let the face say a sentence."""
        return await self._said(self._bench.visitors.session(request))

    async def _said(self, session: Session) -> Any:
        app = self._bench.app
        text = persona.preview(session.address.pair, session.persona.tone, session.persona.region)
        asked = TurnRequest(
            0, text, owner=session.owner, persona=session.persona, engines=session.engines(),
            voice=session.voice, base_voice=session.base_voice, portrait=session.portrait,
            rate=session.rate, pitch=session.pitch, expression="Enjoyment", live=False,
        )  # fmt: skip
        chunks = await app.show(asked, await app.say(asked))
        path = app.files.new(session.owner, "preview.mp4")
        await to_thread.run_sync(write_mp4, chunks, path)
        return gr.update(value=str(path), visible=True)


def own_choices(portrait: Portrait | None) -> list[tuple[str, str]]:
    """Return the faces that another panel may list: the drawn ones, and the portrait that is worn.

    The choice among all of one's own is made here.
    """
    worn = [(portrait.name, portrait.id)] if portrait else []
    return [*worn, *((each.name, each.id) for each in avatar.avatars())]


def _path(payload: Any) -> str | None:
    return payload.path if payload else None


def _drawn_name(face: str) -> str:
    return next((each.name for each in avatar.avatars() if each.id == face), face)
