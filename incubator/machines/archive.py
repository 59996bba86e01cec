"""One file that is a backup: a plain tar, which `tar`, `sha256sum -c` and `pg_restore` open without this product.

`manifest.json` says what it is, `database.dump` is pg_dump's own format, `files/…` lie under their keys, and
`SHA256SUMS` comes last, with a line for everything before it. So an archive that ends too early has none.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from incubator.machines.refusing import Refused

MANIFEST, DUMP, SUMS, FILES = "manifest.json", "database.dump", "SHA256SUMS", "files/"
KIND = "incubator backup"
FORMAT = 1
"""Of the archive; a later one is refused."""
LARGEST_TEXT = 256 * 1024 * 1024
"""Of the manifest and the sums: a million files have 150 MB of sums."""
PIECE = 1024 * 1024
_NAME = re.compile(r"manifest\.json|database\.dump|SHA256SUMS|files/\d{1,19}/[0-9a-f]{2}/[0-9a-f]{64}")


class Packing:
    """An archive that is being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._sums: list[str] = []

    def add(self, name: str, content: IO[bytes], size: int) -> str:
        """The next part; the SHA-256 of what was written. OSError where there is less of it than `size`."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        passing = _Passing(content)
        self._tar.addfile(info, passing)
        self._sums.append(f"{passing.hash.hexdigest()}  {name}\n")
        return passing.hash.hexdigest()

    def close(self) -> None:
        """The sums of all parts, last."""
        sums = "".join(self._sums).encode()
        info = tarfile.TarInfo(SUMS)
        info.size, info.mode = len(sums), 0o600
        self._tar.addfile(info, io.BytesIO(sums))


class _Passing:
    """A stream that is hashed as it is read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.hash = sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._content.read(size)
        self.hash.update(piece)
        return piece


@contextmanager
def packing(target: Path) -> Iterator[Packing]:
    """A new archive, for its owner's eyes; it has its name when it is whole and on the disk."""
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:  # 0600
        try:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                archive = Packing(tar)
                yield archive
                archive.close()
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).rename(target)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


class Archive:
    """An archive that is read."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._parts = {part.name: part for part in tar}
        for name, part in self._parts.items():
            if not (_NAME.fullmatch(name) and part.isreg()):
                raise Refused(f"The archive has a part that no backup has: {name!r}.")
        for name in (MANIFEST, DUMP, SUMS):
            if name not in self._parts:
                raise Refused(f"The archive has no {name}: it is no backup of this product, or its end is missing.")
        self.manifest = _manifest(self._text(MANIFEST))

    @property
    def files(self) -> list[str]:
        """The keys of the files in it."""
        return [name.removeprefix(FILES) for name in self._parts if name.startswith(FILES)]

    def size(self, name: str) -> int:
        """Of a part, in bytes."""
        return self._parts[name].size

    def open(self, name: str) -> IO[bytes]:
        """A part, to be read."""
        stream = self._tar.extractfile(self._parts[name])
        assert stream is not None, "parts are plain files"
        return stream

    def extract(self, name: str, target: Path) -> None:
        """A part, written to a file."""
        with self.open(name) as stream, target.open("wb") as file:
            shutil.copyfileobj(stream, file, PIECE)

    def check(self) -> None:
        """Every byte of every part is what was written; Refused with the name of the first that is not."""
        lines = (line.partition("  ") for line in self._text(SUMS).decode().splitlines())
        said = {name: wanted for wanted, _, name in lines}
        there = set(self._parts) - {SUMS}
        if there != set(said):
            raise Refused(f"The parts of the archive are not those of its {SUMS}: {sorted(there ^ set(said))[:3]}.")
        for name, wanted in said.items():
            if self._hash(name) != wanted or (name.startswith(FILES) and not name.endswith(wanted)):
                raise Refused(f"{name} in the archive is not what was written there: its SHA-256 is another one.")

    def _hash(self, name: str) -> str:
        digest = sha256()
        with self.open(name) as stream:
            while piece := stream.read(PIECE):
                digest.update(piece)
        return digest.hexdigest()

    def _text(self, name: str) -> bytes:
        if self.size(name) > LARGEST_TEXT:
            raise Refused(f"{name} in the archive is larger than any backup's.")
        with self.open(name) as stream:
            return stream.read()


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive at `path`; Refused where it can't be read as one."""
    try:
        with tarfile.open(path, "r:") as tar:
            yield Archive(tar)
    except FileNotFoundError as error:
        raise Refused(f"There is no file {path}.") from error
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise Refused(f"{path} can't be read as a backup: {error}.") from error


def _manifest(text: bytes) -> dict[str, Any]:
    manifest = json.loads(text)
    if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
        raise Refused("The archive is no backup of this product.")
    if manifest["format"] != FORMAT:
        raise Refused(f"The archive is of format {manifest['format']}; this release reads {FORMAT}.")
    return manifest
