"""Takes the README's pictures: `python -m examples.screenshots`, from the repository.

It starts the app with empty data, talks with it in a real Chromium, and writes examples/pictures/.
Needs what the tests need.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.conftest import Page, chromium
from tests.running import running

PICTURES = Path(__file__).parent / "pictures"
PORTRAIT = Path(__file__).parent.parent / "tests" / "avatar" / "photo" / "portraits" / "smiling.jpg"
MOUTH_OPEN_S = 1.0
"""How far into an answer a picture is taken: within its first clause, where she surely speaks."""
MARGIN = 20
QUALITY = 88
TOLD = ("Chào em, anh tên Minh, anh ở Huế.", "Anh thích ăn bún bò.")
ASKED = "Em còn nhớ anh thích ăn gì không?"


@dataclass(frozen=True)
class Scene:
    """One picture: the page it is of, what is done there, and the part that is shown."""

    name: str
    act: Callable[[Page], None]
    part: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    first_time: bool = False
    photograph: bool = False
    """A part of the page with a picture in it."""

    @property
    def suffix(self) -> str:
        """JPEG for pictures, PNG where there are only words."""
        return "jpg" if self.photograph or not self.part else "png"


def introduced(page: Page) -> None:
    """Wait until the first meeting shows everybody."""
    page.page.wait_for_function(
        "[...document.querySelectorAll('.guong-card img')].length"
        " && [...document.querySelectorAll('.guong-card img')].every(i => i.complete)"
    )


def converse(page: Page) -> None:
    """Talk until the third answer is being spoken."""
    for message in TOLD:
        page.say(message).until("speaking").until("idle", timeout_s=60)
    page.say(ASKED)
    caught_speaking(page)


def greet(page: Page) -> None:
    """Talk until the first answer is being spoken."""
    page.say(TOLD[0])
    caught_speaking(page)


def caught_speaking(page: Page) -> None:
    """Wait until she is in the middle of a clause and her answer stands there whole."""
    page.until("speaking")
    page.page.wait_for_function(
        f"document.querySelector('.guong-talk').currentTime > {MOUTH_OPEN_S}"
        " && document.querySelector('#guong-footer .bar')"
    )
    page.page.evaluate("scrollTo(0, 0)")


def panel(tab: str, *told: str) -> Callable[[Page], None]:
    """Return what opens a panel after something was told."""

    def open_panel(page: Page) -> None:
        for message in told:
            page.say(message).until("speaking").until("idle", timeout_s=60)
        page.page.get_by_role("tab", name=tab).click()
        page.page.mouse.move(0, 0)
        page.page.wait_for_timeout(500)  # the tab's line slides there

    return open_panel


def ask_for_the_microphone(page: Page) -> None:
    """Press the microphone where no recogniser is there yet."""
    page.page.click(".guong-microphone")
    page.page.locator("#guong-recogniser button").first.wait_for(state="visible")
    page.page.mouse.move(0, 0)
    page.page.wait_for_timeout(500)  # the options glide in


def keep_a_face(page: Page) -> None:
    """Leave a portrait and show its points."""
    panel("Gương mặt")(page)
    page.page.set_input_files("#guong-portrait input[type=file]", str(PORTRAIT))
    page.page.fill("#guong-face-name :is(input, textarea)", "Lan")
    page.page.wait_for_selector("#guong-portrait img")
    page.page.check("#guong-face-consent input")
    page.page.click("#guong-face-keep")
    page.page.wait_for_selector("#guong-points [data-point]")
    page.page.mouse.move(0, 0)
    page.page.wait_for_timeout(500)  # the picture appears


def open_the_menu(page: Page) -> None:
    """Open the menu of what can be saved."""
    page.say(TOLD[0]).until("speaking").until("idle", timeout_s=60)
    page.page.click("#guong-save")
    page.page.wait_for_timeout(300)  # it unfolds


PHONE = {
    "viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True,
}  # fmt: skip
TABS = "#guong-panels"
SCENES = (
    Scene("welcome", introduced, first_time=True),
    Scene("conversation", converse),
    Scene("conversation-dark", converse, context={"locale": "en-GB"}, query="?__theme=dark"),
    Scene("phone", greet, context=PHONE),
    Scene("microphone", ask_for_the_microphone),
    Scene("face", keep_a_face, TABS, photograph=True),
    Scene("saving", open_the_menu, "#guong-side", photograph=True),
    Scene("persona", panel("Nhân vật và xưng hô", *TOLD), TABS),
    Scene("voice", panel("Giọng nói"), TABS),
    Scene("listening", panel("Nghe"), TABS),
    Scene("memory", panel("Trí nhớ", *TOLD), TABS),
    Scene("engines", panel("Bộ máy"), TABS),
    Scene("data", panel("Dữ liệu"), TABS),
)


@contextmanager
def visitor(browser: Any, scene: Scene, scale: float) -> Iterator[Any]:
    """Give a fresh profile for a scene."""
    settings = {"locale": "vi-VN", "viewport": {"width": 1440, "height": 900}} | scene.context
    context = browser.new_context(device_scale_factor=scale, **settings)
    context.set_default_timeout(30_000)
    try:
        yield context
    finally:
        context.close()


def picture(browser: Any, url: str, scene: Scene, scale: float) -> bytes:
    """Return a scene as a file's bytes."""
    with visitor(browser, scene, scale) as context:
        page = Page(context, f"{url}/{scene.query}", first_time=scene.first_time).open()
        if not scene.first_time:
            page.page.locator(".guong-idle.shown").wait_for()
        scene.act(page)
        shot = Image.open(io.BytesIO(cut(page, scene.part))).convert("RGB")
        assert page.errors == [], page.errors
    out = io.BytesIO()
    if scene.suffix == "png":
        shot.quantize(256).save(out, "PNG", optimize=True)
    else:
        shot.save(out, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    return out.getvalue()


def cut(page: Page, part: str) -> bytes:
    """Return what the window shows, or a part of the page with a margin."""
    if not part:
        return page.page.screenshot()
    page.page.add_style_tag(content="footer { visibility: hidden }")
    box = page.page.locator(part).first.bounding_box()
    top = box["y"] + page.value("scrollY") - MARGIN
    clip = {
        "x": box["x"] - MARGIN, "y": top,
        "width": box["width"] + 2 * MARGIN, "height": box["height"] + 2 * MARGIN,
    }  # fmt: skip
    return page.page.screenshot(full_page=True, clip=clip)


def main() -> None:
    """Take the pictures that are asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="which; all without any")
    parser.add_argument("--scale", type=float, default=1.5, help="pixels of a CSS pixel")
    parser.add_argument("--out", type=Path, default=PICTURES)
    arguments = parser.parse_args()
    arguments.out.mkdir(exist_ok=True)
    wanted = [s for s in SCENES if not arguments.names or s.name in arguments.names]
    with (
        tempfile.TemporaryDirectory() as directory,
        running(directory) as server,
        sync_playwright() as playwright,
        chromium(playwright) as browser,
    ):
        for scene in wanted:
            file = arguments.out / f"{scene.name}.{scene.suffix}"
            file.write_bytes(picture(browser, server.url, scene, arguments.scale))
            print(f"{file}  {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
