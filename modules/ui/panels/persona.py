"""Who the assistant is, who the user is, and the words they use for each other."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr

from modules import avatar, persona
from modules.api.face import persona_of
from modules.conversation.session import Session
from modules.messages import Pair
from modules.text.catalogue import tell
from modules.ui.casting import put_on
from modules.ui.labels import first
from modules.ui.panels import Bench
from modules.ui.panels.face import own_choices
from modules.ui.panels.pair_notice import explained
from modules.ui.speaking_voice import misfits

GENDERS = ("female", "male", "other")
REGIONS = ("north", "central", "south")
TONES = ("friendly", "casual", "formal")
AUTOMATIC = "auto"
_FIELDS = ("name", "gender", "age", "region", "tone", "style", "avatar")
_USER_FIELDS = ("name", "gender", "age", "region")


def choices(group: str, values: tuple[str, ...]) -> Any:
    """Return a function of the language that lists values with their names."""
    return lambda language: [(tell(language, f"{group}.{v}"), v) for v in values]


def pair_choices(language: str) -> list[tuple[str, str]]:
    """Return every pair of the table by relation, and the automatic one first."""
    listed = [
        (
            f"{c.pair.assistant_self} / {c.pair.user_term} · "
            + tell(language, f"relation.{c.relation}"),
            f"{c.pair.assistant_self}/{c.pair.user_term}",
        )
        for c in persona.PAIRS
    ]
    return [(tell(language, "persona.automatic"), AUTOMATIC), *listed]


class PersonaPanel:
    """Persona, user and pair; every change holds from the next turn on."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        labels = bench.labels
        face = avatar.avatars()[0]
        default = persona_of(face)
        labels(
            gr.Markdown(elem_classes="guong-why", **first(value="persona.why")), value="persona.why"
        )
        with gr.Row():
            with gr.Column():
                labels(gr.Markdown(**first(value="persona.assistant")), value="persona.assistant")
                with gr.Row():
                    name, age = self._text("name", default.name), self._number("age", default.age)
                with gr.Row():
                    gender = self._choice("gender", GENDERS, default.gender)
                    region = self._choice("region", REGIONS, default.region)
                with gr.Row():
                    tone = self._choice("tone", TONES, default.tone)
                    worn = self._face = self._faces(face.id)
                style = self._text("style", "", lines=2)
                self._persona = [name, gender, age, region, tone, style, worn]
            with gr.Column():
                labels(gr.Markdown(**first(value="persona.you")), value="persona.you")
                with gr.Row():
                    name, age = self._text("your_name", ""), self._number("your_age", None)
                with gr.Row():
                    gender = self._choice("your_gender", GENDERS, None, group="gender")
                    region = self._choice("your_region", REGIONS, None, group="region")
                self._user = [name, gender, age, region]
                self._pair = labels(
                    gr.Dropdown(
                        value=AUTOMATIC,
                        filterable=True,
                        **first(
                            label="persona.pair", info="persona.pair_info", choices=pair_choices
                        ),
                    ),
                    label="persona.pair",
                    info="persona.pair_info",
                    choices=pair_choices,
                )
                self._preview = gr.HTML(elem_classes="guong-preview")
                self._undo = labels(
                    gr.Button(visible=False, size="sm", **first(value="persona.undo")),
                    value="persona.undo",
                )
        self.worn: list[Any] = []
        """Events after which another face is shown on the stage."""
        self.paired: list[Any] = []
        """Events after which another pair was chosen here."""
        self.outputs: list[Any] = [*self._persona, *self._user, self._pair, *self._shown]
        self._connect()

    @property
    def _shown(self) -> list[Any]:
        return [self._preview, self._undo]

    async def show(self, session: Session) -> list[Any]:
        """Return the values of a session."""
        chosen, user = session.persona.model_dump(), session.user.model_dump()
        return [
            *(chosen[field] for field in _FIELDS[:-1]),
            gr.update(choices=own_choices(session.portrait), value=chosen["avatar"]),
            *(user[field] for field in _USER_FIELDS),
            _pair_value(session),
            *self.preview(session),
        ]

    def preview(self, session: Session) -> list[Any]:
        """Return the line that shows the pair in use, and whether it can be taken back."""
        pair = session.address.pair
        words = persona.preview(pair, session.persona.tone, session.persona.region)
        reason = tell(session.language, f"pair.{session.address.reason}")
        why = explained(session) or reason
        line = f"<b>{pair.assistant_self} / {pair.user_term}</b> ({why}): “{words}”"
        if wanting := misfits(session, advice=False):
            line += "".join(f"<br><small>{html.escape(text)}</small>" for text in wanting)
        return [line, gr.update(visible=session.address.previous is not None)]

    def _connect(self) -> None:
        on = self._bench.on
        fields: list[Any] = [*self._persona, *self._user]
        for field in fields:
            # `input` and `blur`, never `change`: what Python fills in must not come back to it.
            when = field.blur if isinstance(field, gr.Textbox | gr.Number) else field.input
            if field is not self._face:
                on(when, self._apply, fields, self._shown)
        self.worn = [on(self._face.input, self._wear, self._face, self._shown)]
        self.paired = [
            on(self._pair.input, self._choose, self._pair, self._shown),
            on(self._undo.click, self._take_back, None, [self._pair, *self._shown]),
        ]

    async def _apply(self, request: gr.Request, *values: Any) -> list[Any]:
        session = self._bench.visitors.session(request)
        chosen = _given(_FIELDS, values[: len(_FIELDS)])
        user = _given(_USER_FIELDS, values[len(_FIELDS) :])
        assistant = persona.check_persona({**session.persona.model_dump(), **chosen})
        speaker = persona.check_user({**session.user.model_dump(), **user}, assistant)
        await session.configure(assistant or session.persona, speaker)
        return self.preview(session)

    async def _wear(self, request: gr.Request, face: str) -> list[Any]:
        session = self._bench.visitors.session(request)
        await put_on(session, face)
        return self.preview(session)

    async def _choose(self, request: gr.Request, value: str) -> list[Any]:
        session = self._bench.visitors.session(request)
        if value == AUTOMATIC:
            session.address = persona.AddressState()
        else:
            session.address = persona.choose(session.address, Pair(*value.split("/")))
        return self.preview(session)

    async def _take_back(self, request: gr.Request) -> list[Any]:
        session = self._bench.visitors.session(request)
        session.address = persona.undo(session.address)
        return [_pair_value(session), *self.preview(session)]

    def _text(self, name: str, value: str, lines: int = 1) -> gr.Textbox:
        code = f"persona.{name}"
        return self._bench.labels(
            gr.Textbox(value=value, lines=lines, **first(label=code)), label=code
        )

    def _faces(self, worn: str) -> gr.Dropdown:
        return self._bench.labels(
            gr.Dropdown(
                [(each.name, each.id) for each in avatar.avatars()],
                value=worn,
                **first(label="persona.avatar"),
            ),
            label="persona.avatar",
        )

    def _number(self, name: str, value: int | None) -> gr.Number:
        code = f"persona.{name}"
        return self._bench.labels(
            gr.Number(value=value, precision=0, minimum=1, maximum=120, **first(label=code)),
            label=code,
        )

    def _choice(
        self, name: str, values: tuple[str, ...], value: str | None, group: str = ""
    ) -> gr.Dropdown:
        code, listed = f"persona.{name}", choices(group or name, values)
        return self._bench.labels(
            gr.Dropdown(value=value, **first(label=code, choices=listed)),
            label=code,
            choices=listed,
        )


def _given(fields: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    pairs = zip(fields, values, strict=True)
    return {field: value for field, value in pairs if value is not None}


def _pair_value(session: Session) -> str:
    chosen = session.address.chosen
    return f"{chosen.assistant_self}/{chosen.user_term}" if chosen else AUTOMATIC
