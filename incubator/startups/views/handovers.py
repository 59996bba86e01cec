"""Handover and return lists: begun, walked through on a phone, signed, confirmed, printed."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.operations import content_of, contents_of, get_file
from incubator.documents.pdf import render
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site
from incubator.startups import queries
from incubator.startups.forms.handovers import BeginForm, ConfirmForm, LookForm, SignForm, ThingForm
from incubator.startups.handover_words import paper_of, photo_name, printed_photos
from incubator.startups.models import Handover
from incubator.startups.operations import handovers as operations
from incubator.startups.queries.agreements import is_founder_of, parties_of
from incubator.startups.queries.handovers import (
    compare_return,
    get_handover,
    get_item,
    get_picture,
    grouped,
    list_handovers,
    list_items,
)
from incubator.startups.rules.handovers import propose_withheld
from incubator.startups.views.agreements import PAPER
from incubator.startups.views.blueprint import Answer, blueprint


@blueprint.route("/residencies/<int:residency_id>/handovers", methods=["GET", "POST"])
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def handovers(residency_id: int) -> Answer:
    """The lists of an agreement; and (posted) a new one."""
    session, actor = db.session(), current_actor()
    residency = queries.get_residency(session, actor, residency_id)
    form, status = BeginForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = operations.begin_handover(session, actor, now=utc_now(), residency_id=residency_id,
                                                 kind=form.kind.data, happened_on=form.happened_on.data)  # fmt: skip
                session.commit()
                return redirect(url_for("startups.show_handover", handover_id=made.id), 303)
            except Refusal as refusal:
                if refusal.status == 403:
                    raise
                status = refuse(form, refusal)
    else:
        form.happened_on.data = today_at(get_site(session, actor, residency.site_id), utc_now())
    return render_template(
        "startups/handovers.html", residency=residency, form=form, rows=list_handovers(session, actor, residency_id),
        startup=queries.get_startup(session, actor, residency.startup_id),
    ), status  # fmt: skip


@blueprint.route("/handovers/<int:handover_id>")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def show_handover(handover_id: int) -> str:
    """A list: what is on it, what remains to be looked at; of a return, what was handed over beside it."""
    return _show(handover_id, ThingForm(formdata=None), SignForm(formdata=None), ConfirmForm(formdata=None))


@blueprint.route("/handovers/<int:handover_id>/things", methods=["POST"])
@requires(Action.HAND_OVER)
def add_handover_thing(handover_id: int) -> Answer:
    """One more thing."""
    form = ThingForm()
    _offer_units(form, handover_id)
    if form.validate():
        try:
            operations.add_thing(db.session(), current_actor(), now=utc_now(), handover_id=handover_id, **form.said())
            db.session.commit()
            return redirect(url_for("startups.show_handover", handover_id=handover_id, _anchor="more"), 303)
        except Refusal as refusal:
            refuse(form, refusal)
    return _show(handover_id, form, SignForm(formdata=None), ConfirmForm(formdata=None)), 422


@blueprint.route("/handovers/<int:handover_id>/things/<int:item_id>", methods=["GET", "POST"])
@requires(Action.HAND_OVER)
def look_at_thing(handover_id: int, item_id: int) -> Answer:
    """One thing with large buttons; each says how it is and goes on to the next."""
    session, actor = db.session(), current_actor()
    handover, residency = get_handover(session, actor, handover_id)
    item = get_item(session, handover, item_id)
    form, status = LookForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.look_at(session, actor, now=utc_now(), handover_id=handover_id, item_id=item_id,
                                   **form.said())  # fmt: skip
                session.commit()
                return redirect(_next(handover, item_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    else:
        form.remark.data = item.remark
    items = list_items(session, handover_id)
    place = next(index for index, row in enumerate(items) if row.item.id == item_id)
    return render_template(
        "startups/look_at_thing.html", handover=handover, residency=residency, row=items[place], form=form,
        place=place + 1, of=len(items), after=_next(handover, item_id),
        compared=_beside(handover, item_id),
    ), status  # fmt: skip


@blueprint.route("/handovers/<int:handover_id>/sign", methods=["POST"])
@requires(Action.HAND_OVER)
def sign_handover(handover_id: int) -> Answer:
    """Staff sign the list."""
    form = SignForm()
    if form.validate():
        try:
            operations.sign_handover(db.session(), current_actor(), now=utc_now(), handover_id=handover_id,
                                     **form.said())  # fmt: skip
            db.session.commit()
            flash(_("The list is signed; the startup's founders are asked to confirm it."), "success")
            return redirect(url_for("startups.show_handover", handover_id=handover_id), 303)
        except Refusal as refusal:
            refuse(form, refusal)
    return _show(handover_id, ThingForm(formdata=None), form, ConfirmForm(formdata=None)), 422


@blueprint.route("/handovers/<int:handover_id>/confirm", methods=["POST"])
@requires(Action.EDIT_OWN_STARTUP)
def confirm_handover(handover_id: int) -> Answer:
    """A founder confirms it."""
    form = ConfirmForm()
    if form.validate():
        try:
            operations.confirm_handover(db.session(), current_actor(), now=utc_now(), handover_id=handover_id,
                                        note=form.note.data or "")  # fmt: skip
            db.session.commit()
            flash(_("You have confirmed the list."), "success")
            return redirect(url_for("startups.show_handover", handover_id=handover_id), 303)
        except Refusal as refusal:
            if refusal.status == 403:
                raise
            refuse(form, refusal)
    return _show(handover_id, ThingForm(formdata=None), SignForm(formdata=None), form), 422


@blueprint.route("/handovers/<int:handover_id>/list.pdf")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def handover_paper(handover_id: int) -> Response:
    """The list as a paper, with its photos."""
    session, actor = db.session(), current_actor()
    handover, residency = get_handover(session, actor, handover_id)
    (row,) = [each for each in list_handovers(session, actor, residency.id) if each.handover.id == handover.id]
    items = list_items(session, handover_id)
    photos = printed_photos(items)
    contents = contents_of(session, [each.small_file_id for each in photos])
    pictures = {photo_name(each): contents[each.small_file_id] for each in photos}
    paper = paper_of(parties_of(session, residency), residency, row, items)
    response = FlaskResponse(render("startups/handover.typ", paper, pictures), mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=f"{residency.number}-{handover.kind}.pdf")
    response.headers["Content-Security-Policy"] = PAPER
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.route("/handovers/<int:handover_id>/pictures/<int:picture_id>")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def handover_picture(handover_id: int, picture_id: int) -> Response:
    """A photo, or (`size=small`) the small one of it."""
    session = db.session()
    handover, _residency = get_handover(session, current_actor(), handover_id)
    found = get_picture(session, handover, picture_id)
    file = get_file(session, found.small_file_id if request.args.get("size") == "small" else found.file_id)
    response = FlaskResponse(content_of(session, file), mimetype=file.media_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(file.sha256.hex())
    return response.make_conditional(request)


@blueprint.route("/handovers/<int:handover_id>/pictures/<int:picture_id>/remove", methods=["POST"])
@requires(Action.HAND_OVER)
def remove_handover_picture(handover_id: int, picture_id: int) -> Response:
    """Show a photo no longer."""
    address = url_for("startups.show_handover", handover_id=handover_id)
    try:
        photo = operations.remove_picture(db.session(), current_actor(), now=utc_now(), handover_id=handover_id,
                                          picture_id=picture_id)  # fmt: skip
        address = url_for("startups.look_at_thing", handover_id=handover_id, item_id=photo.item_id)
        db.session.commit()
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(address, 303)


def _show(handover_id: int, thing: ThingForm, sign: SignForm, confirm: ConfirmForm) -> str:
    session, actor = db.session(), current_actor()
    handover, residency = get_handover(session, actor, handover_id)
    items = list_items(session, handover_id)
    (row,) = [each for each in list_handovers(session, actor, residency.id) if each.handover.id == handover_id]
    compared = compare_return(session, handover, items)
    _offer_units(thing, handover_id)
    is_open = handover.signed_at is None and actor.can(Action.HAND_OVER)
    codes = {each.item.unit_id: each.unit for each in items}
    return render_template(
        "startups/show_handover.html", row=row, handover=handover, residency=residency, groups=grouped(items),
        compared=compared, withhold=propose_withheld(compared), thing=thing, sign=sign, confirm=confirm, codes=codes,
        is_open=is_open, first=_next(handover, 0), startup=queries.get_startup(session, actor, residency.startup_id),
        may_confirm=handover.signed_at is not None and handover.confirmed_at is None
        and is_founder_of(session, actor, residency.startup_id),
        zone=get_site(session, actor, residency.site_id).zone,
    )  # fmt: skip


def _offer_units(form: ThingForm, handover_id: int) -> None:
    handover, _residency = get_handover(db.session(), current_actor(), handover_id)
    units = {row.item.unit_id: row.unit for row in list_items(db.session(), handover.id) if row.item.unit_id}
    form.unit_id.choices = [*((unit_id, code) for unit_id, code in units.items()), (0, _("none"))]


def _next(handover: Handover, item_id: int) -> str:
    """The address of the next thing that nobody has looked at, after this one and then from the beginning."""
    items = [row.item for row in list_items(db.session(), handover.id)]
    place = next((index for index, item in enumerate(items) if item.id == item_id), -1) + 1
    for item in (*items[place:], *items[:place]):
        if item.condition is None and item.id != item_id:
            return url_for("startups.look_at_thing", handover_id=handover.id, item_id=item.id)
    return url_for("startups.show_handover", handover_id=handover.id)


def _beside(handover: Handover, item_id: int) -> str | None:
    """How this thing was when it was handed over."""
    session = db.session()
    item = get_item(session, handover, item_id)
    for row in compare_return(session, handover, list_items(session, handover.id)):
        if row.before and row.after and (row.after.unit_id, row.after.name) == (item.unit_id, item.name):
            return row.before.condition
    return None
