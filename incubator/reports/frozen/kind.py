"""What a kind of report is: a function from site and period to plain content, and one from content to tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct, field
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.documents.workbook import Column
from incubator.reports.content import Content, Report
from incubator.reports.frozen.comparing import compare
from incubator.reports.models import FrozenReport
from incubator.reports.verification import Difference
from incubator.startups.rules.periods import Period

__all__ = ["Cell", "Column", "Content", "Figure", "Kind", "Presented", "Question", "Report", "Table"]

EVERYWHERE = "all"
"""In an address: the whole operator, instead of a site's id."""

Cell = str | int | Decimal | date | datetime | None
"""As its column's kind wants it: `money` fen, `percent` a share of one, `date` and `datetime` as such."""


def scope_of(site_id: int | None) -> str:
    """How an address has a site, or (None) the whole operator."""
    return EVERYWHERE if site_id is None else str(site_id)


class Question(Struct, frozen=True):
    """What a report is asked about."""

    period: Period
    site_id: int | None = None
    """None: the whole operator."""
    subject: str = ""
    """Which one, where a kind has several: the key of a saved report."""


class Table(Struct, frozen=True):
    """A table of a report, in the reader's language."""

    key: str
    """In the address of its CSV."""
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] | None = None
    note: str = ""
    """How its figures came about, or what is not in it."""
    empty: str = ""
    """What is said instead of a table without rows."""
    links: Sequence[tuple[str, Mapping[str, Any]] | None] = ()
    """The page that each row's first cell leads to, as endpoint and values: from a figure to where it comes from."""


class Figure(Struct, frozen=True):
    """One of the few numbers at the top."""

    title: str
    value: Cell
    kind: str = "integer"
    """As a column's."""
    note: str = ""


class Presented(Struct, frozen=True):
    """A report as page, workbook, CSV and PDF show it, made from its content alone."""

    tables: Sequence[Table]
    figures: Sequence[Figure] = ()
    facts: Sequence[tuple[str, str]] = ()
    """What the figures rest on, beside operator, site, period and version, which every report says."""
    notes: Sequence[str] = ()
    """What a reader must know before the figures: what is missing in them."""


class Kind(Struct, frozen=True):
    """A kind of report. `title`, `about`, `job` and `parts` are translatable."""

    name: str
    title: str
    about: str
    job: str
    """What the run book calls the job that freezes it."""
    rhythm: str
    """How long its period is: month, quarter, half or year."""
    make: Callable[[Session, Actor, Question], Report]
    """Reads the figures as they stand now. Its content begins as `heading` makes it, and names its definition."""
    present: Callable[[Content, str], Presented]
    adds_up: Callable[[Content], bool]
    """Whether the content's figures follow from its own rows, added up anew."""
    of_site: bool = True
    """False: of the whole operator."""
    of_several: bool = False
    """What its sites have together: not offered where there is one alone."""
    ripe_days: int = 0
    """How many days after the period's end the timetable freezes it, where figures come in late."""
    is_scheduled: bool = True
    """False: frozen by hand only, or by a job of its own."""
    sees: Action = Action.SEE_REPORTS
    endpoint: str = ""
    """A page of its own; empty: the common one."""
    audit: str = "freeze_report"
    before: Callable[[Session, Actor, Question], None] | None = None
    """Called before the figures are read to be frozen: it locks what must not change meanwhile, or refuses."""
    refuses: Callable[[Content], str] | None = None
    """Why this content is not worth freezing, translatable; empty: it is."""
    after: Callable[[Session, Actor, datetime, FrozenReport, Report], None] | None = None
    """Called in the same transaction once it is frozen: it locks what the report has used."""
    compare: Callable[[Content, Content], Sequence[Difference]] = compare
    """What two of its contents do not have in common, what matters most first."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Words for the parts and fields of its content, for the list of differences."""
