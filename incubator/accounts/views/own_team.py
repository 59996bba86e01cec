"""A startup's own team: who signs in for it, and what each may do."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts import operations
from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.forms import InviteMemberForm, MemberForm, put_refusal
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_own_member, list_own_startup_names, list_own_team
from incubator.accounts.throttling import INVITATIONS, limiter, person_key
from incubator.accounts.views.blueprint import blueprint
from incubator.accounts.words import ROLE_NAMES, ROLE_WORDS
from incubator.core.clock import utc_now
from incubator.core.errors import Forbidden, NotFound, Refusal
from incubator.database import db
from incubator.i18n import reader_locale

Page = str | Response | tuple[str, int]


@blueprint.route("/my/team")
@requires(Action.SEE_OWN_STARTUP)
def own_teams() -> str:
    """The team of the first of one's startups."""
    return own_team(min(current_actor().startup_ids))  # who sees their own startup is of one


@blueprint.route("/my/team/<int:startup_id>")
@requires(Action.SEE_OWN_STARTUP)
def own_team(startup_id: int) -> str:
    """Everybody who signs in for one's startup, with their rights."""
    session, actor = db.session(), current_actor()
    members = list_own_team(session, actor, startup_id)
    startups = list_own_startup_names(session, actor)
    return render_template(
        "accounts/own_team.html", members=members, startups=startups, now=utc_now(), named_roles=ROLE_NAMES,
        startup=next(each for each in startups if each.id == startup_id), may_manage=_may_manage(startup_id),
    )  # fmt: skip


@blueprint.route("/my/team/<int:startup_id>/invite", methods=["GET", "POST"])
@requires(Action.MANAGE_OWN_TEAM)
@limiter.limit(INVITATIONS, key_func=person_key, methods=["POST"])
@requires_recent_password
def invite_member(startup_id: int) -> Page:
    """Invite somebody to one's startup."""
    form, status = InviteMemberForm(), 200
    current_actor().require_for(Action.MANAGE_OWN_TEAM, startup_id)
    if request.method == "GET":
        form.locale.data = reader_locale()
    elif not form.validate():
        status = 422
    else:
        try:
            person = operations.invite_member(
                db.session(), current_actor(), now=utc_now(), startup_id=startup_id, name=form.name.data,
                email=form.email.data, locale=form.locale.data, **form.rights(),
            )  # fmt: skip
            db.session.commit()
            flash(_("%(name)s is invited: a letter is on its way to %(email)s.", name=person.name, email=person.email),
                  "success")  # fmt: skip
            return redirect(url_for("accounts.own_team", startup_id=startup_id), 303)
        except Refusal as refusal:
            db.session.rollback()
            put_refusal(form, refusal)
            status = refusal.status
    words = [(ROLE_NAMES[role], ROLE_WORDS[role]) for role in ROLE_NAMES if role.value in dict(form.role.choices)]
    return render_template("accounts/invite_member.html", form=form, startup_id=startup_id, words=words), status


@blueprint.route("/my/team/<int:startup_id>/<int:person_id>", methods=["GET", "POST"])
@requires(Action.MANAGE_OWN_TEAM)
@requires_recent_password
def own_member(startup_id: int, person_id: int) -> Page:
    """One of the team; and (posted) what they may do."""
    member = get_own_member(db.session(), current_actor(), startup_id, person_id)
    form, status = MemberForm(obj=member.grant), 200
    current_actor().require_for(Action.MANAGE_OWN_TEAM, startup_id)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.set_member_rights(db.session(), current_actor(), now=utc_now(), startup_id=startup_id,
                                             person_id=person_id, **form.rights())  # fmt: skip
                db.session.commit()
                flash(_("The rights are set; they hold at once."), "success")
                return redirect(url_for("accounts.own_team", startup_id=startup_id), 303)
            except Refusal as refusal:
                return _refused(refusal, startup_id, person_id)
    return _show(startup_id, person_id, form), status


@blueprint.route("/my/team/<int:startup_id>/<int:person_id>/remove", methods=["POST"])
@requires(Action.MANAGE_OWN_TEAM)
@requires_recent_password
def remove_member(startup_id: int, person_id: int) -> Page:
    """Let somebody out of the team."""
    try:
        person = operations.remove_member(db.session(), current_actor(), now=utc_now(), startup_id=startup_id,
                                          person_id=person_id)  # fmt: skip
    except Refusal as refusal:
        return _refused(refusal, startup_id, person_id)
    db.session.commit()
    flash(_("%(name)s is no longer in your team. What they did stays on record.", name=person.name), "success")
    return redirect(url_for("accounts.own_team", startup_id=startup_id), 303)


@blueprint.route("/my/team/<int:startup_id>/<int:person_id>/invitation", methods=["POST"])
@requires(Action.MANAGE_OWN_TEAM)
@limiter.limit(INVITATIONS, key_func=person_key)
def invite_member_again(startup_id: int, person_id: int) -> Page:
    """Mail an invitation again."""
    try:
        person = operations.invite_member_again(db.session(), current_actor(), now=utc_now(), startup_id=startup_id,
                                                person_id=person_id)  # fmt: skip
    except Refusal as refusal:
        return _refused(refusal, startup_id, person_id)
    db.session.commit()
    said = _("A new letter is on its way to %(email)s; the earlier link no longer works.", email=person.email)
    flash(said, "success")
    return redirect(url_for("accounts.own_team", startup_id=startup_id), 303)


def _may_manage(startup_id: int) -> bool:
    return startup_id in current_actor().startups_for(Action.MANAGE_OWN_TEAM)


def _show(startup_id: int, person_id: int, form: MemberForm) -> str:
    member = get_own_member(db.session(), current_actor(), startup_id, person_id)
    startups = list_own_startup_names(db.session(), current_actor())
    return render_template(
        "accounts/own_member.html", member=member, form=form, now=utc_now(),
        is_me=person_id == current_actor().person_id,
        startup=next(each for each in startups if each.id == startup_id),
    )  # fmt: skip


def _refused(refusal: Refusal, startup_id: int, person_id: int) -> Page:
    """A press that can't be done: the person's page, with the sentence on top."""
    if isinstance(refusal, NotFound):
        raise refusal
    db.session.rollback()
    if isinstance(refusal, Forbidden) and not _may_manage(startup_id):
        raise refusal
    member = get_own_member(db.session(), current_actor(), startup_id, person_id)
    form = MemberForm(formdata=None, obj=member.grant)
    put_refusal(form, refusal)
    return _show(startup_id, person_id, form), refusal.status
