"""Pages of visitors: one's own, inviting, and the public page of a pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import segno
from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext, refresh
from flask_login import current_user
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, public, requires
from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.operations.keys import open_key
from incubator.accounts.permissions import Action
from incubator.accounts.throttling import limiter, person_key
from incubator.bookings import operations, visitor_queries
from incubator.bookings.queries import BookingRow, get_booking_row
from incubator.bookings.views import blueprint
from incubator.bookings.visitor_forms import InviteForm, VisitForm
from incubator.bookings.visitor_models import Visitor
from incubator.bookings.visitor_queries import Host, VisitorRow
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.formats import named, sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.settings import Settings
from incubator.spaces.models import Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_sites
from incubator.startups.queries import own_site_id

Answer = str | Response | tuple[str, int]
PASSES = "60 per minute"
"""From one address: a whole group opens its passes at one site's network."""
INVITATIONS = "60 per hour"
"""By one person, so that nobody makes the house send letters to half the town."""


@blueprint.route("/visitors")
@requires(Action.BOOK)
def visitors() -> str:
    """Whom one expects, and who has been here."""
    past = request.args.get("view") == "past"
    now = utc_now()
    page = visitor_queries.list_visitors(db.session(), current_actor(), now=now, past=past,
                                         page=page_number(request.args.get("page")))  # fmt: skip
    return render_template("bookings/visitors.html", page=page, past=past, now=now,
                           days=visitor_queries.get_visitor_days(db.session()))  # fmt: skip


@blueprint.route("/visitors/new", methods=["GET", "POST"])
@requires(Action.BOOK)
@limiter.limit(INVITATIONS, key_func=person_key, methods=["POST"])
def invite() -> Answer:
    """Invite people to a booking, or to a site at a time of their own."""
    actor, status = current_actor(), 200
    booking_id = request.args.get("booking", type=row_id)
    row = get_booking_row(db.session(), actor, booking_id) if booking_id else None
    form, sites = _form(actor, row)
    if request.method == "POST":
        if request.form.get("do") == "more":
            form.add_guest()
        elif not form.validate():
            status = 422
        else:
            try:
                return _invite(form, row)
            except Refusal as refusal:
                status = _refuse(form, refusal)
    return render_template("bookings/invite.html", form=form, row=row, many_sites=len(sites) > 1,
                           days=visitor_queries.get_visitor_days(db.session())), status  # fmt: skip


def _form(actor: Actor, row: BookingRow | None) -> tuple[InviteForm, list[Site]]:
    form, now = InviteForm(), utc_now()
    hosts = visitor_queries.list_hosts(db.session(), actor, booking=row.booking if row else None)
    form.offer_hosts(hosts, lambda startup: named(startup, reader_locale()), _("Operator"))
    if request.method == "GET":
        form.locale.data = reader_locale()
        form.host.data = _usual_host(form, hosts, row)
    if row is not None:
        for name in ("site_id", "on", "start", "end"):
            del form[name]
        return form, []
    sites = list(list_sites(db.session(), actor))
    form.site_id.choices = [(site.id, named(site, reader_locale())) for site in sites]
    if request.method == "GET" and sites:
        own = own_site_id(db.session(), actor, now)
        site = next((each for each in sites if each.id == own), sites[0])
        form.site_id.data, form.on.data = site.id, today_at(site, now)
    return form, sites


def _usual_host(form: InviteForm, hosts: list[Host], row: BookingRow | None) -> str | None:
    """Whoever booked it, else oneself, else the first."""
    choices = [value for value, _label in form.host.choices]
    people = [host.person.id for host in hosts]
    booked_by = row.booking.booked_by if row else None
    return choices[people.index(booked_by)] if booked_by in people else next(iter(choices), None)


def _refuse(form: InviteForm, refusal: Refusal) -> int:
    if form.place_refusal(refusal, sentence(refusal, reader_locale())):
        db.session.rollback()
        return refusal.status
    if refusal.field is not None and refusal.field.startswith("guests"):
        refusal.field = None  # it is about all of them
    return refuse(form, refusal)


def _invite(form: InviteForm, row: BookingRow | None) -> Response:
    startup_id, host_id = form.chosen()
    where: dict[str, Any] = {"booking_id": row.booking.id} if row else _where(form)
    made = operations.invite_visitors(
        db.session(), current_actor(), now=utc_now(), guests=[guest for _place, guest in form.given()],
        host_id=host_id, startup_id=startup_id, locale=form.locale.data, **where,
    )  # fmt: skip
    db.session.commit()
    flash(ngettext("%(num)d visitor is announced at the front desk.", "%(num)d visitors are announced at the front "
                   "desk.", len(made)), "success")  # fmt: skip
    if row is not None:
        return redirect(url_for("bookings.show", booking_id=row.booking.id), 303)
    return redirect(url_for("bookings.visitors"), 303)


def _where(form: InviteForm) -> dict[str, Any]:
    site = get_site(db.session(), current_actor(), form.site_id.data)
    start, end = form.period(ZoneInfo(site.zone))
    return {"site_id": site.id, "start": start, "end": end}


@blueprint.route("/visitors/<int:visitor_id>")
@requires(Action.BOOK)
def show_visitor(visitor_id: int) -> str:
    """One visit."""
    row = visitor_queries.get_visitor_row(db.session(), current_actor(), visitor_id)
    return render_template("bookings/show_visitor.html", row=row, now=utc_now(),
                           days=visitor_queries.get_visitor_days(db.session()))  # fmt: skip


@blueprint.route("/visitors/<int:visitor_id>/<any(cancel,resend):verb>", methods=["POST"])
@requires(Action.BOOK)
@limiter.limit(INVITATIONS, key_func=person_key, methods=["POST"])
def change_visit(visitor_id: int, verb: str) -> Response:
    """Let somebody not come, or mail a new pass."""
    do, said = {
        "cancel": (operations.cancel_visit, _("The visit is cancelled.")),
        "resend": (operations.send_pass_again, _("A new pass is on its way; the one before is void.")),
    }[verb]
    return _done(lambda now: do(db.session(), current_actor(), now=now, visitor_id=visitor_id), said)


@blueprint.route("/visitors/<int:visitor_id>/<any(arrived,left):verb>", methods=["POST"])
@requires(Action.BOOK_FOR_OTHERS)
def receive(visitor_id: int, verb: str) -> Response:
    """Somebody has come, or has left."""
    actor = current_actor()
    source = "pass" if request.form.get("source") == "pass" else "front_desk"
    if verb == "arrived":
        return _done(lambda now: operations.let_in(db.session(), actor, now=now, visitor_id=visitor_id, source=source),
                     _("They are in, and whoever receives them is told."))  # fmt: skip
    return _done(lambda now: operations.let_out(db.session(), actor, now=now, visitor_id=visitor_id),
                 _("They have left."))  # fmt: skip


def _done(do: Callable[[datetime], Visitor], said: str) -> Response:
    """Do it, say so or why not, and go back to where it was asked for."""
    form, visitor_id = VisitForm(), (request.view_args or {})["visitor_id"]
    try:
        do(utc_now())
        db.session.commit()
        flash(said, "success")
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    if form.back.data == "pass" and form.validate() and form.token.data:
        return redirect(url_for("bookings.visitor_pass", token=form.token.data), 303)
    if form.back.data == "desk" and current_actor().can(Action.BOOK_FOR_OTHERS):
        visitor = visitor_queries.get_visitor(db.session(), current_actor(), visitor_id)
        site = get_site(db.session(), current_actor(), visitor.site_id)
        on = visitor.start.astimezone(ZoneInfo(site.zone)).date()
        return redirect(url_for("bookings.desk_visitors", site=site.id, date=on.isoformat()), 303)
    return redirect(url_for("bookings.show_visitor", visitor_id=visitor_id), 303)


@blueprint.route("/pass/<token>")
@public
@limiter.limit(PASSES)
def visitor_pass(token: str) -> str:
    """A visitor's pass: its code, when and where. Whoever is of the front desk lets them in on it."""
    actor = current_actor() if current_user.is_authenticated else None  # before: it names the transaction's operator
    opened = open_key(db.session(), token, kind="pass")
    row = visitor_queries.get_visitor_row(db.session(), system_actor(opened.operator_id), opened.opens_id)
    _choose_language(row)
    now, settings = utc_now(), _settings()
    receives = actor is not None and actor.operator_id == opened.operator_id and actor.can(Action.BOOK_FOR_OTHERS)
    address = settings.base_url + url_for("bookings.visitor_pass", token=token)
    return render_template(
        "bookings/pass.html", row=row, now=now, receives=receives, token=token, qr=_qr(address),
        days=visitor_queries.get_visitor_days(db.session()),
    )  # fmt: skip


def _choose_language(row: VisitorRow) -> None:
    """The language of the invitation, for a browser that asks for none that we have."""
    asked = request.accept_languages.best_match(["zh", "zh-CN", "zh-Hans", "en"])
    if not current_user.is_authenticated and "locale" not in session and asked is None:
        session["locale"] = row.visitor.locale
        refresh()


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _qr(address: str) -> str:
    """The address as an inline picture: dark on light in either theme, since readers ask for that."""
    return segno.make(address, error="m").svg_inline(scale=8, border=4, dark="#16302e", light="#ffffff", omitsize=True)
