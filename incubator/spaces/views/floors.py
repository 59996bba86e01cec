"""Floors: a new one, and another name for one."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Conflict
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale
from incubator.spaces import forms, operations, queries
from incubator.spaces.views.blueprint import blueprint, site_address, site_of


@blueprint.route("/sites/<int:site_id>/floors/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_floor(site_id: int) -> Answer:
    """A new floor."""
    site, form = site_of(site_id), forms.FloorForm()

    def add() -> str:
        assert form.level.data is not None  # validated
        operations.add_floor(db.session(), current_actor(), now=utc_now(), site=site, name=form.name.data or "",
                             level=form.level.data)  # fmt: skip
        return site_address(site)

    return answer(form, "spaces/new_floor.html", add, _("The floor is there. Next: its units."), site=site, floor=None)


@blueprint.route("/sites/<int:site_id>/floors/<int:floor_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def rename_floor(site_id: int, floor_id: int) -> Answer:
    """Another name for a floor, or another place in the order of storeys."""
    session, actor, site = db.session(), current_actor(), site_of(site_id)
    floor = queries.get_floor(session, actor, site_id, floor_id)
    form = forms.FloorForm(obj=floor)

    def rename() -> str:
        assert form.level.data is not None  # validated
        operations.rename_floor(session, actor, now=utc_now(), site=site, floor=floor, name=form.name.data or "",
                                level=form.level.data)  # fmt: skip
        return site_address(site)

    return answer(form, "spaces/new_floor.html", rename, _("The changes are kept."), site=site, floor=floor)


@blueprint.route("/sites/<int:site_id>/floors/<int:floor_id>/remove", methods=["POST"])
@requires(Action.MANAGE_SPACES)
def remove_floor(site_id: int, floor_id: int) -> Response:
    """Take away a floor without units."""
    session, actor, site = db.session(), current_actor(), site_of(site_id)
    floor = queries.get_floor(session, actor, site_id, floor_id)
    try:
        operations.remove_floor(session, actor, now=utc_now(), site=site, floor=floor)
        session.commit()
    except Conflict as refusal:
        flash(sentence(refusal, reader_locale()), "danger")
        return redirect(url_for("spaces.rename_floor", site_id=site_id, floor_id=floor_id), 303)
    flash(_("The floor is removed."), "success")
    return redirect(site_address(site), 303)
