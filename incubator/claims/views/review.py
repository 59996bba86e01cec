"""A claim for a reviewer from outside: opened by a secret address, read only, until its day; each opening is noted."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import redirect, render_template, request, send_file, session, url_for
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import current_user
from werkzeug.wrappers import Response

from incubator.accounts.access import public
from incubator.accounts.throttling import limiter
from incubator.claims.forms.reviewers import RemarkForm
from incubator.claims.operations import reviewers as operations
from incubator.claims.operations.reviewers import Review, ReviewEnded
from incubator.claims.pack.basis import number_of
from incubator.claims.pack.contents import company_of
from incubator.claims.queries import reviews as queries
from incubator.claims.queries import tracing as traces
from incubator.claims.views import tracing
from incubator.claims.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound
from incubator.core.paging import row_id
from incubator.database import db
from incubator.documents.answering import press
from incubator.documents.operations.files import open_content

COOKIE = "review"
OPENINGS = "20 per minute;200 per day"
PAGES = "120 per minute"
REMARKS = "20 per hour"
NAMES = {"line": "line_id", "invoice": "invoice_id", "agreement": "residency_id", "file": "file_id"}
Answer = str | Response | tuple[str, int]


def reviewing(view: Callable[..., Any]) -> Callable[..., Any]:
    """Give a view the review that this browser opened; under `@public`, which it is only by name: without a living
    address there is nothing behind it."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        token = session.get(COOKIE, "")
        _ = current_user.is_authenticated  # before: it names the transaction's operator
        try:
            review = operations.open_review(db.session(), now=utc_now(), token=token)
        except ReviewEnded as ended:
            session.pop(COOKIE, None)
            return render_template("claims/trace/ended.html", ended=ended), 410
        return view(review, *args, **kwargs)

    return guarded


@blueprint.route("/review/open/<token>")
@public
@limiter.limit(OPENINGS)
def open_review(token: str) -> Answer:
    """The mailed address: it becomes a cookie at once, so that it stands in no address, history or referrer."""
    _signed_in = current_user.is_authenticated
    try:
        review = operations.open_review(db.session(), now=utc_now(), token=token)
    except ReviewEnded as ended:
        return render_template("claims/trace/ended.html", ended=ended), 410
    session[COOKIE] = token
    if not _signed_in and "locale" not in session:
        session["locale"] = review.reviewer.locale
        refresh()
    return redirect(url_for("claims.review_claim"), 303)


@blueprint.route("/review")
@public
@limiter.limit(PAGES)
@reviewing
def review_claim(review: Review) -> Answer:
    """The claim's figures, each leading to its lines."""
    company, page = tracing.asked_page()
    found = traces.trace_claim(db.session(), review.actor, review.claim_id, company=company, page=page)
    way = _opened(review, "claim", review.claim_id, found.row.number)
    return _seen(tracing.show_claim(found, way))


@blueprint.route("/review/lines/<int:line_id>")
@public
@limiter.limit(PAGES)
@reviewing
def review_line(review: Review, line_id: int) -> Answer:
    """One line and what it rests on."""
    found = traces.trace_line(db.session(), review.actor, review.claim_id, line_id)
    way = _opened(review, "line", line_id, f"{company_of(found.line)[0]} {found.line.month:%Y-%m}")
    return _seen(tracing.show_line(found, way))


@blueprint.route("/review/invoices/<int:invoice_id>")
@public
@limiter.limit(PAGES)
@reviewing
def review_invoice(review: Review, invoice_id: int) -> Answer:
    """An invoice of the claim."""
    found = traces.trace_invoice(db.session(), review.actor, review.claim_id, invoice_id)
    way = _opened(review, "invoice", invoice_id, number_of(found.invoice))
    return _seen(tracing.show_invoice(found, way))


@blueprint.route("/review/agreements/<int:residency_id>")
@public
@limiter.limit(PAGES)
@reviewing
def review_agreement(review: Review, residency_id: int) -> Answer:
    """An agreement of the claim."""
    found = traces.trace_agreement(db.session(), review.actor, review.claim_id, residency_id)
    way = _opened(review, "agreement", residency_id, found.residency.number)
    return _seen(tracing.show_agreement(found, way))


@blueprint.route("/review/files/<int:file_id>")
@public
@limiter.limit(PAGES)
@reviewing
def review_file(review: Review, file_id: int) -> Answer:
    """A file of the claim's evidence."""
    file = traces.trace_file(db.session(), review.actor, review.claim_id, file_id)
    operations.note_visit(db.session(), review, now=utc_now(), what="file", subject=(file_id, file.name))
    return _seen(tracing.send_piece(file))


@blueprint.route("/review/packs/<int:pack_id>")
@public
@limiter.limit(PAGES)
@reviewing
def review_pack(review: Review, pack_id: int) -> Answer:
    """A pack of the claim, as it was made."""
    row = queries.get_pack(db.session(), review.actor, pack_id)
    if row.pack.claim_id != review.claim_id:
        raise NotFound
    operations.note_visit(db.session(), review, now=utc_now(), what="pack", subject=(pack_id, row.file.name))
    return _seen(send_file(open_content(db.session(), row.file), mimetype=row.file.media_type, as_attachment=True,
                           download_name=row.file.name))  # fmt: skip


@blueprint.route("/review/remarks", methods=["POST"])
@public
@limiter.limit(REMARKS)
@reviewing
def remark(review: Review) -> Answer:
    """A remark on the claim, or on a line of it."""
    line_id = request.form.get("line", type=row_id)
    where = url_for("claims.review_line", line_id=line_id) if line_id else url_for("claims.review_claim")
    return press(lambda: operations.remark(db.session(), review, now=utc_now(), words=request.form.get("words", ""),
                                           line_id=line_id),
                 _("Your remark is noted; the operator reads it."), f"{where}#remarks")  # fmt: skip


@blueprint.route("/review/leave", methods=["POST"])
@public
def leave_review() -> Response:
    """Forget the address in this browser."""
    session.pop(COOKIE, None)
    return redirect(url_for("web.home"), 303)


def _opened(review: Review, what: str, subject_id: int, called: str) -> tracing.Way:
    """Note that something of the claim was opened, as its page calls it; and where its pages lead."""
    operations.note_visit(db.session(), review, now=utc_now(), what=what, subject=(subject_id, called))
    remarks = queries.list_remarks(db.session(), review.actor, review.claim_id, reviewer_id=review.reviewer.id,
                                   line_id=subject_id if what == "line" else None)  # fmt: skip

    def to(kind: str, each: int | None = None, **asked: Any) -> str:
        named: dict[str, Any] = {NAMES[kind]: each} if kind in NAMES else {}
        return url_for(f"claims.review_{kind}", **named, **asked)

    packs = queries.list_packs(db.session(), review.actor, review.claim_id)
    return tracing.Way(to, "public.html", {"reviewer": review.reviewer, "remarks": remarks, "packs": packs,
                                           "operator_code": f"{review.actor.operator_id:x}",
                                           "form": RemarkForm()})  # fmt: skip


def _seen(answer: Any) -> Any:
    """The visit stands with what was shown."""
    db.session.commit()
    return answer
