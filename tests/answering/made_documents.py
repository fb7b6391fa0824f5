"""Documents of each supported format, generated for tests, and hostile ones."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence

import docx
import odfdo
import openpyxl
import pptx

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
BOMB = f"<!DOCTYPE a [{LAUGHS}]>"
SECRET = '<!DOCTYPE a [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="OPS/a.opf"/></rootfiles></container>'
)
PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
    '<item id="a" href="one%201.xhtml" media-type="application/xhtml+xml"/></manifest>'
    '<spine><itemref idref="a"/></spine></package>'
)


def pdf(text: str) -> bytes:
    """A page with ``text``, or a blank one."""
    words = f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >> stream\n%s\nendstream" % (len(words), words),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    return _pdf_of(objects)


def pdf_of_pages(count: int, text: str) -> bytes:
    """``count`` pages with ``text``, in a document that runs a script when it is opened."""
    words = f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode()
    pages = [
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 3 0 R "
        b"/Resources << /Font << /F1 4 0 R >> >> >>"
    ] * count
    kids = b" ".join(b"%d 0 R" % number for number in range(5, 5 + count))
    return _pdf_of([
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (while \\(true\\) {}) >> >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        b"<< /Length %d >> stream\n%s\nendstream" % (len(words), words),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *pages,
    ])  # fmt: skip


def pdf_form(question: str, answer: str) -> bytes:
    """A page that asks ``question``, with the field filled in with ``answer``."""
    words = f"BT /F1 12 Tf 20 200 Td ({question}) Tj ET".encode()
    return _pdf_of([
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /DR << /Font << /F1 5 0 R >> >> >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R /Annots [6 0 R] "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >> stream\n%s\nendstream" % (len(words), words),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (%s) /Rect [20 150 280 170] /P 3 0 R /F 4 "
        b"/DA (/F1 12 Tf) >>" % answer.encode(),
    ])  # fmt: skip


def _pdf_of(objects: Sequence[bytes]) -> bytes:
    body = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end


def word(text: str) -> bytes:
    document = docx.Document()
    document.add_heading("Plan", 1)
    document.add_paragraph(text)
    table = document.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "both"
    table.cell(1, 0).text, table.cell(1, 1).text = "left", "right"
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def slides(text: str) -> bytes:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[0])
    slide.shapes.title.text = text
    slide.notes_slide.notes_text_frame.text = "smile"
    written = io.BytesIO()
    presentation.save(written)
    return written.getvalue()


def sheets(text: str) -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0].append([text, 1, None, 2.5])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def opendocument(text: str, kind: str = "text") -> bytes:
    document = odfdo.Document(kind)
    document.body.clear()
    if kind == "spreadsheet":
        table = odfdo.Table("Birds")
        table.set_values([[text, 1], ["left", "right"]])
        document.body.append(table)
    else:
        document.body.append(odfdo.Header(1, "Plan"))
        document.body.append(odfdo.Paragraph(text))
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def sheet_that_ends_late(text: str) -> bytes:
    """A sheet as office programs write it: a million empty rows of sixteen thousand columns are stored as one."""
    empty = (
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    document = opendocument(text, "spreadsheet")
    return changed(document, "content.xml", "</table:table>", f"{empty}</table:table>")


def book(text: str, package: str = PACKAGE) -> bytes:
    page = f"<html><head><title>T</title></head><body><h1>One</h1><p>{text}</p></body></html>"
    return packed({"META-INF/container.xml": CONTAINER, "OPS/a.opf": package, "OPS/one 1.xhtml": page})


def notebook(text: str) -> bytes:
    outputs = [{"data": {"text/plain": ["2"], "image/png": "iVBORw0KGgo"}}]
    cells = [
        {"cell_type": "markdown", "source": [text]},
        {"cell_type": "code", "source": "1 + 1", "outputs": outputs},
    ]
    return json.dumps({"cells": cells, "metadata": {"kernelspec": {"language": "python"}}}).encode()


def rtf(text: str) -> bytes:
    """A document with a font table, Cyrillic in its code page, other characters by their numbers, and a picture."""
    cyrillic = "".join(f"\\'{byte:02x}" for byte in "Скворцы".encode("cp1251"))
    return (
        r"{\rtf1\ansi\ansicpg1251\deff0{\fonttbl{\f0\fcharset204 Arial;}}{\*\generator Word;}"
        rf"\b Plan\b0\par {text}\par {cyrillic} \emdash  \u26891?\u-25057?{{\pict\pngblip 89504e47}}\par}}"
    ).encode("ascii")


def packed(files: Mapping[str, str | bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def changed(document: bytes, name: str, old: str, new: str) -> bytes:
    """The archive ``document`` with ``old`` replaced by ``new`` in its file ``name``."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        files = {one.filename: archive.read(one) for one in archive.infolist()}
    assert old.encode() in files[name]
    files[name] = files[name].replace(old.encode(), new.encode())
    return packed(files)
