"""The page on which one chooses which mails one gets."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectMultipleField

from incubator.accounts.access import current_actor, requires
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.notices import operations
from incubator.notices.queries import list_choices
from incubator.notices.rules import KINDS

blueprint = Blueprint("notices", __name__)

KIND_NAMES = {
    "confirmation": (_l("Confirmation"), _l("A booking or a series is made, with a calendar file.")),
    "change": (_l("Change"), _l("Time, room or name of a booking is another.")),
    "cancellation": (_l("Cancellation"), _l("A booking is cancelled, or given back because nobody came.")),
    "reminder": (_l("Reminder"), _l("A day before a booking begins.")),
    "approval": (_l("Approval"), _l("A booking waits for approval, is approved or is declined.")),
    "waitlist": (_l("Waitlist"), _l("Something that you wait for has become free.")),
    "arrival": (_l("Visitors"), _l("A visitor of yours has arrived.")),
    "exit": (_l("Leaving and alumni"),
             _l("Your startup leaves, has still to settle something, or is asked how it does.")),
    "figures": (_l("Reported figures"), _l("Figures are asked for, due, overdue or returned.")),
    "expiry": (_l("Documents"), _l("A document expires in 30 days, or has expired.")),
    "limit": (_l("Limits of incubation"),
              _l("A startup's time ends in six or three months or is over, or its area is above the limit.")),
    "request": (_l("Requests"), _l("A request is new to you, answered, resolved or closed.")),
    "announcement": (_l("Announcements"), _l("Your operator has something to tell everybody.")),
    "review": (_l("Reviews"),
               _l("Applications are yours to review, are due or overdue; an offer of yours is answered.")),
    "session": (_l("Mentoring sessions"),
                _l("A session is booked, moved or cancelled, is near, or its log waits for you.")),
    "mentoring": (_l("Mentoring"), _l("Profiles and needs to look at, and who mentors whom.")),
    "voucher": (_l("Vouchers"), _l("A voucher is applied for, issued, redeemed, or ends in 30 or 7 days.")),
    "fapiao": (_l("Fapiaos"), _l("One that was asked for is issued, or its request came back to be mended.")),
    "payment": (_l("Payments by Stripe"),
                _l("A payment has come, a card was declined, a charge is disputed, or something is to be looked at.")),
    "job": (_l("Run book"), _l("Something that the software does by itself has failed, or is late.")),
    "invoice": (_l("Invoices"), _l("An invoice or a credit note of your startup is posted.")),
    "agreement": (_l("Agreement"), _l("The text of an agreement or a handover list waits for you, or is accepted.")),
}


class ChoicesForm(FlaskForm):
    """The kinds of mail that one wants."""

    wanted = SelectMultipleField(choices=[(kind, name) for kind, (name, _help) in KIND_NAMES.items()])


@blueprint.route("/profile/mails", methods=["GET", "POST"])
@requires()
def choices() -> str | Response | tuple[str, int]:
    """Which mails one gets; those of a closure over one's booking come in any case."""
    form, session, actor = ChoicesForm(), db.session(), current_actor()
    if form.validate_on_submit():
        operations.choose_notices(session, actor, now=utc_now(), wanted=form.wanted.data or [])
        session.commit()
        flash(_("Your choice is kept."), "success")
        return redirect(url_for("notices.choices"), 303)
    declined = list_choices(session, actor)
    rows = [(kind, *KIND_NAMES[kind], kind not in declined) for kind, may_decline in KINDS.items() if may_decline]
    return render_template("notices/choices.html", rows=rows), 422 if form.errors else 200
