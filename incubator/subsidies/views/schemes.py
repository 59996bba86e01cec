"""Pages of `subsidies`: the schemes, their versions in plain words, what they gave."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.formats import named
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.spaces.models import Site
from incubator.spaces.queries import list_sites
from incubator.subsidies.forms.schemes import SchemeForm, VersionForm
from incubator.subsidies.models import SchemeVersion
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from incubator.subsidies.queries import schemes as queries
from incubator.subsidies.queries.active import validity
from incubator.subsidies.rules.versions import Validity, version_state
from incubator.subsidies.views.blueprint import blueprint


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version on a page: when and where it holds, and how it stands today."""

    version: SchemeVersion
    validity: Validity
    state: str
    site: Site | None


@blueprint.route("/schemes")
@requires(Action.SEE_SCHEMES)
def list_schemes() -> str:
    """Every scheme with the rule that holds now, or the next one."""
    schemes = queries.list_schemes(db.session(), current_actor())
    shown = {
        scheme_id: next((row for row in rows if row.state == "in_force"), rows[0])
        for scheme_id, rows in _version_rows([scheme.id for scheme in schemes]).items()
    }
    return render_template("subsidies/list_schemes.html", schemes=schemes, shown=shown)


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
            return redirect(url_for("subsidies.new_version", scheme_id=scheme.id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)  # before the page is made, which shows its sentence
            return render_template("subsidies/new_scheme.html", form=form), status
    return render_template("subsidies/new_scheme.html", form=form), 422


@blueprint.route("/schemes/<int:scheme_id>")
@requires(Action.SEE_SCHEMES)
def show_scheme(scheme_id: int) -> str:
    """A scheme: each version in words, and what it gave per month."""
    scheme = queries.get_scheme(db.session(), current_actor(), scheme_id)
    versions = _version_rows([scheme.id]).get(scheme.id, [])
    granted = queries.granted_by_month(db.session(), scheme.id)
    return render_template("subsidies/show_scheme.html", scheme=scheme, versions=versions, granted=granted)


@blueprint.route("/schemes/<int:scheme_id>/versions/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def new_version(scheme_id: int) -> str | Response | tuple[str, int]:
    """Add a rule that holds from a day on; the ones before stay as they are."""
    actor, form = current_actor(), VersionForm()
    scheme = queries.get_scheme(db.session(), actor, scheme_id)
    sites = {site.id: site for site in list_sites(db.session(), actor)}
    form.site.choices = [(0, _("All sites")), *((each.id, named(each, reader_locale())) for each in sites.values())]
    if request.method == "GET":
        return render_template("subsidies/new_version.html", form=form, scheme=scheme)
    if form.validate() and form.valid_from.data is not None:
        try:
            add_scheme_version(
                db.session(), actor, now=utc_now(), scheme=scheme, valid_from=form.valid_from.data,
                valid_until=form.valid_until.data, source=form.source.data or "", rule=form.rule(),
                site=sites.get(form.site.data),
            )  # fmt: skip
            db.session.commit()
            flash(_("The version is entered: it decides from the first month that begins in its time."), "success")
            return redirect(url_for("subsidies.show_scheme", scheme_id=scheme_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
            scheme = queries.get_scheme(db.session(), actor, scheme_id)
            return render_template("subsidies/new_version.html", form=form, scheme=scheme), status
    return render_template("subsidies/new_version.html", form=form, scheme=scheme), 422


def _version_rows(scheme_ids: list[int]) -> dict[int, list[VersionRow]]:
    """The versions by scheme, the latest first, each with its state today."""
    today = utc_now().astimezone(CHINA).date()
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
