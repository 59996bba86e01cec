"""What a month gave: its posted subsidies as an annex, per site."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Response, render_template, request, send_file

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing.queries.invoices import list_month_totals
from incubator.billing.wording import line_period, line_title
from incubator.claims.annexes import AnnexLine
from incubator.claims.exports import FORMATS, export
from incubator.claims.queries.annexes import get_annex
from incubator.claims.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound
from incubator.core.periods import Month
from incubator.database import db
from incubator.i18n import reader_locale
from incubator.reports.queries import list_latest
from incubator.reports.views import parse_month
from incubator.spaces.queries import list_sites
from incubator.subsidies.explain import explain

MONTHS_SHOWN = 12


@blueprint.route("/claims/months")
@requires(Action.SEE_CLAIMS)
def list_annexes() -> str:
    """The months with posted subsidies, each with the report that its claim would cite."""
    actor, session, now = current_actor(), db.session(), utc_now()
    sites = list_sites(session, actor)
    this_month = max((Month.of(now.astimezone(ZoneInfo(site.zone)).date()) for site in sites), default=None)
    if this_month is None:
        return render_template("claims/list_annexes.html", sites=sites, rows=[], earlier=None, later=None)
    last = min(parse_month(request.args["until"]), this_month) if "until" in request.args else this_month
    months = [last - back for back in range(MONTHS_SHOWN)]
    totals = list_month_totals(session, actor, months[-1])
    latest = list_latest(session, actor, months[-1], months[0])
    rows = [
        (month, site, totals[site.id, month.first], latest.get((site.id, month)))
        for month in months
        for site in sites
        if (site.id, month.first) in totals
    ]
    return render_template(
        "claims/list_annexes.html",
        sites=sites,
        rows=rows,
        earlier=months[-1] - 1,
        later=min(last + MONTHS_SHOWN, this_month) if last < this_month else None,
    )


@blueprint.route("/claims/months/<int:site_id>/<month>")
@requires(Action.SEE_CLAIMS)
def annex(site_id: int, month: str) -> str:
    """The annex of one site and month, with its cover and its reasons."""
    claim = get_annex(db.session(), current_actor(), site_id, parse_month(month))
    return render_template("claims/annex.html", claim=claim, annex=claim.annex, title_of=title_of, why=why)


@blueprint.route("/claims/months/<int:site_id>/<month>/export.<extension>")
@requires(Action.SEE_CLAIMS)
def download(site_id: int, month: str, extension: str) -> Response:
    """The annex as a workbook or a PDF; only with a frozen report to cite."""
    if extension not in FORMATS:
        raise NotFound
    claim = get_annex(db.session(), current_actor(), site_id, parse_month(month))
    file = export(claim, extension, reader_locale())
    return send_file(file.stream(), mimetype=file.media_type, as_attachment=True, download_name=file.name)


def title_of(line: AnnexLine) -> tuple[str, str]:
    """A line's charge and its days, in words."""
    locale = reader_locale()
    return (
        line_title(line.charge_kind, line.description, locale),
        line_period(line.charge_kind, line.description, line.starts_on, line.ends_on, locale),
    )


def why(line: AnnexLine, currency: str) -> list[str]:
    """How the amount came about, or why there is none, in sentences."""
    return explain(line.outcome, line.base_minor, line.amount_minor, currency, line.derivation, reader_locale())
