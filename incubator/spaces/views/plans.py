"""Floor plans: their pictures, where the units are drawn on them, and how they are kept."""

from __future__ import annotations

from typing import Any

from flask import Response as FlaskResponse
from flask import current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import N_, Refusal
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.documents.operations import content_of, get_file
from incubator.documents.refusing import refuse
from incubator.spaces import forms, operations, plan_queries, plans, queries
from incubator.spaces.models import FloorPlan, Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.plan_queries import ShownPlan
from incubator.spaces.resource_forms import DrawForm, PlanForm
from incubator.spaces.views.blueprint import blueprint, site_address, site_of

YEAR = 365 * 24 * 3600
PLAN_PAGE = "bookings.show_plan"
"""A page of a package further down, which knows what is free: linked where it is there."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""Opened by itself, the file is a page: it may look as it does, and do nothing."""


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(picture_address=picture_address, plan_address=plan_address)


def picture_address(plan: ShownPlan) -> str:
    """Where a plan's picture is, with its hash, so that a browser keeps it."""
    return url_for("spaces.plan_picture", site_id=plan.site_id, plan_id=plan.id, v=plan.version)


def plan_address(plan: ShownPlan | FloorPlan) -> str:
    """Where a plan is shown with what is free; the page of its site, where the application has no such page."""
    if PLAN_PAGE in current_app.view_functions:
        return url_for(PLAN_PAGE, site_id=plan.site_id, plan=plan.id)
    return url_for("spaces.show_site", site_id=plan.site_id)


def drawing_address(plan: ShownPlan | FloorPlan) -> str:
    """Where units are drawn on it."""
    return url_for("spaces.draw_plan", site_id=plan.site_id, plan_id=plan.id)


@blueprint.route("/sites/<int:site_id>/plans/<int:plan_id>/picture")
@requires(Action.SEE_TIMELINE)
def plan_picture(site_id: int, plan_id: int) -> Response:
    """A plan's picture, as it was sent; pages show it as a picture, in which nothing runs."""
    plan = plan_queries.get_plan(db.session(), current_actor(), site_id, plan_id)
    file = get_file(db.session(), plan.file_id)
    response = FlaskResponse(content_of(db.session(), file), mimetype=file.media_type)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = f"private, max-age={YEAR}, immutable" if "v" in request.args else "no-cache"
    response.set_etag(file.sha256.hex())
    return response.make_conditional(request)


@blueprint.route("/sites/<int:site_id>/plans/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def new_plan(site_id: int) -> Answer:
    """A plan, by its picture."""
    site, form = site_of(site_id), PlanForm()

    def add() -> str:
        content = _sent(form)
        if content is None:
            raise Refusal(N_("Choose a file first."), field="file")
        plan = operations.add_plan(db.session(), current_actor(), now=utc_now(), site=site, name=form.name.data or "",
                                   name_en=form.name_en.data or "", content=content)  # fmt: skip
        return drawing_address(plan)

    done = _("The plan is there. Next: draw where its units are.")
    return answer(form, "spaces/new_plan.html", add, done, site=site, plan=None, back=site_address(site))


@blueprint.route("/sites/<int:site_id>/plans/<int:plan_id>/edit", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def edit_plan(site_id: int, plan_id: int) -> Answer:
    """Another name for a plan, or another picture of the same floor."""
    site, plan = site_of(site_id), plan_queries.get_plan(db.session(), current_actor(), site_id, plan_id)
    form = PlanForm(obj=plan)

    def edit() -> str:
        operations.edit_plan(db.session(), current_actor(), now=utc_now(), plan=plan, name=form.name.data or "",
                             name_en=form.name_en.data or "", content=_sent(form))  # fmt: skip
        return drawing_address(plan)

    return answer(form, "spaces/new_plan.html", edit, _("The changes are kept."), site=site, plan=plan,
                  back=drawing_address(plan))  # fmt: skip


def _sent(form: PlanForm) -> bytes | None:
    """What was sent; None: no file was chosen."""
    upload = form.file.data
    return bytes(upload.read()) if upload and upload.filename else None


@blueprint.route("/sites/<int:site_id>/plans/<int:plan_id>/draw", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def draw_plan(site_id: int, plan_id: int) -> Answer:
    """Where the units are on a plan: drawn on it, or typed as numbers; all of them saved together."""
    session, actor, site = db.session(), current_actor(), site_of(site_id)
    plan = plan_queries.get_plan(session, actor, site_id, plan_id)
    board, form, status = _board(site, plan), DrawForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                ids = [unit["id"] for unit in board["units"]]
                shapes = plans.read_shapes(form.shapes.data or "", plan.width, plan.height, ids)
                operations.draw_shapes(session, actor, now=utc_now(), plan=plan, shapes=shapes,
                                       revision=form.revision.data or 0)  # fmt: skip
                session.commit()
                flash(_("The plan is saved."), "success")
                return redirect(plan_address(plan), 303)
            except operations.DrawnMeanwhile as refusal:
                status = refuse(form, refusal)
                form.revision.data, form.revision.raw_data = refusal.revision, None
            except Refusal as refusal:
                status = refuse(form, refusal)
    else:
        form.revision.data, form.shapes.data = plan.revision, plans.write_shapes(board["shapes"])
    return render_template("spaces/draw_plan.html", site=site, plan=board["plan"], units=board["units"], form=form,
                           back=plan_address(plan)), status  # fmt: skip


def _board(site: Site, plan: FloorPlan) -> dict[str, Any]:
    """The plan, its shapes, and all units of the site: those first that stand on no plan yet."""
    session, actor = db.session(), current_actor()
    (shown,) = [each for each in plan_queries.list_plans(session, actor, site.id) if each.id == plan.id]
    placed = plan_queries.list_placed_units(session, plan.id)
    drawn, here = plan_queries.list_drawn_units(session, site.id), {each.unit.id for each in placed}
    floors = {floor.id: floor.name for floor in queries.list_floors(session, actor, site.id)}
    usable = {unit.id: unit for unit in queries.list_usable_units(session, actor, site.id, today_at(site, utc_now()))}
    usable |= {each.unit.id: each.unit for each in placed}
    kinds = forms.UNIT_KIND_NAMES
    units: list[dict[str, Any]] = [
        {"id": unit.id, "code": unit.code, "kind": str(kinds[unit.kind]), "floor": floors[unit.on_floor],
         "elsewhere": unit.id in drawn - here}
        for unit in usable.values()
    ]  # fmt: skip
    units.sort(key=lambda unit: unit["elsewhere"])
    return {"plan": shown, "units": units, "shapes": [each.shape for each in placed]}


@blueprint.route("/sites/<int:site_id>/plans/<int:plan_id>/retire", methods=["POST"])
@requires(Action.MANAGE_SPACES)
def retire_plan(site_id: int, plan_id: int) -> Response:
    """Show a plan no longer."""
    site, plan = site_of(site_id), plan_queries.get_plan(db.session(), current_actor(), site_id, plan_id)
    operations.retire_plan(db.session(), current_actor(), now=utc_now(), plan=plan)
    db.session.commit()
    flash(_("The plan is removed."), "success")
    return redirect(site_address(site), 303)
