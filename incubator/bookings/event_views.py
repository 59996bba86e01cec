"""Pages of events: the calendar, one of them, planning, counting who came, proof and costs."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.bookings import event_queries as reads
from incubator.bookings.event_forms import (
    AUDIENCE_NAMES,
    ELSEWHERE,
    KIND_NAMES,
    STATE_NAMES,
    STATE_TONES,
    CountForm,
    EventForm,
    ProofForm,
    ReasonForm,
)
from incubator.bookings.event_models import Event
from incubator.bookings.operations import events as operations
from incubator.bookings.views import blueprint
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import N_, NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.answering import Answer, press
from incubator.documents.formats import moment, named
from incubator.documents.operations.files import content_of
from incubator.documents.refusing import refuse
from incubator.documents.uploads import takes_documents
from incubator.i18n import reader_locale
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site, list_sites

A_YEAR = 365 * 24 * 3600
WORDS: dict[str, Any] = {"kind_names": KIND_NAMES, "state_names": STATE_NAMES, "state_tones": STATE_TONES,
                         "audience_names": AUDIENCE_NAMES}  # fmt: skip


@blueprint.route("/events")
@requires(Action.SEE_HOME)
def list_events() -> str:
    """What is to come; for staff also what was, by month, site, kind and state."""
    session, actor, now = db.session(), current_actor(), utc_now()
    is_staff = actor.can(Action.SEE_SPACES)
    wanted = _asked() if is_staff else reads.Filter(coming=True)
    page = reads.list_events(session, actor, wanted, now=now, page=page_number(request.args.get("page")))
    return render_template("bookings/list_events.html", page=page, wanted=wanted, now=now, is_staff=is_staff,
                           sites=list_sites(session, actor) if is_staff else [], today=now.astimezone(CHINA).date(),
                           **WORDS)  # fmt: skip


@blueprint.route("/events/<int:event_id>")
@requires(Action.SEE_HOME)
def show_event(event_id: int) -> str:
    """One event: for staff with its counts, photos, papers and costs."""
    return _show(event_id)


@blueprint.route("/events/new", methods=["GET", "POST"])
@requires(Action.MANAGE_EVENTS)
def new_event() -> Answer:
    """Plan an event; from a booking with its place and time."""
    form = EventForm(booking_id=request.args.get("booking", type=row_id) or ELSEWHERE)
    return _edit(form, None)


@blueprint.route("/events/<int:event_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_EVENTS)
def edit_event(event_id: int) -> Answer:
    """Other words, another time or place."""
    row = reads.get_event_row(db.session(), current_actor(), event_id)
    form = EventForm(obj=row.event, data={"booking_id": row.event.booking_id or ELSEWHERE})
    if request.method == "GET":
        form.put_times(row.event.start, row.event.end, ZoneInfo(row.site.zone))
    return _edit(form, row.event)


@blueprint.route("/events/<int:event_id>/count", methods=["GET", "POST"])
@requires(Action.MANAGE_EVENTS)
def count_event(event_id: int) -> Answer:
    """Say who came; a second time with the reason."""
    session, actor = db.session(), current_actor()
    row = reads.get_event_row(session, actor, event_id)
    earlier = reads.get_detail(session, actor, row.event).counts[:1]
    form, status = CountForm(), 200
    said = [each.id for count in earlier for each in count.startups]
    startups, mentors = reads.list_possible_parties(session, actor, row.event, said)
    form.startups.choices = [(each.id, f"{each.code} {named(each, reader_locale())}") for each in startups]
    form.mentors.choices = mentors
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.confirm_event(session, actor, now=utc_now(), event_id=event_id, came=form.came(),
                                         reason=form.reason.data or "")  # fmt: skip
                session.commit()
                flash(_("The count is kept."), "success")
                return redirect(url_for("bookings.show_event", event_id=event_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    elif earlier:
        form.participants.data = earlier[0].result.participants
        form.counted_from.data = earlier[0].result.counted_from
        form.startups.data = [each.id for each in earlier[0].startups]
        form.mentors.data = [each.id for each in earlier[0].mentors]
    return render_template("bookings/count_event.html", form=form, row=row, earlier=earlier), status


@blueprint.route("/events/<int:event_id>/proof", methods=["POST"])
@requires(Action.MANAGE_EVENTS)
@takes_documents
def prove_event(event_id: int) -> Answer:
    """Add photos and papers."""
    form = ProofForm()
    try:
        papers, photos = form.contents()
        operations.add_proof(db.session(), current_actor(), now=utc_now(), event_id=event_id, files=papers,
                             photos=photos)  # fmt: skip
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        status = refuse(form, refusal)
        return _show(event_id, proof=form), status
    return _done(event_id, _("They are kept with the event."))


@blueprint.route("/events/<int:event_id>/photos/<int:document_id>")
@requires(Action.SEE_SPACES)
def event_photo(event_id: int, document_id: int) -> Response:
    """A photo of an event, to be looked at; kept by this browser alone."""
    session, actor = db.session(), current_actor()
    file = reads.get_photo(session, actor, event_id, document_id)
    response = Download(content_of(session, file), mimetype=file.media_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
    response.set_etag(file.sha256.hex())
    return response.make_conditional(request)


@blueprint.route("/events/<int:event_id>/cancel", methods=["POST"])
@requires(Action.MANAGE_EVENTS)
def cancel_event(event_id: int) -> Answer:
    """It does not take place."""
    form = ReasonForm()
    try:
        operations.cancel_event(db.session(), current_actor(), now=utc_now(), event_id=event_id,
                                reason=form.reason.data or "")  # fmt: skip
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        status = refuse(form, refusal)
        return _show(event_id, cancel=form), status
    return _done(event_id, _("It is cancelled. Its booking stays until somebody lets it go."))


@blueprint.route("/events/<int:event_id>/costs", methods=["POST"])
@requires(Action.MANAGE_EVENTS)
def link_event_cost(event_id: int) -> Answer:
    """Say that a cost was for this event."""
    cost_id = request.form.get("cost_id", type=row_id)
    if cost_id is None:
        raise NotFound(N_("There is no such cost of events at this site."))
    return press(
        lambda: operations.link_cost(db.session(), current_actor(), now=utc_now(), event_id=event_id, cost_id=cost_id),
        _("The cost belongs to this event now."), url_for("bookings.show_event", event_id=event_id),
    )  # fmt: skip


@blueprint.route("/events/<int:event_id>/costs/<int:cost_id>/unlink", methods=["POST"])
@requires(Action.MANAGE_EVENTS)
def unlink_event_cost(event_id: int, cost_id: int) -> Answer:
    """The cost was for something else."""
    operations.unlink_cost(db.session(), current_actor(), now=utc_now(), event_id=event_id, cost_id=cost_id)
    return _done(event_id, _("The cost is free again."))


def _done(event_id: int, words: str) -> Response:
    db.session.commit()
    flash(words, "success")
    return redirect(url_for("bookings.show_event", event_id=event_id), 303)


def _show(event_id: int, proof: ProofForm | None = None, cancel: ReasonForm | None = None) -> str:
    session, actor = db.session(), current_actor()
    row, detail, free = reads.get_event_row(session, actor, event_id), None, []
    if actor.can(Action.SEE_SPACES):
        detail = reads.get_detail(session, actor, row.event)
    if actor.can(Action.MANAGE_EVENTS) and row.event.state != "cancelled":
        free = list(reads.list_free_costs(session, actor, row.event.site_id))
    return render_template("bookings/show_event.html", row=row, detail=detail, free=free, now=utc_now(),
                           proof=proof or ProofForm(formdata=None), cancel=cancel or ReasonForm(formdata=None),
                           **WORDS)  # fmt: skip


def _edit(form: EventForm, event: Event | None) -> Answer:
    session, actor, locale, status = db.session(), current_actor(), reader_locale(), 200
    sites = {site.id: site for site in list_sites(session, actor)}
    form.site_id.choices = [(site.id, named(site, locale)) for site in sites.values()]
    free = reads.list_free_bookings(session, actor, now=utc_now(), but=form.booking_id.data)
    form.booking_id.choices = [(ELSEWHERE, _("None: it is elsewhere"))] + [
        (booking.id, " · ".join(filter(None, (moment(booking.start, site.zone, locale), named(resource, locale),
                                              booking.title))))
        for booking, resource, site in free
    ]  # fmt: skip
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                return _kept(form, event, get_site(session, actor, form.site_id.data))
            except Refusal as refusal:
                status = refuse(form, refusal)
    elif event is None:
        for booking, _resource, site in free:
            if booking.id == form.booking_id.data:
                form.site_id.data, form.title.data = site.id, booking.title
                form.put_times(booking.start, booking.end, ZoneInfo(site.zone))
    return render_template("bookings/edit_event.html", form=form, event=event), status


def _kept(form: EventForm, event: Event | None, site: Site) -> Response:
    session, actor, now = db.session(), current_actor(), utc_now()
    plan = form.plan(ZoneInfo(site.zone))
    if event is None:
        kept = operations.plan_event(session, actor, now=now, plan=plan)
    else:
        kept = operations.edit_event(session, actor, now=now, event_id=event.id, plan=plan)
    return _done(kept.id, _("The event is on the calendar.") if event is None else _("The changes are kept."))


def _asked() -> reads.Filter:
    """What the address asks for; what is none of it shows all."""
    try:
        month = Month.parse(request.args.get("month", ""))
    except ValueError:
        month = None
    return reads.Filter(request.args.get("site", type=row_id), request.args.get("kind", ""),
                        request.args.get("state", ""), month)  # fmt: skip
