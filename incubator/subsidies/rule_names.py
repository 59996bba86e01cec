"""The words of a rule's parts, as the editor offers them and the rule in words says them: by the data's own names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from incubator.spaces.forms import RESOURCE_KIND_NAMES, UNIT_KIND_NAMES
from incubator.subsidies.fact_words import fact_name, value_words
from incubator.subsidies.rules.conditions import comparisons_of
from incubator.subsidies.rules.facts import FACTS

GROUP_NAMES = {"all": _l("all of these"), "any": _l("any of these"), "none": _l("none of these")}
FACT_GROUPS = {
    "startup": _l("About the company"), "founders": _l("About its founders"), "residency": _l("About its residence"),
    "site": _l("About the space"),
}  # fmt: skip
COMPARISON_NAMES = {
    "is": _l("equals"), "one_of": _l("is one of"), "at_most": _l("is at most"), "at_least": _l("is at least"),
    "from": _l("is on or after"), "until": _l("is on or before"), "has": _l("includes"), "known": _l("is on record"),
}  # fmt: skip
NUMBER_KIND_NAMES = {
    "plain": _l("one number"), "steps": _l("in steps, by month or number"), "cases": _l("another for some"),
    "product": _l("a product"), "fact": _l("a counted fact"),
}  # fmt: skip
AMOUNT_KIND_NAMES = {
    "share": _l("a share of it, as a percentage"), "price": _l("a price per measure"),
    "above": _l("what is above a reference price"), "top_up": _l("raise what others bear to a share"),
    "sum": _l("the sum of several"), "lesser": _l("the lesser of several"), "greater": _l("the greater of several"),
}  # fmt: skip
MEASURE_NAMES = {
    "m2_month": _l("m² and month"), "unit_month": _l("place and month"), "m2_day": _l("m² and day"), "day": _l("day"),
    "hour": _l("hour"), "m2": _l("m²"), "item": _l("each"),
}  # fmt: skip
SUBJECT_NAMES = {
    "startup": _l("each startup"), "person": _l("each founder, over all their startups"), "site": _l("each site"),
    "operator": _l("the operator as a whole"),
}  # fmt: skip
WINDOW_NAMES = {
    "invoice": _l("an invoice"), "month": _l("a month"), "quarter": _l("a quarter"), "year": _l("a year"),
    "life": _l("in all"),
}  # fmt: skip
BEARER_NAMES = {
    "government": _l("the government"), "operator": _l("the operator"), "voucher": _l("vouchers"),
    "sponsor": _l("a sponsor"),
}  # fmt: skip
GOES_TO_NAMES = {
    "startup": _l("the startup: taken off its invoice"), "operator": _l("the operator: claimed, taken off nothing"),
}  # fmt: skip
EVERY_NAMES = {"month": _l("each month"), "quarter": _l("each quarter"), "year": _l("each year")}
GATE_NAMES = {"none": _l("without more"), "assessment": _l("once the space has passed its assessment")}
BASE_NAMES = {"left": _l("what schemes before it left"), "gross": _l("the full amount")}
ONCE_NAMES = {"": _l("as often as they have startups"), "person": _l("once a month")}
UNIT_NAMES: dict[str, Any] = {**UNIT_KIND_NAMES, **RESOURCE_KIND_NAMES}


def fact_label(fact: str) -> str:
    """A fact as one chooses it from a list; those that are counted say what is counted."""
    counted = {
        "startup.registered_months": _("months since registration"),
        "residency.month_number": _("month of residence"),
        "residency.first_day": _("first day of residence"),
        "site.approved_months": _("months since the space's approval"),
        "startup.first_time": _("first company of the founders"),
        "startup.strategic": _("strategic emerging industry"),
        "startup.registered_here": _("registered at this site"),
        "startup.paid_in_yuan": _("paid-in capital, in yuan"),
        "startup.contribution_yuan": _("contribution of the year, in yuan"),
        "founders.verified": _("identity of a founder is checked"),
        "startup.excluded": _("on the exclusion list"),
        "site.recognised_m2": _("recognised area, in m²"),
        "site.zones": _("number of shared office zones"),
    }
    return counted.get(fact) or fact_name(fact)


def choice_label(fact: str, value: str, locale: str) -> str:
    """One of the values that a fact can have."""
    if fact == "startup.kind":
        return _("registered company") if value == "company" else _("team not yet registered")
    said = value_words(fact, value, locale)
    return f"{value} {said}" if fact == "startup.industry_section" else said


def fact_choices() -> list[tuple[Any, list[tuple[str, str]]]]:
    """Every fact by group, with its label: company, founders, residence, site."""
    return [
        (label, [(fact, fact_label(fact)) for fact in FACTS if fact.startswith(f"{group}.")])
        for group, label in FACT_GROUPS.items()
    ]


YES_NO = {"yes": _l("yes"), "no": _l("no")}


def comparisons(fact: str) -> dict[str, Any]:
    """How a fact can be compared, by name."""
    return {each: COMPARISON_NAMES[each] for each in comparisons_of(fact)}


def choices_of(fact: str, locale: str) -> list[tuple[str, str]]:
    """The values that a fact can have, each with its label."""
    return [(value, choice_label(fact, value, locale)) for value in FACTS[fact].choices]


def is_number(fact: str) -> bool:
    """Whether it is counted."""
    return FACTS[fact].type is int


def is_yes_or_no(fact: str) -> bool:
    """Whether it is or is not."""
    return FACTS[fact].type is bool


def named(kinds: Iterable[str], name: Callable[[str], str]) -> list[tuple[str, str]]:
    """Kinds with their names."""
    return [(kind, name(kind)) for kind in kinds]


def unit_choices(chosen: Iterable[str]) -> list[tuple[str, Any]]:
    """The kinds of unit and resource, and any other that a rule names."""
    return [*UNIT_NAMES.items(), *((each, each) for each in dict.fromkeys(chosen) if each not in UNIT_NAMES)]
