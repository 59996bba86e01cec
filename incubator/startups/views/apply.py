"""Pages for applicants, without an account: the calls that are open, a call, and one's application."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, send_file, session, url_for
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import current_user
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, public, requires
from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.operations.keys import open_key, read_operator
from incubator.accounts.permissions import Action
from incubator.accounts.throttling import account_key, limiter
from incubator.core.clock import utc_now
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.paging import row_id
from incubator.database import db, set_operator
from incubator.documents.formats import sentence
from incubator.documents.operations import get_file, open_content
from incubator.documents.uploads import takes_documents
from incubator.i18n import reader_locale
from incubator.startups import queries
from incubator.startups.filling import fill_form
from incubator.startups.models import Application, Call
from incubator.startups.operations import applications as doing
from incubator.startups.operations import withdrawing
from incubator.startups.operations.draft_files import attach_file, detach_file
from incubator.startups.queries import applications as reading
from incubator.startups.queries import calls as calls_reading
from incubator.startups.queries.application_retention import get_application_months
from incubator.startups.rules.applications import DRAFT_DAYS, FACTS, MOST_FOUNDERS, may_change
from incubator.startups.views.blueprint import Answer, blueprint

BEGUN_BY_ADDRESS = "30 per 10 minutes;120 per day"
"""From one network: a whole hall applies at once."""
BEGUN_FOR_EMAIL = "3 per 15 minutes;10 per day"
"""For one address, whoever asks: nobody's mail box is filled from here."""
LOOKS = "120 per minute;1200 per hour"
SAVES = "60 per minute;600 per hour"
SENDS = "30 per hour;100 per day"
"""Of one application: each that succeeds is confirmed by mail."""

ENDED = N_(
    "This address opens nothing. If a newer one was mailed to you, only that one works. If you have lost it, the page "
    "of the call can mail you another."
)


def _sent_ref() -> str:
    """Counts the sendings of one application."""
    return f"application {(request.view_args or {}).get('ref')}"


def _only_saves() -> bool:
    return request.form.get("do") != "send"


@blueprint.route("/apply/<operator>")
@public
@limiter.limit(LOOKS)
def public_calls(operator: str) -> str:
    """What an operator calls for, now and soon."""
    enter(operator)
    house, rows = calls_reading.list_public_calls(db.session(), utc_now())
    return render_template("startups/public_calls.html", operator=house, rows=rows, now=utc_now(), key=operator)


@blueprint.route("/apply/<operator>/<slug>", methods=["GET", "POST"])
@public
@limiter.limit(LOOKS)
@limiter.limit(BEGUN_BY_ADDRESS, methods=["POST"])
@limiter.limit(BEGUN_FOR_EMAIL, methods=["POST"], key_func=account_key)
def public_call(operator: str, slug: str) -> Answer:
    """A call: what it is, until when, what is asked; and (posted) an application is begun."""
    me = current_actor() if current_user.is_authenticated else None
    operator_id = enter(operator)
    house, row = calls_reading.get_public_call(db.session(), slug)
    email, error, status, now = request.form.get("email", "")[:300], "", 200, utc_now()
    if request.method == "POST":
        try:
            application, token = doing.start_application(
                db.session(), system_actor(operator_id), now=now, call=row.call, email=email, locale=reader_locale(),
                base_url=current_app.config["SETTINGS"].base_url,
            )  # fmt: skip
            address = application.contact_email
            db.session.commit()
            flash(_("Your draft is ready. Its address was mailed to %(email)s, too.", email=address), "success")
            return redirect(url_for("startups.application", ref=token), 303)
        except Refusal as refusal:
            db.session.rollback()
            error, status = sentence(refusal, reader_locale()), refusal.status
            house, row = calls_reading.get_public_call(db.session(), slug)
    own = queries.list_own_startups(db.session(), me) if _founds_here(me, operator_id) and me else []
    return render_template(
        "startups/public_call.html", operator=house, row=row, state=row.state(now), key=operator, email=email,
        error=error, rows=calls_reading.list_questions(db.session(), row.call.id), days=DRAFT_DAYS, own=own,
        months=get_application_months(db.session()),
    ), status  # fmt: skip


@blueprint.route("/my/applications", methods=["GET", "POST"])
@requires(Action.EDIT_OWN_STARTUP)
def my_applications() -> Answer:
    """What one's startups apply for, and could; posted: begin, with what is known filled in."""
    actor = current_actor()
    if request.method == "POST":
        startup_id, call_id = (request.form.get(name, type=row_id) for name in ("startup_id", "call_id"))
        if not startup_id or not call_id:
            raise NotFound
        startup = queries.get_startup(db.session(), actor, startup_id)
        call = calls_reading.get_published(db.session(), call_id)
        try:
            made = doing.start_for_startup(db.session(), actor, now=utc_now(), call=call, startup=startup)
            made_id = made.id
            db.session.commit()
            return redirect(url_for("startups.application", ref=made_id), 303)
        except Conflict as refusal:
            db.session.rollback()
            flash(sentence(refusal, reader_locale()), "danger")
    return render_template(
        "startups/my_applications.html", rows=reading.list_own_applications(db.session(), actor), now=utc_now(),
        calls=calls_reading.list_open_calls(db.session(), utc_now()), key=f"{actor.operator_id:x}",
        startups=queries.list_own_startups(db.session(), actor), state_of=reading.state_of_application,
    )  # fmt: skip


@blueprint.route("/application/<ref>", methods=["GET", "POST"])
@public
@limiter.limit(LOOKS)
@limiter.limit(SAVES, methods=["POST"])
@limiter.limit(SENDS, methods=["POST"], key_func=_sent_ref, exempt_when=_only_saves)
@takes_documents
def application(ref: str) -> Answer:
    """One's application, by its secret address, or by its number for the founder who began it signed in.

    A draft is a form; whatever is pressed, all that was typed is kept first. What was sent is read, and may be changed
    as long as the call is open and its review has not begun.
    """
    actor, found, call = _opened(ref)
    state = calls_reading.state_of(call, utc_now())
    changeable = may_change(state == "open", found.taken_up_at, found.withdrawn_at)
    if request.method == "POST":
        return _save(ref, actor, found)
    if not changeable or (found.sent_at is not None and "change" not in request.args):
        return _read(ref, found, call, changeable)
    return _form(ref, found, call, {})


@blueprint.route("/application/<ref>/withdraw", methods=["POST"])
@public
@limiter.limit(SAVES)
def withdraw_application(ref: str) -> Response:
    """Take it back."""
    actor, found, _call = _opened(ref)
    try:
        withdrawing.withdraw_application(db.session(), actor, now=utc_now(), application_id=found.id)
        db.session.commit()
        flash(_("Your application is withdrawn."), "success")
    except Conflict as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(url_for("startups.application", ref=ref), 303)


@blueprint.route("/application/<ref>/files/<int:question_id>")
@public
@limiter.limit(LOOKS)
def draft_file(ref: str, question_id: int) -> Response:
    """A file of one's own draft."""
    _actor, found, _call = _opened(ref)
    file = reading.list_draft_files(db.session(), found.id).get(question_id)
    if file is None:
        raise NotFound
    return attachment(file.file_id, file.name)


def attachment(file_id: int, name: str) -> Response:
    """A stored file to be kept, never shown by the browser."""
    stored = get_file(db.session(), file_id)
    response = send_file(open_content(db.session(), stored), stored.media_type, as_attachment=True, download_name=name)
    response.content_length = stored.size
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def enter(operator: str) -> int:
    """Let the transaction belong to the operator that the address names."""
    if current_user.is_authenticated:
        current_actor()  # asked first: it names the transaction's operator, too
    operator_id = read_operator(operator)
    set_operator(db.session(), operator_id)
    return operator_id


def _founds_here(me: Actor | None, operator_id: int) -> bool:
    return me is not None and me.operator_id == operator_id and me.can(Action.EDIT_OWN_STARTUP)


def _opened(ref: str) -> tuple[Actor, Application, Call]:
    me = current_actor() if current_user.is_authenticated else None  # before: it names the transaction's operator
    if "-" not in ref:
        if me is None or not me.can(Action.EDIT_OWN_STARTUP):
            raise NotFound
        try:
            application_id = row_id(ref)
        except ValueError:
            raise NotFound from None
        return me, *reading.get_own_application(db.session(), me, application_id)
    try:
        opened = open_key(db.session(), ref, kind="application")
    except NotFound:
        raise NotFound(ENDED) from None
    actor = system_actor(opened.operator_id)
    found, call = reading.get_own_application(db.session(), actor, opened.opens_id)
    asked = request.accept_languages.best_match(["zh", "zh-CN", "zh-Hans", "en"])
    if me is None and "locale" not in session and asked is None:
        session["locale"] = found.locale
        refresh()
    return actor, found, call


def _save(ref: str, actor: Actor, found: Application) -> Answer:
    """Keep what is typed and the files chosen; then what the button says."""
    database, now, application_id, here = db.session(), utc_now(), found.id, url_for("startups.application", ref=ref)
    faults: dict[str, Refusal] = {}
    try:
        doing.save_draft(database, actor, now=now, application_id=application_id, typed=_typed())
        database.commit()
        removed = request.form.get("remove", type=row_id)
        if removed:
            detach_file(database, actor, now=now, application_id=application_id, question_id=removed)
            database.commit()
        faults = _attach(actor, application_id)
        if request.form.get("do") == "send" and not faults:
            link = current_app.config["SETTINGS"].base_url + here
            doing.send_application(database, actor, now=now, application_id=application_id, link=link)
            database.commit()
            return redirect(here, 303)
    except doing.Faulty as refusal:
        database.rollback()
        faults = refusal.faults
    except Conflict as refusal:
        database.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
        return redirect(here, 303)
    if faults:
        _actor, found, call = _opened(ref)
        return _form(ref, found, call, faults)
    if request.form.get("do") == "more":
        here = url_for("startups.application", ref=ref, change=1, founders=_more() + 1, _anchor="founders")
        return redirect(here, 303)
    flash(_("Everything you typed is saved."), "success")
    anchor = "questions" if removed or any(upload.filename for upload in request.files.values()) else None
    return redirect(url_for("startups.application", ref=ref, change=1, _anchor=anchor), 303)


def _attach(actor: Actor, application_id: int) -> dict[str, Refusal]:
    """Attach every file that was chosen; a fault of one keeps none of the others out."""
    faults: dict[str, Refusal] = {}
    for name, upload in request.files.items():
        if not upload.filename or name[:1] != "q":
            continue
        try:
            question_id = row_id(name[1:])
        except ValueError:  # of no question
            continue
        try:
            attach_file(db.session(), actor, now=utc_now(), application_id=application_id,
                        question_id=question_id, name=upload.filename, content=upload.read())  # fmt: skip
            db.session.commit()
        except NotFound:
            raise
        except Refusal as refusal:
            db.session.rollback()
            faults[name] = refusal
    return faults


def _typed() -> dict[str, str | list[str]]:
    """The fields of the form that a draft knows; several ticks of one question as a list."""
    founders = {f"founders-{place}-{part}" for place in range(MOST_FOUNDERS) for part in ("name", "title")}
    typed: dict[str, str | list[str]] = {}
    for name, values in request.form.lists():
        if name in FACTS or name in founders or (name[:1] == "q" and name[1:].isdigit()):
            given = [value for value in values if value]
            typed[name] = given if len(given) > 1 else "".join(given)
    return typed


def _more() -> int:
    return min(request.args.get("founders", 0, type=row_id), MOST_FOUNDERS)


def _form(ref: str, found: Application, call: Call, faults: dict[str, Refusal]) -> tuple[str, int]:
    rows = calls_reading.list_questions(db.session(), call.id)
    files = reading.list_draft_files(db.session(), found.id)
    form = fill_form(found.draft, rows, files, faults, reader_locale(), _more())
    return render_template(
        "startups/application_form.html", ref=ref, application=found, call=call, form=form, days=DRAFT_DAYS,
        more=_more(),
    ), 422 if faults else 200  # fmt: skip


def _read(ref: str, found: Application, call: Call, changeable: bool) -> str:
    row = reading.ApplicationRow(found, call, tuple(reading.founders_of(db.session(), [found.id]).get(found.id, ())))
    return render_template(
        "startups/application_sent.html", ref=ref, row=row, changeable=changeable, days=DRAFT_DAYS,
        months=get_application_months(db.session()),
        answers=reading.list_answers(db.session(), call.id, [found.id])[found.id], key=f"{call.operator_id:x}",
    )  # fmt: skip
