"""Faults of a layout, found by geometry in one evaluation of a page."""

from pathlib import Path

FINDER = Path(__file__).with_name("geometry.js").read_text("utf-8")
PHONE = 720
"""Narrower than this, the main controls are pressed with a thumb."""
MAIN = (
    ".guong-microphone",
    ".guong-stop",
    ".guong-hold",
    ".guong-unlock",
    "#guong-send",
    "#guong-message textarea",
    ".guong-meet",
)


def faults(page):
    """Return the faults of what a page shows now, one line each."""
    phone = page.viewport_size["width"] < PHONE
    found = page.evaluate(FINDER, {"phone": phone, "main": list(MAIN)})
    return [f"{each['kind']}: {each['what']} {each['by']}".strip() for each in found]
