"""The stage: one HTML component that plays the avatar and hears the microphone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from modules.conversation.session import Session
from modules.text.catalogue import sentences

_HERE = Path(__file__).parent
_SCRIPTS = (
    *("player.js", "microphone.js", "faces.js", "captions.js"),  # classes
    # One scope, in this order:
    *(
        "stage.js",
        "socket.js",
        "talking.js",
        "typing.js",
        "footer.js",
        "words.js",
        "away.js",
        "page.js",
    ),
)
_TEXTS = ("stage.", "microphone.")

TEMPLATE = """
<div class="guong-stage" data-state="idle" data-face="loading">
  <div class="guong-room"><div class="guong-picture">
    <img class="guong-poster" alt="" hidden />
    <div class="guong-drawing" aria-hidden="true"><svg viewBox="0 0 120 120"><path d="M60 16c-19
      0-31 14-31 34 0 22 13 43 31 43s31-21 31-43c0-20-12-34-31-34ZM14
      112c6-14 20-18 46-18s40 4 46 18"/>
      </svg><span data-text="stage.drawing"></span></div>
    <video class="guong-idle" loop muted playsinline tabindex="-1" aria-hidden="true"></video>
    <video class="guong-idle" loop muted playsinline tabindex="-1" aria-hidden="true"></video>
    <video class="guong-talk" playsinline tabindex="-1" aria-hidden="true"></video>
    <div class="guong-captions" aria-hidden="true" lang="vi"><p><span class="guong-line">
      </span></p></div>
    <div class="guong-ring" aria-hidden="true"></div>
    <div class="guong-chip"><i class="guong-glyph" aria-hidden="true"><b></b><b></b><b></b></i>
      <span class="guong-state" role="status" aria-live="polite"></span>
      <span class="guong-offline" data-text="stage.offline"></span></div>
    <span class="guong-ai" data-text="stage.ai" data-title="stage.ai_title"></span>
    <button class="guong-unlock" data-text="stage.unlock" hidden></button>
    <p class="guong-problem" role="alert" hidden></p>
    <div class="guong-lost" role="alert" hidden><p data-text="stage.lost_why"></p>
      <button class="guong-reload" data-text="stage.reload"></button></div>
  </div></div>
  <div class="guong-controls">
    <label class="guong-loudness" data-title="stage.volume">
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9v6h4l5 4V5L8 9H4Zm12.5 3a4 4 0 0
      0-2-3.5v7a4 4 0 0 0 2-3.5Z"/></svg>
      <input class="guong-volume" type="range" min="0" max="1" step="0.05"
        data-title="stage.volume" />
    </label>
    <div class="guong-talkers">
      <button class="guong-microphone" data-title="stage.microphone" aria-pressed="false">
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6
        a3 3 0 0 0 3 3Zm5-3a5 5 0 0 1-10 0H5a7 7 0 0 0 6 6.9V22h2v-3.1A7 7 0 0 0 19 12Z"/></svg>
        <span class="guong-level" aria-hidden="true"></span>
      </button>
      <button class="guong-hold" data-text="stage.hold" hidden></button>
    </div>
    <div class="guong-quiet">
      <button class="guong-caption-switch" data-title="stage.captions" aria-pressed="true">
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 5h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2
        2H4a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2Zm1.5 8v2h7v-2h-7Zm9 0v2h4v-2h-4Zm-9-3.5v2h4v-2h-4Zm6
        0v2h7v-2h-7Z"/></svg>
      </button>
      <button class="guong-stop" data-title="stage.stop">
        <svg viewBox="0 0 24 24" aria-hidden="true"><rect x="6" y="6" width="12" height="12"
        rx="2"/></svg>
      </button>
    </div>
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


def session_value(session: Session, *, key: str | None, recogniser: bool) -> dict[str, Any]:
    """Return what tells the stage which session it shows."""
    language = session.language
    return {
        "session": {
            "token": session.token,
            "last_reply": session.last_reply,
            "recogniser": recogniser,
            "push_to_talk": session.push_to_talk,
            "language": language,
            "words": {
                word: sentences(language)[code]
                for code, word in sentences("en").items()
                if code.startswith("gradio.")
            },
            "texts": {
                code: text for code, text in sentences(language).items() if code.startswith(_TEXTS)
            },
            **({"key": key} if key else {}),
        }
    }
