"""Documents for tests, made here: PDF with Vietnamese letters, DOCX, and broken ones."""

import io
import zipfile

import docx
from pypdf import PdfReader, PdfWriter

CMAP = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
{count} beginbfchar {pairs} endbfchar
endcmap CMapName currentdict /CMap defineresource pop end end"""


def pdf(pages):
    """A PDF whose pages are lists of lines; an empty list is a page without a letter."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    letters = {letter for lines in pages for line in lines for letter in line}
    codes = [letter.encode("utf-16-be").hex() for letter in letters]
    pairs = " ".join(f"<{code}> <{code}>" for code in codes)
    objects.append(_stream(CMAP.format(count=len(codes), pairs=pairs).encode()))
    objects.append(b"<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H"
                   b" /ToUnicode 3 0 R /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2"
                   b" /BaseFont /Any /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity)"
                   b" /Supplement 0 >> /DW 500 >>] >>")  # fmt: skip
    kids = []
    for lines in pages:
        text = "".join(f"<{line.encode('utf-16-be').hex()}> Tj 0 -14 Td " for line in lines)
        objects.append(_stream(f"BT /F1 11 Tf 50 780 Td {text}ET".encode()))
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects)} 0 R"
            " /Resources << /Font << /F1 4 0 R >> >> >>".encode()
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    return _written(objects)


def _stream(data):
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)


def _written(objects):
    out, places = io.BytesIO(b""), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
              % (len(objects) + 1, start))  # fmt: skip
    return out.getvalue()


def locked_pdf(pages, password="mật"):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(pages))))
    writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word(paragraphs, tables=()):
    """A DOCX; a paragraph that begins with # is a heading."""
    document = docx.Document()
    for text in paragraphs:
        if text.startswith("#"):
            document.add_heading(text.lstrip("# "), 1)
        elif text == "\f":
            document.add_page_break()
        else:
            document.add_paragraph(text)
    for rows in tables:
        table = document.add_table(len(rows), len(rows[0]))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def bomb():
    """A DOCX whose text is 300 MB of nothing."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("word/document.xml", "w") as part,
    ):
        for _ in range(300):
            part.write(bytes(1_000_000))
    return out.getvalue()


def other_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()
