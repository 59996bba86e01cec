"""The team: who is in it, who is invited, and what each may do."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts import operations
from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.forms import InviteForm, RoleForm, put_refusal
from incubator.accounts.permissions import STARTUP_ROLES, Action, Role
from incubator.accounts.queries import StartupName, count_waiting, get_member, get_person, list_startup_names, list_team
from incubator.accounts.rules import may_touch, roles_to_give
from incubator.accounts.throttling import INVITATIONS, limiter, person_key
from incubator.accounts.views.blueprint import blueprint
from incubator.accounts.words import ROLE_NAMES, ROLE_WORDS
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.i18n import reader_locale

Page = str | Response | tuple[str, int]
GROUPS = ("team", "startups", "waiting")


@blueprint.route("/team")
@requires(Action.SEE_TEAM)
def team() -> str:
    """Everybody who may come in, by group, with their roles."""
    group = request.args.get("group", "")
    group = group if group in GROUPS else "team"
    search = request.args.get("q", "")[:100]
    page = page_number(request.args.get("page"))
    return render_template(
        "accounts/team.html",
        page=list_team(db.session(), current_actor(), group=group, search=search, page=page),
        group=group, search=search, waiting=count_waiting(db.session(), current_actor()), now=utc_now(),
        named_roles=ROLE_NAMES,
    )  # fmt: skip


@blueprint.route("/team/invite", methods=["GET", "POST"])
@requires(Action.MANAGE_TEAM)
@limiter.limit(INVITATIONS, key_func=person_key, methods=["POST"])
@requires_recent_password
def invite() -> Page:
    """Invite somebody by e-mail, with a role."""
    form = InviteForm()
    _offer(form)
    if request.method == "GET":
        form.role.data = request.args.get("role", Role.FRONT_DESK.value)
        form.startup_id.data = request.args.get("startup_id", type=row_id)
        form.locale.data = reader_locale()
        return _show_invite(form)
    if not form.validate():
        return _show_invite(form), 422
    try:
        person = operations.invite(
            db.session(), current_actor(), now=utc_now(), name=form.name.data, email=form.email.data,
            role=Role(form.role.data), startup_id=_startup_of(form), locale=form.locale.data,
        )  # fmt: skip
    except Refusal as refusal:
        db.session.rollback()
        put_refusal(form, refusal)
        return _show_invite(form), refusal.status
    db.session.commit()
    said = _("%(name)s is invited: a letter is on its way to %(email)s.", name=person.name, email=person.email)
    flash(said, "success")
    return redirect(url_for("accounts.team", group="waiting"), 303)


@blueprint.route("/team/<int:person_id>")
@requires(Action.SEE_TEAM)
def show_person(person_id: int) -> str:
    """One person: roles, and what may be changed about them."""
    form = RoleForm(formdata=None)
    _offer(form)
    return _show_person(person_id, form)


@blueprint.route("/team/<int:person_id>/roles", methods=["POST"])
@requires(Action.MANAGE_TEAM)
@requires_recent_password
def give_role(person_id: int) -> Page:
    """One more role for a person."""
    form = RoleForm()
    _offer(form)
    if not form.validate():
        return _show_person(person_id, form), 422
    try:
        person = get_person(db.session(), current_actor(), person_id)
        operations.grant_role(
            db.session(), current_actor(), now=utc_now(), person=person, role=Role(form.role.data),
            startup_id=_startup_of(form),
        )  # fmt: skip
    except Refusal as refusal:
        db.session.rollback()
        put_refusal(form, refusal)
        return _show_person(person_id, form), refusal.status
    db.session.commit()
    flash(_("The role is given; it holds at once."), "success")
    return redirect(url_for("accounts.show_person", person_id=person_id), 303)


@blueprint.route("/team/<int:person_id>/roles/<int:grant_id>/take", methods=["POST"])
@requires(Action.MANAGE_TEAM)
@requires_recent_password
def take_role(person_id: int, grant_id: int) -> Page:
    """Take a role from a person."""
    try:
        operations.take_role(db.session(), current_actor(), now=utc_now(), person_id=person_id, grant_id=grant_id)
    except Refusal as refusal:
        return _refused(refusal, person_id)
    db.session.commit()
    flash(_("The role is taken; it holds no longer."), "success")
    return redirect(url_for("accounts.show_person", person_id=person_id), 303)


@blueprint.route("/team/<int:person_id>/end", methods=["POST"])
@requires(Action.MANAGE_TEAM)
@requires_recent_password
def end_access(person_id: int) -> Page:
    """Let a person in no more."""
    try:
        person = operations.end_access(db.session(), current_actor(), now=utc_now(), person_id=person_id)
    except Refusal as refusal:
        return _refused(refusal, person_id)
    db.session.commit()
    flash(_("%(name)s can no longer come in. What they did stays on record.", name=person.name), "success")
    return redirect(url_for("accounts.team"), 303)


@blueprint.route("/team/<int:person_id>/invitation", methods=["POST"])
@requires(Action.MANAGE_TEAM)
@limiter.limit(INVITATIONS, key_func=person_key)
def resend_invitation(person_id: int) -> Page:
    """Mail an invitation again; the earlier link stops working."""
    try:
        person = operations.resend_invitation(db.session(), current_actor(), now=utc_now(), person_id=person_id)
    except Refusal as refusal:
        return _refused(refusal, person_id)
    db.session.commit()
    said = _("A new letter is on its way to %(email)s; the earlier link no longer works.", email=person.email)
    flash(said, "success")
    return redirect(url_for("accounts.team", group="waiting"), 303)


@blueprint.route("/team/<int:person_id>/invitation/withdraw", methods=["POST"])
@requires(Action.MANAGE_TEAM)
def withdraw_invitation(person_id: int) -> Page:
    """Take an invitation back."""
    try:
        person = operations.withdraw_invitation(db.session(), current_actor(), now=utc_now(), person_id=person_id)
    except Refusal as refusal:
        return _refused(refusal, person_id)
    db.session.commit()
    flash(_("The invitation of %(name)s is withdrawn; the link no longer works.", name=person.name), "success")
    return redirect(url_for("accounts.team", group="waiting"), 303)


def _offer(form: InviteForm | RoleForm) -> None:
    startups = list_startup_names(db.session(), current_actor())
    form.offer(roles_to_give(current_actor()), [(startup.id, _label(startup)) for startup in startups])


def _label(startup: StartupName) -> str:
    english = reader_locale() == "en" and startup.name_en
    return f"{startup.code} · {startup.name_en if english else startup.name}"


def _startup_of(form: InviteForm | RoleForm) -> int | None:
    """The startup chosen; left standing beside a role that has none it means nothing."""
    return form.startup_id.data if Role(form.role.data) in STARTUP_ROLES else None


def _show_invite(form: InviteForm) -> str:
    return render_template(
        "accounts/invite.html", form=form, words=[(ROLE_NAMES[role], ROLE_WORDS[role])
                                                  for role in roles_to_give(current_actor())],
    )  # fmt: skip


def _show_person(person_id: int, form: RoleForm) -> str:
    member = get_member(db.session(), current_actor(), person_id)
    touchable = may_touch(current_actor(), person_id, [held.role for held in member.roles])
    return render_template(
        "accounts/person.html", member=member, form=form, touchable=touchable, named_roles=ROLE_NAMES,
        role_words=ROLE_WORDS, now=utc_now(),
    )  # fmt: skip


def _refused(refusal: Refusal, person_id: int) -> Page:
    """A press that can't be done: the person's page, with the sentence on top."""
    if refusal.status == 404:
        raise refusal
    db.session.rollback()
    form = RoleForm(formdata=None)
    _offer(form)
    put_refusal(form, refusal)
    return _show_person(person_id, form), refusal.status
