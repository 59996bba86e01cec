"""What evidence each scheme asks for."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing.views.parts import local_today
from incubator.claims.forms.claims import EndForm, RequirementForm
from incubator.claims.operations import evidence as operations
from incubator.claims.queries.evidence import list_requirements
from incubator.claims.queries.lists import list_schemes_claimed
from incubator.claims.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import N_, NotFound
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.answering import Answer, answer


@blueprint.route("/claims/requirements/<int:scheme_id>", methods=["GET", "POST"])
@requires(Action.SEE_CLAIMS)
def show_requirements(scheme_id: int) -> Answer:
    """What a scheme asks for, with the days; adding to it."""
    session, actor, form = db.session(), current_actor(), RequirementForm()
    schemes = list_schemes_claimed(session, actor)
    scheme = next((each for each in schemes if each.id == scheme_id), None)
    if scheme is None:
        raise NotFound(N_("There is no such scheme."))
    if request.method == "POST":
        actor.require(Action.MANAGE_CLAIMS)
    else:
        form.first_on.data = Month.of(local_today()).first

    def add() -> str:
        operations.require_evidence(
            session, actor, now=utc_now(), scheme_id=scheme_id, kind=form.kind.data, per=form.per.data,
            is_required=form.is_required.data, valid_on=form.valid_on.data, first_on=form.first_on.data,
            note=form.note.data or "",
        )  # fmt: skip
        return url_for("claims.show_requirements", scheme_id=scheme_id)

    return answer(form, "claims/show_requirements.html", add, _("Claims of this scheme ask for it now."),
                  scheme=scheme, schemes=schemes, today=local_today(),
                  rows=list_requirements(session, actor, scheme_id))  # fmt: skip


@blueprint.route("/claims/requirements/<int:scheme_id>/<int:requirement_id>/end", methods=["GET", "POST"])
@requires(Action.MANAGE_CLAIMS)
def end_requirement(scheme_id: int, requirement_id: int) -> Answer:
    """Ask for it no more, from a day on."""
    session, actor, form = db.session(), current_actor(), EndForm()
    found = next((each for each in list_requirements(session, actor, scheme_id) if each.id == requirement_id), None)
    if found is None:
        raise NotFound(N_("There is no such requirement."))
    if request.method == "GET":
        form.from_on.data = Month.of(local_today()).first

    def end() -> str:
        operations.end_requirement(session, actor, now=utc_now(), requirement_id=requirement_id,
                                   from_on=form.from_on.data)  # fmt: skip
        return url_for("claims.show_requirements", scheme_id=scheme_id)

    return answer(form, "claims/form.html", end, _("It is asked for no more."), row=None,
                  title=_("Ask for it no more"), button=_("End it"),
                  back=url_for("claims.show_requirements", scheme_id=scheme_id))  # fmt: skip
