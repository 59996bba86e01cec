"""A site's month: registered, let and present side by side; what doesn't fit, with its rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, render_template, request, send_file, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound
from incubator.core.paging import PAGE_SIZE, Page, page_number, row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.i18n import reader_locale
from incubator.reports.presence import operations, queries
from incubator.reports.presence.exports import FORMATS, export
from incubator.reports.presence.forms import NoteForm
from incubator.reports.presence.queries import Report
from incubator.reports.presence.rules import FINDINGS, Party
from incubator.reports.presence.views.blueprint import blueprint
from incubator.reports.views import parse_month
from incubator.spaces.models import Site
from incubator.spaces.queries import list_sites

SHOWN = ("", "found", "absent", "present", "registered")
STATES = ("open", "explained", "")


@blueprint.route("/reports/presence")
@requires(Action.SEE_PRESENCE)
def show_presence() -> str:
    """The startups of a site's month."""
    sites, site, month = _chosen()
    if site is None:
        return render_template("reports/presence/show_presence.html", sites=sites, report=None)
    report = _report(site.id, month)
    search = (clean(request.args.get("search")) or "")[:100]
    shown = request.args.get("show", "")
    shown = shown if shown in SHOWN else ""
    rows = [each for each in report.sums.parties if _fits(report, each, shown, search)]
    page = Page.cut(rows, page_number(request.args.get("page")))
    return render_template(
        "reports/presence/show_presence.html", sites=sites, report=report, page=page, shown=shown, search=search,
        asked={"site": site.id, "month": str(month), "show": shown, "search": search}, **_around(report),
    )  # fmt: skip


@blueprint.route("/reports/presence/findings")
@requires(Action.SEE_PRESENCE)
def list_findings() -> str:
    """What doesn't fit in a site's month, open or explained."""
    sites, site, month = _chosen()
    if site is None:
        return render_template("reports/presence/show_presence.html", sites=sites, report=None)
    report = _report(site.id, month)
    state, kind = request.args.get("state", "open"), request.args.get("kind", "")
    state, kind = (state if state in STATES else "open"), (kind if kind in FINDINGS else "")
    rows = [each for each in report.found
            if state in ("", "open" if each.is_open else "explained") and kind in ("", each.finding.kind)]
    page = Page.cut(rows, page_number(request.args.get("page")))
    return render_template(
        "reports/presence/list_findings.html", sites=sites, report=report, page=page, state=state, kind=kind,
        kinds=FINDINGS, asked={"site": site.id, "month": str(month), "state": state, "kind": kind}, **_around(report),
    )  # fmt: skip


@blueprint.route("/reports/presence/<int:site_id>/<month>/findings/<kind>/<key>", methods=["GET", "POST"])
@requires(Action.SEE_PRESENCE)
def show_finding(site_id: int, month: str, kind: str, key: str) -> Answer:
    """One finding with the rows behind it, and why it is as it is."""
    session, actor, form = db.session(), current_actor(), NoteForm()
    parsed, now = parse_month(month), utc_now()
    report = _report(site_id, parsed)
    found = next((each for each in report.found if (each.finding.kind, each.finding.key) == (kind, key)), None)
    if found is None:
        raise NotFound
    page = queries.list_events(session, actor, report.site, parsed, page=page_number(request.args.get("page")),
                               kind=kind, **_behind(key))  # fmt: skip
    return answer(
        form, "reports/presence/show_finding.html",
        lambda: _explain(site_id, parsed, kind, key, form), _("The explanation is kept."),
        report=report, found=found, page=page, now=now,
    )  # fmt: skip


def _explain(site_id: int, month: Month, kind: str, key: str, form: NoteForm) -> str:
    operations.explain_finding(db.session(), current_actor(), now=utc_now(), site_id=site_id, month=month, kind=kind,
                               key=key, note=form.note.data or "")  # fmt: skip
    return url_for("presence.list_findings", site=site_id, month=str(month))


def _behind(key: str) -> dict[str, Any]:
    """Which events a finding rests on: the key says whose."""
    if key.startswith("p"):
        return {"person": key[1:]}
    return {"startup_id" if key.startswith("s") else "source_id": row_id(key[1:])}


@blueprint.route("/reports/presence/<int:site_id>/<month>/startups/<int:startup_id>")
@requires(Action.SEE_PRESENCE)
def show_party(site_id: int, month: str, startup_id: int) -> str:
    """One startup's month, day by day, with its findings and events."""
    report = _report(site_id, parse_month(month))
    party = report.party(startup_id)
    page = queries.list_events(db.session(), current_actor(), report.site, report.month, startup_id=startup_id,
                               page=page_number(request.args.get("page")), on=_day(report.month))  # fmt: skip
    return render_template("reports/presence/show_party.html", report=report, party=party, page=page,
                           days={day.on: day for day in party.days}, on=_day(report.month))  # fmt: skip


def _day(month: Month) -> date | None:
    text = request.args.get("on", "")
    return next((day for day in month.dates() if day.isoformat() == text), None)


@blueprint.route("/reports/presence/<int:site_id>/<month>/unknown")
@requires(Action.SEE_PRESENCE)
def list_unknown(site_id: int, month: str) -> str:
    """Badges that are nobody's: each by the beginning of its hash."""
    parsed = parse_month(month)
    sites = list_sites(db.session(), current_actor())
    page = queries.list_unknown(db.session(), current_actor(), site_id, parsed, page_number(request.args.get("page")))
    site = next(each for each in sites if each.id == site_id)
    return render_template("reports/presence/list_unknown.html", page=page, site=site, month=parsed)


@blueprint.route("/reports/presence/<int:site_id>/<month>/export.<extension>")
@requires(Action.SEE_PRESENCE)
def download_presence(site_id: int, month: str, extension: str) -> Response:
    """The startups and findings of a site's month as a workbook or a table."""
    if extension not in FORMATS:
        raise NotFound
    file = export(_report(site_id, parse_month(month)), extension, reader_locale())
    return send_file(file.stream(), mimetype=file.media_type, as_attachment=True, download_name=file.name)


def _chosen() -> tuple[list[Site], Site | None, Month]:
    """The site and month of the address; the first site and its month of today without."""
    sites = list(list_sites(db.session(), current_actor()))
    wanted = request.args.get("site", type=row_id)
    site = next((each for each in sites if wanted in (None, each.id)), None)
    if wanted is not None and site is None:
        raise NotFound
    zone = ZoneInfo(site.zone if site else "Asia/Shanghai")
    today = Month.of(utc_now().astimezone(zone).date())
    return sites, site, parse_month(request.args["month"]) if "month" in request.args else today


def _report(site_id: int, month: Month) -> Report:
    return queries.measure_presence(db.session(), current_actor(), site_id, month, now=utc_now())


def _fits(report: Report, party: Party, shown: str, search: str) -> bool:
    sought = search.lower() in f"{party.code} {party.name} {party.name_en}".lower()
    return sought and {
        "found": bool(report.of(party.startup_id)), "absent": not party.days, "present": bool(party.days),
        "registered": party.registered,
    }.get(shown, True)  # fmt: skip


def _around(report: Report) -> Mapping[str, object]:
    """What stands beside every list: the month's sums, and how many findings are open."""
    parties = report.sums.parties
    return {
        "registered": sum(each.registered for each in parties), "let": sum(bool(each.let.desks or each.let.area_m2)
                                                                          for each in parties),
        "present": sum(bool(each.days) for each in parties), "open_count": sum(each.is_open for each in report.found),
        "page_size": PAGE_SIZE,
    }  # fmt: skip
