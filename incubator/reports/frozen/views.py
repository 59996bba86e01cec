"""Pages of frozen reports: all kinds and their periods, one report of any kind, and the keys that sign them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from msgspec import Struct
from werkzeug.wrappers import Response as BaseResponse

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import row_id
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.signing import fingerprint, public_keys, retire_key
from incubator.i18n import reader_locale
from incubator.reports.figure_views import blueprint
from incubator.reports.frozen.exports import address_of, written
from incubator.reports.frozen.freezing import freeze
from incubator.reports.frozen.kind import EVERYWHERE, Kind, Presented, Question, Table, scope_of
from incubator.reports.frozen.proving import Standing, stand
from incubator.reports.frozen.queries import (
    Version,
    get_version,
    list_states,
    list_versions,
    measure,
    zone_of,
)
from incubator.reports.frozen.registry import ALL, KINDS
from incubator.reports.frozen.serving import base_url, number_of, report_url, send_version
from incubator.reports.models import FrozenReport
from incubator.reports.views import LIVE
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site, list_sites
from incubator.startups.queries.figures import list_rhythms
from incubator.startups.rules.periods import RHYTHMS, Period, period_of, read_period

__all__ = ["blueprint"]
"""With these pages among its own."""

MONTHS_SHOWN = 12
YEARS_SHOWN = 2
ROWS_SHOWN = 200
"""Rows of a table on the page; the files have all."""
LONG = 40
"""A column as wide as this holds sentences: on the page they stand under their row."""


class Shown(Struct, frozen=True):
    """The report that the address names: as the rows stand now, or a frozen version."""

    kind: Kind
    question: Question
    site: Site | None
    zone: str
    versions: list[Version]
    frozen: FrozenReport | None
    presented: Presented
    over: bool

    @property
    def stamp(self) -> Version | None:
        return next((each for each in self.versions if self.frozen and each.id == self.frozen.id), None)

    @property
    def next_version(self) -> int:
        """The number that freezing now would take."""
        return self.versions[-1].version + 1 if self.versions else 1


@blueprint.route("/reports")
@requires(Action.SEE_REPORTS)
def list_reports() -> str:
    """Every kind of report and its latest periods, at one site and of the whole operator, with what is frozen."""
    session, actor = db.session(), current_actor()
    sites = list(list_sites(session, actor))
    chosen = request.args.get("site", type=row_id)
    site = next((each for each in sites if chosen in (None, each.id)), None)
    if site is None and chosen is not None:
        raise NotFound
    today = utc_now().astimezone(ZoneInfo(site.zone if site else "Asia/Shanghai")).date()
    asked = {each.rhythm for each in list_rhythms(session)}
    kinds = [kind for kind in ALL
             if actor.can(kind.sees) and (kind.endpoint != "reports.figures" or kind.rhythm in asked)
             and (len(sites) > 1 or not kind.of_several)]  # fmt: skip
    first = date(today.year - YEARS_SHOWN, 1, 1)
    states = list_states(session, actor, [kind.name for kind in kinds], first, today)
    monthly = [kind for kind in kinds if kind.rhythm == "month"]
    rarer = [(kind, _latest(kind.rhythm, today)) for kind in kinds if kind.rhythm != "month"]
    return render_template(
        "reports/frozen/list.html", sites=sites, site=site, monthly=monthly, rarer=rarer, today=today, states=states,
        months=_months(today), report_url=report_url,
        question=lambda kind, period: Question(period, site.id if kind.of_site and site else None),
    )  # fmt: skip


@blueprint.route("/reports/frozen/<name>/<scope>/<key>")
@requires(Action.SEE_REPORTS)
def show_report(name: str, scope: str, key: str) -> str:
    """One report: its newest frozen version, another one, or as the rows stand now."""
    return _page(_choose(*_asked(name, scope, key)))


@blueprint.route("/reports/frozen/<name>/<scope>/<key>/freeze", methods=["POST"])
@requires(Action.FREEZE_REPORTS)
def freeze_report(name: str, scope: str, key: str) -> BaseResponse | tuple[str, int]:
    """Keep the period as it stands now, for good."""
    kind, question = _asked(name, scope, key)
    session, reason = db.session(), request.form.get("reason", "")
    try:
        frozen = freeze(session, current_actor(), now=utc_now(), kind=kind, question=question, reason=reason)
        session.commit()
    except NotFound:
        raise
    except Refusal as refusal:
        session.rollback()
        return _page(_choose(kind, question, LIVE), refusal, reason), refusal.status
    flash(gettext("Version %(version)s is frozen.", version=frozen.version), "success")
    return redirect(report_url(kind, question, version=frozen.version), 303)


@blueprint.route("/reports/frozen/<name>/<scope>/<key>/export.<extension>")
@requires(Action.SEE_REPORTS)
def download_report(name: str, scope: str, key: str, extension: str) -> Response:
    """A frozen version as a workbook, a PDF, a table or its exact data."""
    return send_version(*_asked(name, scope, key), extension)


@blueprint.route("/reports/keys")
@requires(Action.SEE_REPORTS)
def signing_keys() -> str:
    """The keys that the operator's reports are signed by, and the way to retire one."""
    return _keys()


@blueprint.route("/reports/keys/<int:key_id>/retire", methods=["POST"])
@requires(Action.MANAGE_OPERATOR)
@requires_recent_password
def retire_signing_key(key_id: int) -> BaseResponse | tuple[str, int]:
    """Let a key sign nothing more; a new one takes its place."""
    session = db.session()
    try:
        retire_key(session, current_actor(), now=utc_now(), key_id=key_id, reason=request.form.get("reason", ""))
        session.commit()
    except NotFound:
        raise
    except Refusal as refusal:
        session.rollback()
        return _keys(refusal), refusal.status
    flash(gettext("The key is retired; a new one signs from here on."), "success")
    return redirect(url_for("reports.signing_keys"), 303)


def _keys(refusal: Refusal | None = None) -> str:
    session, actor = db.session(), current_actor()
    return render_template(
        "reports/frozen/keys.html", keys=public_keys(session), fingerprint=fingerprint, operator_id=actor.operator_id,
        refusal=sentence(refusal, reader_locale()) if refusal else None, reason=request.form.get("reason", ""),
    )  # fmt: skip


def _asked(name: str, scope: str, key: str) -> tuple[Kind, Question]:
    """Kind and question of an address; NotFound for what names none, and for kinds with a page of their own."""
    kind = KINDS.get(name)
    if kind is None or kind.endpoint or (scope == EVERYWHERE) is kind.of_site:
        raise NotFound
    period = read_period(kind.rhythm, key)
    try:
        site_id = row_id(scope) if kind.of_site else None
    except ValueError:
        raise NotFound from None
    if period is None:
        raise NotFound
    return kind, Question(period, site_id, request.args.get("subject", "")[:40])


def _choose(kind: Kind, question: Question, version: str | None = None) -> Shown:
    session, actor = db.session(), current_actor()
    actor.require(kind.sees)
    site = get_site(session, actor, question.site_id) if question.site_id is not None else None
    zone = zone_of(session, question)
    versions = list_versions(session, actor, kind, question)
    wanted = version or request.args.get("version") or (str(versions[-1].version) if versions else LIVE)
    frozen = None if wanted == LIVE else get_version(session, actor, kind, question, number_of(wanted))
    content = json.loads(frozen.content) if frozen else measure(session, actor, kind, question).content
    over = utc_now().astimezone(ZoneInfo(zone)).date() > question.period.last
    return Shown(kind, question, site, zone, versions, frozen, kind.present(content, reader_locale()), over)


def _page(shown: Shown, refusal: Refusal | None = None, reason: str = "") -> str:
    standing: Standing | None = None
    if shown.frozen is not None:
        standing = stand(db.session(), current_actor(), shown.kind, shown.frozen, verify="verify" in request.args)
    locale = reader_locale()
    return render_template(
        "reports/frozen/show.html", shown=shown, standing=standing,
        verification=standing.verification if standing else None, report_url=report_url,
        here=lambda **more: report_url(shown.kind, shown.question, **more), scope=scope_of(shown.question.site_id),
        text=lambda cell, kind: written(cell, kind, locale, shown.zone), rows_of=_rows_of, most=ROWS_SHOWN,
        long_from=LONG,
        refusal=sentence(refusal, locale) if refusal else None, reason=reason,
        refusal_field=refusal.field if refusal else None,
        address=address_of(standing.stamp, base_url()) if standing else "",
    )  # fmt: skip


def _rows_of(table: Table) -> list[tuple[Any, Any]]:
    """The rows that the page shows, each with where its first cell leads."""
    links = list(table.links) or [None] * len(table.rows)
    return list(zip(table.rows, links, strict=True))[:ROWS_SHOWN]


def _months(today: date) -> list[Period]:
    found = [period_of("month", today)]
    while len(found) < MONTHS_SHOWN:
        found.append(found[-1].previous)
    return found


def _latest(rhythm: str, today: date) -> list[Period]:
    """The running period and those before it within two years."""
    found = [period_of(rhythm, today)]
    while len(found) * RHYTHMS[rhythm] < 12 * YEARS_SHOWN:
        found.append(found[-1].previous)
    return found[: 12 * YEARS_SHOWN // RHYTHMS[rhythm]][:5]
