"""The page's type: Be Vietnam Pro, drawn for Vietnamese, served by this app and nobody else.

The files come from the npm package @fontsource/be-vietnam-pro 5.3.0 (SIL Open Font License 1.1,
`fonts/OFL.txt`), cut into two parts so that a page loads only the letters that it shows.
"""

from __future__ import annotations

from pathlib import Path

DIRECTORY = Path(__file__).parent / "fonts"
ROUTE = "/gradio_api/guong/fonts/"
FAMILY = "Be Vietnam Pro"
FALLBACKS = ("Segoe UI", "Noto Sans", "system-ui", "sans-serif")
WEIGHTS = (400, 500, 600, 700)
PARTS = {
    "vietnamese": (
        "U+0102-0103,U+0110-0111,U+0128-0129,U+0168-0169,U+01A0-01A1,U+01AF-01B0,U+0300-0301,"
        "U+0303-0304,U+0308-0309,U+0323,U+0329,U+1EA0-1EF9,U+20AB"
    ),
    "latin": (
        "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,"
        "U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD"
    ),
}
"""The letters that each file draws, as the package states them."""


def file_name(part: str, weight: int) -> str:
    """Return the name of the file that draws a part of the letters in a weight."""
    return f"be-vietnam-pro-{part}-{weight}-normal.woff2"


FILES = frozenset(file_name(part, weight) for part in PARTS for weight in WEIGHTS)


def faces() -> str:
    """Return the CSS that makes the family known to the page; addresses are relative to it."""
    return "\n".join(
        f"@font-face {{ font-family: '{FAMILY}'; font-style: normal; font-weight: {weight};"
        f" font-display: swap; src: url('{ROUTE.removeprefix('/')}{file_name(part, weight)}')"
        f" format('woff2'); unicode-range: {letters}; }}"
        for weight in WEIGHTS
        for part, letters in PARTS.items()
    )
