"""How the visitor writes: learned from a chat, read as plots, edited, taken away, deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from anyio import to_thread

from modules.conversation import transcript
from modules.conversation.session import Session
from modules.errors import GuongError, NotFound
from modules.persona.style import StyleProfile, tuning_files
from modules.text.catalogue import tell
from modules.ui.labels import first
from modules.ui.panels import Bench
from modules.ui.panels.style_lessons import StyleLessons, shelf_of
from modules.ui.panels.style_profile import FIELDS, card, changes, written

_REGIONS = ("north", "central", "south")
_LONGEST_BOX = 4_000


class StylePanel:
    """Learn from old messages, read and mend what was learned, and say what becomes of it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        labels(
            gr.Markdown(elem_classes="guong-why", **first(value="style.intro")), value="style.intro"
        )
        with gr.Row():
            with gr.Column():
                self._lessons = StyleLessons(bench)
            with gr.Column():
                self._build_use()
        self._card = gr.HTML(elem_id="guong-style-profile", padding=False)
        self._empty = labels(
            gr.Markdown(elem_id="guong-style-empty", **first(value="style.nothing")),
            value="style.nothing",
        )
        self._build_editing()
        self._build_taking()
        self.outputs: list[Any] = [
            self._card, self._empty, self._edited, self._taken, self._applied, self._learning,
            self._strength, self._region, *self._boxes.values(),
        ]  # fmt: skip
        self._connect()

    # --- layout -----------------------------------------------------------------------------------

    def _build_use(self) -> None:
        labels = self._bench.labels
        labels(gr.Markdown(**first(value="style.use_title")), value="style.use_title")
        self._applied = self._switch("applied")
        self._learning = self._switch("learning")
        self._strength = labels(
            gr.Slider(
                0, 100, 100, step=10, elem_id="guong-style-strength",
                **first(label="style.strength", info="style.strength_info"),
            ),
            label="style.strength",
            info="style.strength_info",
        )  # fmt: skip

    def _switch(self, name: str) -> gr.Checkbox:
        codes = {"label": f"style.{name}", "info": f"style.{name}_info"}
        made = gr.Checkbox(value=True, elem_id=f"guong-style-{name}", **first(**codes))
        return self._bench.labels(made, **codes)

    def _build_editing(self) -> None:
        labels = self._bench.labels
        edit = gr.Accordion(
            open=False, visible=False, elem_id="guong-style-edit", **first(label="style.edit")
        )
        self._boxes: dict[str, gr.Textbox] = {}
        with labels(edit, label="style.edit") as self._edited:
            labels(gr.Markdown(**first(value="style.edit_info")), value="style.edit_info")
            with gr.Row(elem_classes="guong-boxes"):
                for name in FIELDS:
                    self._boxes[name] = self._box(name)
                    self._bench.drafts.append(self._boxes[name])
                self._region = labels(
                    gr.Dropdown(_regions("vi"), value="", **first(label="style.region")),
                    label="style.region",
                    choices=_regions,
                )
            self._save = labels(
                gr.Button(variant="primary", elem_id="guong-style-save",
                          **first(value="style.save")),
                value="style.save",
            )  # fmt: skip

    def _box(self, name: str) -> gr.Textbox:
        codes = {"label": f"style.{name}"}
        lines = 3 if name == "replacements" else 2
        if name == "replacements":
            codes["placeholder"] = "style.replacements_example"
        return self._bench.labels(
            gr.Textbox(
                lines=lines, max_length=_LONGEST_BOX, min_width=300,
                elem_id=f"guong-style-{name.replace('_', '-')}", **first(**codes),
            ),
            **codes,
        )  # fmt: skip

    def _build_taking(self) -> None:
        labels = self._bench.labels
        with gr.Column(visible=False) as self._taken:
            labels(gr.Markdown(**first(value="style.take_title")), value="style.take_title")
            with gr.Row():
                self._export = labels(
                    gr.Button(elem_id="guong-style-export", **first(value="style.export")),
                    value="style.export",
                )
                self._forget = labels(
                    gr.Button(
                        variant="stop", elem_id="guong-style-forget",
                        **first(value="style.forget"),
                    ),
                    value="style.forget",
                )  # fmt: skip
            self._files = gr.File(
                visible=False, interactive=False, show_label=False, file_count="multiple",
                elem_id="guong-style-files",
            )  # fmt: skip

    # --- showing ----------------------------------------------------------------------------------

    async def show(self, session: Session) -> list[Any]:
        """Return the profile of a session; a style that cannot be read is shown as none."""
        try:
            profile = await to_thread.run_sync(shelf_of(self._bench, session).profile)
        except GuongError:
            profile = StyleProfile()
        drawn = card(profile, session.language)
        some = bool(drawn or profile.taboo or profile.replacements)
        return [
            gr.update(value=drawn, visible=bool(drawn)),
            gr.update(visible=not some),
            gr.update(visible=some),
            gr.update(visible=some),
            profile.applied,
            profile.learning,
            round(100 * profile.strength),
            gr.update(choices=_regions(session.language), value=profile.region or ""),
            *(written(profile, name) for name in self._boxes),
        ]

    def opens_with(self, tab: gr.Tab) -> None:
        """Show the profile anew whenever its tab is chosen: the conversation teaches too."""
        self._bench.on(tab.select, self._refresh, None, self.outputs)

    async def _refresh(self, request: gr.Request) -> list[Any]:
        return await self.show(self._bench.visitors.session(request))

    # --- events -----------------------------------------------------------------------------------

    def _connect(self) -> None:
        on = self._bench.on
        on(self._lessons.learned.success, self._refresh, None, self.outputs)
        use = [self._applied, self._learning, self._strength]
        for event in (self._applied.input, self._learning.input, self._strength.release):
            on(event, self._use, use)
        boxes = [self._region, *self._boxes.values()]
        on(self._save.click, self._edit, boxes, [*self.outputs, self._lessons.status])
        on(self._export.click, self._write, None, self._files, busy=True)
        on(
            self._forget.click,
            self._erase,
            None,
            [*self.outputs, self._files, self._lessons.status],
        )

    async def _use(
        self, request: gr.Request, applied: bool, learning: bool, strength: float
    ) -> None:
        shelf = shelf_of(self._bench, self._bench.visitors.session(request))
        wanted = {"applied": applied, "learning": learning, "strength": strength / 100}
        await to_thread.run_sync(shelf.edit, wanted)

    async def _edit(self, request: gr.Request, region: str, *texts: str) -> list[Any]:
        session = self._bench.visitors.session(request)
        shelf = shelf_of(self._bench, session)
        profile = await to_thread.run_sync(shelf.profile)
        wanted = changes(profile, dict(zip(self._boxes, texts, strict=True)))
        if (region or None) != profile.region:
            wanted["region"] = region or None
        await to_thread.run_sync(shelf.edit, wanted)
        return [*await self.show(session), tell(session.language, "style.saved")]

    async def _write(self, request: gr.Request) -> Any:
        """Write the masked pairs as files to download."""
        session, app = self._bench.visitors.session(request), self._bench.app
        texts = tuning_files(await to_thread.run_sync(shelf_of(self._bench, session).exemplars))
        if not texts:
            raise NotFound("pairs", id="")
        paths = []
        for name, text in texts.items():
            path: Path = app.files.new(session.owner, f"guong-{name}")
            paths.append(str(await to_thread.run_sync(transcript.write, text, path)))
        return gr.update(value=paths, visible=True)

    async def _erase(self, request: gr.Request) -> list[Any]:
        session = self._bench.visitors.session(request)
        shelf_of(self._bench, session)
        await to_thread.run_sync(self._bench.app.styles.delete, session.owner)
        gone = tell(session.language, "style.forgotten")
        return [*await self.show(session), gr.update(value=None, visible=False), gone]


def _regions(language: str) -> list[tuple[str, str]]:
    named = [(tell(language, f"region.{region}"), region) for region in _REGIONS]
    return [(tell(language, "style.region_unknown"), ""), *named]
