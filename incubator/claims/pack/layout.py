"""A claim's pack from plain values: tables, derivations, form and papers as files, listed in a manifest. Pure.

The same values give the same bytes: no clock, no machine, no order that a dictionary happens to have.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from msgspec import Struct

from incubator.claims.pack.bundle import bundle
from incubator.claims.pack.columns import COLUMNS, Column
from incubator.claims.pack.verifier.report import FORM, FORMAT, MANIFEST, SIGNATURE, SIGNED, TABLES
from incubator.core.canonical import canonical_json
from incubator.core.money import MINOR_PER_MAJOR
from incubator.documents.cells import harmless
from incubator.documents.csvs import MARK
from incubator.documents.rmb import rmb_capitals

Cell = str | int | None
Row = tuple[Cell, ...]
DAY_ONE = (1980, 1, 1, 0, 0, 0)
"""What every file of the ZIP is dated: a pack says nothing of the machine or the moment that wrote it."""
PLAIN_FILE = 0o100644 << 16
UNIX = 3


class PackFile(Struct, frozen=True):
    """A file of the pack: its content is asked for when it is written, for there may be many large ones."""

    path: str
    size: int
    sha256: str
    read: Callable[[], bytes]


class Contents(Struct, frozen=True):
    """All that a pack says."""

    claim: Mapping[str, Any]
    operator: Mapping[str, Any]
    made_at: str
    """When the claim came into the state that it is packed in."""
    tables: Mapping[str, Sequence[Row]]
    records: Mapping[str, Any]
    """Derivations and rules by path."""
    papers: Mapping[str, bytes]
    """Letter, form, notes for the reader."""
    evidence: Sequence[PackFile] = ()

    @property
    def total_minor(self) -> int:
        return sum(int(each["amount"] or 0) for each in self.rows("lines"))

    def rows(self, name: str) -> list[dict[str, Cell]]:
        """A table's rows by column."""
        keys = [column.key for column in COLUMNS[name]]
        return [dict(zip(keys, row, strict=True)) for row in self.tables[name]]


class Laid(Struct, frozen=True):
    """A pack that only wants its signature."""

    manifest: bytes
    files: tuple[PackFile, ...]

    @property
    def sha256(self) -> str:
        """The manifest's: it stands for all that the pack says."""
        return hashlib.sha256(self.manifest).hexdigest()

    @property
    def to_sign(self) -> bytes:
        """What the operator's key signs."""
        return SIGNED + bytes.fromhex(self.sha256)


def lay_out(contents: Contents) -> Laid:
    """Every file of the pack in its order, and the manifest that names each with its size and hash."""
    if contents.tables.keys() != COLUMNS.keys():
        raise ValueError(f"a pack has {', '.join(COLUMNS)}")
    made = {f"tables/{name}.csv": table_csv(COLUMNS[name], rows) for name, rows in contents.tables.items()}
    made[TABLES] = canonical_json({
        name: {"columns": [[each.key, each.title, each.kind] for each in COLUMNS[name]], "rows": rows}
        for name, rows in contents.tables.items()
    })  # fmt: skip
    made[FORM] = canonical_json(form_data(contents))
    made |= {path: canonical_json(record) for path, record in contents.records.items()}
    made |= {**contents.papers, "verify.py": bundle()}
    files = sorted([*(made_file(path, content) for path, content in made.items()), *contents.evidence],
                   key=lambda file: file.path)  # fmt: skip
    manifest = {
        "format": FORMAT, "claim": contents.claim, "operator": contents.operator, "made_at": contents.made_at,
        "total_minor": contents.total_minor,
        "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in files],
    }  # fmt: skip
    return Laid(canonical_json(manifest), tuple(files))


def _unsaid(_done: int, _total: int) -> None:
    """Nobody asks how far it is."""


def write_pack(
    laid: Laid, public_key: bytes, signature: bytes, stream: IO[bytes],
    progress: Callable[[int, int], None] = _unsaid,
) -> None:  # fmt: skip
    """The ZIP: stored, in order, with one date for all, so that an outsider can build it again byte by byte."""
    said = {"algorithm": "Ed25519", "manifest_sha256": laid.sha256, "public_key": public_key.hex(),
            "signature": signature.hex()}  # fmt: skip
    first = (made_file(MANIFEST, laid.manifest), made_file(SIGNATURE, canonical_json(said)))
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=False) as pack:
        for number, file in enumerate((*first, *laid.files), start=1):
            info = zipfile.ZipInfo(file.path, DAY_ONE)
            info.create_system, info.external_attr = UNIX, PLAIN_FILE
            content = file.read()
            if len(content) != file.size:
                raise ValueError(f"{file.path} has {len(content)} bytes, not {file.size}")
            pack.writestr(info, content)
            progress(number, len(first) + len(laid.files))


def form_data(contents: Contents) -> dict[str, Any]:
    """What stands on the form, as data: a reader of the PDF finds each of its figures here."""
    parts = {
        part: [{key: row[key] for key in (subject, "lines", "base", "amount")} for row in contents.rows(name)]
        for part, name, subject in (("by_company", "companies", "company"), ("by_version", "versions", "version"))
    }
    return {
        "claim": contents.claim, "operator": contents.operator, "total_minor": contents.total_minor,
        "capitals": rmb_capitals(contents.total_minor), "lines": len(contents.tables["lines"]),
        "companies": len(contents.tables["companies"]), **parts,
    }  # fmt: skip


def table_csv(columns: Sequence[Column], rows: Sequence[Row]) -> bytes:
    """A table as Excel opens it: money in yuan, and no cell that is a formula. Each header ends with its short name."""
    file = io.StringIO()
    file.write(MARK)
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([f"{each.title} {each.key}" for each in columns])
    for row in rows:
        writer.writerow([_cell(value, column.kind) for value, column in zip(row, columns, strict=True)])
    return file.getvalue().encode()


def _cell(value: Cell, kind: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(value) if kind == "text" else value
    if kind == "money":
        yuan, fen = divmod(abs(value), MINOR_PER_MAJOR)
        return f"{'-' if value < 0 else ''}{yuan}.{fen:02}"
    return str(value)


def made_file(path: str, content: bytes) -> PackFile:
    """A file whose content is there already."""
    return PackFile(path, len(content), hashlib.sha256(content).hexdigest(), lambda: content)
