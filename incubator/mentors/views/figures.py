"""Figures of mentoring, the evidence behind each, and certificates of hours."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer
from incubator.documents.formats import named
from incubator.documents.pdf import render
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.mentors.certificate_paper import certificate_data
from incubator.mentors.figure_workbook import write_figures
from incubator.mentors.forms.sessions import CertificateForm, PeriodForm
from incubator.mentors.operations.certificates import certify_hours
from incubator.mentors.queries import certificates as certificate_reads
from incubator.mentors.queries import figures as reads
from incubator.mentors.queries.feedback import get_overall
from incubator.mentors.queries.profiles import get_mentor
from incubator.mentors.queries.sessions import name_of
from incubator.mentors.views.blueprint import blueprint
from incubator.spaces.queries import list_sites

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.route("/mentoring/figures")
@requires(Action.SEE_MENTORING)
def figures() -> Answer:
    """Hours by mentor, startup, field and month; who had none; the criterion."""
    session, actor, now = db.session(), current_actor(), utc_now()
    form, first, last, site_id, status = _period()
    found = reads.get_figures(session, actor, first=first, last=last, now=now, site_id=site_id)
    return render_template(
        "mentors/figures.html", form=form, found=found, first=first, last=last, site_id=site_id,
        overall=get_overall(session, actor),
    ), status  # fmt: skip


@blueprint.route("/mentoring/figures/evidence")
@requires(Action.SEE_MENTORING)
def list_evidence() -> str:
    """The sessions that a figure is the sum of."""
    session, actor = db.session(), current_actor()
    _form, first, last, site_id, _status = _period()
    asked = {key: request.args.get(key, type=row_id) for key in ("mentor_id", "startup_id", "field_id")}
    wanted = reads.counts(first, last, site_id=site_id, **asked)
    page = reads.list_evidence(session, actor, wanted, page=page_number(request.args.get("page")))
    return render_template(
        "mentors/list_evidence.html", page=page, first=first, last=last, fields=reads.list_field_names(session),
        asked={"first": first, "last": last, "site_id": site_id} | asked,
    )  # fmt: skip


@blueprint.route("/mentoring/figures.xlsx")
@requires(Action.SEE_MENTORING)
def figures_workbook() -> Response:
    """All of it as a workbook: the sums, and every session with the hash of its log."""
    session, actor = db.session(), current_actor()
    _form, first, last, site_id, _status = _period()
    found = reads.get_figures(session, actor, first=first, last=last, now=utc_now(), site_id=site_id)
    rows = reads.list_evidence(session, actor, reads.counts(first, last, site_id=site_id), size=reads.MOST_ROWS).rows
    answer = Download(write_figures(found, rows, first, last, reader_locale()), mimetype=WORKBOOK)
    answer.headers["Content-Disposition"] = f'attachment; filename="mentoring-{first}-{last}.xlsx"'
    return answer


@blueprint.route("/mentoring/certificates")
@requires(Action.SEE_MENTORING, Action.MENTOR)
def list_certificates() -> str:
    """The certificates of hours: all of them, or (a mentor) one's own."""
    page = certificate_reads.list_certificates(db.session(), current_actor(),
                                               page=page_number(request.args.get("page")))  # fmt: skip
    return render_template("mentors/list_certificates.html", page=page)


@blueprint.route("/mentors/<int:mentor_id>/certificates/new", methods=["GET", "POST"])
@requires(Action.MANAGE_MENTORS)
def new_certificate(mentor_id: int) -> Answer:
    """Certify a mentor's hours of some days."""
    session, actor, now = db.session(), current_actor(), utc_now()
    mentor, form, status = get_mentor(session, actor, mentor_id), CertificateForm(), 200
    if request.method == "GET":
        today = now.astimezone(CHINA).date()
        form.first.data, form.last.data = date(today.year, 1, 1), today
    elif not form.validate():
        status = 422
    else:
        try:
            assert form.first.data and form.last.data  # it has been validated
            made = certify_hours(session, actor, now=now, mentor_id=mentor_id, first=form.first.data,
                                 last=form.last.data)  # fmt: skip
            session.commit()
            flash(_("%(number)s is made.", number=made.label), "success")
            return redirect(url_for("mentors.list_certificates"), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
            mentor = get_mentor(session, actor, mentor_id)
    return render_template("mentors/new_certificate.html", form=form, mentor=mentor,
                           name=name_of(session, mentor)), status  # fmt: skip


@blueprint.route("/mentoring/certificates/<int:certificate_id>.pdf")
@requires(Action.SEE_MENTORING, Action.MENTOR)
def certificate_pdf(certificate_id: int) -> Response:
    """A certificate as a PDF, from what it was made of."""
    certificate = certificate_reads.get_certificate(db.session(), current_actor(), certificate_id)
    answer = Download(render("mentors/hours.typ", certificate_data(certificate)), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{certificate.label}.pdf"'
    return answer


def _period() -> tuple[PeriodForm, date, date, int | None, int]:
    """The days that were asked for: this year until today, where none or no sensible ones were."""
    today = utc_now().astimezone(CHINA).date()
    form = PeriodForm(formdata=request.args or None)
    sites: list[tuple[int, Any]] = [(0, _("All sites"))]
    sites += [(each.id, named(each, reader_locale())) for each in list_sites(db.session(), current_actor())]
    form.site_id.choices = sites
    status = 200 if form.validate() else 422
    first, last = form.first.data or date(today.year, 1, 1), form.last.data or today
    if status == 200 and last < first:
        form.last.errors = [*form.last.errors, _("The end must come after the start.")]
        status = 422
    if status != 200:
        first, last = date(today.year, 1, 1), today
    form.first.data, form.last.data = first, last
    chosen = form.site_id.data if form.site_id.data in [key for key, _name in sites] else 0
    return form, first, last, chosen or None, status
