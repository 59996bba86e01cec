"""A site's month of presence as a workbook and as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask_babel import gettext

from incubator.documents import csvs, formats
from incubator.documents.workbook import Column, Value, Workbook
from incubator.reports.frozen.exports import XLSX, File
from incubator.reports.presence.queries import Found, Report
from incubator.reports.presence.rules import Party
from incubator.reports.presence.words import FINDING_WORDS, say


def export(report: Report, extension: str, locale: str) -> File:
    """`xlsx` or `csv` in the reader's language."""
    make, media_type = FORMATS[extension]
    return File(f"presence-{report.site.code}-{report.month}.{extension}", media_type, make(report, locale))


def _columns() -> list[Column]:
    return [
        Column(gettext("Code"), width=12), Column(gettext("Startup"), width=30), Column(gettext("Registered here")),
        Column(gettext("People with posts"), "integer"), Column(gettext("Insured"), "integer"),
        Column(gettext("Desks let"), "integer"), Column(gettext("Area let"), "decimal"),
        Column(gettext("Places"), "integer"), Column(gettext("Days present"), "integer"),
        Column(gettext("Share of working days"), "percent"), Column(gettext("People seen"), "integer"),
        Column(gettext("Most at once"), "integer"), Column(gettext("Sessions outside opening hours"), "integer"),
        Column(gettext("Findings"), width=44),
    ]  # fmt: skip


def _row(report: Report, party: Party, locale: str) -> list[Value]:
    share = party.share(report.sums.workdays)
    return [
        party.code, formats.named(party, locale), gettext("yes") if party.registered else gettext("no"), party.posts,
        party.insured, party.let.desks, party.let.area_m2, party.let.places(report.settings.m2_per_person),
        party.present_days, share, party.people,
        party.peak, party.outside,
        gettext("; ").join(gettext(FINDING_WORDS[each.finding.kind]) for each in report.of(party.startup_id)),
    ]  # fmt: skip


def _findings(report: Report, locale: str) -> list[list[Value]]:
    return [
        [gettext(FINDING_WORDS[each.finding.kind]), formats.sentence(say(each.finding), locale), _state(each),
         each.note.note if each.note else "", each.by or "", each.note.created_at if each.note else None]
        for each in report.found
    ]  # fmt: skip


def _state(found: Found) -> str:
    return gettext("to be explained") if found.is_open else gettext("explained")


def _workbook(report: Report, locale: str) -> bytes:
    book = Workbook()
    month = formats.month(report.month.first, locale)
    title = f"{gettext('Presence')} · {formats.named(report.site, locale)} · {month}"
    notes: Sequence[str] = [gettext("Evidence beside the ledger; no figure of occupancy changes by it."),
                            gettext("Working days so far: %(days)s", days=len(report.sums.workdays))]  # fmt: skip
    book.add_sheet(gettext("Startups"), _columns(), [_row(report, each, locale) for each in report.sums.parties],
                   title=title, notes=notes)  # fmt: skip
    book.add_sheet(
        gettext("Findings"),
        [Column(gettext("Finding"), width=26), Column(gettext("What was found"), width=60), Column(gettext("State")),
         Column(gettext("Explanation"), width=40), Column(gettext("By")),
         Column(gettext("At"), "datetime", 18, report.site.zone)],
        _findings(report, locale),
    )  # fmt: skip
    book.add_sheet(
        gettext("Days"),
        [Column(gettext("Code"), width=12), Column(gettext("Startup"), width=30), Column(gettext("Day"), "date"),
         Column(gettext("Records of presence"), "integer"), Column(gettext("People seen"), "integer"),
         Column(gettext("Sessions outside opening hours"), "integer")],
        [[party.code, formats.named(party, locale), day.on, day.events, day.people, day.outside]
         for party in report.sums.parties for day in party.days],
    )  # fmt: skip
    return book.content()


def _csv(report: Report, locale: str) -> bytes:
    return csvs.write_csv([column.title for column in _columns()],
                          [_row(report, each, locale) for each in report.sums.parties])  # fmt: skip


FORMATS: dict[str, tuple[Callable[[Report, str], bytes], str]] = {
    "xlsx": (_workbook, XLSX), "csv": (_csv, "text/csv; charset=utf-8"),
}  # fmt: skip
