"""Pages of the yearly statistics: each site's years, one year's form with its checks, the rows behind a field."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from msgspec import Struct
from werkzeug.wrappers import Response as BaseResponse

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import Page, page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer, press
from incubator.documents.refusing import refuse
from incubator.documents.uploads import takes_documents
from incubator.i18n import reader_locale
from incubator.reports.frozen.kind import EVERYWHERE, scope_of
from incubator.reports.statistics import filings, operations, queries, words
from incubator.reports.statistics.forms import FilingForm, ValueForm
from incubator.reports.statistics.indicators import FORMS, INDICATORS, SECTIONS
from incubator.reports.statistics.kind import kind_of
from incubator.reports.statistics.models import FIRST_YEAR, LAST_YEAR
from incubator.reports.statistics.units import UNITS
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site, list_first_days, list_sites

blueprint = Blueprint("statistics", __name__)

A_YEAR = "/reports/statistics/<survey>/<scope>/<int:year>"
ROWS = 50
YEARS_SHOWN = 5


class Place(Struct, frozen=True):
    """A column of the years: a site, or the whole operator, and the year in which it began."""

    site_id: int | None
    site: Site | None
    begun: int | None

    @property
    def scope(self) -> str:
        return scope_of(self.site_id)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        statistics_words=words, statistics_sections=SECTIONS, statistics_units=UNITS,
        statistic=lambda value, code: words.written(value, code, reader_locale()),
    )  # fmt: skip


@blueprint.route("/reports/statistics")
@requires(Action.SEE_REPORTS)
def list_years() -> str:
    """The years of each site and of the whole operator, for both forms, with what is filed for each."""
    session, actor = db.session(), current_actor()
    this = utc_now().astimezone(CHINA).year
    begun = {site_id: day.year for site_id, day in list_first_days(session, actor).items()}
    sites = list_sites(session, actor)
    places = [Place(site.id, site, begun.get(site.id)) for site in sites]
    if len(sites) > 1:
        places.append(Place(None, None, min(begun.values(), default=None)))
    years = range(this, max(min(begun.values(), default=this), this - YEARS_SHOWN + 1) - 1, -1)
    return render_template("reports/statistics/list_years.html", places=places, years=years, this=this, forms=FORMS,
                           frozen=queries.list_frozen_years(session, actor),
                           filings=filings.list_filings(session, actor))  # fmt: skip


@blueprint.route("/reports/statistics/filings/<scope>", methods=["GET", "POST"])
@requires(Action.MANAGE_GOALS)
def set_filing(scope: str) -> Answer:
    """Which form is filed for a site or the whole operator, and when it is frozen."""
    session, actor = db.session(), current_actor()
    site_id, site = _at(scope)
    kept = filings.list_filings(session, actor).get(site_id)
    form, status = FilingForm(obj=kept), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                filings.set_filing(session, actor, now=utc_now(), site_id=site_id, form=form.form.data,
                                   ripe_days=form.ripe_days.data)  # fmt: skip
                session.commit()
                flash(_("What is filed is kept."), "success")
                return redirect(url_for("statistics.list_years"), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("reports/statistics/filing.html", form=form, site=site, scope=scope), status


@blueprint.route(A_YEAR)
@requires(Action.SEE_REPORTS)
def show_year(survey: str, scope: str, year: int) -> str:
    """One year's form as it stands: values, last year's, changes, what does not fit, what is still open."""
    session, actor = db.session(), current_actor()
    sheet = _sheet(survey, scope, year)
    site_id = sheet.site.id if sheet.site else None
    filing = filings.list_filings(session, actor).get(site_id)
    frozen = queries.list_frozen_years(session, actor).get((survey, site_id, year))
    return render_template(
        "reports/statistics/show_year.html", sheet=sheet, survey=survey, frozen=frozen,
        is_over=_today(sheet.site) > date(year, 12, 31), kind=kind_of(survey, site_id).name,
        due=filing.due_of(year) if filing and filing.form == survey else None,
        sites=[] if sheet.site else queries.open_sites(session, actor, year),
    )  # fmt: skip


@blueprint.route(f"{A_YEAR}/rows/<indicator>")
@requires(Action.SEE_REPORTS)
def show_rows(survey: str, scope: str, year: int, indicator: str) -> str:
    """The rows behind one field, and how it is counted from them."""
    sheet = _sheet(survey, scope, year)
    row = sheet.row(indicator)
    if row is None:
        raise NotFound
    page = Page.cut(row.figure.lines, page_number(request.args.get("page")), ROWS)
    return render_template("reports/statistics/rows.html", sheet=sheet, survey=survey, row=row, page=page)


@blueprint.route(f"{A_YEAR}/values", methods=["GET", "POST"])
@requires(Action.MANAGE_GOALS)
@takes_documents
def state_values(survey: str, scope: str, year: int) -> Answer:
    """What is stated of a year, and (posted) one more value with its evidence."""
    session, actor = db.session(), current_actor()
    (site_id, site), status = _place(survey, scope, year), 200
    form = ValueForm(code=request.args.get("field"))
    form.offer(survey, every=year < _today(site).year)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.state_statistic(
                    session, actor, now=utc_now(), site_id=site_id, year=year, code=form.code.data,
                    figure=form.figure.data, evidence=form.evidence.data or "", file=form.sent_file(),
                )  # fmt: skip
                session.commit()
                flash(_("The value is kept with its evidence."), "success")
                return redirect(url_for("statistics.state_values", survey=survey, scope=scope, year=year), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    stated = queries.list_stated(session, actor, site_id, year)
    return render_template("reports/statistics/values.html", site=site, survey=survey, scope=scope, year=year,
                           form=form, stated=stated, titles={each.code: each.title for each in INDICATORS},
                           zone=_zone(site).key), status  # fmt: skip


@blueprint.route(f"{A_YEAR}/values/<int:value_id>/withdraw", methods=["POST"])
@requires(Action.MANAGE_GOALS)
def withdraw_value(survey: str, scope: str, year: int, value_id: int) -> BaseResponse:
    """A stated value counts no longer."""
    site_id, _site = _place(survey, scope, year)
    return press(
        lambda: operations.withdraw_statistic(db.session(), current_actor(), now=utc_now(), site_id=site_id,
                                              value_id=value_id, reason=request.form.get("reason", "")),
        _("It counts no longer."), url_for("statistics.state_values", survey=survey, scope=scope, year=year),
    )  # fmt: skip


@blueprint.route(f"{A_YEAR}/notes/<indicator>", methods=["POST"])
@requires(Action.MANAGE_GOALS)
def explain_value(survey: str, scope: str, year: int, indicator: str) -> BaseResponse:
    """Say why a field is as it is."""
    site_id, _site = _place(survey, scope, year)
    return press(
        lambda: operations.explain_statistic(db.session(), current_actor(), now=utc_now(), site_id=site_id, year=year,
                                             code=indicator, note=request.form.get("note", "")),
        _("The note is kept."),
        url_for("statistics.show_year", survey=survey, scope=scope, year=year, _anchor=indicator),
    )  # fmt: skip


def _at(scope: str) -> tuple[int | None, Site | None]:
    """The site that an address names, or None twice for the whole operator."""
    if scope == EVERYWHERE:
        return None, None
    try:
        site_id = row_id(scope)
    except ValueError:
        raise NotFound from None
    return site_id, get_site(db.session(), current_actor(), site_id)


def _place(survey: str, scope: str, year: int) -> tuple[int | None, Site | None]:
    """As `_at`; NotFound for a form or a year that there is not."""
    if survey not in FORMS or not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound
    return _at(scope)


def _sheet(survey: str, scope: str, year: int) -> queries.Sheet:
    site_id, site = _place(survey, scope, year)
    if year > _today(site).year:
        raise NotFound
    return queries.make_sheet(db.session(), current_actor(), site_id, survey, year)


def _zone(site: Site | None) -> ZoneInfo:
    return ZoneInfo(site.zone) if site else CHINA


def _today(site: Site | None) -> date:
    return utc_now().astimezone(_zone(site)).date()
