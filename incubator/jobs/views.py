"""Pages of `jobs`: the run book."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale
from incubator.jobs.forms import RunForm
from incubator.jobs.models import JobRun
from incubator.jobs.operations import run_again, run_for_month
from incubator.jobs.overview import count_trouble, group_lines, job_line, sweep_line
from incubator.jobs.queries import get_run, list_last_runs, list_sweep_states
from incubator.jobs.queries import list_runs as list_run_lines
from incubator.jobs.registry import JOBS
from incubator.jobs.rules import ONCE_ONLY, action_to_ask, minutes_and_seconds
from incubator.jobs.sweeps import SWEEPS
from incubator.jobs.timetable import Monthly
from incubator.spaces.queries import list_sites

blueprint = Blueprint("jobs", __name__)

STATES = ("waiting", "running", "done", "failed")


@blueprint.record
def _lend_functions(state: BlueprintSetupState) -> None:
    """What the run book's templates ask."""
    state.app.jinja_env.globals.update(
        job_title=job_title, job_outcome=job_outcome, minutes_and_seconds=minutes_and_seconds
    )


@blueprint.route("/jobs")
@requires(Action.SEE_JOBS)
def list_runs() -> str:
    """The timetable with its last and next runs, and the book of all runs."""
    return _list_page(_form())


@blueprint.route("/jobs/run", methods=["POST"])
@requires(Action.RUN_JOBS)
def run_month() -> Response | tuple[str, int]:
    """Run a scheduled job for a past month."""
    form = _form()
    if not form.validate_on_submit():
        return _list_page(form), 422
    session = db.session()
    try:
        run, new = run_for_month(
            session, current_actor(), now=utc_now(), job=JOBS[form.job.data], site_id=form.site_id.data,
            month=Month.parse(form.month.data),
        )  # fmt: skip
        session.commit()
    except Refusal as refusal:
        session.rollback()
        form.month.errors = [sentence(refusal, reader_locale())]
        return _list_page(form), refusal.status
    flash(gettext("The run is in the book.") if new else gettext("This run stood in the book already."), "success")
    return redirect(url_for("jobs.show_run", run_id=run.id), 303)


@blueprint.route("/jobs/of/<name>")
@requires(Action.SEE_JOBS)
def show_job(name: str) -> str:
    """One job: what it does and when, how it stands at each site, and all its runs."""
    if name not in JOBS:
        raise NotFound
    actor, session, now = current_actor(), db.session(), utc_now()
    line = job_line(JOBS[name], list_sites(session, actor), list_last_runs(session, actor, [name]), now)
    page = list_run_lines(session, actor, page_number(request.args.get("page")), job=name)
    return render_template("jobs/show_job.html", line=line, job=line.job, page=page, now=now)


@blueprint.route("/jobs/<int:run_id>")
@requires(Action.SEE_JOBS)
def show_run(run_id: int) -> str:
    """One run: when, how far, what came of it."""
    line = get_run(db.session(), current_actor(), run_id)
    return render_template("jobs/show_run.html", line=line, run=line.run, now=utc_now(), **_rights(line.run))


@blueprint.route("/jobs/<int:run_id>/state")
@requires(Action.SEE_JOBS, Action.IMPORT)
def run_state(run_id: int) -> dict[str, Any]:
    """How far a run is, as JSON, for pages that follow it."""
    line = get_run(db.session(), current_actor(), run_id)
    run = line.run
    return {
        "id": run.id, "job": run.job, "period": run.period, "state": run.state, "done": run.progress_done,
        "total": run.progress_total, "percent": line.percent, "attempts": run.attempts,
        "finished": not run.is_unfinished, "outcome": job_outcome(run),
    }  # fmt: skip


@blueprint.route("/jobs/<int:run_id>/again", methods=["POST"])
@requires(Action.RUN_JOBS)
def do_again(run_id: int) -> Response:
    """Run a finished run once more."""
    session = db.session()
    try:
        run_again(session, current_actor(), now=utc_now(), run_id=run_id)
        session.commit()
        flash(gettext("The run waits for the worker again."), "success")
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("jobs.show_run", run_id=run_id), 303)


def job_title(name: str) -> str:
    """A job's title in the reader's language; its name where this release does not know it."""
    return gettext(JOBS[name].title) if name in JOBS else name


def job_outcome(run: JobRun) -> str:
    """What came of a run, or why its last attempt failed, as a sentence."""
    if run.error:
        return sentence(Refusal(run.error, **run.error_values), reader_locale())
    known = JOBS[run.job].results if run.job in JOBS else {}
    result = run.result or {}
    text = known.get(str(result.get("outcome", "")), "")
    return gettext(text) % result if text else ""


def _list_page(form: RunForm) -> str:
    actor, session, now = current_actor(), db.session(), utc_now()
    sites = list_sites(session, actor)
    last = list_last_runs(session, actor, list(JOBS))
    kept = list_sweep_states(session, actor)
    groups = group_lines(
        [job_line(job, sites, last, now) for job in JOBS.values()],
        [sweep_line(sweep, kept.get(sweep.name), now) for sweep in SWEEPS.values()],
    )
    failed, late = count_trouble(groups)
    state = request.args.get("state", "")
    page = list_run_lines(
        session, actor, page_number(request.args.get("page")), state=state if state in STATES else ""
    )  # fmt: skip
    return render_template(
        "jobs/list_runs.html", form=form, sites=sites, groups=groups, failed=failed, late=late, page=page, state=state,
        busy=any(line.run.is_unfinished for line in page.rows), now=now,
    )  # fmt: skip


def _form() -> RunForm:
    actor, session = current_actor(), db.session()
    form = RunForm()
    jobs = [(job, gettext(job.title)) for job in JOBS.values() if isinstance(job.schedule, Monthly)]
    form.offer(jobs, list_sites(session, actor), _last_month(utc_now()), reader_locale())
    return form


def _last_month(now: datetime) -> Month:
    """The newest month that can be over anywhere: the rule decides for the site."""
    return Month.of(now.date())


def _rights(run: JobRun) -> dict[str, object]:
    actor = current_actor()
    again = run.state == "failed" or run.job not in ONCE_ONLY
    return {"may_run": again and actor.can(action_to_ask(run.job)) and actor.can(Action.RUN_JOBS)}
