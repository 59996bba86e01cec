"""What a file is, told by its content; what it is called has to agree."""

from __future__ import annotations

import codecs
import io
import zipfile
from pathlib import PurePosixPath
from typing import IO

from msgspec import Struct

from incubator.core.errors import N_, Refusal

HEAD = 4096
PIECE = 1024 * 1024
MOST_MEMBERS = 10_000
MOST_UNPACKED = 500 * 1024 * 1024
HIGHEST_RATIO = 200
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b")


class FileType(Struct, frozen=True):
    """A kind of file: its media type, and how a name of it may end (the first is the usual one)."""

    media_type: str
    endings: tuple[str, ...]
    is_picture: bool = False


_OFFICE = "application/vnd.openxmlformats-officedocument."
PDF = FileType("application/pdf", ("pdf",))
JPEG = FileType("image/jpeg", ("jpg", "jpeg"), is_picture=True)
PNG = FileType("image/png", ("png",), is_picture=True)
WEBP = FileType("image/webp", ("webp",), is_picture=True)
HEIC = FileType("image/heic", ("heic", "heif"), is_picture=True)
MP4 = FileType("video/mp4", ("mp4", "m4v", "mov"))
DOCX = FileType(_OFFICE + "wordprocessingml.document", ("docx",))
XLSX = FileType(_OFFICE + "spreadsheetml.sheet", ("xlsx",))
PPTX = FileType(_OFFICE + "presentationml.presentation", ("pptx",))
DOC = FileType("application/msword", ("doc", "wps"))
XLS = FileType("application/vnd.ms-excel", ("xls", "et"))
PPT = FileType("application/vnd.ms-powerpoint", ("ppt", "dps"))
ZIP = FileType("application/zip", ("zip",))
TEXT = FileType("text/plain", ("txt",))
CSV = FileType("text/csv", ("csv",))

TYPES = (PDF, JPEG, PNG, WEBP, HEIC, DOCX, XLSX, PPTX, DOC, XLS, PPT, ZIP, TEXT, CSV, MP4)
ACCEPT = ",".join(f".{ending}" for each in TYPES for ending in each.endings)
"""What a browser's file dialogue is to offer."""

_STARTS = ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG))
_BRANDS = {b"heic": HEIC, b"heix": HEIC, b"heim": HEIC, b"heis": HEIC, b"mif1": HEIC, b"msf1": HEIC} | dict.fromkeys(
    (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  ", b"MSNV", b"3gp4"), MP4
)
_PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}


def type_of(name: str, content: bytes | IO[bytes], field: str = "file") -> FileType:
    """The type of a file; Refusal for one that is not taken, is not what its name says, or holds macros.

    A PDF that is called `.docx` is refused, as is a workbook with a VBA project under any name. The stream is at its
    beginning afterwards.
    """
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    stream.seek(0)
    head = stream.read(HEAD)
    if not head:
        raise Refusal(N_("The file is empty."), field=field)
    ending = PurePosixPath(name.lower().strip()).suffix.removeprefix(".")
    found = _told(head, stream, field)
    stream.seek(0)
    if not found:
        raise Refusal(
            N_("Files of this kind are not taken. Choose a PDF, a picture, an office file without macros, a text, a "
               "table, a ZIP or an MP4."), field=field,
        )  # fmt: skip
    for each in found:
        if ending in each.endings:
            return each
    raise Refusal(
        N_("“%(name)s” is by its content a file of the kind .%(ending)s: name it so, or choose another."),
        field=field, name=name[-60:], ending=found[0].endings[0],
    )  # fmt: skip


def _told(head: bytes, stream: IO[bytes], field: str) -> tuple[FileType, ...]:
    """What the content can be; more than one only where content can't tell them apart."""
    for start, found in _STARTS:
        if head.startswith(start):
            return (found,)
    if b"%PDF-" in head[:1024]:
        return (PDF,)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return (WEBP,)
    if head[4:8] == b"ftyp" and head[8:12] in _BRANDS:
        return (_BRANDS[head[8:12]],)
    if head.startswith(OLE):
        return _old_office(stream, field)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return (_archive(stream, field),)
    return (TEXT, CSV) if _is_text(stream) else ()


def _old_office(stream: IO[bytes], field: str) -> tuple[FileType, ...]:
    """A compound file of Office 97 or WPS; refused with macros, or where a password hides what is in it."""
    hidden, macros = "EncryptedPackage".encode("utf-16-le"), "_VBA_PROJECT".encode("utf-16-le")
    stream.seek(0)
    before = b""
    while piece := stream.read(PIECE):
        window = before + piece
        if hidden in window:
            raise Refusal(N_("This file is protected by a password. Send it without one."), field=field)
        if macros in window:
            raise _macros(field)
        before = window[-64:]
    return DOC, XLS, PPT


def _archive(stream: IO[bytes], field: str) -> FileType:
    """A ZIP, or the office file that it is; looked at by its table of contents, nothing is unpacked."""
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError) as error:
        raise Refusal(N_("This file is damaged: it can't be opened."), field=field) from error
    unpacked, packed = sum(each.file_size for each in members), sum(each.compress_size for each in members)
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED or unpacked > HIGHEST_RATIO * max(packed, 1024):
        raise Refusal(N_("This file unpacks to far more than it seems. Send its parts one by one."), field=field)
    names = {each.filename.replace("\\", "/").lower() for each in members}
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names):
        raise _macros(field)
    if "[content_types].xml" in names:
        for part, found in _PARTS.items():
            if part in names:
                return found
    return ZIP


def _macros(field: str) -> Refusal:
    return Refusal(N_("This file holds macros. Save it without them, and send that."), field=field)


def _is_text(stream: IO[bytes]) -> bool:
    """UTF-8, UTF-16 that says so, or GB 18030, all of it, without the control characters that no text has."""
    stream.seek(0)
    start = stream.read(4)
    wide = start.startswith(BOMS[1:])
    candidates = ["utf-16"] if wide else ["utf-8", "gb18030"]
    return any(_decodes(stream, encoding, wide) for encoding in candidates)


def _decodes(stream: IO[bytes], encoding: str, is_wide: bool) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(0)
    try:
        while piece := stream.read(PIECE):
            if not is_wide and any(byte < 32 and byte not in TEXT_CONTROLS for byte in set(piece)):
                return False
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
