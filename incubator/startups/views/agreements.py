"""The text of agreements: the operator's clauses, the PDF made of them, its acceptance, and the signed scan."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import segno
from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import row_id
from incubator.database import db
from incubator.documents.formats import moment, sentence
from incubator.documents.operations import content_of, get_file
from incubator.documents.pdf import render
from incubator.documents.refusing import refuse
from incubator.documents.uploads import takes_documents
from incubator.i18n import reader_locale
from incubator.settings import Settings
from incubator.startups import queries
from incubator.startups.forms.agreements import AcceptForm, ScanForm, VoidForm
from incubator.startups.models import Acceptance, AgreementText
from incubator.startups.operations.accepting import accept_text
from incubator.startups.operations.agreement_texts import keep_scan, make_text, row_of, void_text
from incubator.startups.queries.agreements import (
    get_text,
    is_founder_of,
    list_acceptances,
    parties_of,
)
from incubator.startups.rules.agreements import SIDES
from incubator.startups.views.blueprint import Answer, blueprint

PAPER = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'"
"""A PDF is shown by the browser's own reader, which may bring styles of its own."""


@blueprint.route("/residencies/<int:residency_id>/texts", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES)
def make_agreement_text(residency_id: int) -> Response:
    """Make the text of an agreement, or of the amendment that is named."""
    amendment_id = request.form.get("amendment_id", type=row_id)
    try:
        text = make_text(db.session(), current_actor(), now=utc_now(), residency_id=residency_id,
                         amendment_id=amendment_id)  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        return _back(refusal, url_for("startups.show_residency", residency_id=residency_id))
    flash(_("The text is made; the startup's founders are told that it can be accepted."), "success")
    return redirect(url_for("startups.show_agreement_text", text_id=text.id), 303)


@blueprint.route("/agreement-texts/<int:text_id>")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def show_agreement_text(text_id: int) -> str:
    """A text: what it says, who has accepted it, and the field in which one does."""
    return _show(text_id, AcceptForm(formdata=None))


@blueprint.route("/agreement-texts/<int:text_id>/accept", methods=["POST"])
@requires(Action.EDIT_OWN_STARTUP)
@requires_recent_password
def accept_agreement_text(text_id: int) -> Answer:
    """A founder accepts it for the startup."""
    return _accept(text_id, "startup", _("You have accepted the agreement. The operator countersigns it."))


@blueprint.route("/agreement-texts/<int:text_id>/countersign", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES)
@requires_recent_password
def countersign_agreement_text(text_id: int) -> Answer:
    """The operator countersigns it."""
    return _accept(text_id, "operator", _("Both sides have accepted the agreement."))


@blueprint.route("/agreement-texts/<int:text_id>/void", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES)
def void_agreement_text(text_id: int) -> Response:
    """Take a text or a scan back."""
    text, residency = get_text(db.session(), current_actor(), text_id)
    address = url_for("startups.show_residency", residency_id=residency.id)
    try:
        void_text(db.session(), current_actor(), now=utc_now(), text_id=text.id, reason=VoidForm().reason.data or "")
        db.session.commit()
    except Refusal as refusal:
        return _back(refusal, url_for("startups.show_agreement_text", text_id=text_id))
    flash(_("It does not stand any more, and stays on the record with the reason."), "success")
    return redirect(address, 303)


@blueprint.route("/agreement-texts/<int:text_id>/file")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def agreement_file(text_id: int) -> Response:
    """The bytes that were accepted: our PDF to be read in the page, a scan to be kept."""
    text, _residency = _readable(text_id)
    file = get_file(db.session(), text.file_id)
    return _download(content_of(db.session(), file), file.name, file.media_type, is_shown=text.kind == "made")


@blueprint.route("/agreement-texts/<int:text_id>/acceptance.pdf")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def acceptance_sheet(text_id: int) -> Response:
    """Who accepted the text, when, from where, and its hash; for those who may see people's data and for founders."""
    text, residency = _readable(text_id)
    session, actor = db.session(), current_actor()
    if not (actor.can(Action.SEE_PEOPLE) or is_founder_of(session, actor, residency.startup_id)):
        raise NotFound
    accepted = {each.side: each for each in list_acceptances(session, [text.id])}
    if not accepted:
        raise NotFound
    parties = parties_of(session, residency)
    names = {"startup": ("乙方（入驻方）", parties.startup.name), "operator": ("甲方（运营方）", parties.operator.name)}
    zone = parties.site.zone
    content = {
        "title": text.content["title"], "number": text.content["number"], "operator": parties.operator.name,
        "sha256": text.sha256.hex(), "qr": _qr(text),
        "sides": [{"role": names[side][0], "party": names[side][1], "rows": _rows(accepted.get(side), zone)}
                  for side in SIDES],
    }  # fmt: skip
    name = f"{text.content['number'].replace('/', '-')}-acceptance.pdf"
    return _download(render("startups/acceptance.typ", content), name, "application/pdf", is_shown=True)


@blueprint.route("/residencies/<int:residency_id>/scan", methods=["GET", "POST"])
@requires(Action.MANAGE_RESIDENCIES)
@takes_documents
def keep_agreement_scan(residency_id: int) -> Answer:
    """Keep the scan of what was signed on paper."""
    session, actor = db.session(), current_actor()
    residency = queries.get_residency(session, actor, residency_id)
    amendment_id = request.args.get("amendment_id", type=row_id)
    row = row_of(session, residency, amendment_id)
    form, status = ScanForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                keep_scan(session, actor, now=utc_now(), residency_id=residency_id, amendment_id=amendment_id,
                          signed_on=form.signed_on.data, name=form.file.name_of_file,
                          content=form.file.content)  # fmt: skip
                session.commit()
                flash(_("The signed scan is kept."), "success")
                return redirect(url_for("startups.show_residency", residency_id=residency_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template("startups/keep_scan.html", residency=residency, row=row, form=form), status


def _accept(text_id: int, side: str, said: str) -> Answer:
    form, status = AcceptForm(), 422
    if form.validate():
        try:
            accept_text(
                db.session(), current_actor(), now=utc_now(), text_id=text_id, side=side,
                address=request.remote_addr or "", agent=request.headers.get("User-Agent", ""), **form.said(),
            )  # fmt: skip
            db.session.commit()
            flash(said, "success")
            return redirect(url_for("startups.show_agreement_text", text_id=text_id), 303)
        except Refusal as refusal:
            if refusal.status == 403:
                raise
            status = refuse(form, refusal)
    return _show(text_id, form), status


def _show(text_id: int, form: AcceptForm) -> str:
    session, actor = db.session(), current_actor()
    text, residency = _readable(text_id)
    form.sha256.data = text.sha256.hex()
    row = row_of(session, residency, text.amendment_id)
    accepted = {each.side: each for each in list_acceptances(session, [text.id])}
    is_standing = text.void_at is None and text.kind == "made" and row.scan is None
    is_founder = is_founder_of(session, actor, residency.startup_id)
    return render_template(
        "startups/show_agreement_text.html", text=text, residency=residency, row=row, accepted=accepted, form=form,
        parties=parties_of(session, residency), void_form=VoidForm(formdata=None),
        may_accept=is_standing and is_founder and "startup" not in accepted,
        may_countersign=is_standing and actor.can(Action.MANAGE_RESIDENCIES) and set(accepted) == {"startup"},
        may_void=text.void_at is None and actor.can(Action.MANAGE_RESIDENCIES) and len(accepted) < len(SIDES),
        may_see_people=is_founder or actor.can(Action.SEE_PEOPLE),
    )  # fmt: skip


def _readable(text_id: int) -> tuple[AgreementText, Any]:
    """A text; a scan, which shows signatures, only for founders and for staff who may see people's data."""
    session, actor = db.session(), current_actor()
    text, residency = get_text(session, actor, text_id)
    if text.kind == "scan" and not (
        actor.can(Action.SEE_PEOPLE) or is_founder_of(session, actor, residency.startup_id)
    ):
        raise NotFound
    return text, residency


def _rows(acceptance: Acceptance | None, zone: str) -> list[list[str]]:
    if acceptance is None:
        return [["状态", "尚未确认"]]
    return [["确认人", acceptance.name], ["确认时间", f"{moment(acceptance.accepted_at, zone, 'zh_Hans')}（{zone}）"],
            *([name, said] for name, said in (("网络地址", acceptance.address), ("浏览器", acceptance.agent)) if said),
            ["文件摘要", acceptance.sha256.hex()]]  # fmt: skip


def _qr(text: AgreementText) -> str:
    settings: Settings = current_app.config["SETTINGS"]
    said = f"{settings.base_url}{url_for('startups.show_agreement_text', text_id=text.id)}"
    said += f"\n{text.content['number']}\nsha256:{text.sha256.hex()}"
    return str(segno.make(said, error="m").svg_inline(scale=4, border=0))


def _download(content: bytes, name: str, media_type: str, *, is_shown: bool) -> Response:
    response = send_file(BytesIO(content), media_type, as_attachment=not is_shown, download_name=name)
    response.headers["Content-Security-Policy"] = PAPER if is_shown else "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _back(refusal: Refusal, address: str) -> Response:
    if refusal.status in (403, 404):
        raise refusal
    db.session.rollback()
    flash(sentence(refusal, reader_locale()), "danger")
    return redirect(address, 303)
