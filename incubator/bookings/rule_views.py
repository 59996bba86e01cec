"""Pages of booking rules: all of them, one, and its end."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings import operations, rulebook
from incubator.bookings.models import BookingRule
from incubator.bookings.rule_forms import RuleForm
from incubator.bookings.rule_wording import demand_words, scope_words
from incubator.bookings.views import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.formats import named
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.spaces.queries import list_resources, list_sites, list_tags
from incubator.startups.queries import list_programmes

Answer = str | Response | tuple[str, int]


@blueprint.route("/bookings/rules")
@requires(Action.SEE_SPACES)
def list_rules() -> str:
    """Every rule that holds: where, and what it asks."""
    locale = reader_locale()
    rows = [
        (row, scope_words(row, locale), demand_words(row.rule, locale))
        for row in rulebook.list_rule_rows(db.session(), current_actor())
    ]
    return render_template("bookings/list_rules.html", rows=rows)


@blueprint.route("/bookings/rules/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_rule() -> Answer:
    """A rule for what is booked from now on."""
    return _edit(None)


@blueprint.route("/bookings/rules/<int:rule_id>", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def edit_rule(rule_id: int) -> Answer:
    """Change a rule; what is booked already keeps the one it was made under."""
    return _edit(rulebook.get_rule(db.session(), current_actor(), rule_id))


def _edit(rule: BookingRule | None) -> Answer:
    session, actor, locale, form = db.session(), current_actor(), reader_locale(), RuleForm()
    sites = {site.id: named(site, locale) for site in list_sites(session, actor)}
    resources = list_resources(session, actor)
    form.offer(list(sites.items()), [(each.id, f"{sites[each.site_id]} · {named(each, locale)}") for each in resources])
    form.programmes.choices = [(each.id, named(each, locale)) for each in list_programmes(session, actor)]
    status = 200
    if request.method == "GET" and rule is not None:
        form.show(rule, rulebook.read_rule(session, rule))
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                return _keep(form, rule)
            except Refusal as refusal:
                refusal.field = form.field_of(refusal.field)
                status = refuse(form, refusal)
    return render_template("bookings/edit_rule.html", form=form, rule=rule, tags=list_tags(session, actor)), status


def _keep(form: RuleForm, rule: BookingRule | None) -> Response:
    values: dict[str, Any] = {"now": utc_now(), **form.asked()}
    if rule is None:
        operations.add_rule(db.session(), current_actor(), **values)
    else:
        operations.edit_rule(db.session(), current_actor(), rule_id=rule.id, **values)
    db.session.commit()
    flash(_("It holds for what is booked from now on."), "success")
    return redirect(url_for("bookings.list_rules"), 303)


@blueprint.route("/bookings/rules/<int:rule_id>/retire", methods=["POST"])
@requires(Action.MANAGE_SPACES)
def retire_rule(rule_id: int) -> Response:
    """Let it no longer hold."""
    operations.retire_rule(db.session(), current_actor(), now=utc_now(), rule_id=rule_id)
    db.session.commit()
    flash(_("It no longer holds. Bookings made under it keep it."), "success")
    return redirect(url_for("bookings.list_rules"), 303)
