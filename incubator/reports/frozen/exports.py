"""Files of a frozen report of any kind: workbook, CSV, PDF and its very bytes.

They are made from the frozen content and nothing else: live figures can change as they will, and the same version gives
the same file.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import segno
from flask_babel import gettext
from msgspec import Struct

from incubator.documents import csvs, formats, pdf
from incubator.documents.workbook import Column, Workbook
from incubator.reports.content import Content
from incubator.reports.frozen.chain import printed_code
from incubator.reports.frozen.kind import Cell, Kind, Presented, Table
from incubator.reports.frozen.queries import Version
from incubator.startups.figure_words import period_name

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES = {"xlsx": XLSX, "pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "json": "application/json"}
NUMERIC = ("integer", "decimal", "money", "percent")
WIDE = 110
"""Characters in a row from which a PDF lies on its side."""


class File(Struct, frozen=True):
    """A file to be downloaded."""

    name: str
    media_type: str
    content: bytes

    def stream(self) -> io.BytesIO:
        return io.BytesIO(self.content)


class _Name(Struct, frozen=True):
    """A name in two scripts."""

    name: str
    name_en: str


def export(
    kind: Kind, stamp: Version, text: str, extension: str, locale: str, base_url: str, table: str = ""
) -> File | None:
    """`xlsx`, `pdf`, `csv` (of one table) or `json` (what was hashed) of a frozen version; None: it has no such table.

    The name carries kind, site, period, version and the hash's first digits: subsidies-NS-2026-10-v2-bb582ceb.
    """
    content: Content = json.loads(text)
    name = f"{stem(kind, stamp, content)}.{extension}"
    if extension == "json":
        return File(name, MEDIA_TYPES["json"], text.encode())
    presented = kind.present(content, locale)
    if extension == "csv":
        chosen = _table(presented, table)
        return None if chosen is None else File(name, MEDIA_TYPES["csv"], _csv(chosen))
    make = {"xlsx": _workbook, "pdf": _pdf}[extension]
    return File(name, MEDIA_TYPES[extension], make(kind, stamp, content, presented, locale, base_url))


def stem(kind: Kind, stamp: Version, content: Content) -> str:
    """What the names of a version's files begin with."""
    code = content["site"]["code"] if content.get("site") else "all"
    return f"{kind.name.replace('_', '-')}-{code}-{stamp.period.key}-v{stamp.version}-{stamp.sha256.hex()[:8]}"


def address_of(stamp: Version, base_url: str) -> str:
    """Where anybody can verify it: what the QR code leads to."""
    return f"{base_url}/verify/{stamp.code}"


def qr_svg(address: str) -> bytes:
    """The QR code of an address, for a PDF."""
    file = io.BytesIO()
    segno.make(address, error="m").save(file, kind="svg", border=0, scale=4, xmldecl=True)
    return file.getvalue()


def proof_facts(stamp: Version, locale: str, zone: str, base_url: str) -> list[tuple[str, str]]:
    """By what a version is known and verified; on every file."""
    facts = [
        (gettext("Version"), str(stamp.version)),
        (gettext("Frozen"), formats.moment(stamp.frozen_at, zone, locale)),
        (gettext("Definition"), stamp.definition),
        (gettext("Number in the chain"), str(stamp.number)),
        ("SHA-256", stamp.sha256.hex()),
        (gettext("Link"), stamp.link.hex()),
        (gettext("Signed by key"), stamp.key or gettext("not signed yet")),
        (gettext("Verify at"), address_of(stamp, base_url)),
    ]
    return facts + ([(gettext("Why a new version"), stamp.reason)] if stamp.reason else [])


def heading_facts(content: Content, stamp: Version, locale: str) -> list[tuple[str, str]]:
    """What the report is of."""
    facts = [(gettext("Operator"), said_name(content["operator"], locale))]
    if content.get("site"):
        facts.append((gettext("Site"), f"{said_name(content['site'], locale)} ({content['site']['code']})"))
    return [*facts, (gettext("Period"), period_name(stamp.period))]


def said_name(named: Mapping[str, Any], locale: str) -> str:
    """A name of the content in the reader's language."""
    return formats.named(_Name(named["name"], named.get("name_en", "")), locale)


def title_of(kind: Kind, content: Content, stamp: Version, locale: str) -> str:
    """Kind, site and period."""
    site = [said_name(content["site"], locale)] if content.get("site") else []
    return " · ".join([gettext(kind.title), *site, period_name(stamp.period)])


def written(cell: Cell, kind: str, locale: str, zone: str = "Asia/Shanghai") -> str:
    """A cell as a page and a PDF write it; money in yuan."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, datetime):
        return formats.moment(cell, zone, locale)
    if isinstance(cell, date):
        return formats.day(cell, locale)
    if kind == "money":
        return formats.number(Decimal(cell).scaleb(-2), locale, 2)
    if kind == "percent":
        return formats.percent(Decimal(cell), locale)
    return formats.number(cell, locale)


def _table(presented: Presented, key: str) -> Table | None:
    """The table that is asked for; the rows where none is, or else the first."""
    tables = {table.key: table for table in presented.tables}
    if key:
        return tables.get(key)
    return tables.get("rows") or next(iter(tables.values()), None)


def _csv(table: Table) -> bytes:
    """Fen as yuan with a point, shares as they are, dates in ISO 8601."""
    kinds = [column.kind for column in table.columns]
    return csvs.write_csv(
        [column.title for column in table.columns],
        [[_plain(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in table.rows],
    )


def _plain(cell: Cell, kind: str) -> Cell:
    return Decimal(cell).scaleb(-2) if kind == "money" and isinstance(cell, int) else cell


def _workbook(
    kind: Kind, stamp: Version, content: Content, presented: Presented, locale: str, base_url: str
) -> bytes:
    book = Workbook()
    book.book.set_properties({"created": stamp.frozen_at.astimezone(UTC).replace(tzinfo=None)})
    notes = [f"{label}: {value}" for label, value in _all_facts(stamp, content, presented, locale, base_url)]
    figures = [[figure.title, written(figure.value, figure.kind, locale), figure.note] for figure in presented.figures]
    tables = list(presented.tables)
    if figures or not tables:
        columns = [Column(gettext("Figure"), width=36), Column(gettext("Value"), width=18),
                   Column(gettext("Remark"), width=40)]  # fmt: skip
        tables.insert(0, Table("figures", gettext("Figures"), columns, figures))
    for place, table in enumerate(tables):
        total = [table.total] if table.total is not None else []
        book.add_sheet(
            table.title, table.columns, [*table.rows, *total],
            title=title_of(kind, content, stamp, locale) if place == 0 else table.title,
            notes=[*notes, *presented.notes] if place == 0 else [table.note] if table.note else [],
        )  # fmt: skip
    return book.content()


def _all_facts(
    stamp: Version, content: Content, presented: Presented, locale: str, base_url: str
) -> list[tuple[str, str]]:
    zone = content["site"]["zone"] if content.get("site") else "Asia/Shanghai"
    return [*heading_facts(content, stamp, locale), *presented.facts, *proof_facts(stamp, locale, zone, base_url)]


def _pdf(kind: Kind, stamp: Version, content: Content, presented: Presented, locale: str, base_url: str) -> bytes:
    tables = [_printed(table, locale) for table in presented.tables]
    return pdf.render(
        "reports/frozen.typ",
        {
            "language": "en" if locale == "en" else "zh",
            "title": gettext(kind.title), "operator": said_name(content["operator"], locale),
            "heading": " · ".join(
                [*([said_name(content["site"], locale)] if content.get("site") else []), period_name(stamp.period)]
            ),
            "flipped": any(sum(column.width for column in table.columns) > WIDE for table in presented.tables),
            "facts": _all_facts(stamp, content, presented, locale, base_url),
            "figures": [[figure.title, written(figure.value, figure.kind, locale), figure.note]
                        for figure in presented.figures],
            "notes": list(presented.notes), "tables": tables,
            "stamp": paper_stamp(stamp, base_url),
            "words": {"page": gettext("Page")},
        },
        {"qr.svg": qr_svg(address_of(stamp, base_url))},
    )  # fmt: skip


def paper_stamp(stamp: Version, base_url: str) -> dict[str, str]:
    """What stands with the QR code on paper."""
    return {
        "code": printed_code(stamp.code), "sha256": stamp.sha256.hex(),
        "how": gettext("Scan to verify, or type the code at %(address)s", address=f"{base_url}/verify"),
        "key": gettext("Signed by key %(key)s", key=stamp.key) if stamp.key else gettext("not signed yet"),
    }  # fmt: skip


def _printed(table: Table, locale: str) -> dict[str, Any]:
    def cells(row: Sequence[Cell]) -> list[str]:
        return [written(cell, column.kind, locale, column.zone)
                for cell, column in zip(row, table.columns, strict=True)]  # fmt: skip

    total = None
    if table.total is not None:
        total = ["" if cell is None else text for cell, text in zip(table.total, cells(table.total), strict=True)]
    return {
        "title": table.title, "note": table.note, "empty": table.empty or gettext("Nothing."),
        "headers": [column.title for column in table.columns],
        "numeric": [column.kind in NUMERIC for column in table.columns],
        "widths": [column.width for column in table.columns],
        "rows": [cells(row) for row in table.rows], "total": total,
    }  # fmt: skip
