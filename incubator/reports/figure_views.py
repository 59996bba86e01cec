"""Pages of reports of figures: the periods of each site, one of them as it stands and frozen."""

from __future__ import annotations

import json
from datetime import date
from zoneinfo import ZoneInfo

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from msgspec import Struct
from werkzeug.wrappers import Response as BaseResponse

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale
from incubator.reports.content import Content
from incubator.reports.figure_exports import shown, title_of, totals
from incubator.reports.figure_operations import freeze_figures
from incubator.reports.figure_queries import (
    get_frozen_figures,
    list_figure_versions,
    list_frozen_figures,
    measure_figures,
)
from incubator.reports.frozen.figures import FIGURES
from incubator.reports.frozen.kind import Question
from incubator.reports.frozen.proving import stand
from incubator.reports.frozen.serving import number_of, send_version
from incubator.reports.models import FrozenReport
from incubator.reports.queries import Frozen
from incubator.reports.views import LIVE, blueprint
from incubator.reports.words import COMPUTED_WORDS
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site, list_sites
from incubator.startups.queries.figure_lists import list_asked_periods
from incubator.startups.queries.figures import list_rhythms
from incubator.startups.rules.periods import Period, read_period

__all__ = ["blueprint"]
"""With the pages of figures among its own."""


class FigureReport(Struct, frozen=True):
    """The report that the address names: as it is confirmed now, or a frozen version."""

    site: Site
    period: Period
    versions: list[Frozen]
    frozen: FrozenReport | None
    content: Content
    over: bool

    @property
    def stamp(self) -> Frozen | None:
        return next((each for each in self.versions if self.frozen and each.id == self.frozen.id), None)


@blueprint.route("/reports/figures")
@requires(Action.SEE_REPORTS)
def list_figures() -> str:
    """The periods that startups were asked for, with the frozen versions of each site."""
    session, actor = db.session(), current_actor()
    rhythms = [each.rhythm for each in list_rhythms(session)]
    rhythm = request.args.get("rhythm", "") if request.args.get("rhythm") in rhythms else next(iter(rhythms), "")
    periods = list_asked_periods(session, actor, rhythm) if rhythm else []
    frozen = list_frozen_figures(session, actor, rhythm) if rhythm else {}
    return render_template("reports/list_figures.html", sites=list_sites(session, actor), rhythms=rhythms,
                           rhythm=rhythm, periods=periods, frozen=frozen)  # fmt: skip


@blueprint.route("/reports/figures/<int:site_id>/<rhythm>/<key>")
@requires(Action.SEE_REPORTS)
def figures(site_id: int, rhythm: str, key: str) -> str:
    """One period at one site."""
    return _page(_choose(site_id, _period(rhythm, key)))


@blueprint.route("/reports/figures/<int:site_id>/<rhythm>/<key>/freeze", methods=["POST"])
@requires(Action.FREEZE_REPORTS)
def freeze_figures_report(site_id: int, rhythm: str, key: str) -> BaseResponse | tuple[str, int]:
    """Keep the period as it is confirmed now, for good."""
    session, period, reason = db.session(), _period(rhythm, key), request.form.get("reason", "")
    try:
        frozen = freeze_figures(session, current_actor(), now=utc_now(), site_id=site_id, period=period, reason=reason)
        session.commit()
    except NotFound:
        raise
    except Refusal as refusal:
        session.rollback()
        return _page(_choose(site_id, period, LIVE), refusal, reason), refusal.status
    flash(gettext("Version %(version)s is frozen.", version=frozen.version), "success")
    return redirect(url_for("reports.figures", site_id=site_id, rhythm=rhythm, key=key, version=frozen.version), 303)


@blueprint.route("/reports/figures/<int:site_id>/<rhythm>/<key>/export.<extension>")
@requires(Action.SEE_REPORTS)
def download_figures(site_id: int, rhythm: str, key: str, extension: str) -> Response:
    """A frozen version as a workbook, a PDF or its exact data."""
    period = _period(rhythm, key)
    return send_version(FIGURES[period.rhythm], Question(period, site_id), extension)


def _period(rhythm: str, key: str) -> Period:
    period = read_period(rhythm, key)
    if period is None:
        raise NotFound
    return period


def _choose(site_id: int, period: Period, version: str | None = None) -> FigureReport:
    session, actor = db.session(), current_actor()
    site = get_site(session, actor, site_id)
    versions = list_figure_versions(session, actor, site_id, period)
    wanted = version or request.args.get("version") or (str(versions[-1].version) if versions else LIVE)
    over = _today(site) > period.last
    if wanted == LIVE:
        content = measure_figures(session, actor, site_id, period).content
        return FigureReport(site, period, versions, None, content, over)
    frozen = get_frozen_figures(session, actor, site_id, period, number_of(wanted))
    return FigureReport(site, period, versions, frozen, json.loads(frozen.content), over)


def _page(chosen: FigureReport, refusal: Refusal | None = None, reason: str = "") -> str:
    locale, standing = reader_locale(), None
    if chosen.frozen is not None:
        kind = FIGURES[chosen.period.rhythm]
        standing = stand(db.session(), current_actor(), kind, chosen.frozen, verify="verify" in request.args)
    return render_template(
        "reports/figures.html", chosen=chosen, content=chosen.content, totals=totals(chosen.content, locale),
        standing=standing, verification=standing.verification if standing else None,
        refusal=sentence(refusal, locale) if refusal else None,
        refusal_field=refusal.field if refusal else None, reason=reason, shown_value=shown,
        column_title=lambda indicator: title_of(indicator, locale), computed_words=COMPUTED_WORDS,
    )  # fmt: skip


def _today(site: Site) -> date:
    return utc_now().astimezone(ZoneInfo(site.zone)).date()
