"""A decision in short sentences, for invoice, page and report, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from incubator.documents.formats import money
from incubator.subsidies.amount_words import amount_words, cap_words, counted_words, fen, gives, share, why
from incubator.subsidies.fact_words import fact_name, settling_evidence
from incubator.subsidies.wording import charge_kind, condition_words, group_words, joined

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
        return list(dict.fromkeys(_refused(derivation, locale)))
    if outcome == "credited":
        return [_("Taken back with credit note %(number)s: %(amount)s.", number=derivation["credit_note_number"],
                  amount=money(amount_minor, currency, locale)),
                _("Reason: %(reason)s", reason=derivation["reason"])]  # fmt: skip
    if outcome == "ruled":
        return [_ruled(derivation, amount_minor, currency, locale)]
    if outcome == "adjusted":
        return _adjusted(derivation, amount_minor, currency, locale)

    def amount(minor: int) -> str:
        return money(minor, currency, locale)

    found = _how(base_minor, currency, derivation, locale)
    if outcome == "nothing":
        found.append(_("So it comes to nothing."))
    elif outcome == "displaced":
        other = (locale == "en" and derivation["displaced_by_name_en"]) or derivation["displaced_by_name"]
        found.append(
            _("Only the best of these schemes counts, and %(other)s gives more: nothing by this one.", other=other)
        )
    elif outcome == "held":
        found.append(_("%(amount)s waits: the budget is shared out at its closing.",
                       amount=amount(derivation["held_minor"])))  # fmt: skip
    given = amount(derivation.get("held_minor", 0) or derivation.get("would_be_minor", 0) or amount_minor)
    return found + [cap_words(cap, given, currency, locale) for cap in derivation["caps"]]


def explain_idle(derivations: Sequence[dict[str, Any]], locale: str) -> str:
    """Schemes that do not cover a kind of charge, in one sentence."""
    if len(derivations) == 1:
        return _("%(scheme)s does not cover this kind of charge.", scheme=scheme_name(derivations[0], locale))
    names = [scheme_name(each, locale) for each in derivations]
    names = [f"《{name}》" for name in names] if locale == "zh_Hans" else names
    return _("%(schemes)s do not cover this kind of charge.", schemes=joined(names, "and", locale))


def _how(base_minor: int, currency: str, derivation: dict[str, Any], locale: str) -> list[str]:
    """What was counted, and what was taken of it; where it is plainly a share, as one says it."""
    wanted, given = derivation["wanted_minor"], derivation.get("would_be_minor", derivation["amount_minor"])
    given = derivation.get("held_minor", 0) or given
    kind = charge_kind(derivation["kind"])
    values = {
        "kind": kind.lower() if locale == "en" else kind, "base": money(base_minor, currency, locale),
        "wanted": money(wanted, currency, locale), "given": money(given, currency, locale),
    }  # fmt: skip
    found = counted_words(derivation.get("counted", {}), values["base"], currency, locale)
    how = derivation.get("how", {"share": derivation.get("rate")})
    if "share" in how:
        values["percent"] = share(gives(how["share"]), locale) + why(how["share"], locale)
        values["base"] = money(fen(derivation["counted"]["gives"]), currency, locale) if found else values["base"]
        if given < wanted:
            found.append(_("%(percent)s of the %(kind)s of %(base)s would be %(wanted)s; the cap leaves %(given)s.",
                           **values))  # fmt: skip
        else:
            found.append(_("%(percent)s of the %(kind)s of %(base)s: %(wanted)s subsidised.", **values))
        return found
    found.append(_("%(kind)s: %(amount)s.", kind=kind, amount=amount_words(how, currency, locale)))
    if given < wanted:
        found.append(_("Of %(wanted)s what is left to pay, or the cap, allows %(given)s.", **values))
    return found


def _refused(derivation: dict[str, Any], locale: str) -> list[str]:
    if "counted_already" in derivation:
        return [_("%(name)s is counted for another company already this month.", name=derivation["counted_already"])]
    if "missing" in derivation:
        return [_settles(fact) for fact in derivation["missing"]]
    return _reasons(derivation["who"], locale)


def _adjusted(derivation: dict[str, Any], amount_minor: int, currency: str, locale: str) -> list[str]:
    """What it was, what it is by what is known since, and why it is that; or its share of a budget that was closed."""
    if "closing" in derivation:
        closing = {name: money(minor, currency, locale) for name, minor in derivation["closing"].items()}
        said = _(
            "The budget's %(left)s is shared out among %(waiting)s that waited: of %(mine)s this brings %(share)s.",
            **closing,
        )
        return [said]
    was, now = (money(derivation[key], currency, locale) for key in ("was_minor", "now_minor"))
    found = [_("Corrected by what is known since: %(was)s before, %(now)s now.", was=was, now=now)]
    new = derivation["now"]
    said = derivation | new["derivation"]
    return found + explain(new["outcome"], new["base_minor"], new["amount_minor"], currency, said, locale)


def _ruled(derivation: dict[str, Any], amount_minor: int, currency: str, locale: str) -> str:
    """What the authority doesn't bear, and by which claim; its reason stands beside it."""
    values = {"amount": money(-amount_minor, currency, locale), "claim": derivation["ruling"]["claim"]}
    values |= {key: money(derivation[f"{key}_minor"], currency, locale) for key in ("was", "now")}
    if derivation["ruling"]["kind"] == "clawed_back":
        return _("The authority wants %(amount)s of it back (claim %(claim)s): %(was)s before, %(now)s now.", **values)
    return _("The authority has not granted %(amount)s of it (claim %(claim)s): %(was)s before, %(now)s now.",
             **values)  # fmt: skip


def scheme_name(derivation: dict[str, Any], locale: str) -> str:
    """The scheme's name in the reader's language, where it has one in it."""
    return str((locale == "en" and derivation["scheme_name_en"]) or derivation["scheme_name"])


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
        wanted = group_words({"any": parts}, locale)
        return [_("Eligible are only: %(wanted)s.", wanted=wanted), *_missing(parts)]
    excluded = [part for part in parts if part["answer"] == "met"]
    if excluded:
        return [_("Not eligible, because excluded: %(excluded)s.", excluded=group_words({"any": excluded}, locale))]
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
    return _("Not decided yet: the %(fact)s is not on record; %(evidence)s settles it.", fact=fact_name(fact),
             evidence=settling_evidence(fact))  # fmt: skip


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
