"""Pages of `reports`: the months of each site, one month's figures, the rows behind them, and the frozen versions."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext
from msgspec import Struct
from werkzeug.wrappers import Response as BaseResponse

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import Page, page_number, row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale
from incubator.reports import words
from incubator.reports.exports import FORMATS, export
from incubator.reports.frozen.chain import Fault
from incubator.reports.frozen.occupancy import OCCUPANCY
from incubator.reports.frozen.proving import stand
from incubator.reports.frozen.queries import get_stamp
from incubator.reports.frozen.serving import asked_version, base_url, number_of
from incubator.reports.models import FrozenReport
from incubator.reports.occupancy import AREA, MEASURES, TIME
from incubator.reports.operations import freeze_occupancy
from incubator.reports.overview import list_frozen_rows, list_live_rows, see_frozen, see_live
from incubator.reports.presenting import figure_shares, grouped_hash, hours_and_minutes
from incubator.reports.queries import Frozen, get_frozen, list_latest, list_versions
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site, list_first_days, list_sites

blueprint = Blueprint("reports", __name__)

MONTHS_SHOWN = 12
YEARS = range(2000, 2100)
LIVE = "live"


class Chosen(Struct, frozen=True):
    """The report that the address names: the ledger as it stands, or a frozen version."""

    site: Site
    month: Month
    versions: list[Frozen]
    frozen: FrozenReport | None
    now: datetime

    @property
    def version(self) -> str:
        """`live`, or the version's number: kept in links."""
        return str(self.frozen.version) if self.frozen else LIVE

    @property
    def stamp(self) -> Frozen | None:
        """The frozen version's facts, without its content."""
        return next((v for v in self.versions if self.frozen and v.id == self.frozen.id), None)

    @property
    def next_version(self) -> int:
        """The number that freezing now would take."""
        return self.versions[-1].version + 1 if self.versions else 1

    @property
    def over(self) -> bool:
        """Whether the month has ended at the site."""
        return self.month.interval(ZoneInfo(self.site.zone)).end <= self.now


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    """What the templates of reports and claims say things with."""
    state.app.jinja_env.globals.update(
        report_words=words, hours_and_minutes=hours_and_minutes, grouped_hash=grouped_hash, fault_text=_fault_text
    )


def _fault_text(fault: Fault) -> str:
    """What does not hold, and where."""
    return gettext(fault.message, number=fault.number, part=fault.part)


@blueprint.route("/reports/occupancy")
@requires(Action.SEE_REPORTS)
def list_occupancy() -> str:
    """Each site's months, with the figures of the newest frozen version."""
    actor, session = current_actor(), db.session()
    sites = list_sites(session, actor)
    this_month = max((_month_at(site.zone) for site in sites), default=_month_at("UTC"))
    last = min(parse_month(request.args["until"]), this_month) if "until" in request.args else this_month
    months = [last - back for back in range(MONTHS_SHOWN)]
    latest = list_latest(session, actor, months[-1], months[0])
    return render_template(
        "reports/list_occupancy.html",
        sites=sites,
        months=months,
        latest=latest,
        shares={key: figure_shares(frozen.figures) for key, frozen in latest.items()},
        earlier=months[-1] - 1,
        later=min(last + MONTHS_SHOWN, this_month) if last < this_month else None,
        current={site.id: _month_at(site.zone) for site in sites},
        began={site_id: Month.of(day) for site_id, day in list_first_days(session, actor).items()},
    )


@blueprint.route("/reports/occupancy/<int:site_id>/<month>")
@requires(Action.SEE_REPORTS)
def occupancy(site_id: int, month: str) -> str:
    """One month's figures: the newest frozen version, another one, or the ledger as it stands now."""
    return _page(_choose(site_id, parse_month(month)))


@blueprint.route("/reports/occupancy/<int:site_id>/<month>/rows/<measure>")
@requires(Action.SEE_REPORTS)
def rows(site_id: int, month: str, measure: str) -> str:
    """The rows that one figure is the sum of."""
    if measure not in MEASURES:
        raise NotFound
    chosen = _choose(site_id, parse_month(month))
    actor, session = current_actor(), db.session()
    unit = request.args.get("unit", type=row_id)
    only = request.args.get("only") == "left-out"
    number = page_number(request.args.get("page"))
    shown, found = (
        list_live_rows(session, actor, site_id, chosen.month, measure, unit=unit, left_out=only, page=number)
        if chosen.frozen is None
        else list_frozen_rows(session, actor, chosen.frozen, measure, unit=unit, left_out=only, page=number)
    )
    return render_template(
        "reports/rows.html", chosen=chosen, shown=shown, figure=shown.figure(measure), found=found, page=found.page,
        unit=unit, only=only, units=shown.units(measure),
    )  # fmt: skip


@blueprint.route("/reports/occupancy/<int:site_id>/<month>/freeze", methods=["POST"])
@requires(Action.FREEZE_REPORTS)
def freeze(site_id: int, month: str) -> BaseResponse | tuple[str, int]:
    """Keep the month as it stands now, for good."""
    parsed, reason = parse_month(month), request.form.get("reason", "")
    session = db.session()
    try:
        frozen = freeze_occupancy(session, current_actor(), now=utc_now(), site_id=site_id, month=parsed, reason=reason)
        session.commit()
    except Refusal as refusal:
        session.rollback()
        return _page(_choose(site_id, parsed, LIVE), refusal, reason), refusal.status
    flash(gettext("Version %(version)s is frozen.", version=frozen.version), "success")
    return redirect(url_for("reports.occupancy", site_id=site_id, month=month, version=frozen.version), 303)


@blueprint.route("/reports/occupancy/<int:site_id>/<month>/export.<extension>")
@requires(Action.SEE_REPORTS)
def download(site_id: int, month: str, extension: str) -> Response:
    """A frozen version as a workbook, a PDF or a table of its rows."""
    if extension not in FORMATS:
        raise NotFound
    session, actor = db.session(), current_actor()
    frozen = get_frozen(session, actor, site_id, parse_month(month), asked_version())
    file = export(frozen, extension, reader_locale(), get_stamp(session, actor, frozen.id), base_url())
    return send_file(file.stream(), mimetype=file.media_type, as_attachment=True, download_name=file.name)


def parse_month(text: str) -> Month:
    """The month in an address; NotFound for anything that is none of this century."""
    try:
        month = Month.parse(text)
    except ValueError:
        raise NotFound from None
    if month.year not in YEARS:
        raise NotFound
    return month


def _choose(site_id: int, month: Month, version: str | None = None) -> Chosen:
    actor, session = current_actor(), db.session()
    site = get_site(session, actor, site_id)
    versions = list_versions(session, actor, site_id, month)
    wanted = version or request.args.get("version") or (str(versions[-1].version) if versions else LIVE)
    frozen = None if wanted == LIVE else get_frozen(session, actor, site_id, month, number_of(wanted))
    return Chosen(site, month, versions, frozen, utc_now())


def _page(chosen: Chosen, refusal: Refusal | None = None, reason: str = "") -> str:
    session, actor = db.session(), current_actor()
    standing = None
    if chosen.frozen is None:
        shown = see_live(session, actor, chosen.site.id, chosen.month)
    else:
        shown = see_frozen(session, actor, chosen.frozen)
        standing = stand(session, actor, OCCUPANCY, chosen.frozen, verify="verify" in request.args)
    return render_template(
        "reports/occupancy.html",
        chosen=chosen,
        shown=shown,
        units={measure: Page.cut(shown.units(measure), page_number(request.args.get(measure)))
               for measure in (AREA, TIME)},
        standing=standing,
        verification=standing.verification if standing else None,
        refusal=sentence(refusal, reader_locale()) if refusal else None,
        refusal_field=refusal.field if refusal else None,
        reason=reason,
    )  # fmt: skip


def _month_at(zone: str) -> Month:
    return Month.of(utc_now().astimezone(ZoneInfo(zone)).date())
