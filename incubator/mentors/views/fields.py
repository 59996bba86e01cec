"""The operator's fields of help."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.mentors.forms.profiles import FieldForm
from incubator.mentors.operations import fields as operations
from incubator.mentors.queries.fields import get_field, list_field_rows
from incubator.mentors.views.blueprint import blueprint


@blueprint.route("/mentors/fields")
@requires(Action.MANAGE_MENTORS)
def list_fields() -> str:
    """The vocabulary, with who helps with what."""
    return render_template("mentors/list_fields.html", rows=list_field_rows(db.session(), current_actor()))


@blueprint.route("/mentors/fields/new", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def new_field() -> Answer:
    """One more."""
    form = FieldForm()

    def add() -> str:
        operations.add_field(db.session(), current_actor(), now=utc_now(), **_said(form))
        return url_for("mentors.list_fields")

    return answer(form, "mentors/edit_field.html", add, _("It can be chosen from now on."), field_row=None)


@blueprint.route("/mentors/fields/<int:field_id>", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def edit_field(field_id: int) -> Answer:
    """Another name, other words."""
    row, form = get_field(db.session(), current_actor(), field_id), FieldForm()
    if request.method == "GET":
        form.name.data, form.name_en.data = row.name, row.name_en
        form.synonyms.data = ", ".join(row.synonyms)

    def edit() -> str:
        operations.edit_field(db.session(), current_actor(), now=utc_now(), field_id=field_id, **_said(form))
        return url_for("mentors.list_fields")

    return answer(form, "mentors/edit_field.html", edit, _("It is kept."), field_row=row)


@blueprint.route("/mentors/fields/<int:field_id>/retire", methods=["POST"])
@requires(Action.MANAGE_MENTORS)
def retire_field(field_id: int) -> Response:
    """Nobody can choose it any more."""
    return press(lambda: operations.retire_field(db.session(), current_actor(), now=utc_now(), field_id=field_id),
                 _("Nobody can choose it any more; who has it keeps it."), url_for("mentors.list_fields"))  # fmt: skip


@blueprint.route("/mentors/fields/<int:field_id>/restore", methods=["POST"])
@requires(Action.MANAGE_MENTORS)
def restore_field(field_id: int) -> Response:
    """It can be chosen again."""
    return press(lambda: operations.restore_field(db.session(), current_actor(), now=utc_now(), field_id=field_id),
                 _("It can be chosen again."), url_for("mentors.list_fields"))  # fmt: skip


@blueprint.route("/mentors/fields/adopt", methods=["POST"])
@requires(Action.MANAGE_MENTORS)
def adopt_fields() -> Response:
    """The vocabulary that most incubators need."""
    done = _("The fields are there; change what you call otherwise.")
    return press(lambda: operations.adopt_fields(db.session(), current_actor(), now=utc_now()), done,
                 url_for("mentors.list_fields"))  # fmt: skip


def _said(form: FieldForm) -> dict[str, str]:
    return {name: form[name].data or "" for name in ("name", "name_en", "synonyms")}
