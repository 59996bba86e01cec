"""Who is in a round, how many each is to have, and which pairs are wished."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import Page, page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer
from incubator.documents.formats import named
from incubator.documents.refusing import refuse, tell
from incubator.i18n import reader_locale
from incubator.mentors.forms.rounds import AddForm, WishForm, read_limits
from incubator.mentors.operations import rounds
from incubator.mentors.queries.candidates import Wanted, list_candidate_ids, list_candidates
from incubator.mentors.queries.rounds import read_desk
from incubator.mentors.views.blueprint import blueprint
from incubator.spaces.queries import list_sites
from incubator.startups.queries.programmes import list_programmes

SIDE = "<any(startups,mentors):side>"


@blueprint.route(f"/rounds/<int:round_id>/{SIDE}", methods=["GET", "POST"])
@requires(Action.SEE_MENTORING)
def show_side(round_id: int, side: str) -> Answer:
    """Who of one side is in a round, and how many each is to have; (posted) other numbers, or out of it."""
    session, actor, status, fault = db.session(), current_actor(), 200, None
    desk = read_desk(session, actor, round_id)
    parties, number = list((desk.startups if side == "startups" else desk.mentors).values()), _page()
    page = Page.cut(parties, number)
    if request.method == "POST":
        try:
            limits, dropped = read_limits(request.form, [each.id for each in page.rows])
            rounds.set_round_limits(session, actor, now=utc_now(), round_id=round_id, side=side, limits=limits,
                                    dropped=dropped)  # fmt: skip
            db.session.commit()
            flash(_("The changes are kept."), "success")
            return redirect(url_for("mentors.show_side", round_id=round_id, side=side, page=number), 303)
        except Refusal as refusal:
            status, fault = refuse(AddForm(formdata=None), refusal), refusal.field
            desk = read_desk(session, actor, round_id)
    return render_template("mentors/rounds/side.html", desk=desk, side=side, page=page, fault=fault,
                           typed=request.form), status  # fmt: skip


@blueprint.route(f"/rounds/<int:round_id>/{SIDE}/add", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def add_to_round(round_id: int, side: str) -> Answer:
    """Find who could be in a round, and (posted) add the chosen, or all that were found."""
    session, actor, now, status = db.session(), current_actor(), utc_now(), 200
    desk, wanted = read_desk(session, actor, round_id), _wanted()
    usual = rounds.DEFAULT_LIMITS[side]
    form = AddForm(least=usual.least, most=usual.most)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                ids = form.ids.data or []
                if "all" in request.form:
                    ids = list_candidate_ids(session, actor, round_id, side, wanted, now=now)
                added = rounds.add_to_round(session, actor, now=now, round_id=round_id, side=side, ids=ids,
                                            limits=form.limits())  # fmt: skip
                db.session.commit()
                flash(ngettext("%(num)s is added.", "%(num)s are added.", added), "success")
                return redirect(url_for("mentors.show_side", round_id=round_id, side=side), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
                desk = read_desk(session, actor, round_id)
    page = list_candidates(session, actor, round_id, side, wanted, now=now, page=_page())
    return render_template("mentors/rounds/add.html", desk=desk, side=side, form=form, page=page, wanted=wanted,
                           sites=list_sites(session, actor), programmes=list_programmes(session, actor),
                           chosen=set(form.ids.data or [])), status  # fmt: skip


@blueprint.route("/rounds/<int:round_id>/wishes", methods=["GET", "POST"])
@requires(Action.SEE_MENTORING)
def list_wishes(round_id: int) -> Answer:
    """The pins and exclusions of a round with their reasons; (posted) one more."""
    session, actor, locale, form, status = db.session(), current_actor(), reader_locale(), WishForm(), 200
    desk = read_desk(session, actor, round_id)
    for field, parties in ((form.startup_id, desk.startups), (form.mentor_id, desk.mentors)):
        field.choices = [(each.id, f"{each.label} {named(each, locale)}") for each in parties.values()]
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                rounds.wish_pair(session, actor, now=utc_now(), round_id=round_id, **form.said())
                db.session.commit()
                flash(_("The wish is kept."), "success")
                return redirect(url_for("mentors.list_wishes", round_id=round_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
                desk = read_desk(session, actor, round_id)
    wishes, number = sorted(desk.wishes.values(), key=lambda each: (each.wish, each.startup_id)), _page()
    page = Page.cut(wishes, number)
    return render_template("mentors/rounds/wishes.html", desk=desk, form=form, page=page), status


@blueprint.route("/rounds/<int:round_id>/wishes/drop", methods=["POST"])
@requires(Action.MANAGE_MENTORS)
def drop_wish(round_id: int) -> Response:
    """Take a pin or an exclusion back."""
    ids = [request.form.get(name, type=row_id) for name in ("startup_id", "mentor_id")]
    try:
        rounds.drop_wish(db.session(), current_actor(), now=utc_now(), round_id=round_id, startup_id=ids[0] or 0,
                         mentor_id=ids[1] or 0)  # fmt: skip
        db.session.commit()
        flash(_("The wish is taken back."), "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("mentors.list_wishes", round_id=round_id), 303)


def _page() -> int:
    return page_number(request.args.get("page"))


def _wanted() -> Wanted:
    return Wanted((clean(request.args.get("q")) or "")[:100], request.args.get("site", type=row_id),
                  request.args.get("programme", type=row_id))  # fmt: skip
