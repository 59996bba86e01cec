"""Pages of `subsidies`: the schemes, their versions in plain words, what they gave."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from msgspec import Struct
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import Page, page_number
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.spaces.models import Site
from incubator.spaces.queries import list_sites
from incubator.subsidies.forms.schemes import SchemeForm
from incubator.subsidies.models import SchemeVersion
from incubator.subsidies.operations.schemes import create_scheme
from incubator.subsidies.queries import schemes as queries
from incubator.subsidies.queries.active import validity
from incubator.subsidies.queries.drafts import list_drafts
from incubator.subsidies.rules.versions import Validity, version_state
from incubator.subsidies.views.blueprint import blueprint

VERSIONS_SHOWN = 10


class VersionRow(Struct, frozen=True):
    """A version on a page: when and where it holds, and how it stands today."""

    version: SchemeVersion
    validity: Validity
    state: str
    site: Site | None


@blueprint.route("/schemes")
@requires(Action.SEE_SCHEMES)
def list_schemes() -> str:
    """Every scheme with the rule that holds now, or the next one; by state, by whom it is for, by name."""
    asked = {"state": request.args.get("state", ""), "goes_to": request.args.get("goes_to", ""),
             "search": (clean(request.args.get("search")) or "")[:100]}  # fmt: skip
    number = page_number(request.args.get("page"))
    page = queries.find_schemes(db.session(), current_actor(), today=_today(), page=number, **asked)
    shown = {
        scheme_id: next((row for row in rows if row.state == "in_force"), rows[0])
        for scheme_id, rows in _version_rows([scheme.id for scheme in page.rows]).items()
    }
    return render_template("subsidies/list_schemes.html", page=page, shown=shown, asked=asked)


@blueprint.route("/schemes/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def new_scheme() -> str | Response | tuple[str, int]:
    """Enter a policy."""
    form = SchemeForm()
    if request.method == "GET":
        return render_template("subsidies/new_scheme.html", form=form)
    if form.validate():
        try:
            scheme = create_scheme(
                db.session(), current_actor(), now=utc_now(), code=form.code.data or "", name=form.name.data or "",
                name_en=form.name_en.data or "", issuer=form.issuer.data or "",
            )  # fmt: skip
            db.session.commit()
            flash(_("The scheme is entered. Now add its rule."), "success")
            return redirect(url_for("subsidies.new_draft", scheme_id=scheme.id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)  # before the page is made, which shows its sentence
            return render_template("subsidies/new_scheme.html", form=form), status
    return render_template("subsidies/new_scheme.html", form=form), 422


@blueprint.route("/schemes/<int:scheme_id>")
@requires(Action.SEE_SCHEMES)
def show_scheme(scheme_id: int) -> str:
    """A scheme: its drafts, each version in words and as data, and what it gave per month."""
    actor = current_actor()
    scheme = queries.get_scheme(db.session(), actor, scheme_id)
    versions = _version_rows([scheme.id]).get(scheme.id, [])
    page = Page(versions, page_number(request.args.get("page")), len(versions), VERSIONS_SHOWN)
    page = Page(versions[max(0, page.first - 1) : page.last], page.number, page.total, page.size)
    return render_template(
        "subsidies/show_scheme.html", scheme=scheme, page=page, drafts=list_drafts(db.session(), actor, scheme.id),
        granted=queries.granted_by_month(db.session(), scheme.id), state=scheme_state(versions),
        data={row.version.id: json.dumps(row.version.rule, ensure_ascii=False, indent=2) for row in page.rows},
    )  # fmt: skip


@blueprint.route("/schemes/codes/<code>")
@requires(Action.SEE_SCHEMES)
def find_scheme(code: str) -> Response:
    """A scheme by the code that every decision carries; the browser keeps the version that the address ends with."""
    scheme = queries.get_scheme_by_code(db.session(), current_actor(), code)
    return redirect(url_for("subsidies.show_scheme", scheme_id=scheme.id))


def scheme_state(versions: Sequence[VersionRow]) -> str:
    """How a scheme stands today: `in_force`, `coming`, `over`, or "" where it has no rule yet."""
    states = {row.state for row in versions}
    return next((state for state in ("in_force", "coming", "over") if state in states), "over" if states else "")


@blueprint.route("/schemes/<int:scheme_id>/versions/new")
@requires(Action.MANAGE_SCHEMES)
def new_version(scheme_id: int) -> Response:
    """A version begins as a draft."""
    scheme = queries.get_scheme(db.session(), current_actor(), scheme_id)
    return redirect(url_for("subsidies.new_draft", scheme_id=scheme.id), 303)


def _today() -> date:
    return utc_now().astimezone(CHINA).date()


def _version_rows(scheme_ids: list[int]) -> dict[int, list[VersionRow]]:
    """The versions by scheme, the latest first, each with its state today."""
    today = _today()
    sites = {site.id: site for site in list_sites(db.session(), current_actor())}
    found: dict[int, list[SchemeVersion]] = defaultdict(list)
    for version in queries.list_versions(db.session(), scheme_ids):
        found[version.scheme_id].append(version)
    rows: dict[int, list[VersionRow]] = {}
    for scheme_id, versions in found.items():
        times = [validity(version) for version in versions]
        rows[scheme_id] = [
            VersionRow(version, time, version_state(times, time, today), sites.get(version.site_id or 0))
            for version, time in zip(versions, times, strict=True)
        ]
    return rows
