"""Schemes are entered, and what they give is recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.database import insert_rows
from incubator.pricing.rules import check_day
from incubator.spaces.models import Site
from incubator.subsidies.models import Budget, Decision, Scheme, SchemeVersion
from incubator.subsidies.rules.rule import Rule


def create_scheme(
    session: Session, actor: Actor, *, now: datetime, code: str, name: str, name_en: str = "", issuer: str = ""
) -> Scheme:
    """A policy by name; it gives nothing until it has a version."""
    actor.require(Action.MANAGE_SCHEMES)
    code, name = code.strip(), name.strip()
    if not code or not name:
        raise Refusal(N_("A scheme needs a code and a name."), field="name" if code else "code")
    scheme = Scheme(code=code, name=name, name_en=name_en.strip(), issuer=issuer.strip(), created_at=now)
    try:
        with session.begin_nested():
            session.add(scheme)
            session.flush()
    except IntegrityError as error:
        if error.orig.diag.constraint_name != "schemes_operator_id_code_key":  # type: ignore[union-attr] # psycopg's
            raise
        raise Conflict(
            N_("There is a scheme with the code %(code)s already."), field="code", code=code
        ) from error
    record(session, actor, "create_scheme", ("schemes", scheme.id), now=now, after={"code": code, "name": name})
    return scheme


def add_scheme_version(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    scheme: Scheme,
    valid_from: date,
    source: str,
    rule: dict[str, Any],
    valid_until: date | None = None,
    site: Site | None = None,
) -> SchemeVersion:
    """A rule for the charges of every month that begins within `valid_from`..`valid_until` (inclusive), at one site
    or at all. It can't be changed: a later version takes its place from its own first month on, and what is posted
    stays as it was decided. `source` names the policy, its number and article."""
    actor.require(Action.MANAGE_SCHEMES)
    if not source.strip():
        raise Refusal(N_("Name the policy's title, number and article."), field="source")
    check_day(valid_from, "valid_from")
    check_day(valid_until, "valid_until")
    if valid_until is not None and valid_until < valid_from:
        raise Refusal(N_("The end must come after the start."), field="valid_until")
    Rule.parse(rule)
    session.execute(select(Scheme.id).where(Scheme.id == scheme.id).with_for_update(key_share=True))
    last = session.execute(
        select(func.max(SchemeVersion.version)).where(SchemeVersion.scheme_id == scheme.id)
    ).scalar()
    version = SchemeVersion(
        scheme_id=scheme.id, version=(last or 0) + 1,
        valid=Range(valid_from, None if valid_until is None else valid_until + timedelta(days=1)),
        site_id=site.id if site else None, source=source.strip(), rule=rule, created_at=now,
        created_by=actor.person_id,
    )  # fmt: skip
    session.add(version)
    session.flush()
    after = {
        "scheme": scheme.code, "version": version.version, "valid_from": valid_from, "valid_until": valid_until,
        "site": site.code if site else None, "source": version.source, "rule": rule,
    }  # fmt: skip
    record(session, actor, "add_scheme_version", ("scheme_versions", version.id), now=now, after=after)
    return version


def record_decisions(session: Session, decisions: Sequence[dict[str, Any]]) -> None:
    """Write the decisions of a posting, in the caller's transaction, and what they use of budgets; its audit event
    covers them. A budget that would be overdrawn is refused by its CHECK: the caller holds its lock, so that it isn't.
    """
    if not decisions:
        return
    insert_rows(session, Decision, decisions)
    draw(session, [(each["budget_id"], each["amount_minor"]) for each in decisions])


def draw(session: Session, amounts: Iterable[tuple[int | None, int]]) -> None:
    """Take from each budget what was given from it, or give back what was taken back; None: from none."""
    used: dict[int, int] = defaultdict(int)
    for budget_id, minor in amounts:
        if budget_id is not None:
            used[budget_id] += minor
    for budget_id, minor in sorted(used.items()):
        session.execute(
            update(Budget).where(Budget.id == budget_id).values(used_minor=Budget.used_minor + minor)
        )
