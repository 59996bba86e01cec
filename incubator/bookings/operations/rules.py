"""Making, changing and retiring booking rules."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action, Role
from incubator.audit.operations import record
from incubator.bookings.models import BookingRule, BookingRuleProgramme
from incubator.bookings.rulebook import get_rule, read_rule
from incubator.bookings.terms import HOLDERS, MEASURES, SCOPES, WINDOWS
from incubator.core.errors import N_, Conflict, Refusal
from incubator.spaces.models import RESOURCE_KINDS
from incubator.spaces.operations.resources import LONGEST_TAG
from incubator.spaces.operations.words import LONGEST_NAME, one_line
from incubator.spaces.queries import get_resource, get_site
from incubator.startups.models import Programme

MONTH_MINUTES = 31 * 24 * 60
LIMITS: dict[str, tuple[int, int]] = {
    "granularity_minutes": (5, 24 * 60), "shortest_minutes": (5, MONTH_MINUTES), "longest_minutes": (5, MONTH_MINUTES),
    "notice_minutes": (0, MONTH_MINUTES), "ahead_days": (1, 731), "buffer_before_minutes": (0, 24 * 60),
    "buffer_after_minutes": (0, 24 * 60), "quota_most": (1, 100_000), "approval_hours": (1, 720),
    "fee_percent": (1, 100), "fee_within_minutes": (1, MONTH_MINUTES), "check_in_minutes": (5, 240),
    "strikes_most": (1, 100), "strikes_days": (1, 366), "pause_days": (1, 366),
    "visitors_most": (0, 1000),
}  # fmt: skip
"""What each number may be, the same as the table's own checks."""
DEMANDS = (*LIMITS, "roles", "programmes")


def add_rule(
    session: Session, actor: Actor, *, now: datetime, name: str, name_en: str = "", **asked: Any
) -> BookingRule:
    """A rule that holds from now on, for what is booked from now on; `asked` are the fields of `terms.Rule`."""
    actor.require(Action.MANAGE_SPACES)
    rule = BookingRule(created_at=now)
    _set(session, actor, rule, name, name_en, asked)
    session.add(rule)
    session.flush()
    _admit(session, rule, asked.get("programmes"))
    record(session, actor, "add_booking_rule", ("booking_rules", rule.id), now=now,
           after=_facts(session, rule))  # fmt: skip
    return rule


def edit_rule(
    session: Session, actor: Actor, *, now: datetime, rule_id: int, name: str, name_en: str = "", **asked: Any
) -> BookingRule:
    """Another wording of a rule; bookings that are made keep the one they were made under."""
    actor.require(Action.MANAGE_SPACES)
    rule = get_rule(session, actor, rule_id)
    before = _facts(session, rule)
    _set(session, actor, rule, name, name_en, asked)
    session.flush()
    _admit(session, rule, asked.get("programmes"))
    after = _facts(session, rule)
    if after != before:
        record(session, actor, "edit_booking_rule", ("booking_rules", rule.id), now=now, before=before, after=after)
    return rule


def retire_rule(session: Session, actor: Actor, *, now: datetime, rule_id: int) -> BookingRule:
    """It no longer holds for what is booked from now on."""
    actor.require(Action.MANAGE_SPACES)
    rule = get_rule(session, actor, rule_id)
    rule.retired_at = now
    record(session, actor, "retire_booking_rule", ("booking_rules", rule.id), now=now,
           before=_facts(session, rule))  # fmt: skip
    return rule


def _facts(session: Session, rule: BookingRule) -> dict[str, Any]:
    data = read_rule(session, rule).as_data()
    return data | ({"programmes": [each["name"] for each in data["programmes"]]} if "programmes" in data else {})


def _set(session: Session, actor: Actor, rule: BookingRule, name: str, name_en: str, asked: dict[str, Any]) -> None:
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Give the rule a name: a refusal begins with it."), field="name")
    with session.no_autoflush:
        namesake = session.execute(
            select(BookingRule.id).where(
                BookingRule.name == name, BookingRule.retired_at.is_(None), BookingRule.id != (rule.id or 0)
            )
        ).first()
    if namesake:
        raise Conflict(N_("Another rule has this name already."), field="name")
    values = {each: asked.get(each) for each in (*SCOPES, *DEMANDS, "quota_measure", "quota_window", "quota_of")}
    values["tag"] = one_line(values["tag"] or "", "tag", LONGEST_TAG) or None
    values["roles"] = sorted(values["roles"]) if values["roles"] else None
    values["programmes"] = values["programmes"] or None
    if values["quota_most"] is None:
        values |= {"quota_measure": None, "quota_window": None, "quota_of": None}
    _check_scope(session, actor, values)
    _check_demands(values)
    rule.name, rule.name_en = name, one_line(name_en, "name_en", LONGEST_NAME)
    for each, value in values.items():
        if each != "programmes":
            setattr(rule, each, value)


def _admit(session: Session, rule: BookingRule, programme_ids: Collection[int] | None) -> None:
    """Only startups of these programmes and plans from now on; none: all startups."""
    wanted = set(programme_ids or ())
    known = session.execute(select(Programme.id).where(Programme.id.in_(wanted))).scalars().all() if wanted else []
    if wanted - set(known):
        raise Refusal(N_("There is no such programme or plan."), field="programmes")
    session.execute(delete(BookingRuleProgramme).where(BookingRuleProgramme.rule_id == rule.id))
    session.add_all([BookingRuleProgramme(rule_id=rule.id, programme_id=each) for each in sorted(wanted)])
    session.flush()


def _check_scope(session: Session, actor: Actor, values: dict[str, Any]) -> None:
    if values["site_id"] is not None:
        get_site(session, actor, values["site_id"])
    if values["resource_id"] is not None:
        resource = get_resource(session, actor, values["resource_id"])
        at = (values["site_id"] or resource.site_id, values["resource_kind"] or resource.kind)
        if at != (resource.site_id, resource.kind):
            raise Refusal(N_("The resource is not of that site and kind: the rule would hold nowhere."),
                          field="resource_id")  # fmt: skip
    if values["resource_kind"] is not None and values["resource_kind"] not in RESOURCE_KINDS:
        raise Refusal(N_("There is no such kind of resource."), field="resource_kind")


def _check_demands(values: dict[str, Any]) -> None:
    if all(values[each] is None for each in DEMANDS):
        raise Refusal(N_("The rule asks for nothing yet: fill in at least one of its demands."), field="name")
    for each, (low, high) in LIMITS.items():
        if values[each] is not None and not low <= values[each] <= high:
            raise Refusal(N_("From %(low)s to %(high)s."), field=each, low=low, high=high)
    if _exceeds(values["shortest_minutes"], values["longest_minutes"]):
        raise Refusal(N_("The shortest booking is longer than the longest."), field="shortest_minutes")
    if values["ahead_days"] and _exceeds(values["notice_minutes"], values["ahead_days"] * 24 * 60):
        raise Refusal(N_("It would have to be booked earlier than it can be."), field="notice_minutes")
    if (values["fee_percent"] is None) != (values["fee_within_minutes"] is None):
        missing = "fee_percent" if values["fee_percent"] is None else "fee_within_minutes"
        raise Refusal(N_("A fee needs both: how much, and from when on."), field=missing)
    strikes = ("strikes_most", "strikes_days", "pause_days")
    given = [each for each in strikes if values[each] is not None]
    if given and len(given) < len(strikes):
        missing = next(each for each in strikes if values[each] is None)
        raise Refusal(N_("No-shows need all three: how many, in how many days, and how long a pause."), field=missing)
    if values["roles"] and not set(values["roles"]) <= set(Role):
        raise Refusal(N_("There is no such role."), field="roles")
    if values["quota_most"] is None:
        return
    known = (values["quota_measure"] in MEASURES, values["quota_window"] in WINDOWS, values["quota_of"] in HOLDERS)
    if not all(known):
        raise Refusal(N_("Say what the quota counts, in which time, and for whom."), field="quota_most")
    if values["quota_window"] == "at_once" and values["quota_measure"] != "count":
        raise Refusal(N_("At once, bookings are counted, not hours."), field="quota_measure")


def _exceeds(left: int | None, right: int | None) -> bool:
    return left is not None and right is not None and left > right
