"""Kinds of item, and conditions in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from incubator.subsidies.fact_words import compared_words, fact_name, is_words, value_words


def charge_kind(kind: str) -> str:
    """A kind of charge by name."""
    return {
        "rent": _("Rent"),
        "property_fee": _("Property fee"),
        "utilities": _("Utilities"),
        "booking": _("Booking"),
        "service_fee": _("Service fee"),
        "mentoring": _("Mentoring session"),
        "other": _("Other charge"),
        "interest": _("Late-payment interest"),
        "own_rent": _("Rent of the space"),
        "fit_out": _("Fit-out"),
        "events": _("Events"),
        "electricity": _("Electricity"),
        "network": _("Network"),
        "tenancy": _("Tenancy"),
        "contribution": _("Contribution of a tenant"),
        "site": _("The space as a whole"),
    }.get(kind, kind)


def joined(words: list[str], link: str, locale: str) -> str:
    """"a, b or c" / "a、b或c"; `link` is "and" or "or"."""
    if len(words) < 2:
        return "".join(words)
    first = ("、" if locale == "zh_Hans" else ", ").join(words[:-1])
    if link == "or":
        return _("%(first)s or %(last)s", first=first, last=words[-1])
    return _("%(first)s and %(last)s", first=first, last=words[-1])


def condition_words(part: dict[str, Any], locale: str) -> str:
    """A condition, or a group, as part of a sentence: "registered companies", "the first 36 months of residence"."""
    if "fact" not in part:
        return group_words(part, locale)
    fact, comparison, wanted = part["fact"], *_asked(part)
    if comparison == "known":
        return _("startups whose %(fact)s is on record", fact=fact_name(fact))
    if comparison == "one_of":
        said = joined([value_words(fact, each, locale) for each in wanted], "or", locale)
        return _("%(fact)s: %(value)s", fact=fact_name(fact), value=said)
    if comparison == "has":
        return value_words(fact, wanted, locale)
    if comparison == "is" and fact in _PHRASED:
        return _phrase(fact, wanted)
    if fact in _MONTHS:
        return _months(fact, comparison, wanted)
    if comparison == "is":
        return is_words(fact, wanted, locale)
    return compared_words(fact, comparison, wanted, locale)


_PHRASED = ("startup.kind", "startup.industry", "startup.registered_on")
_MONTHS = ("startup.registered_months", "residency.month_number")


def _phrase(fact: str, wanted: Any) -> str:
    if fact == "startup.kind":
        return _("registered companies") if wanted == "company" else _("teams not yet registered")
    if fact == "startup.industry":
        return _("the industry %(industry)s", industry=wanted)
    return _("startups registered on %(day)s", day=wanted)


def _months(fact: str, comparison: str, wanted: int) -> str:
    if fact == "startup.registered_months":
        return {
            "is": _("startups registered %(months)s months ago", months=wanted),
            "at_most": _("startups registered at most %(months)s months ago", months=wanted),
            "at_least": _("startups registered at least %(months)s months ago", months=wanted),
        }[comparison]
    return {
        "is": _("month %(months)s of residence", months=wanted),
        "at_most": _("the first %(months)s months of residence", months=wanted),
        "at_least": _("month %(months)s of residence and later", months=wanted),
    }[comparison]


def _asked(condition: dict[str, Any]) -> tuple[str, Any]:
    """Comparison and value, of a condition as a rule has it or as a derivation has it."""
    if "comparison" in condition:
        return condition["comparison"], condition["value"]
    ((comparison, value),) = ((key, value) for key, value in condition.items() if key != "fact")
    return comparison, value


def group_words(group: Mapping[str, Any], locale: str, outermost: bool = True) -> str:
    """A group as part of a sentence, as a rule has it or as a derivation has it; one in another stands in brackets."""
    ((kind, parts),) = ((key, value) for key, value in group.items() if key != "answer")
    words = [
        condition_words(part, locale) if "fact" in part
        else group_words(part, locale, outermost and len(parts) == 1) for part in parts
    ]  # fmt: skip
    if kind == "none":
        said = _("none of: %(words)s", words=joined(words, "or", locale)) if words else ""
    elif kind == "any":
        said = joined(words, "or", locale)
    else:
        said = ("；" if locale == "zh_Hans" else "; ").join(words) if outermost else joined(words, "and", locale)
    if outermost or len(words) == 1:
        return said
    return f"（{said}）" if locale == "zh_Hans" else f"({said})"
