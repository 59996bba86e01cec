"""The annex as a workbook and a PDF: posted amounts, and the frozen report's figures with its hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask_babel import gettext

from incubator.billing.wording import line_period, line_title
from incubator.claims.annexes import AnnexLine, AnnexScheme, AnnexStartup
from incubator.claims.queries.annexes import MonthAnnex
from incubator.core.errors import N_, Conflict
from incubator.documents import formats, pdf
from incubator.documents.rmb import rmb_capitals
from incubator.documents.workbook import Column, Workbook
from incubator.reports.frozen.exports import XLSX, File
from incubator.reports.models import FrozenReport
from incubator.reports.presenting import Shown, grouped_hash
from incubator.subsidies.explain import explain


def export(claim: MonthAnnex, extension: str, locale: str) -> File:
    """`xlsx` or `pdf`. Conflict where no report is frozen: an annex without its proof is not one.

    Its name carries the report's version and hash: claim-NS-2026-10-report-v1-06b6e76f.
    """
    if claim.report is None or claim.shown is None:
        raise Conflict(N_("Freeze the month's occupancy report first: the annex cites its version and hash."))
    if not claim.annex.invoices:
        raise Conflict(N_("Nothing is posted for this month yet: post its invoices first."))
    stem = f"claim-{claim.site.code}-{claim.month}-report-v{claim.report.version}-{claim.report.sha256.hex()[:8]}"
    make, media_type = FORMATS[extension]
    return File(f"{stem}.{extension}", media_type, make(claim, claim.report, claim.shown, locale))


def _workbook(claim: MonthAnnex, report: FrozenReport, shown: Shown, locale: str) -> bytes:
    book = Workbook()
    title = f"{gettext('Annex to a subsidy claim')} · {_heading(claim, locale)}"
    notes = [f"{label}: {value}" for label, value in _facts(claim, report, shown, locale)]
    book.add_sheet(
        gettext("Cover"),
        [Column(gettext("Figure"), width=28), Column(gettext("Numerator"), "decimal"),
         Column(gettext("Denominator"), "decimal"), Column(gettext("Share"), "percent"),
         Column(gettext("Formula"), width=70)],
        [[gettext(figure.words.title), figure.numerator, figure.denominator, figure.share,
          gettext(figure.words.formula)] for figure in shown.figures],
        title=title, notes=notes,
    )  # fmt: skip
    book.add_sheet(gettext("Granted"), _columns(gettext("How it came about")), _cells(claim, "given", locale))
    book.add_sheet(gettext("Refused"), _columns(gettext("Why")), _cells(claim, "refused", locale))
    book.add_sheet(
        gettext("Totals"),
        [Column(gettext("Scheme"), width=34), Column(gettext("Version"), width=10),
         Column(gettext("Startups subsidised"), "integer", 12), Column(gettext("Base"), "money"),
         Column(gettext("Subsidy"), "money"), Column(gettext("Source"), width=70)],
        [[formats.named(scheme.name, locale), _versions(scheme), len(scheme.given), scheme.base_minor,
          scheme.amount_minor, " ".join(scheme.sources)] for scheme in claim.annex.schemes],
    )  # fmt: skip
    return book.content()


def _columns(last: str) -> list[Column]:
    return [
        Column(gettext("Scheme"), width=30), Column(gettext("Startup's code"), width=12),
        Column(gettext("Startup"), width=28), Column(gettext("Credit code"), width=22),
        Column(gettext("Charge"), width=26), Column(gettext("Period"), width=30),
        Column(gettext("Base"), "money"), Column(gettext("Rate"), "percent", 10),
        Column(gettext("Subsidy"), "money"), Column(gettext("Invoice"), width=18), Column(last, width=70),
    ]  # fmt: skip


def _cells(claim: MonthAnnex, part: str, locale: str) -> list[list[Any]]:
    return [
        [formats.named(scheme.name, locale), startup.code, formats.named(startup.name, locale), startup.credit_code,
         *_what(line, locale), line.base_minor, line.rate, line.amount_minor, line.invoice_number,
         " ".join(_why(line, claim.annex.currency, locale))]
        for scheme, startup, line in _lines(claim, part)
    ]  # fmt: skip


def _lines(claim: MonthAnnex, part: str) -> Iterator[tuple[AnnexScheme, AnnexStartup, AnnexLine]]:
    for scheme in claim.annex.schemes:
        for startup in scheme.given if part == "given" else scheme.refused:
            for line in startup.lines:
                yield scheme, startup, line


def _pdf(claim: MonthAnnex, report: FrozenReport, shown: Shown, locale: str) -> bytes:
    def amount(minor: int) -> str:
        return formats.money(minor, claim.annex.currency, locale)

    annex = claim.annex
    return pdf.render(
        "claims/annex.typ",
        {
            "language": "en" if locale == "en" else "zh",
            "title": gettext("Annex to a subsidy claim"),
            "heading": _heading(claim, locale),
            "operator": formats.named(claim.operator, locale),
            "hash": " ".join(grouped_hash(report.sha256)),
            "facts": _facts(claim, report, shown, locale),
            "figures": [
                {
                    "title": gettext(figure.words.title),
                    "share": formats.percent(figure.share, locale) if figure.share is not None else "–",
                    "fraction": f"{formats.number(figure.numerator, locale)} / "
                    f"{formats.number(figure.denominator, locale)} {gettext(figure.words.unit)}",
                }
                for figure in shown.figures
            ],
            "schemes": [
                {
                    "name": formats.named(scheme.name, locale),
                    "source": " ".join(scheme.sources),
                    "given": [_startup(startup, annex.currency, locale) for startup in scheme.given],
                    "refused": [_startup(startup, annex.currency, locale) for startup in scheme.refused],
                    "base": amount(scheme.base_minor),
                    "amount": amount(scheme.amount_minor),
                }
                for scheme in annex.schemes
            ],
            "total": amount(annex.amount_minor),
            "capitals": rmb_capitals(annex.amount_minor) if annex.currency == "CNY" else "",
            "words": {
                "startup": gettext("Startup"), "charge": gettext("Charge"), "base": gettext("Base"),
                "rate": gettext("Rate"), "subsidy": gettext("Subsidy"), "invoice": gettext("Invoice"),
                "refused": gettext("Refused, with the reason"), "why": gettext("Why"), "page": gettext("Page"),
                "together": gettext("Together"), "total": gettext("Subsidy claimed"),
                "capitals": gettext("In capitals"), "figures": gettext("Occupancy of the month"),
                "seal": gettext("Seal of the operator"), "prepared": gettext("Prepared by"),
                "date": gettext("Date"), "report": gettext("Occupancy report"), "none": gettext("Nothing was granted."),
            },
        },
    )  # fmt: skip


def _startup(startup: AnnexStartup, currency: str, locale: str) -> dict[str, Any]:
    def amount(minor: int) -> str:
        return formats.money(minor, currency, locale)

    return {
        "name": formats.named(startup.name, locale),
        "code": startup.code,
        "credit_code": startup.credit_code or "",
        "base": amount(startup.base_minor),
        "amount": amount(startup.amount_minor),
        "lines": [
            {
                "charge": " · ".join(_what(line, locale)),
                "base": amount(line.base_minor),
                "rate": formats.percent(line.rate, locale) if line.rate is not None else "–",
                "amount": amount(line.amount_minor),
                "invoice": line.invoice_number,
                "why": " ".join(_why(line, currency, locale)),
            }
            for line in startup.lines
        ],
    }


def _heading(claim: MonthAnnex, locale: str) -> str:
    return f"{formats.named(claim.site, locale)} · {formats.month(claim.month.first, locale)}"


def _facts(claim: MonthAnnex, report: FrozenReport, shown: Shown, locale: str) -> list[tuple[str, str]]:
    """What the annex is, and which frozen report it cites."""
    facts = [
        (gettext("Operator"), formats.named(claim.operator, locale)),
        (gettext("Site"), f"{formats.named(claim.site, locale)} ({claim.site.code})"),
        (gettext("Month"), formats.month(claim.month.first, locale)),
        (gettext("Invoices posted"), str(claim.annex.invoices)),
        (gettext("Occupancy report"), gettext("Version %(n)s", n=report.version)),
        (gettext("Frozen"), formats.moment(report.frozen_at, shown.zone, locale)),
        ("SHA-256", report.sha256.hex()),
    ]
    return [*facts[:1], (gettext("Credit code"), claim.credit_code), *facts[1:]] if claim.credit_code else facts


def _what(line: AnnexLine, locale: str) -> tuple[str, str]:
    return (
        line_title(line.charge_kind, line.description, locale),
        line_period(line.charge_kind, line.description, line.starts_on, line.ends_on, locale),
    )


def _why(line: AnnexLine, currency: str, locale: str) -> list[str]:
    return explain(line.outcome, line.base_minor, line.amount_minor, currency, line.derivation, locale)


def _versions(scheme: AnnexScheme) -> str:
    return gettext(", ").join(str(version) for version in scheme.versions)


FORMATS: dict[str, tuple[Callable[[MonthAnnex, FrozenReport, Shown, str], bytes], str]] = {
    "xlsx": (_workbook, XLSX), "pdf": (_pdf, "application/pdf"),
}  # fmt: skip
