"""The fund as a workbook and as CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext as _

from incubator.claims.queries.fund import FundRow
from incubator.core.money import Money
from incubator.documents.csvs import write_csv
from incubator.documents.formats import named
from incubator.documents.workbook import Column, Kind, Workbook


def _headers() -> list[tuple[str, Kind]]:
    return [
        (_("Year"), "text"), (_("Scheme"), "text"), (_("Name"), "text"), (_("Claims"), "integer"),
        (_("Budget"), "money"), (_("Claimed"), "money"), (_("Amount granted"), "money"), (_("Paid out"), "money"),
        (_("Clawed back"), "money"), (_("Companies"), "integer"), (_("Kept"), "integer"), (_("Graduates"), "integer"),
        (_("People employed"), "integer"), (_("Known of"), "integer"), (_("Revenue"), "money"),
        (_("Known of"), "integer"), (_("Rights granted"), "integer"),
    ]  # fmt: skip


def _cells(row: FundRow, locale: str) -> list[Any]:
    """Money in fen; None: unknown."""
    sums, out = row.sums, row.outcomes
    jobs, revenue = out.jobs.value, out.revenue_minor.value
    return [
        str(row.year), row.scheme.code, named(row.scheme, locale), row.claims, row.budget_minor, sums.claimed_minor,
        sums.granted_minor, sums.paid_minor, sums.clawed_back_minor, out.companies, out.kept, out.graduates,
        None if jobs is None else int(jobs), out.jobs.known, None if revenue is None else int(revenue),
        out.revenue_minor.known, out.rights,
    ]  # fmt: skip


def write_xlsx(rows: Sequence[FundRow], locale: str) -> bytes:
    """One sheet; what is unknown is an empty cell."""
    book = Workbook()
    columns = [Column(name, kind, 30 if index == 2 else 14) for index, (name, kind) in enumerate(_headers())]
    book.add_sheet(_("Fund"), columns, [_cells(row, locale) for row in rows])
    return book.content()


def write_comma_separated(rows: Sequence[FundRow], locale: str) -> bytes:
    """Money in yuan; what is unknown is empty."""
    kinds = [kind for _name, kind in _headers()]
    return write_csv([name for name, _kind in _headers()], [
        [Money(cell).major if kind == "money" and cell is not None else cell
         for kind, cell in zip(kinds, _cells(row, locale), strict=True)]
        for row in rows
    ])  # fmt: skip


FORMATS: dict[str, tuple[Callable[[Sequence[FundRow], str], bytes], str]] = {
    "xlsx": (write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": (write_comma_separated, "text/csv; charset=utf-8"),
}
