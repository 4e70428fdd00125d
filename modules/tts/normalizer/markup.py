"""The second step: HTML and Markdown lose their marks, lines become sentences."""

from __future__ import annotations

import html
import re

BREAKING_TAG = re.compile(
    r"</?(?:br|p|div|li|ul|ol|tr|h[1-6]|table|blockquote|hr)\b[^<>\n]{0,300}>", re.IGNORECASE
)
TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,300}>|<!--[^<>]{0,300}-->")
LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\s]{0,500}\)")
FOOTNOTE = re.compile(r"(?<=\S)\[\d{1,3}\]")
FENCE = re.compile(r"^[ ]{0,3}(?:```|~~~)[^\n]{0,40}$", re.MULTILINE)
RULE_SIGNS = frozenset("|:*_=~+#>.- \t")
LINE_MARK = re.compile(r"(?:#{1,6}(?=\s)|>(?=\s)|[-*+•–](?=\s)|•)\s*")
EMPHASIS = re.compile(
    r"\*{2,}|_{2,}|~{2,}|`+"
    r"|(?<![\d)\s*])\*+|(?<!\S)\*(?=[^\s\d*(])"
    r"|(?<![^\W_])_+(?=\w)|(?<=[^\W_])_+(?![^\W_])"
)
ENDED = re.compile(r"[.!?…,;:]\s*$")


def strip_markup(text: str) -> str:
    """Return the text without tags, entities and Markdown, on one line.

    A line that ends without a mark gets one: a full stop where a new item, heading or sentence
    begins, else a comma.
    """
    if "<" in text:
        text = TAG.sub("", BREAKING_TAG.sub("\n", text))
    if "`" in text or "~" in text:
        text = FENCE.sub("", text)
    if "[" in text:
        text = FOOTNOTE.sub("", LINK.sub(r"\1", text))
    if "\n" not in text:
        return _strip_line(text)[0]
    return _joined(text.split("\n"))


def unescape(text: str) -> str:
    """Resolve entities (`&amp;`, `&#39;`); done before anything else looks at the characters."""
    return html.unescape(text) if "&" in text else text


def _joined(lines: list[str]) -> str:
    out: list[str] = []
    gap = False
    for line in lines:
        body, item = _strip_line(line)
        if not body:
            gap = True
            continue
        if out and not ENDED.search(out[-1][-8:]):
            out.append("," if body[0].islower() and not item and not gap else ".")
        out.append(" " + body)
        gap = item
    return "".join(out).strip()


def _strip_line(line: str) -> tuple[str, bool]:
    line = line.strip()
    if RULE_SIGNS.issuperset(line) and not line.startswith("."):  # a ruled line, not "..."
        return "", False
    item = False
    for _ in range(4):  # "> - # " may be nested
        mark = LINE_MARK.match(line)
        if not mark:
            break
        line, item = line[mark.end() :], True
    return EMPHASIS.sub("", line).strip(), item
