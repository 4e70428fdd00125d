"""The theme and its type: everything comes from this app."""

import re

from modules.ui import fonts
from modules.ui.theme import Theme

SVG = "http://www.w3.org/2000/svg"
"""A name, not an address."""


def test_the_theme_fetches_nothing_from_elsewhere():
    theme = Theme()
    assert theme._stylesheets == []
    assert set(re.findall(r"https?://[^'\"]+", theme._get_theme_css())) <= {SVG}
    assert f"--font: {fonts.FAMILY}, Segoe UI" in theme._get_theme_css().replace("'", "")


def test_light_and_dark_both_take_their_colours_from_the_palette():
    light, dark = theme_halves()
    for half in (light, dark):
        assert half["body-background-fill"] == "var(--guong-paper)"
        assert half["button-primary-background-fill"] == "var(--guong-lacquer)"
        assert half["input-border-color"] == "var(--guong-edge)"


def theme_halves():
    css = Theme()._get_theme_css()
    light, dark = css.split(":root.dark")
    return (dict(re.findall(r"--([\w-]+): ([^;]+);", half)) for half in (light, dark))


def test_every_file_of_the_type_is_there_and_all_are_small():
    there = {path.name for path in fonts.DIRECTORY.glob("*.woff2")}
    assert there == fonts.FILES
    assert sum(path.stat().st_size for path in fonts.DIRECTORY.iterdir()) < 250_000


def test_every_vietnamese_letter_is_in_a_part():
    letters = "ăâđêôơưĂÂĐÊÔƠƯ" + "".join(
        chr(code) for code in range(0x1EA0, 0x1EFA)
    ) + "áàảãạéèẻẽẹíìỉĩịóòỏõọúùủũụýỳỷỹỵ₫“”…–"  # fmt: skip
    ranges = [
        (int(low, 16), int(high or low, 16))
        for part in fonts.PARTS.values()
        for low, high in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", part)
    ]
    missing = [x for x in letters if not any(low <= ord(x) <= high for low, high in ranges)]
    assert missing == []
