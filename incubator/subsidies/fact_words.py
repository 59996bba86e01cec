"""Facts and conditions in words, in the reader's language."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from incubator.documents.formats import day, number
from incubator.startups.forms.achievements import SORT_NAMES
from incubator.startups.forms.people import CATEGORY_NAMES
from incubator.startups.rules.industries import DIVISIONS, SECTIONS
from incubator.subsidies.rules.facts import FACTS


def fact_name(fact: str) -> str:
    """A fact by name, as part of a sentence."""
    if fact.startswith("item."):
        return _("hours") if fact == "item.hour" else _("area of the unit")
    return {
        "startup.kind": _("legal form"),
        "startup.industry": _("industry"),
        "startup.industry_section": _("industry section"),
        "startup.industry_division": _("industry division"),
        "startup.registered_on": _("day of registration"),
        "startup.registered_months": _("day of registration"),
        "startup.registered_here": _("registered address"),
        "startup.paid_in_yuan": _("paid-in capital"),
        "startup.people": _("number of people employed"),
        "startup.qualifications": _("qualification"),
        "startup.first_time": _("statement on first companies"),
        "startup.strategic": _("decision on strategic emerging industries"),
        "startup.credit": _("credit standing"),
        "startup.excluded": _("exclusion list"),
        "startup.contribution_yuan": _("contribution of the year"),
        "founders.categories": _("founder category"),
        "founders.verified": _("founders' identity"),
        "residency.month_number": _("start of residence"),
        "residency.first_day": _("start of residence"),
        "site.recognised": _("recognition of the space"),
        "site.assessment": _("assessment of the space"),
        "site.approved_on": _("day of the space's approval"),
        "site.approved_months": _("day of the space's approval"),
        "site.recognised_m2": _("recognised area"),
        "site.companies": _("number of companies in the space"),
        "site.companies_outside": _("companies outside shared office zones"),
        "site.zones": _("shared office zones"),
        "site.zone_companies": _("companies registered in shared office zones"),
    }[fact]


def settling_evidence(fact: str) -> str:
    """Which document would settle a fact that is not known."""
    return _(FACTS[fact].settles) if fact in FACTS else _("the floor plan")


def value_words(fact: str, value: Any, locale: str) -> str:
    """A value of a fact: 专精特新, 13 个月, 2026 年 10 月 1 日."""
    if fact == "founders.categories":
        return str(CATEGORY_NAMES[value])
    if fact == "startup.qualifications":
        return str(SORT_NAMES["qualification"][value])
    if fact == "startup.industry_section":
        return SECTIONS[value][locale == "en"]
    if fact == "startup.industry_division":
        division = DIVISIONS.get(value)
        return value if division is None else f"{value} {division.name_en if locale == 'en' else division.name}"
    if FACTS[fact].is_day:
        return day(date.fromisoformat(value), locale)
    if isinstance(value, int):
        return number(value, locale)
    words = {
        "good": _("rated good"), "poor": _("poor"), "fail": _("not passed"), "pass": _("passed"),
        "excellent": _("excellent"),
        "carrier": _("recognised carrier"), "government": _("government-run carrier"), "incubator": _("incubator"),
        "space": _("Zhongchuang space"), "none": _("not recognised"),
    }  # fmt: skip
    return words.get(value, str(value))


def shown_value(fact: str, value: Any, locale: str) -> str:
    """A recorded value as a list shows it."""
    return is_words(fact, value, locale) if isinstance(value, bool) else value_words(fact, value, locale)


def is_words(fact: str, value: Any, locale: str) -> str:
    """Who is meant by a fact that is as asked: "registered at this site", "good credit standing"."""
    if isinstance(value, bool):
        yes, no = {
            "startup.registered_here": (_("registered at this site"), _("registered elsewhere")),
            "startup.first_time": (_("founders' first company"), _("founders who had a company before")),
            "startup.strategic": (_("strategic emerging industries"), _("other than strategic emerging industries")),
            "startup.excluded": (_("on the exclusion list"), _("not on the exclusion list")),
            "founders.verified": (_("founders whose identity is checked"), _("founders whose identity is not checked")),
        }[fact]
        return yes if value else no
    return _("%(fact)s: %(value)s", fact=fact_name(fact), value=value_words(fact, value, locale))


def compared_words(fact: str, comparison: str, value: Any, locale: str) -> str:
    """A number or a day compared: "paid-in capital of at least 3,000,000"."""
    said = value_words(fact, value, locale)
    return {
        "at_most": _("%(fact)s of at most %(value)s", fact=counted_name(fact), value=said),
        "at_least": _("%(fact)s of at least %(value)s", fact=counted_name(fact), value=said),
        "from": _("%(fact)s from %(value)s on", fact=fact_name(fact), value=said),
        "until": _("%(fact)s until %(value)s", fact=fact_name(fact), value=said),
        "is": _("%(fact)s: %(value)s", fact=counted_name(fact), value=said),
    }[comparison]


def counted_name(fact: str) -> str:
    """A counted fact by what is counted, where `fact_name` says what it is counted from."""
    return {
        "site.approved_months": _("months since the space's approval"),
        "startup.registered_months": _("months since registration"),
    }.get(fact) or fact_name(fact)
