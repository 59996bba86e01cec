"""Announcements: read by those whom they are for, and published."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.formats import named, sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.spaces.queries import list_sites
from incubator.startups.forms.announcements import AnnouncementForm
from incubator.startups.operations import announcements as operations
from incubator.startups.queries import announcements as reads
from incubator.startups.queries import list_programmes
from incubator.startups.views.blueprint import Answer, blueprint


@blueprint.route("/announcements")
@requires(Action.SEE_HOME)
def list_announcements() -> str:
    """What the operator tells: what is new stands out; who publishes also sees what is to come and what is over."""
    session, actor = db.session(), current_actor()
    view = request.args.get("view", "shown")
    view = view if view in reads.PUBLISHER_VIEWS and actor.can(Action.ANNOUNCE) else "shown"
    number = page_number(request.args.get("page"))
    page = reads.list_announcements(session, actor, now=utc_now(), page=number, view=view)
    return render_template("startups/list_announcements.html", page=page, view=view)


@blueprint.route("/announcements/<int:announcement_id>")
@requires(Action.SEE_HOME)
def show_announcement(announcement_id: int) -> str:
    """One of them; from now on the reader has opened it."""
    session, actor, now = db.session(), current_actor(), utc_now()
    row = reads.get_announcement(session, actor, announcement_id, now=now)
    reach = reads.get_reach(session, announcement_id) if actor.can(Action.ANNOUNCE) else None
    if row.is_shown and not row.is_read and operations.read_announcement(
        session, actor, now=now, announcement_id=announcement_id
    ):
        session.commit()
        row = reads.get_announcement(session, actor, announcement_id, now=now)
    return render_template("startups/show_announcement.html", row=row, reach=reach)


@blueprint.route("/announcements/new", methods=["GET", "POST"])
@requires(Action.ANNOUNCE)
def new_announcement() -> Answer:
    """Tell an audience something."""
    return _edit(None, AnnouncementForm(from_on=utc_now().astimezone(CHINA).date()))


@blueprint.route("/announcements/<int:announcement_id>/edit", methods=["GET", "POST"])
@requires(Action.ANNOUNCE)
def edit_announcement(announcement_id: int) -> Answer:
    """Other words, days or readers."""
    row = reads.get_announcement(db.session(), current_actor(), announcement_id, now=utc_now())
    reach = reads.get_reach(db.session(), announcement_id)
    chosen = {"sites": [each.id for each in reach.sites], "programmes": [each.id for each in reach.programmes]}
    return _edit(announcement_id, AnnouncementForm(obj=row.announcement, data=chosen))


@blueprint.route("/announcements/<int:announcement_id>/withdraw", methods=["POST"])
@requires(Action.ANNOUNCE)
def withdraw_announcement(announcement_id: int) -> Response:
    """Show it no longer."""
    try:
        operations.withdraw_announcement(db.session(), current_actor(), now=utc_now(), announcement_id=announcement_id)
        db.session.commit()
        flash(_("Nobody sees it any more but those who publish."), "success")
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("startups.show_announcement", announcement_id=announcement_id), 303)


def _edit(announcement_id: int | None, form: AnnouncementForm) -> Answer:
    session, actor, status, locale = db.session(), current_actor(), 200, reader_locale()
    form.sites.choices = [(site.id, named(site, locale)) for site in list_sites(session, actor)]
    form.programmes.choices = [(each.id, named(each, locale)) for each in list_programmes(session, actor)]
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                return _published(announcement_id, form)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/edit_announcement.html", form=form, announcement_id=announcement_id), status


def _published(announcement_id: int | None, form: AnnouncementForm) -> Response:
    session, actor, now, words = db.session(), current_actor(), utc_now(), form.words()
    if announcement_id is None:
        kept = operations.publish_announcement(session, actor, now=now, words=words)
    else:
        kept = operations.edit_announcement(session, actor, now=now, announcement_id=announcement_id, words=words)
    session.commit()
    flash(_("It is published.") if announcement_id is None else _("The changes are kept."), "success")
    return redirect(url_for("startups.show_announcement", announcement_id=kept.id), 303)
