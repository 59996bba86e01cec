"""The tables: every CSV compared cell by cell with its data."""

from __future__ import annotations

import csv
import io
from typing import Any

from incubator.claims.pack.verifier.canonical import first_difference, read_json
from incubator.claims.pack.verifier.container import Folder, Zip
from incubator.claims.pack.verifier.report import LARGEST_JSON, TABLES, Files, Report, expect


class Table:
    """Rows as {column: value} with the place of each."""

    def __init__(self, name: str, data: Any, report: Report) -> None:
        self.path = f"tables/{name}.csv"
        place = f"{TABLES}, {name}"
        expect(isinstance(data, dict) and set(data) == {"columns", "rows"}, report, place, "keys", "columns, rows",
               data)  # fmt: skip
        columns = data["columns"]
        expect(isinstance(columns, list) and all(isinstance(each, list) and len(each) == 3
               and all(isinstance(part, str) for part in each) for each in columns), report, place, "columns",
               "key, title and kind", columns)  # fmt: skip
        self.columns = columns
        self.keys = [each[0] for each in columns]
        self.rows = []
        for number, row in enumerate(data["rows"]):
            expect(isinstance(row, list) and len(row) == len(columns) and all(fits(value, column[2])
                   for value, column in zip(row, columns)), report, f"{place}, rows[{number}]", "row",
                   "a cell of its kind for each column", row)  # fmt: skip
            self.rows.append(dict(zip(self.keys, row)))

    def place(self, index: int, column: str) -> str:
        """As a spreadsheet counts: the header is row 1."""
        return f"{self.path}, row {index + 2}, column {column}"

    def content(self) -> bytes:
        """The CSV as it has to be."""
        file = io.StringIO()
        file.write("\ufeff")
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([f"{title} {key}" for key, title, _ in self.columns])
        for row in self.rows:
            writer.writerow([as_cell(row[key], kind) for key, _, kind in self.columns])
        return file.getvalue().encode("utf-8")


def fits(value: Any, kind: str) -> bool:
    if value is None:
        return True
    return type(value) is (int if kind in ("integer", "money") else str)


def as_cell(value: Any, kind: str) -> str:
    """A value as the CSV has it: fen as yuan, text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if kind == "money":
        return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02}"
    if kind == "text":
        return "'" + value if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
    return str(value)


def read_tables(pack: Zip | Folder, files: Files, report: Report) -> dict[str, Table]:
    """Every table, whose CSV was compared cell by cell with its data."""
    data = read_json(need(pack, files, TABLES, report), TABLES, report)
    expect(isinstance(data, dict), report, TABLES, "tables", "an object", type(data).__name__)
    tables = {name: Table(name, each, report) for name, each in sorted(data.items())}
    for each in tables.values():
        _compare_csv(each, need(pack, files, each.path, report), report)
    for path in files:
        if path.startswith("tables/") and path != TABLES and path not in {each.path for each in tables.values()}:
            report.find(path, "extra")
    return tables


def need(pack: Zip | Folder, files: Files, path: str, report: Report) -> bytes:
    if path not in files:
        report.stop(path, "missing")
    if files[path][0] > LARGEST_JSON:
        report.stop(path, "too_large", found=files[path][0])
    return pack.read(path)


def _compare_csv(table: Table, content: bytes, report: Report) -> None:
    expected = table.content()
    if content == expected:
        return
    try:
        wanted, found = (list(csv.reader(io.StringIO(each.decode("utf-8"), newline=""), strict=True))
                         for each in (expected, content))  # fmt: skip
    except (UnicodeDecodeError, csv.Error) as error:
        report.find(f"{table.path}, byte {first_difference(expected, content)}", "broken", found=error)
        return
    is_same = True
    for number, (one, other) in enumerate(zip(wanted, found), start=1):
        for column in range(max(len(one), len(other))):
            a, b = (row[column] if column < len(row) else None for row in (one, other))
            if a != b:
                name = table.keys[column] if column < len(table.keys) else column + 1
                report.find(f"{table.path}, row {number}, column {name}", "cell", expected=a, found=b)
                is_same = False
    if len(wanted) != len(found):
        report.find(table.path, "rows", expected=len(wanted), found=len(found))
    elif is_same:
        report.find(table.path, "csv_byte", offset=first_difference(expected, content))
