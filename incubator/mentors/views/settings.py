"""The operator's numbers of mentoring, with what they would change before they do."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.paging import row_id
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.mentors.forms.needs import SettingsForm
from incubator.mentors.operations import settings as operations
from incubator.mentors.queries.needs import get_need, list_needs
from incubator.mentors.queries.ranking import Comparison, compare_weights
from incubator.mentors.queries.settings import get_settings, numbers_of
from incubator.mentors.rules.ranking import Weights
from incubator.mentors.rules.vocabulary import SCORE_PARTS
from incubator.mentors.views.blueprint import blueprint

NEEDS_OFFERED = 30


@blueprint.route("/mentoring/settings", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def settings() -> Answer:
    """What suggestions weigh, and what is asked of mentors."""
    session, actor = db.session(), current_actor()
    form = SettingsForm(data=numbers_of(get_settings(session)))
    needs = list_needs(session, actor).rows[:NEEDS_OFFERED]

    def keep() -> str:
        operations.set_settings(session, actor, now=utc_now(), numbers=form.numbers())
        return url_for("mentors.settings")

    need_id = request.values.get("need", type=row_id) or (needs[0].need.id if needs else None)
    return answer(form, "mentors/settings.html", keep, _("Suggestions are ranked by these numbers from now on."),
                  needs=needs, need_id=need_id, comparison=_compared(form, need_id), parts=SCORE_PARTS)  # fmt: skip


@blueprint.route("/mentoring/settings/preview")
@requires(Action.MANAGE_MENTORS)
def preview_settings() -> str:
    """Who would gain and lose for one need, if these were the numbers."""
    form = SettingsForm(request.args, meta={"csrf": False})
    return render_template("mentors/_preview.html", comparison=_compared(form, request.args.get("need", type=row_id)))


def _compared(form: SettingsForm, need_id: int | None) -> Comparison | None:
    """None where there is no need to look at, or a number is missing or out of its limits."""
    if need_id is not None:
        get_need(db.session(), current_actor(), need_id)
    numbers = {name: form[name].data for name in (*SCORE_PARTS, "prior_count")}
    typed = {name: value for name, value in numbers.items() if isinstance(value, int)}
    within = all(operations.LIMITS[name][0] <= value <= operations.LIMITS[name][1] for name, value in typed.items())
    if need_id is None or len(typed) < len(numbers) or not within or not any(typed[name] for name in SCORE_PARTS):
        return None
    return compare_weights(db.session(), current_actor(), need_id, Weights(**typed), now=utc_now())
