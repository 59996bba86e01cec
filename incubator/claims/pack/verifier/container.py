"""The container: a ZIP that is built again byte by byte, or the folder that one was unpacked to."""

from __future__ import annotations

import binascii
import hashlib
import os
import struct
from pathlib import Path
from typing import BinaryIO

from incubator.claims.pack.verifier.canonical import first_difference
from incubator.claims.pack.verifier.report import LARGEST_JSON, LARGEST_PACK, MOST_FILES, PIECE, Report, Unreadable

LOCAL_FIELDS = ((0, "signature"), (4, "version"), (6, "flags"), (8, "method"), (10, "time"), (12, "date"), (14, "crc"),
                (18, "size"), (22, "size"), (26, "name length"), (28, "extra length"), (30, "name"))  # fmt: skip
CENTRAL_FIELDS = ((0, "signature"), (4, "version made by"), (6, "version"), (8, "flags"), (10, "method"), (12, "time"),
                  (14, "date"), (16, "crc"), (20, "size"), (24, "size"), (28, "name length"), (30, "extra length"),
                  (32, "comment length"), (34, "disk"), (36, "internal attributes"), (38, "external attributes"),
                  (42, "offset"), (46, "name"))  # fmt: skip
END_FIELDS = ((0, "signature"), (4, "disk"), (6, "disk"), (8, "entries"), (10, "entries"), (12, "directory size"),
              (16, "directory offset"), (20, "comment length"))  # fmt: skip
DAY_ONE = 33
"""1 January 1980, 00:00, as a ZIP writes it: a pack says nothing of the machine or the moment that wrote it."""
PLAIN_FILE = 0o100644 << 16


def local_header(name: str, size: int, crc: int) -> bytes:
    """What stands before a file in the ZIP."""
    raw = name.encode("ascii")
    return struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, DAY_ONE, crc, size, size, len(raw), 0) + raw


def central_header(name: str, size: int, crc: int, offset: int) -> bytes:
    """What the ZIP's directory says of a file."""
    raw = name.encode("ascii")
    return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0x0314, 20, 0, 0, 0, DAY_ONE, crc, size, size, len(raw), 0, 0,
                       0, 0, PLAIN_FILE, offset) + raw  # fmt: skip


def end_record(entries: int, size: int, offset: int) -> bytes:
    """The ZIP's last bytes."""
    return struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, entries, entries, size, offset, 0)


class Zip:
    """A pack in one file: read from the front, each byte either content or what it has to be."""

    def __init__(self, path: str, report: Report) -> None:
        self.file: BinaryIO = open(path, "rb")  # noqa: SIM115  closed by `close`
        self.report = report
        self.size = os.fstat(self.file.fileno()).st_size
        if self.size > LARGEST_PACK:
            report.stop(path, "too_large", found=self.size)
        self.at = 0
        self.places: dict[str, tuple[int, int]] = {}
        self.directory: list[bytes] = []

    def _bytes(self, offset: int, count: int, place: str) -> bytes:
        self.file.seek(offset)
        found = self.file.read(count)
        if len(found) < count:
            self.report.stop(place, "short", offset=offset + len(found))
        return found

    def _expect(self, offset: int, expected: bytes, fields: tuple[tuple[int, str], ...], place: str) -> None:
        found = self._bytes(offset, len(expected), place)
        if found == expected:
            return
        at = first_difference(found, expected)
        field = [each for start, each in fields if start <= at][-1]
        self.report.find(place, "byte", offset=offset + at, field=f"ZIP, {field}", expected=f"0x{expected[at]:02x}",
                         found=f"0x{found[at]:02x}")  # fmt: skip

    def begin(self, name: str) -> str | None:
        """The size of one of the first two files, which no manifest gives."""
        header = self._bytes(self.at, 30 + len(name), name)
        size = struct.unpack_from("<I", header, 18)[0]
        if size > LARGEST_JSON:
            self.report.stop(name, "byte", offset=self.at + 18, field="ZIP, size", expected=f"<= {LARGEST_JSON}",
                             found=size)  # fmt: skip
        return self.take(name, size)

    def take(self, name: str, size: int) -> str | None:
        """The file must be next, with this size: its place, its hash and CRC, and a header that fits."""
        start = self.at + 30 + len(name)
        crc, sha256 = 0, hashlib.sha256()
        self.file.seek(start)
        left = size
        while left:
            piece = self.file.read(min(PIECE, left))
            if not piece:
                # the header first: a size that was changed in it is why the file seems to end
                self._expect(self.at, local_header(name, size, 0)[:14], LOCAL_FIELDS, name)
                self.report.stop(name, "short", offset=start + size - left)
            crc, left = binascii.crc32(piece, crc), left - len(piece)
            sha256.update(piece)
        self.places[name] = (start, size)
        self._expect(self.at, local_header(name, size, crc), LOCAL_FIELDS, name)
        self.directory.append(central_header(name, size, crc, self.at))
        self.at = start + size
        return sha256.hexdigest()

    def end(self) -> None:
        """What follows the last file is the directory of these files, and nothing else."""
        start = self.at
        for each in self.directory:
            self._expect(self.at, each, CENTRAL_FIELDS, f"ZIP directory: {each[46:].decode('ascii')}")
            self.at += len(each)
        self._expect(self.at, end_record(len(self.directory), self.at - start, start), END_FIELDS, "ZIP end")
        self.at += 22
        if self.size > self.at:
            self.report.find("ZIP end", "more", offset=self.at)

    def read(self, name: str) -> bytes:
        start, size = self.places[name]
        return self._bytes(start, size, name)

    def close(self) -> None:
        self.file.close()


class Folder:
    """A pack that was unpacked: no byte of a ZIP to check, but nothing else may lie in it."""

    def __init__(self, path: str, report: Report) -> None:
        self.path, self.report = Path(path), report
        self.sizes: dict[str, int] = {}
        for each in sorted(self.path.rglob("*")):
            name = each.relative_to(self.path).as_posix()
            if each.is_symlink() or not (each.is_file() or each.is_dir()):
                report.find(name, "link")
            elif each.is_file() and "__pycache__" not in each.parts:
                self.sizes[name] = each.stat().st_size
            if len(self.sizes) > MOST_FILES:
                report.stop(path, "too_large", found=f"> {MOST_FILES}")
        self.left = set(self.sizes)

    def begin(self, name: str) -> str | None:
        return self.take(name, self.sizes.get(name, 0))

    def take(self, name: str, size: int) -> str | None:
        if name not in self.sizes:
            self.report.find(name, "missing")
            return None
        self.left.discard(name)
        if self.sizes[name] != size:
            self.report.find(name, "size", expected=size, found=self.sizes[name])
        sha256 = hashlib.sha256()
        with (self.path / name).open("rb") as file:
            for piece in iter(lambda: file.read(PIECE), b""):
                sha256.update(piece)
        return sha256.hexdigest()

    def end(self) -> None:
        for name in sorted(self.left):
            self.report.find(name, "extra")

    def read(self, name: str) -> bytes:
        if name not in self.sizes:
            raise Unreadable
        if self.sizes[name] > LARGEST_JSON:
            self.report.stop(name, "too_large", found=self.sizes[name])
        with (self.path / name).open("rb") as file:
            return file.read()

    def close(self) -> None:
        """Nothing is open."""
