"""The stage: one HTML component that plays the avatar and hears the microphone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from modules.conversation.session import Session
from modules.text.catalogue import sentences

_HERE = Path(__file__).parent
_SCRIPTS = (
    *("player.js", "microphone.js"),  # classes
    *("stage.js", "socket.js", "talking.js", "typing.js", "page.js"),  # one scope, in this order
)
_TEXTS = ("stage.", "microphone.")

TEMPLATE = """
<div class="guong-stage" data-state="idle">
  <div class="guong-picture">
    <video class="guong-idle" autoplay loop muted playsinline></video>
    <video class="guong-talk" playsinline></video>
    <span class="guong-ai" data-text="stage.ai" data-title="stage.ai_title"></span>
    <span class="guong-state" role="status" aria-live="polite"></span>
    <button class="guong-unlock" data-text="stage.unlock" hidden></button>
    <p class="guong-problem" role="alert" hidden></p>
  </div>
  <div class="guong-controls">
    <button class="guong-microphone" data-title="stage.microphone" aria-pressed="false">
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6
      a3 3 0 0 0 3 3Zm5-3a5 5 0 0 1-10 0H5a7 7 0 0 0 6 6.9V22h2v-3.1A7 7 0 0 0 19 12Z"/></svg>
      <span class="guong-level"></span>
    </button>
    <button class="guong-hold" data-text="stage.hold" hidden></button>
    <button class="guong-stop" data-title="stage.stop">
      <svg viewBox="0 0 24 24" aria-hidden="true"><rect x="6" y="6" width="12" height="12" rx="2"/>
      </svg>
    </button>
    <label class="guong-loudness" data-title="stage.volume">
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9v6h4l5 4V5L8 9H4Zm12.5 3a4 4 0 0
      0-2-3.5v7a4 4 0 0 0 2-3.5Z"/></svg>
      <input class="guong-volume" type="range" min="0" max="1" step="0.05" />
    </label>
  </div>
</div>
"""


def make() -> gr.HTML:
    """Return the component. It triggers `submit` (something was said) and `input` (a choice)."""
    script = "\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS)
    return gr.HTML(
        html_template=TEMPLATE,
        js_on_load=script,
        apply_default_css=False,
        elem_id="guong-stage",
        padding=False,
    )


def css() -> str:
    """Return the style of the stage and of the page around it."""
    return (_HERE / "page.css").read_text("utf-8")


def session_value(session: Session, *, key: str | None, recogniser: bool) -> dict[str, Any]:
    """Return what tells the stage which session it shows."""
    language = session.language
    return {
        "session": {
            "token": session.token,
            "last_reply": session.last_reply,
            "recogniser": recogniser,
            "push_to_talk": session.push_to_talk,
            "texts": {
                code: text for code, text in sentences(language).items() if code.startswith(_TEXTS)
            },
            **({"key": key} if key else {}),
        }
    }
