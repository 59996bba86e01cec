"""A decision in sentences: to finance, to the startup, and in every export, in the reader's language."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from incubator.documents.formats import money, percent


def explain(
    outcome: str, base_minor: int, amount_minor: int, currency: str, derivation: dict[str, Any], locale: str
) -> list[str]:
    """Why this much: "60.00% of ¥2,400.00 is ¥1,440.00. At most ¥10,000.00 a quarter: …", or why nothing."""
    if outcome == "not_covered":
        return [_("%(scheme)s does not cover this kind of charge.", scheme=scheme_name(derivation, locale))]
    if outcome == "refused":
        return [sentence for condition in derivation["conditions"] if (sentence := _unmet(condition))]

    def amount(minor: int) -> str:
        return money(minor, currency, locale)

    found = [
        _("%(percent)s of %(base)s is %(wanted)s.", percent=percent(Decimal(derivation["rate"]), locale),
          base=amount(base_minor), wanted=amount(derivation["wanted_minor"]))
    ]  # fmt: skip
    for cap in derivation["caps"]:
        values = {"cap": amount(cap["amount_minor"]), "left": amount(cap["left_after_minor"])}
        if outcome == "capped" and cap["left_after_minor"] == 0:
            found.append(_capped(cap["window"], **values, given=amount(amount_minor)))
        else:
            found.append(_within(cap["window"], **values))
    return found


def scheme_name(derivation: dict[str, Any], locale: str) -> str:
    """The scheme's name in the reader's language, where it has one in it."""
    return str((locale == "en" and derivation["scheme_name_en"]) or derivation["scheme_name"])


def _within(window: str, cap: str, left: str) -> str:
    values = {"cap": cap, "left": left}
    if window == "month":
        return _("At most %(cap)s a month: %(left)s is left.", **values)
    if window == "quarter":
        return _("At most %(cap)s a quarter: %(left)s is left.", **values)
    return _("At most %(cap)s a year: %(left)s is left.", **values)


def _capped(window: str, cap: str, left: str, given: str) -> str:
    del left
    values = {"cap": cap, "given": given}
    if window == "month":
        return _("Cut to %(given)s: that uses up the %(cap)s of the month.", **values)
    if window == "quarter":
        return _("Cut to %(given)s: that uses up the %(cap)s of the quarter.", **values)
    return _("Cut to %(given)s: that uses up the %(cap)s of the year.", **values)


def _unmet(condition: dict[str, Any]) -> str | None:
    if condition["answer"] == "met":
        return None
    fact, found, limit = condition["fact"], condition["found"], condition["value"]
    if condition["answer"] == "unknown":
        return {
            "residency.month_number": _("Not known since when it is in residence: an agreement would settle it."),
            "startup.registered_months": _("Not known when it was registered: its licence would settle it."),
        }.get(fact, _("A fact is not known: %(fact)s.", fact=fact))
    if fact == "startup.kind":
        return _("Only registered companies are eligible. Once the team is registered, its charges can be subsidised.")
    if fact == "residency.month_number":
        return _("Only the first %(limit)s months of residence are eligible; this is month %(found)s.", limit=limit,
                 found=found)  # fmt: skip
    if fact == "startup.registered_months":
        return _("Registered for %(found)s months; the scheme asks for another age (%(limit)s).", found=found,
                 limit=limit)  # fmt: skip
    return _("A condition is not met: %(fact)s.", fact=fact)


def describe_rule(rule: dict[str, Any], currency: str, locale: str) -> list[str]:
    """A scheme version's rule in sentences: who, what, how much, at most."""
    found = [_describe_condition(condition) for condition in _conditions(rule.get("who", {}))]
    kinds = ("、" if locale == "zh_Hans" else ", ").join(charge_kind(kind) for kind in rule["covers"])
    share = percent(Decimal(str(rule["rate"])), locale)
    found.append(_("Bears %(percent)s of: %(kinds)s.", percent=share, kinds=kinds))
    for cap in rule.get("caps", ()):
        amount = money(cap["amount_minor"], currency, locale)
        found.append(
            {
                "month": _("At most %(cap)s a month for each startup.", cap=amount),
                "quarter": _("At most %(cap)s a quarter for each startup.", cap=amount),
                "year": _("At most %(cap)s a year for each startup.", cap=amount),
            }[cap["window"]]
        )
    return found


def _conditions(group: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for parts in group.values():
        for part in parts:
            found.extend([part] if "fact" in part else _conditions(part))
    return found


def _describe_condition(condition: dict[str, Any]) -> str:
    fact = condition["fact"]
    if fact == "startup.kind":
        return _("For registered companies.") if condition.get("is") == "company" else _("For teams.")
    if fact == "residency.month_number":
        return _("In the first %(months)s months of residence.", months=condition.get("at_most"))
    return f"{fact} {condition}"


def charge_kind(kind: str) -> str:
    """A kind of charge by name."""
    return {
        "rent": _("Rent"),
        "property_fee": _("Property fee"),
        "utilities": _("Utilities"),
        "booking": _("Booking"),
    }.get(kind, kind)
