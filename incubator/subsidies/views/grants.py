"""What policies give the operator: a period's draft, what is recorded of it, and instalments."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from msgspec import Struct
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound
from incubator.core.paging import Page, page_number, row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.answering import press
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_sites
from incubator.subsidies.explain import explain
from incubator.subsidies.operations.grants import record_grants, release_instalment
from incubator.subsidies.queries.grants import draft_grants, list_instalments, list_recorded
from incubator.subsidies.rules.rule import EVERY
from incubator.subsidies.views.blueprint import blueprint


class GrantLine(Struct, frozen=True):
    """A grant on the page, recorded or not yet: for what, how much, and why."""

    scheme: str
    scheme_name: str
    scheme_name_en: str
    title: str
    kind: str
    outcome: str
    base_minor: int
    amount_minor: int
    derivation: dict[str, Any]


class GrantGroup(Struct, frozen=True):
    """The lines of a scheme, a page of them, with what all of them come to."""

    head: GrantLine
    page: Page[GrantLine]
    amount_minor: int


@blueprint.route("/grants")
@requires(Action.SEE_SCHEMES)
def list_grants() -> str:
    """A site's month, quarter or year: what it would bring, and what is recorded; of one `scheme` all lines, paged."""
    session, actor, now = db.session(), current_actor(), utc_now()
    sites = list_sites(session, actor)
    if not sites:
        return render_template("subsidies/list_grants.html", site=None, sites=[])
    site = get_site(session, actor, request.args.get("site", sites[0].id, type=row_id))
    every = request.args.get("every", "month")
    every = every if every in EVERY else "month"
    today = today_at(site, now)
    month = _month(request.args.get("month", "")) or Month.of(today) - 1
    draft = draft_grants(session, actor, site.id, every, month)
    recorded = list_recorded(session, actor, site.id, every, draft.months[0].first)
    drafted = [
        GrantLine(each.draft.by.code, each.draft.by.name, each.draft.by.name_en, each.subject.title,
                  each.subject.item.kind, each.draft.outcome.value, each.draft.base_minor, each.draft.amount_minor,
                  each.draft.derivation)
        for each in draft.grants
    ]  # fmt: skip
    written = [
        GrantLine(each.scheme.code, each.scheme.name, each.scheme.name_en, each.grant.derivation.get("title", ""),
                  each.grant.item_kind, each.grant.outcome, each.grant.base_minor, each.grant.amount_minor,
                  each.grant.derivation)
        for each in recorded
    ]  # fmt: skip
    return render_template(
        "subsidies/list_grants.html", site=site, sites=sites, every=every, month=month, months=draft.months,
        drafted=_by_scheme(drafted, "drafted"), written=_by_scheme(written, "written"), over=draft.is_over(today),
        explain=explain, instalments=list_instalments(session, [each.grant.id for each in recorded]), today=today,
        totals={"drafted": draft.amount_minor, "written": sum(each.amount_minor for each in written)},
    )  # fmt: skip


@blueprint.route("/grants/<int:site_id>/<every>/<month>", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
def record(site_id: int, every: str, month: str) -> Response:
    """Record what the draft says."""
    chosen = _month(month)
    if chosen is None or every not in EVERY:
        raise NotFound
    return press(lambda: record_grants(db.session(), current_actor(), now=utc_now(), site_id=site_id, every=every,
                                       month=chosen),
                 _("The grants are recorded."),
                 url_for("subsidies.list_grants", site=site_id, every=every, month=str(chosen)))  # fmt: skip


@blueprint.route("/grants/instalments/<int:instalment_id>/release", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
def release_an_instalment(instalment_id: int) -> Response:
    """Its gate is open."""
    evidence = request.form.get("evidence", "")
    back: dict[str, Any] = {name: request.args.get(name) for name in ("site", "every", "month")}
    return press(lambda: release_instalment(db.session(), current_actor(), now=utc_now(), instalment_id=instalment_id,
                                            evidence=evidence),
                 _("It can be claimed now."), url_for("subsidies.list_grants", **back))  # fmt: skip


def _by_scheme(lines: list[GrantLine], part: str) -> list[GrantGroup]:
    """Of each scheme the first lines; of one that is asked for, the page that is asked for."""
    ordered = sorted(lines, key=lambda line: line.scheme)
    wanted, number = "", 1
    if request.args.get("part") == part:
        wanted, number = request.args.get("scheme", ""), page_number(request.args.get("page"))
    found = []
    for code, group in groupby(ordered, key=lambda line: line.scheme):
        mine, at = list(group), number if code == wanted else 1
        page = Page.cut(mine, at)
        if not wanted or code == wanted:
            found.append(GrantGroup(mine[0], page, sum(line.amount_minor for line in mine)))
    return found


def _month(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except ValueError:
        return None
