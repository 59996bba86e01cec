"""A mentor's own profile: what stands, what waits beside it, and how it is changed."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.i18n import reader_locale
from incubator.mentors.forms.profiles import ProfileForm
from incubator.mentors.models import Mentor, MentorProposal
from incubator.mentors.operations import proposals as operations
from incubator.mentors.presenting import ChangeWords, Namer
from incubator.mentors.queries import profiles as reads
from incubator.mentors.queries.appointments import list_appointments_of
from incubator.mentors.queries.conflicts import list_conflicts
from incubator.mentors.queries.fields import list_fields
from incubator.mentors.queries.proposals import last_proposal
from incubator.mentors.queries.weeks import get_weeks, list_days
from incubator.mentors.rules.profiles import Profile, compare, read_profile
from incubator.mentors.views.blueprint import blueprint
from incubator.spaces.queries import list_sites


@blueprint.route("/my/mentor")
@requires(Action.MENTOR)
def my_profile() -> str:
    """What startups see of me, what waits for approval, my hours, letters and conflicts."""
    session, actor, now = db.session(), current_actor(), utc_now()
    mentor = reads.my_mentor(session, actor)
    if mentor is None:
        return render_template("mentors/no_profile.html")
    row, today = reads.get_mentor_row(session, actor, mentor.id, now), reads.today_of(session, mentor, now)
    last = last_proposal(session, mentor)
    return render_template(
        "mentors/my_profile.html", row=row, today=today, last=last, changes=_changes(actor, mentor, last),
        week=get_weeks(session, today, today, [mentor.id])[mentor.id], days=list_days(session, mentor.id, today)[:8],
        appointments=list_appointments_of(session, mentor.id),
        conflicts=list_conflicts(session, actor, mentor_id=mentor.id, live=True).rows,
    )  # fmt: skip


@blueprint.route("/mentors/<int:mentor_id>/profile", methods=["GET", "POST"])
@requires(Action.MENTOR, Action.MANAGE_MENTORS)
def edit_profile(mentor_id: int) -> Answer:
    """Say what others are to see: a mentor's waits for approval, a manager's holds at once."""
    session, actor, form = db.session(), current_actor(), ProfileForm()
    mentor = reads.get_kept(session, actor, mentor_id)
    standing, last = reads.profile_of(session, mentor), last_proposal(session, mentor)
    own = mentor.person_id == actor.person_id
    form.offer([each for each in list_fields(session, actor)
                if each.retired_at is None or each.id in standing.field_ids], list_sites(session, actor),
               reader_locale())  # fmt: skip
    if request.method == "GET":
        form.put(_to_go_on_with(standing, last) if own else standing)

    def send() -> str:
        operations.send_profile(session, actor, now=utc_now(), mentor_id=mentor_id, profile=form.said())
        return url_for("mentors.my_profile") if own else url_for("mentors.show_mentor", mentor_id=mentor_id)

    waits = _("It is sent. Until it is approved, startups see what stands.")
    done = waits if own else _("Startups see it so from now on.")
    return answer(form, "mentors/edit_profile.html", send, done, mentor=mentor, own=own, last=last,
                  row=reads.get_mentor_row(session, actor, mentor_id, utc_now()))  # fmt: skip


@blueprint.route("/mentors/<int:mentor_id>/profile/withdraw", methods=["POST"])
@requires(Action.MENTOR, Action.MANAGE_MENTORS)
def withdraw_profile(mentor_id: int) -> Response:
    """What waits is to be forgotten."""
    return press(
        lambda: operations.withdraw_profile(db.session(), current_actor(), now=utc_now(), mentor_id=mentor_id),
        _("It is withdrawn; what stands goes on standing."), url_for("mentors.my_profile"),
    )  # fmt: skip


def namer(actor: Actor) -> Namer:
    """The names of all fields and sites, in the reader's language."""
    session = db.session()
    return Namer(list_fields(session, actor), list_sites(session, actor), reader_locale())


def _changes(actor: Actor, mentor: Mentor, last: MentorProposal | None) -> list[ChangeWords]:
    """What waits, or was returned, against what stands."""
    if last is None or last.outcome not in (None, "returned"):
        return []
    names = namer(actor)
    return [names.change(each) for each in compare(reads.profile_of(db.session(), mentor), read_profile(last.content))]


def _to_go_on_with(standing: Profile, last: MentorProposal | None) -> Profile:
    """What waits or was returned last, for nobody types it twice; else what stands."""
    return read_profile(last.content) if last is not None and last.outcome in (None, "returned") else standing
