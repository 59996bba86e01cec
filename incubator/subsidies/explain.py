"""A decision in short sentences, for invoice, page and report, in the reader's language."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from incubator.documents.formats import money
from incubator.subsidies.wording import charge_kind, condition_words, fact_name, joined, share_words

__all__ = ["charge_kind", "explain", "scheme_name"]


def explain(
    outcome: str, base_minor: int, amount_minor: int, currency: str, derivation: dict[str, Any], locale: str
) -> list[str]:
    """Why this much, or why nothing.

    "按租金 ¥2,400.00 的 60% 补贴 ¥1,440.00。本季度上限 ¥10,000.00：此前已用 ¥0.00，尚余 ¥8,560.00。" For team C:
    "未注册为企业，不符合条件；完成工商登记后可享受。"
    """
    if outcome == "not_covered":
        return [_("%(scheme)s does not cover this kind of charge.", scheme=scheme_name(derivation, locale))]
    if outcome == "refused":
        return list(dict.fromkeys(_reasons(derivation["who"], locale)))

    def amount(minor: int) -> str:
        return money(minor, currency, locale)

    kind = charge_kind(derivation["kind"])
    values = {
        "percent": share_words(derivation["rate"], locale), "kind": kind.lower() if locale == "en" else kind,
        "base": amount(base_minor), "wanted": amount(derivation["wanted_minor"]),
    }  # fmt: skip
    if outcome == "granted":
        found = [_("%(percent)s of the %(kind)s of %(base)s: %(wanted)s subsidised.", **values)]
    else:
        found = [_("%(percent)s of the %(kind)s of %(base)s would be %(wanted)s; the cap leaves %(given)s.",
                   **values, given=amount(amount_minor))]  # fmt: skip
    for cap in derivation["caps"]:
        found.append(
            _cap_words(cap["window"], cap=amount(cap["amount_minor"]), used=amount(cap["used_before_minor"]),
                       now=amount(amount_minor), left=amount(cap["left_after_minor"]))
        )  # fmt: skip
    return found


def scheme_name(derivation: dict[str, Any], locale: str) -> str:
    """The scheme's name in the reader's language, where it has one in it."""
    return str((locale == "en" and derivation["scheme_name_en"]) or derivation["scheme_name"])


def _cap_words(window: str, **values: str) -> str:
    if window == "month":
        return _("Cap of the month %(cap)s: %(used)s used before, %(now)s by this, %(left)s left then.", **values)
    if window == "quarter":
        return _("Cap of the quarter %(cap)s: %(used)s used before, %(now)s by this, %(left)s left then.", **values)
    return _("Cap of the year %(cap)s: %(used)s used before, %(now)s by this, %(left)s left then.", **values)


def _reasons(group: dict[str, Any], locale: str) -> list[str]:
    """What keeps a group from being met, part by part; nothing of a group that is met.

    Where one part settles it, what is missing of others is not asked for: no paper would change the answer.
    """
    if group["answer"] == "met":
        return []
    (kind,) = group.keys() - {"answer"}
    parts = group[kind]
    if kind == "all":
        in_the_way = [part for part in parts if part["answer"] == group["answer"]]
        return [sentence for part in in_the_way for sentence in _reasons_of(part, locale)]
    if kind == "any":
        wanted = joined([condition_words(part, locale) for part in parts], "or", locale)
        return [_("Eligible are only: %(wanted)s.", wanted=wanted), *_missing(parts)]
    excluded = [condition_words(part, locale) for part in parts if part["answer"] == "met"]
    if excluded:
        return [_("Not eligible, because excluded: %(excluded)s.", excluded=joined(excluded, "or", locale))]
    return _missing(parts)


def _reasons_of(part: dict[str, Any], locale: str) -> list[str]:
    if "fact" not in part:
        return _reasons(part, locale)
    return [_settles(part["fact"])] if part["answer"] == "unknown" else [_unmet(part, locale)]


def _missing(parts: list[dict[str, Any]]) -> list[str]:
    """What would settle the unknown ones of some parts."""
    found: list[str] = []
    for part in (each for each in parts if each["answer"] == "unknown"):
        if "fact" in part:
            found.append(_settles(part["fact"]))
        else:
            (kind,) = part.keys() - {"answer"}
            found += _missing(part[kind])
    return found


def _settles(fact: str) -> str:
    """Which fact is missing, and which evidence would settle it."""
    evidence = _("the incubation agreement") if fact == "residency.month_number" else _("the business licence")
    return _("Not decided yet: the %(fact)s is not on record; %(evidence)s settles it.", fact=fact_name(fact),
             evidence=evidence)  # fmt: skip


def _unmet(condition: dict[str, Any], locale: str) -> str:
    fact, found, wanted = condition["fact"], condition["found"], condition["value"]
    if fact == "startup.kind" and wanted == "company":
        return _("Not registered as a company, so not eligible; once registered, it can be subsidised.")
    if fact == "residency.month_number" and condition["comparison"] == "at_most":
        return _("In month %(found)s of its residence: only the first %(wanted)s months are eligible.", found=found,
                 wanted=wanted)  # fmt: skip
    if fact == "residency.month_number" and condition["comparison"] == "at_least":
        return _("In month %(found)s of its residence: eligible from month %(wanted)s on.", found=found, wanted=wanted)
    if fact == "startup.registered_months" and condition["comparison"] == "at_most":
        return _("Registered %(found)s months ago: eligible in the first %(wanted)s months only.", found=found,
                 wanted=wanted)  # fmt: skip
    if fact == "startup.registered_months" and condition["comparison"] == "at_least":
        return _("Registered %(found)s months ago: eligible after %(wanted)s months.", found=found, wanted=wanted)
    return _("Not eligible: the scheme is for %(wanted)s.", wanted=condition_words(condition, locale))
