"""A booking rule in words: where it holds, and what it asks."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _

from incubator.accounts.permissions import Role
from incubator.accounts.words import ROLE_NAMES
from incubator.bookings.rulebook import RuleRow
from incubator.bookings.terms import Rule, Terms, quota_phrase
from incubator.core.errors import N_, Phrase
from incubator.documents.formats import named, sentence
from incubator.spaces.forms import RESOURCE_KIND_NAMES
from incubator.spaces.wording import tag_name

DEMANDS: dict[str, str] = {
    "granularity_minutes": N_("in steps of %(value)s"),
    "shortest_minutes": N_("at least %(value)s long"),
    "longest_minutes": N_("at most %(value)s long"),
    "notice_minutes": N_("booked at least %(value)s ahead"),
    "buffer_before_minutes": N_("%(value)s kept free before"),
    "buffer_after_minutes": N_("%(value)s kept free after"),
}
"""What is asked in minutes, in the order of a page."""


def scope_words(row: RuleRow, locale: str) -> str:
    """Where it holds: `Nanshan · Meeting room · tagged “screen”`, or everywhere."""
    rule = row.rule
    parts = [
        named(row.site, locale) if row.site else "",
        str(RESOURCE_KIND_NAMES[rule.resource_kind]) if rule.resource_kind else "",
        named(row.resource, locale) if row.resource else "",
        _("tagged “%(tag)s”", tag=tag_name(rule.tag)) if rule.tag else "",
    ]
    return " · ".join(part for part in parts if part) or _("Everything that can be booked")


def demand_words(rule: Rule, locale: str) -> list[str]:
    """Each thing that it asks, as a phrase of its own."""
    found = [
        Phrase(message, {"value": timedelta(minutes=getattr(rule, name))})
        for name, message in DEMANDS.items()
        if getattr(rule, name)
    ]
    if rule.ahead_days is not None:
        found.append(Phrase(N_("booked at most %(value)s ahead"), {"value": timedelta(days=rule.ahead_days)}))
    if rule.quota_most is not None:
        found.append(quota_phrase(rule))
    if rule.roles:
        names = tuple(Phrase(ROLE_NAMES[Role(role)]) for role in rule.roles)
        found.append(Phrase(N_("only for: %(roles)s"), {"roles": names}))
    if rule.programmes:
        found.append(Phrase(N_("only for startups in: %(programmes)s"), {"programmes": rule.programmes}))
    if rule.approval_hours is not None:
        value = timedelta(hours=rule.approval_hours)
        found.append(Phrase(N_("needs approval; without it the time is free again after %(value)s"), {"value": value}))
    if rule.fee_percent is not None and rule.fee_within_minutes is not None:
        values = {"percent": rule.fee_percent, "value": timedelta(minutes=rule.fee_within_minutes)}
        found.append(Phrase(N_("cancelled less than %(value)s before it begins: %(percent)s%% of the price"), values))
    if rule.check_in_minutes is not None:
        value = timedelta(minutes=rule.check_in_minutes)
        found.append(Phrase(N_("check in within %(value)s, or the rest is given back"), {"value": value}))
    if rule.strikes_most is not None:
        values = {"most": rule.strikes_most, "days": rule.strikes_days, "pause": rule.pause_days}
        found.append(Phrase(N_("not come %(most)s times in %(days)s days: nothing for %(pause)s days"), values))
    if rule.visitors_most is not None:
        visitors = N_("at most %(most)s visitors a day for each startup") if rule.visitors_most else N_("no visitors")
        found.append(Phrase(visitors, {"most": rule.visitors_most} if rule.visitors_most else {}))
    return [sentence(phrase, locale) for phrase in found]


def terms_words(terms: Terms, locale: str) -> list[tuple[str, str]]:
    """The rules that hold for a resource: each one's name, and what it asks."""
    between = "；" if locale == "zh_Hans" else "; "
    return [(named(rule, locale), between.join(demand_words(rule, locale))) for rule in terms.rules]
