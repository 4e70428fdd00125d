"""The page: its layout, and which event leads where."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import gradio as gr

from modules import api
from modules.conversation.app import App
from modules.conversation.details import Collected
from modules.conversation.session import Session
from modules.conversation.transcript import zone
from modules.text.catalogue import choose_language, tell
from modules.ui import stage, welcome
from modules.ui.events import Events, chat
from modules.ui.labels import Labels, first
from modules.ui.panels import Bench, Panel
from modules.ui.panels.data import CONFIRM, DataPanel
from modules.ui.panels.dictionary import DictionaryPanel
from modules.ui.panels.engines import EnginesPanel
from modules.ui.panels.face import FacePanel
from modules.ui.panels.listening import ListeningPanel
from modules.ui.panels.memory import MemoryPanel
from modules.ui.panels.pair_notice import PairNotice
from modules.ui.panels.persona import PersonaPanel
from modules.ui.panels.rating import RatingPanel
from modules.ui.panels.recogniser import RecogniserOffer
from modules.ui.panels.saving import Saving
from modules.ui.panels.starting import Starting
from modules.ui.panels.style import StylePanel
from modules.ui.panels.voice import VoicePanel
from modules.ui.visitors import Visitors

ARRIVE = """() => {
  const get = (store, key) => { try { return store.getItem(key) ?? '' } catch { return '' } };
  return [get(sessionStorage, 'guong.session'), get(localStorage, 'guong.key'),
          get(localStorage, 'guong.language') || navigator.language,
          new Date().getTimezoneOffset()];
}"""
KEEP_LANGUAGE = (
    "(language) => { localStorage.setItem('guong.language', language); return language }"
)
TO_SETTINGS = """() => {
  document.querySelector('#guong-settings-title').scrollIntoView({ behavior: 'smooth' });
  document.querySelector("#guong-panels [role='tab'][aria-selected='true']")?.focus(
    { preventScroll: true });
}"""
_TABS: tuple[tuple[str, type[Any]], ...] = (
    ("tab.persona", PersonaPanel),
    ("tab.voice", VoicePanel),
    ("tab.face", FacePanel),
    ("tab.listening", ListeningPanel),
    ("tab.memory", MemoryPanel),
    ("tab.style", StylePanel),
    ("tab.dictionary", DictionaryPanel),
    ("tab.engines", EnginesPanel),
    ("tab.data", DataPanel),
)


def build(app: App) -> gr.Blocks:
    """Return the page with its API."""
    demo = gr.Blocks(title="Gương", delete_cache=(600, 3600))
    with demo:
        api.register(app)  # first: the page's own events must not take the endpoints' names
        _Page(app, demo)
    return demo


class _Page:
    """All components, and their events."""

    def __init__(self, app: App, demo: gr.Blocks) -> None:
        self._app = app
        self._labels = Labels()
        self._visitors = Visitors(app)
        self._events = Events(app, self._visitors)
        self._bench = Bench(app, self._visitors, self._labels)
        self._build()
        self._connect(demo)

    # --- layout -----------------------------------------------------------------------------------

    def _build(self) -> None:
        labels = self._labels
        with gr.Row(elem_id="guong-head"):
            labels(
                gr.Markdown(elem_id="guong-title", **first(value="page.title")), value="page.title"
            )
            self._faces = labels(
                gr.Button(size="sm", elem_id="guong-people", **first(value="page.faces")),
                value="page.faces",
            )
            self._settings = labels(
                gr.Button(size="sm", elem_id="guong-settings", **first(value="page.settings")),
                value="page.settings",
            )
            self._language = gr.Radio(
                [("Tiếng Việt", "vi"), ("English", "en")],
                value="vi", label="Ngôn ngữ · Language", show_label=False, container=False,
                elem_id="guong-language",
            )  # fmt: skip
            if os.environ.get("OAUTH_CLIENT_ID"):  # a Space with hf_oauth: memory follows the user
                gr.LoginButton(size="sm", scale=0)
        self._starting = Starting(self._bench)
        self._welcome = welcome.make()
        with gr.Row(elem_id="guong-main"):
            with gr.Column(elem_id="guong-left"):
                self._stage = stage.make()
                RecogniserOffer(self._bench, self._events, self._stage)
            with gr.Column(elem_id="guong-side"):
                self._build_conversation()
        self._panels: list[Panel] = [self._starting, self._rating, self._pair_notice]
        labels(
            gr.Markdown(elem_id="guong-settings-title", **first(value="page.settings_title")),
            value="page.settings_title",
        )
        with gr.Tabs(elem_id="guong-panels"):
            for code, make in _TABS:
                with labels(gr.Tab(**first(label=code)), label=code) as tab:
                    self._panels.append(panel := make(self._bench))
                if isinstance(panel, StylePanel):
                    panel.opens_with(tab)
        self._token, self._key, self._browser_language = (
            gr.Textbox(visible=False) for _ in range(3)
        )
        self._minutes_west = gr.Number(visible=False)

    def _build_conversation(self) -> None:
        labels = self._labels
        self._chat = labels(
            gr.Chatbot(
                elem_id="guong-chat", height="100%", render_markdown=False, buttons=[],
                group_consecutive_messages=False,
                **first(
                    label="page.conversation", placeholder="page.placeholder", examples=_openings
                ),
            ),
            label="page.conversation",
            placeholder="page.placeholder",
            examples=_openings,
        )  # fmt: skip
        with gr.Row(elem_id="guong-actions"):
            self._footer = gr.HTML(elem_id="guong-footer")
            Saving(self._bench)
        self._rating = RatingPanel(self._bench)
        self._pair_notice = PairNotice(self._bench)
        with gr.Row(elem_id="guong-composer"):
            self._message = labels(
                gr.Textbox(
                    elem_id="guong-message", scale=5, show_label=False, container=False,
                    max_length=self._app.settings.max_message, autofocus=True, interactive=True,
                    lines=1, max_lines=4,
                    **first(placeholder="page.message", label="page.message"),
                ),
                placeholder="page.message",
                label="page.message",
            )  # fmt: skip
            self._send = labels(
                gr.Button(
                    variant="primary",
                    scale=1,
                    min_width=80,
                    elem_id="guong-send",
                    **first(value="page.send"),
                ),
                value="page.send",
            )

    # --- events -----------------------------------------------------------------------------------

    def _connect(self, demo: gr.Blocks) -> None:
        on, events = self._bench.on, self._events
        turn = [self._chat, self._stage, self._footer]
        # Typed or spoken, the stage submits it: it counts replies and empties the box at once.
        self._refresh_after(
            on(self._stage.submit, events.said, None, turn, trigger_mode="multiple")
        )
        page = [self._stage, self._chat, self._language, self._welcome, *self._shown]
        arrival = [self._token, self._key, self._browser_language, self._minutes_west]
        on(demo.load, self._arrive, arrival, page, js=ARRIVE)
        on(self._language.input, self._speak, self._language,
           [self._stage, self._welcome, *self._shown],
           js=KEEP_LANGUAGE)  # fmt: skip
        faces = [p for p in self._panels if isinstance(p, PersonaPanel | FacePanel)]
        outputs = [self._stage, *(out for panel in self._cast for out in panel.outputs)]
        for worn in (event for panel in faces for event in panel.worn):
            on(worn.success, self._wear, None, outputs)
        for panel in faces:
            if isinstance(panel, FacePanel):
                on(panel.corrected.success, self._move, None, self._stage)
        cast = next(panel for panel in self._panels if isinstance(panel, PersonaPanel))
        for paired in (self._pair_notice.undone, *cast.paired):
            self._refresh_after(paired)
        data = next(panel for panel in self._panels if isinstance(panel, DataPanel))
        on(self._rating.rated.success, data.refresh, None, data.outputs)
        on(data.delete.click, self._delete, gr.Checkbox(visible=False), page, js=CONFIRM)
        on(self._settings.click, None, js=TO_SETTINGS)
        on(self._faces.click, None, js="() => guongWelcome()")
        demo.unload(events.leave)

    @property
    def _cast(self) -> list[Panel]:
        return [p for p in self._panels if isinstance(p, PersonaPanel | FacePanel | VoicePanel)]

    @property
    def _shown(self) -> list[Any]:
        panels = [component for panel in self._panels for component in panel.outputs]
        return [*self._labels.components, *panels]

    async def _show(self, session: Session, kept: Sequence[Any] = ()) -> list[Any]:
        """Return the updates of all that is shown; the components `kept` stay as they are."""
        untouched = {component._id for component in kept}
        panels = [
            gr.skip() if component._id in untouched else update
            for panel in self._panels
            for component, update in zip(panel.outputs, await panel.show(session), strict=True)
        ]
        return [*self._labels.updates(session.language), *panels]

    def _refresh_after(self, event: Any) -> None:
        """A turn may have changed persona, pair and memory, and its answer can now be rated."""
        panels = [
            panel
            for panel in self._panels
            if isinstance(panel, PersonaPanel | VoicePanel | MemoryPanel | RatingPanel | PairNotice)
        ]

        async def refresh(request: gr.Request) -> list[Any]:
            session = self._visitors.session(request)
            return [update for panel in panels for update in await panel.show(session)]

        self._bench.on(
            event.then, refresh, None, [out for panel in panels for out in panel.outputs]
        )

    async def _arrive(
        self, request: gr.Request, token: str, key: str, language: str,
        minutes_west: float | None = None,
    ) -> list[Any]:  # fmt: skip
        session, value = await self._events.arrive(request, token, key, language)
        if isinstance(minutes_west, int | float):
            session.zone = zone(minutes_west)
        talk = chat(session, Collected())
        shown = await self._show(session)
        return [value, talk, session.language, welcome.value(session), *shown]

    async def _speak(self, request: gr.Request, language: str) -> list[Any]:
        session = self._visitors.session(request)
        session.language = choose_language(language)
        shown = await self._show(session, self._bench.drafts)
        return [self._events.stage_value(session), welcome.value(session), *shown]

    async def _move(self, request: gr.Request) -> Any:
        return self._events.stage_value(self._visitors.session(request))

    async def _wear(self, request: gr.Request) -> list[Any]:
        """Show the face that was chosen in one panel, and who came with it, wherever it stands."""
        session = self._visitors.session(request)
        shown = [update for panel in self._cast for update in await panel.show(session)]
        return [self._events.stage_value(session), *shown]

    async def _delete(self, request: gr.Request, confirmed: bool) -> list[Any]:
        """Delete everything of the visitor, and begin anew with a new key."""
        session = self._visitors.session(request)
        if not confirmed:
            return [gr.skip()] * (4 + len(self._shown))
        await self._app.forget(session.owner)
        self._app.sessions.close(session)
        gr.Info(tell(session.language, "data.deleted"))
        return await self._arrive(request, "", "", session.language)


def _openings(language: str) -> list[dict[str, str]]:
    """Return what a visitor may begin with; `typing.js` submits what is pressed."""
    return [{"text": tell(language, f"openings.{name}")} for name in ("hello", "day", "story")]
