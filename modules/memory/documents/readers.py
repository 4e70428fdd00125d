"""The text of a document, paragraph by paragraph: TXT, DOCX (python-docx), PDF (pypdf).

Each reader yields blocks, and numbers (done, of) as it goes. They run in a process of their own
(`child.py`): a document is somebody's file, and its parser must not hold up a turn, nor take the
app down with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from modules.memory.documents.formats import Format, refused
from modules.memory.documents.passages import Block
from modules.memory.records import clean

MOST_PAGES = 1_000
_MOST_HEADING_WORDS = 14
_MOST_TITLE_WORDS = 8
_PAGE_EVERY = 10
"""Pages between two reports."""

Step = Block | tuple[int, int]

_NUMBERED = re.compile(
    r"(?:chương|phần|điều|mục|bài|phụ lục|chapter|section|part|article)\s+[\dIVXLC]+\b|"
    r"(?:[IVX]+|\d+(?:\.\d+)*)[.)]\s+\w",
    re.IGNORECASE,
)
_MARKED = re.compile(r"#{1,6}\s+")
_PAGE_NUMBER = re.compile(
    r"(?:trang|page)?\s*[-–—]?\s*\d{1,4}\s*(?:[/|]\s*\d{1,4})?\s*[-–—]?", re.I
)
_ENDS = re.compile(r"[.!?…:;]$")
_HYPHEN = re.compile(r"(?<=[^\W\d_])-$")


def read(path: Path, kind: Format) -> Iterator[Step]:
    """Yield the blocks of a document and how far the reader is.

    Raises `InvalidInput` "document_damaged", "document_encrypted", "document_too_many_pages"
    (`pages`, `limit`), "document_scanned" for pages without a letter, "document_empty".
    """
    readers: dict[Format, Callable[[Path], Iterator[Step]]] = {
        "txt": read_text,
        "docx": read_docx,
        "pdf": read_pdf,
    }
    found = False
    for step in readers[kind](path):
        found = found or isinstance(step, Block)
        yield step
    if not found:
        raise refused("document_scanned" if kind == "pdf" else "document_empty")


def read_text(path: Path) -> Iterator[Step]:
    """Read plain text in UTF-8, UTF-16 with its mark, or Windows' Vietnamese (1258)."""
    text = _decoded(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")
    pages = text.split("\f")
    for number, page in enumerate(pages, 1):
        for paragraph in re.split(r"\n\s*\n", page):
            at = number if len(pages) > 1 else 0
            if _is_title(title := clean(paragraph)):
                yield Block(_MARKED.sub("", title), at, heading=True)
            else:
                yield from _lines(paragraph.split("\n"), at)


def read_docx(path: Path) -> Iterator[Step]:
    """Read paragraphs and tables in their order; pages are known where Word has noted them."""
    import docx
    from docx.table import Table

    try:
        document = docx.Document(str(path))
        items = list(document.iter_inner_content())
        noted = any(not isinstance(item, Table) and item.rendered_page_breaks for item in items)
        page, blocks = 1, list[Block]()
        for item in items:
            if isinstance(item, Table):
                blocks += [Block(row, page) for row in _rows(item)]
                continue
            text, heading = clean(item.text), _is_styled_heading(item)
            if text:
                short = len(text.split()) <= _MOST_HEADING_WORDS
                blocks.append(Block(text, page, heading and short))
            page += len(item.rendered_page_breaks) if noted else _breaks(item)
    except Exception as error:  # whatever a parser makes of a broken file
        raise refused("document_damaged") from error
    for block in blocks:
        yield block if page > 1 else Block(block.text, 0, block.heading)


def read_pdf(path: Path) -> Iterator[Step]:
    """Read the text of each page. A page that cannot be read is left out."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    try:
        reader = PdfReader(path)
        locked = reader.is_encrypted and not reader.decrypt("")
        pages = 0 if locked else len(reader.pages)
    except (PyPdfError, DependencyError, NotImplementedError) as error:
        encrypted = "crypt" in f"{type(error).__name__} {error}".lower()
        raise refused("document_encrypted" if encrypted else "document_damaged") from error
    except Exception as error:  # as above
        raise refused("document_damaged") from error
    if locked:
        raise refused("document_encrypted")
    if pages > MOST_PAGES:
        raise refused("document_too_many_pages", pages=pages, limit=MOST_PAGES)
    broken = 0
    for number in range(pages):
        if number % _PAGE_EVERY == 0:
            yield number, pages
        try:
            text = reader.pages[number].extract_text()
        except Exception:  # noqa: BLE001 - one page of many
            broken += 1
            continue
        yield from _lines(text.split("\n"), number + 1)
    if broken and broken == pages:
        raise refused("document_damaged")


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", "cp1258"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refused("document_type")


def _lines(lines: list[str], page: int) -> Iterator[Block]:
    """Join the lines of a paragraph again; what looks like a heading stands by itself."""
    paragraph = ""
    for raw in lines:
        line = clean(raw)
        if not line or _PAGE_NUMBER.fullmatch(line):
            continue
        if _is_heading(line) and (not paragraph or _ENDS.search(paragraph)):
            if paragraph:
                yield Block(paragraph, page)
            paragraph = ""
            yield Block(_MARKED.sub("", line), page, heading=True)
            continue
        joined = _HYPHEN.search(paragraph)
        paragraph = paragraph[:-1] + line if joined else f"{paragraph} {line}".strip()
    if paragraph:
        yield Block(paragraph, page)


def _is_title(paragraph: str) -> bool:
    """Tell whether a paragraph between empty lines is a title: a few words without an end."""
    return 0 < len(paragraph.split()) <= _MOST_TITLE_WORDS and paragraph[-1] not in ".,:;!?…"


def _is_heading(line: str) -> bool:
    words = line.split()
    if len(words) > _MOST_HEADING_WORDS or line[-1] in ".,;!?…":
        return False
    return bool(
        _MARKED.match(line)
        or (_NUMBERED.match(line) and len(words) > 1)
        or (len(words) > 1 and line.isupper())
    )


def _is_styled_heading(paragraph: Any) -> bool:
    style = paragraph.style.name if paragraph.style is not None else ""
    return str(style).startswith(("Heading", "Title", "Tiêu đề"))


def _breaks(paragraph: Any) -> int:
    return len(paragraph._p.xpath('.//w:br[@w:type="page"]'))


def _rows(table: Any) -> Iterator[str]:
    for row in table.rows:
        # A merged cell comes once for each of its columns.
        cells = dict.fromkeys(clean(cell.text) for cell in row.cells)
        if text := " | ".join(cell for cell in cells if cell):
            yield text
