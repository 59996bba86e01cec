"""Pages of `subsidies`: the schemes, their versions in plain words, what they gave."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.subsidies import queries
from incubator.subsidies.explain import describe_rule
from incubator.subsidies.forms import SchemeForm, VersionForm
from incubator.subsidies.operations import add_scheme_version, create_scheme

blueprint = Blueprint("subsidies", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(describe_rule=describe_rule)


@blueprint.route("/schemes")
@requires(Action.SEE_SCHEMES)
def list_schemes() -> str:
    """Every scheme with the rule that holds now."""
    schemes = queries.list_schemes(db.session(), current_actor())
    latest = {}
    for version in queries.list_versions(db.session(), [scheme.id for scheme in schemes]):
        latest.setdefault(version.scheme_id, version)
    return render_template("subsidies/list_schemes.html", schemes=schemes, latest=latest)


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
            return render_template("subsidies/new_scheme.html", form=form), refuse(form, refusal)
    return render_template("subsidies/new_scheme.html", form=form), 422


@blueprint.route("/schemes/<int:scheme_id>")
@requires(Action.SEE_SCHEMES)
def show_scheme(scheme_id: int) -> str:
    """A scheme: each version in words, and what it gave per month."""
    scheme = queries.get_scheme(db.session(), current_actor(), scheme_id)
    versions = queries.list_versions(db.session(), [scheme.id])
    granted = queries.granted_by_month(db.session(), scheme.id)
    return render_template("subsidies/show_scheme.html", scheme=scheme, versions=versions, granted=granted)


@blueprint.route("/schemes/<int:scheme_id>/versions/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def new_version(scheme_id: int) -> str | Response | tuple[str, int]:
    """Add a rule that holds from a day on; the ones before stay as they are."""
    scheme = queries.get_scheme(db.session(), current_actor(), scheme_id)
    form = VersionForm()
    if request.method == "GET":
        return render_template("subsidies/new_version.html", form=form, scheme=scheme)
    if form.validate() and form.valid_from.data is not None:
        try:
            add_scheme_version(
                db.session(), current_actor(), now=utc_now(), scheme=scheme, valid_from=form.valid_from.data,
                valid_until=form.valid_until.data, source=form.source.data or "", rule=form.rule(),
            )  # fmt: skip
            db.session.commit()
            flash(_("The rule is in force from its first day on."), "success")
            return redirect(url_for("subsidies.show_scheme", scheme_id=scheme_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
            scheme = queries.get_scheme(db.session(), current_actor(), scheme_id)
            return render_template("subsidies/new_version.html", form=form, scheme=scheme), status
    return render_template("subsidies/new_version.html", form=form, scheme=scheme), 422

