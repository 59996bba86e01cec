"""What a file is, is told by its content; a name that says otherwise, a macro and a bomb are refused with a sentence."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from incubator.core.errors import Refusal
from incubator.documents import filetypes
from incubator.documents.filetypes import ACCEPT, OLE, TYPES, type_of


def picture(kind: str) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (8, 8)).save(written, kind)
    return written.getvalue()


def archive(*names: str, content: bytes = b"x", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as file:
        for name in names:
            file.writestr(name, content)
    return written.getvalue()


def workbook() -> bytes:
    written = io.BytesIO()
    openpyxl.Workbook().save(written)
    return written.getvalue()


CONTENT_TYPES = "[Content_Types].xml"
GOOD = {
    "a.pdf": b"%PDF-1.4\n%%EOF", "after a line.PDF": b"\r\n%PDF-1.7", "a.jpg": picture("JPEG"), "b.JPEG": picture("JPEG"),
    "a.png": picture("PNG"), "a.webp": picture("WEBP"), "IMG_0001.HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "a.mp4": b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", "a.mov": b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
    "a.docx": archive(CONTENT_TYPES, "word/document.xml"), "a.xlsx": workbook(),
    "a.pptx": archive(CONTENT_TYPES, "ppt/presentation.xml"), "a.doc": OLE + bytes(600), "a.xls": OLE + bytes(600),
    "a.wps": OLE + bytes(600), "a.zip": archive("一/二.txt", "b.pdf"), "empty.zip": archive(), "a.txt": "南山，hello\n".encode(),
    "bom.txt": "南山".encode("utf-8-sig"), "gb.csv": "名称,金额\n南山,1".encode("gb18030"), "wide.txt": "南山\n".encode("utf-16"),
    "a.csv": b"a,b\n1,2\n",
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_what_is_taken(name: str) -> None:
    stream = io.BytesIO(GOOD[name])
    found = type_of(name, stream)
    assert name.rpartition(".")[2].lower() in found.endings and found in TYPES
    assert stream.tell() == 0, "whoever keeps it reads it from its beginning"


BAD = {
    "empty": ("a.pdf", b"", "empty"),
    "a PDF called Word": ("a.docx", GOOD["a.pdf"], "is by its content a file of the kind .pdf"),
    "a workbook called Word": ("a.docx", GOOD["a.xlsx"], "kind .xlsx"),
    "a program called PDF": ("a.pdf", b"MZ\x90\0\3\0\0\0", "not taken"),
    "a page": ("a.html", b"<!doctype html><script>alert(1)</script>", "kind .txt"),
    "a drawing": ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "kind .txt"),
    "no ending": ("README", b"hello", "kind .txt"),
    "two endings": ("a.pdf.exe", GOOD["a.pdf"], "kind .pdf"),
    "a new macro": ("a.docx", archive(CONTENT_TYPES, "word/document.xml", "word/vbaProject.bin"), "macros"),
    "an old macro sheet": ("a.xlsx", archive(CONTENT_TYPES, "xl/workbook.xml", "xl/macrosheets/sheet1.xml"), "macros"),
    "a macro in a backslash": ("a.xlsx", archive(CONTENT_TYPES, "xl/workbook.xml", "XL\\VBAPROJECT.BIN"), "macros"),
    "an old macro": ("a.doc", OLE + bytes(2**20 - 20) + "_VBA_PROJECT".encode("utf-16-le"), "macros"),
    "a password": ("a.docx", OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "password"),
    "a bomb": ("a.zip", archive("a", content=bytes(20 * 2**20)), "unpacks to far more"),
    "a broken archive": ("a.zip", GOOD["a.zip"][:-30], "damaged"),
    "NUL in a text": ("a.txt", b"hello\0world", "not taken"),
    "controls in a text": ("a.txt", b"hello\x07", "not taken"),
    "half a character": ("a.txt", "南山".encode()[:-1] + b"\xff", "not taken"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_is_not_taken(what: str) -> None:
    name, content, says = BAD[what]
    with pytest.raises(Refusal) as refused:
        type_of(name, content)
    assert says in str(refused.value) and refused.value.field == "file"


def test_an_archive_of_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filetypes, "MOST_MEMBERS", 3)
    assert type_of("a.zip", archive("a", "b", "c"))
    with pytest.raises(Refusal, match="unpacks"):
        type_of("a.zip", archive("a", "b", "c", "d"))


@given(content=st.binary(max_size=300), start=st.sampled_from([b"", b"PK\x03\x04", OLE, b"%PDF-", b"RIFF0000WEBP", b"\0\0\0\x18ftyp"]),
       ending=st.sampled_from([ending for each in TYPES for ending in each.endings] + ["exe", ""]))  # fmt: skip
def test_any_bytes_get_a_type_or_a_sentence(content: bytes, start: bytes, ending: str) -> None:
    try:
        found = type_of(f"a.{ending}", start + content)
    except Refusal as refusal:
        assert refusal.field == "file" and str(refusal)
    else:
        assert ending in found.endings


def test_the_dialogue_offers_what_is_taken() -> None:
    assert ".docx" in ACCEPT.split(",") and ".docm" not in ACCEPT
