"""The palette: every pair of colours that the page puts together can be read (WCAG 2.2, AA)."""

import re
from pathlib import Path

import pytest

from modules.ui import styles

PALETTE = Path(styles.__file__).with_name("palette.css").read_text("utf-8")
TEXT, MARK = 4.5, 3.0
PAIRS = [
    *((ink, paper, TEXT) for ink in ("ink", "ink-soft", "accent")
      for paper in ("paper", "sheet", "sunk", "field", "lacquer-soft")),
    ("ink", "jade-soft", TEXT),
    ("on-lacquer", "lacquer", TEXT),
    ("on-lacquer", "lacquer-deep", TEXT),
    ("on-jade", "jade", TEXT),
    *(("edge", paper, MARK) for paper in ("paper", "sheet", "sunk", "field")),
    ("jade", "sheet", MARK),
    ("gold", "paper", MARK),
    ("lacquer", "sheet", MARK),
]  # fmt: skip


def colours(theme):
    light, dark = re.findall(r"(?ms)^(?::root|\.dark) \{\n(.*?)^\}", PALETTE)
    found = dict(re.findall(r"--guong-([\w-]+): (#[0-9a-f]{6});", light))
    if theme == "dark":
        found |= dict(re.findall(r"--guong-([\w-]+): (#[0-9a-f]{6});", dark))
    return found


def luminance(colour):
    """Relative luminance of sRGB (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, two):
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_colours_that_meet_can_be_told_apart(theme, front, back, least):
    known = colours(theme)
    assert contrast(known[front], known[back]) >= least


def test_the_dark_half_leaves_no_paper_or_ink_as_it_is_by_day():
    light, dark = colours("light"), colours("dark")
    for name in ("paper", "sheet", "sunk", "field", "ink", "ink-soft", "line", "edge", "accent"):
        assert light[name] != dark[name]


def test_no_other_sheet_uses_a_colour_that_the_palette_lacks():
    known = set(re.findall(r"--guong-([\w-]+):", styles.css()))
    assert set(re.findall(r"var\(--guong-([\w-]+)", styles.css())) <= known


def test_no_selector_has_a_comma_within_brackets_which_gradio_takes_for_its_end():
    rules = re.sub(r"(?s)/\*.*?\*/", "", styles.css())
    selectors = re.findall(r"(?m)^\s*([^@\n{};]+(?:,\n[^@{};]+)*)\{", rules)
    assert len(selectors) > 100
    assert [s for s in selectors if re.search(r":(?:is|not|has|where)\([^)]*,", s)] == []
