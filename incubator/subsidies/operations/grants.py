"""What policies give the operator is recorded for a period, once; its instalments are released behind their gates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.money import split_by_largest_remainder
from incubator.core.periods import Month
from incubator.core.texts import one_line
from incubator.database import current_operator
from incubator.spaces.models import Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site
from incubator.startups.rules.limits import add_months
from incubator.subsidies.models import GrantInstalment, OperatorGrant
from incubator.subsidies.operations.locking import lock_for_giving
from incubator.subsidies.operations.schemes import draw
from incubator.subsidies.queries.grants import GrantDraft, draft_grants
from incubator.subsidies.rules.grants import is_over, item_data, months_of
from incubator.subsidies.rules.rule import EVERY, Instalment

LONGEST = 300


def record_grants(
    session: Session, actor: Actor, *, now: datetime, site_id: int, every: str, month: Month
) -> list[OperatorGrant]:
    """Write what the schemes give the operator for the period that `month` is in, once it is over at the site.

    Recorded again, it adds what is new since; what is recorded stays as it was decided.
    """
    actor.require(Action.MANAGE_SCHEMES)
    if every not in EVERY:
        raise Refusal(N_("A period is a month, a quarter or a year."), field="every")
    site = get_site(session, actor, site_id)
    months = months_of(every, month)
    if not is_over(months, today_at(site, now)):
        raise Refusal(N_("%(month)s has not ended yet; it can be recorded from %(day)s on."), month=str(months[-1]),
                      day=(months[-1] + 1).first)  # fmt: skip
    lock_for_giving(session, [site.id])
    draft = draft_grants(session, actor, site_id, every, month)  # under the locks: nobody else records meanwhile
    if not draft.grants:
        raise Conflict(N_("There is nothing to record: every scheme has decided on all there is."))
    rows = _write(session, actor, draft.grants, site, every, months, now)
    after = {"site": site.code, "every": every, "period": months[0].first, "grants": len(rows),
             "amount_minor": draft.amount_minor}  # fmt: skip
    record(session, actor, "record_grants", ("sites", site.id), now=now, after=after)
    return rows


def _write(
    session: Session, actor: Actor, grants: Sequence[GrantDraft], site: Site, every: str, months: Sequence[Month],
    now: datetime,
) -> list[OperatorGrant]:  # fmt: skip
    values = [_row(each, site, every, months, now, actor) for each in grants]
    operator_id = current_operator(session)
    rows = list(session.execute(
        insert(OperatorGrant).returning(OperatorGrant, sort_by_parameter_order=True),
        [value | {"operator_id": operator_id} for value in values],
    ).scalars())  # fmt: skip
    parts = []
    for row, each in zip(rows, grants, strict=True):
        rule = each.draft.by.rule
        if row.amount_minor and rule.instalments:
            parts += _instalments(operator_id, row, rule.instalments, months[-1].last)
    if parts:
        session.execute(insert(GrantInstalment), parts)
    draw(session, [(row.budget_id, row.amount_minor) for row in rows])
    return rows


def _row(
    each: GrantDraft, site: Site, every: str, months: Sequence[Month], now: datetime, actor: Actor
) -> dict[str, Any]:
    draft, subject = each.draft, each.subject
    by = draft.by
    derivation = {"scheme": by.code, "scheme_name": by.name, "scheme_name_en": by.name_en, "version": by.version,
                  "source": by.source, "title": subject.title,
                  "item": item_data(subject.item, subject.stays)} | draft.derivation  # fmt: skip
    return {
        "scheme_version_id": by.version_id, "site_id": site.id, "every": every, "period": months[0].first,
        "month": months[-1].first, "item_kind": subject.item.kind, "item_id": subject.item_id,
        "startup_id": subject.party.startup_id, "outcome": draft.outcome.value, "base_minor": draft.base_minor,
        "amount_minor": draft.amount_minor, "held_minor": draft.held_minor, "currency": "CNY",
        "budget_id": by.budget.budget_id if by.budget else None, "derivation": derivation, "recorded_at": now,
        "recorded_by": actor.person_id,
    }  # fmt: skip


def _instalments(
    operator_id: int, row: OperatorGrant, instalments: Sequence[Instalment], last: date
) -> list[dict[str, Any]]:
    """The grant in parts that add up to it: 50 / 30 / 20 of 80,000.00 are 40,000.00, 24,000.00 and 16,000.00."""
    weights = [int(each.share * 10**6) for each in instalments]
    amounts = split_by_largest_remainder(row.amount_minor, weights)
    return [
        {"operator_id": operator_id, "grant_id": row.id, "number": number, "amount_minor": amount,
         "due_on": add_months(last, each.after_months), "gate": each.gate}
        for number, (each, amount) in enumerate(zip(instalments, amounts, strict=True), start=1)
    ]  # fmt: skip


def release_instalment(
    session: Session, actor: Actor, *, now: datetime, instalment_id: int, evidence: str
) -> GrantInstalment:
    """Its gate is open and its day has come: it can be claimed. `evidence` names the assessment and its result."""
    actor.require(Action.MANAGE_SCHEMES)
    row = session.execute(
        select(GrantInstalment).where(GrantInstalment.id == instalment_id).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(N_("There is no such instalment."))
    grant = session.execute(select(OperatorGrant).where(OperatorGrant.id == row.grant_id)).scalar_one()
    site = get_site(session, actor, grant.site_id)
    if row.released_at is not None:
        raise Conflict(N_("This instalment is released already."))
    if today_at(site, now) < row.due_on:
        raise Refusal(N_("It can be released from %(day)s on."), day=row.due_on)
    evidence = one_line(evidence, "evidence", LONGEST)
    if not evidence:
        raise Refusal(N_("Name the assessment, its result and its day."), field="evidence")
    row.released_at, row.released_by, row.evidence = now, actor.person_id, evidence
    session.flush()
    record(session, actor, "release_instalment", ("grant_instalments", row.id), now=now,
           after={"number": row.number, "amount_minor": row.amount_minor, "evidence": evidence})  # fmt: skip
    return row
