"""What several pages of claims ask."""

from __future__ import annotations

from collections.abc import Mapping

from incubator.billing.forms.amounts import read_yuan
from incubator.billing.wording import line_period, line_title
from incubator.claims.queries.claims import LineRow
from incubator.claims.rules.money import Sums
from incubator.core.paging import row_id
from incubator.i18n import reader_locale

NEXT = {
    "draft": "checked", "checked": "approved", "approved": "submitted", "submitted": "publicised",
    "publicised": "granted", "granted": "paid", "paid": "audited",
}  # fmt: skip


def next_step(state: str, sums: Sums, *, is_stale: bool) -> str:
    """What is to be done next with a claim, as one step; empty where nothing is."""
    if is_stale:
        return "checked"
    if state == "clawed_back":
        return "returned" if sums.owed_back_minor else "audited"
    return NEXT.get(state, "")


def title_of(row: LineRow) -> tuple[str, str]:
    """A line's charge and its days, in words; of a grant's instalment its number."""
    if row.charge is None or row.invoice_line is None:
        return "", ""
    locale, said = reader_locale(), row.invoice_line.description
    return (
        line_title(row.charge.kind, said, locale),
        line_period(row.charge.kind, said, row.charge.starts_on, row.charge.ends_on, locale),
    )


def typed_lines(typed: Mapping[str, str], name: str) -> dict[int, str]:
    """What was typed beside lines: of `granted_17` the text of line 17, where there is some."""
    found = {}
    for key, text in typed.items():
        start, _, number = key.rpartition("_")
        if start == name and text.strip():
            try:
                found[row_id(number)] = text.strip()
            except ValueError:
                continue
    return found


def typed_amounts(typed: Mapping[str, str], name: str) -> dict[int, int]:
    """The same as fen; a Refusal where one is no amount."""
    return {number: read_yuan(text, name) for number, text in typed_lines(typed, name).items()}
