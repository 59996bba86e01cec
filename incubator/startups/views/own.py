"""What a founder or member sees of their own startup."""

from __future__ import annotations

from flask import render_template

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.startups import queries
from incubator.startups.queries.agreements import list_waiting_texts
from incubator.startups.queries.handovers import list_waiting_handovers
from incubator.startups.views.blueprint import agreements_of, blueprint


@blueprint.route("/my/startup")
@requires(Action.SEE_OWN_STARTUP)
def mine() -> str:
    """One's agreements: units, area, term, price in words and numbers, days left."""
    session = db.session()
    startups = queries.list_own_startups(session, current_actor())
    by_id = {startup.id: startup for startup in startups}
    rows = [
        (residency, by_id[residency.startup_id], site)
        for residency, site in queries.list_startups_residencies(session, list(by_id))
    ]
    agreements = agreements_of(session, rows, utc_now())
    live = [each for each in agreements if each.state != "ended"]
    over = [each for each in agreements if each.state == "ended"]
    return render_template(
        "startups/mine.html", startups=startups, live=live, over=over, texts=list_waiting_texts(session, list(by_id)),
        lists=list_waiting_handovers(session, list(by_id)),
    )  # fmt: skip
