"""One pair of a round changed by hand: every possibility with what it costs, before it is done."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import N_, NotFound, Refusal
from incubator.core.paging import Page, page_number, row_id
from incubator.database import db
from incubator.documents.formats import number
from incubator.documents.refusing import tell
from incubator.i18n import reader_locale
from incubator.mentors.operations.assigning import change_pairs
from incubator.mentors.queries.rounds import Desk, read_desk
from incubator.mentors.round_pages import list_options
from incubator.mentors.rules.changes import list_changes
from incubator.mentors.views.blueprint import blueprint


@blueprint.route("/rounds/<int:round_id>/change")
@requires(Action.MANAGE_MENTORS)
def change_pair(round_id: int) -> str:
    """What can be done with a startup's mentor (without one: whom it could have beside those it has)."""
    desk = read_desk(db.session(), current_actor(), round_id, every_score=True)
    startup, mentor = _asked(desk)
    options = list_options(desk, list_changes(desk.problem, desk.chosen, startup, mentor) if desk.is_open else [],
                           startup)  # fmt: skip
    at = page_number(request.args.get("page"))
    page = Page.cut(options, at)
    return render_template(
        "mentors/rounds/change.html", desk=desk, startup=desk.startups[startup], page=page,
        mentor=None if mentor is None else desk.mentors[mentor],
        has=[desk.mentors[pair[1]] for pair in sorted(desk.chosen) if pair[0] == startup],
    )  # fmt: skip


@blueprint.route("/rounds/<int:round_id>/change", methods=["POST"])
@requires(Action.MANAGE_MENTORS)
def do_change(round_id: int) -> Response:
    """Move the pair, exchange it, add one or take it out."""
    session, actor = db.session(), current_actor()
    desk = read_desk(session, actor, round_id)
    startup, mentor = _asked(desk)
    taken = [] if mentor is None else [(startup, mentor)]
    given = []
    try:
        chosen = [row_id(each) for each in request.form.get("to", "").split("-") if each][:2]
        if chosen:
            given.append((startup, chosen[0]))
        if len(chosen) == 2 and mentor is not None:
            taken.append((chosen[1], chosen[0]))
            given.append((chosen[1], mentor))
        difference = change_pairs(session, actor, now=utc_now(), round_id=round_id, taken=taken, given=given)
        db.session.commit()
        flash(_("Done. The total has changed by %(points)s.", points=signed(difference)), "success")
    except ValueError:
        raise NotFound from None
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("mentors.show_round", round_id=round_id), 303)


def signed(points: int) -> str:
    """A difference with its sign: +35, −35, 0."""
    text = number(abs(points), reader_locale())
    return text if points == 0 else f"{'+' if points > 0 else '−'}{text}"


@blueprint.app_template_filter("signed_points")
def signed_points(points: int) -> str:
    """For templates."""
    return signed(points)


def _asked(desk: Desk) -> tuple[int, int | None]:
    """The startup and mentor of the address; NotFound where they are not in the round, or no pair."""
    startup, mentor = (request.args.get(name, type=row_id) for name in ("startup", "mentor"))
    if startup is None or startup not in desk.startups or (mentor is not None and mentor not in desk.mentors):
        raise NotFound(N_("They are not both in this round."))
    if request.method == "GET" and mentor is not None and (startup, mentor) not in desk.chosen:
        raise NotFound(N_("They are no pair any more."))
    return startup, mentor
