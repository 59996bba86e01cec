"""The page that has the worker post a month."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.billing.views.parts import month_of
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.refusing import tell
from incubator.jobs.models import JobRun
from incubator.jobs.posting import ask_to_post, find_posting
from incubator.jobs.reading_views import blueprint

__all__ = ["blueprint"]


@blueprint.record
def _lend(state: BlueprintSetupState) -> None:
    """What the page of a month asks."""
    state.app.jinja_env.globals.update(posting_of=_posting_of)


def _posting_of(site_id: int, month: Month) -> JobRun | None:
    return find_posting(db.session(), site_id, month)


@blueprint.route("/billing/<int:site_id>/<month>/post-later", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def post_month(site_id: int, month: str) -> Response:
    """Put the posting of the draft that was shown into the run book, and follow it there."""
    chosen = month_of(month)
    try:
        run = ask_to_post(db.session(), current_actor(), now=utc_now(), site_id=site_id, month=chosen,
                          shown=request.form.get("shown", ""))  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        tell(refusal)
        return redirect(url_for("billing.draft", site_id=site_id, month=month), 303)
    return redirect(url_for("jobs.show_run", run_id=run.id), 303)
