"""A rule in plain words, as a policy says it: for whom, for what, how much, at most, beside others, borne by whom."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from incubator.subsidies.number_words import Reader, amount_of, digits, number_words, per_measure, yuan
from incubator.subsidies.rule_names import BEARER_NAMES, EVERY_NAMES, GATE_NAMES, UNIT_NAMES
from incubator.subsidies.rules.amounts import MONTH_NUMBER
from incubator.subsidies.rules.items import CHARGE_KINDS, COST_KINDS, KINDS
from incubator.subsidies.rules.rule import USUAL_ORDER
from incubator.subsidies.wording import charge_kind, condition_words, joined

Rule = Mapping[str, Any]
BESIDE_MARKS = re.compile(r" ?([，；：（）]) ?")
"""A Chinese mark brings its own room."""


def rule_sentences(rule: Rule, locale: str, unread: Collection[str] = ()) -> list[tuple[str, str]]:
    """A rule as names and sentences, from the data that a version or a draft keeps; of what it does not say yet, and
    of the keys that could not be read, nothing."""
    reader = Reader(locale, lambda who: condition_words(dict(who), locale), _last_month(rule.get("who", {})))
    how = rule.get("how") or ({"share": rule["rate"]} if rule.get("rate") else None)
    said: list[tuple[str, str]] = []
    if not {"who"} & set(unread):
        said.append((_("For whom"), _who(rule, locale)))
    if rule.get("covers") and not {"covers", "units", "counts"} & set(unread):
        said.append((_("For what"), _what(rule, reader)))
    if how and "how" not in unread:
        said.append((_("How much"), _sentence(amount_of(how, _base(rule), reader), locale)))
    if "caps" not in unread:
        said.append((_("At most"), _caps(rule, how, reader)))
    together = "" if "together" in unread else _together(rule.get("together", {}), locale)
    if together:
        said.append((_("Beside others"), together))
    if not {"bearer", "goes_to", "every", "instalments"} & set(unread):
        said.append((_("Who bears it"), _borne(rule, locale)))
    return said


def _sentence(words: str, locale: str) -> str:
    if locale == "zh_Hans":
        return BESIDE_MARKS.sub(r"\1", words) + "。"
    return words[:1].upper() + words[1:] + "."


def _sentences(words: list[str], locale: str) -> str:
    return ("" if locale == "zh_Hans" else " ").join(_sentence(each, locale) for each in words)


def _last_month(who: Mapping[str, Any]) -> int | None:
    """Up to which month of residence a rule is for anybody, where all of its conditions say so."""
    months = [part["at_most"] for part in who.get("all", ()) if part.get("fact") == MONTH_NUMBER and "at_most" in part]
    return min(months, default=None)


# for whom


def _who(rule: Rule, locale: str) -> str:
    who = rule.get("who") or {"all": []}
    if who == {"all": []}:
        of_space = rule.get("covers") and not set(rule["covers"]) & {*CHARGE_KINDS, "tenancy", "contribution"}
        return _sentence(_("every space") if of_space else _("All startups"), locale)
    return _sentence(condition_words(dict(who), locale), locale)


# for what


def _what(rule: Rule, reader: Reader) -> str:
    kinds = [charge_kind(kind) for kind in KINDS if kind in rule["covers"]]
    words = [joined([kind.lower() if reader.locale == "en" else kind for kind in kinds], "and", reader.locale)]
    if rule.get("units"):
        units = [str(UNIT_NAMES.get(unit, unit)) for unit in rule["units"]]
        units = [unit.lower() for unit in units] if reader.locale == "en" else units
        words.append(_("only of %(units)s", units=joined(units, "and", reader.locale)))
    return _sentences([*words, *_counted(rule.get("counts") or {}, reader)], reader.locale)


def _counted(counts: Mapping[str, Any], reader: Reader) -> list[str]:
    def money(text: str) -> str:
        return yuan(text, reader.locale)

    words = []
    if "unit_price" in counts:
        per = counts.get("per", "m2_month")
        words.append(number_words(counts["unit_price"], money, lambda said: _(
            "its price counts up to %(price)s", price=per_measure(per, said)), reader))  # fmt: skip
    if "area" in counts:
        words.append(number_words(
            counts["area"], lambda text: _("%(area)s m²", area=digits(text, reader.locale)),
            lambda said: _("its area counts up to %(area)s", area=said), reader))  # fmt: skip
    if "at_least" in counts:
        words.append(number_words(counts["at_least"], money, lambda said: _(
            "what is less than %(least)s does not count", least=said), reader))  # fmt: skip
    return words


def _base(rule: Rule) -> str:
    covers = set(rule.get("covers", ()))
    if covers and covers <= set(CHARGE_KINDS):
        return "charges"
    if covers and covers <= set(COST_KINDS):
        return "costs"
    return "contribution" if covers == {"contribution"} else "amount"


# at most


def _caps(rule: Rule, how: Mapping[str, Any] | None, reader: Reader) -> str:
    caps = rule.get("caps") or []
    if not caps:
        return _("No cap.")
    words = [_cap(cap, reader) for cap in caps]
    share = (how or {}).get("share")
    if isinstance(share, str) and Decimal(share) == 1 and _base(rule) == "charges":
        lower = _("where the actual rent is lower, the actual rent") if list(rule["covers"]) == ["rent"] else (
            _("where the actual amount is lower, the actual amount"))  # fmt: skip
        words[-1] = reader.several([words[-1], lower])
    return _sentences(words, reader.locale)


def _cap(cap: Mapping[str, Any], reader: Reader) -> str:
    amount = cap.get("amount")
    if amount is None:
        amount = format(Decimal(cap["amount_minor"]).scaleb(-2), "f")

    def window(said: str) -> str:
        return {
            "invoice": _("at most %(amount)s an invoice", amount=said),
            "month": _("at most %(amount)s a month", amount=said),
            "quarter": _("at most %(amount)s a quarter", amount=said),
            "year": _("at most %(amount)s a year", amount=said),
            "life": _("at most %(amount)s in all", amount=said),
        }[cap["window"]]

    whose = {
        "startup": _("for each startup"), "person": _("for each founder, over all their startups"),
        "site": _("for each site"), "operator": _("for the operator as a whole"),
    }[cap.get("per", "startup")]  # fmt: skip
    words = number_words(amount, lambda text: yuan(text, reader.locale), window, reader)
    if isinstance(amount, dict) and "cases" in amount:
        return f"{whose}：{words}" if reader.locale == "zh_Hans" else f"{whose}: {words}"
    return f"{whose}{words}" if reader.locale == "zh_Hans" else f"{whose}, {words}"


# beside others, and who bears it


def _together(together: Mapping[str, Any], locale: str) -> str:
    words = []
    if together.get("order", USUAL_ORDER) != USUAL_ORDER:
        words.append(_("its turn is %(order)s: the lower comes first", order=together["order"]))
    if together.get("base") == "gross":
        words.append(_("it counts from the full amount, whatever other schemes give"))
    if together.get("best_of"):
        words.append(_("of the schemes of the group “%(group)s” only the best is given", group=together["best_of"]))
    if together.get("once"):
        words.append(_("one person counts once a month, however many startups they have"))
    return _sentences(words, locale)


def _borne(rule: Rule, locale: str) -> str:
    bearer = rule.get("bearer", {})
    kind = str(BEARER_NAMES[bearer.get("kind", "government")])
    if bearer.get("name"):
        words = [_("%(name)s (%(kind)s) bears it", name=bearer["name"], kind=kind)]
    else:
        words = [_("%(kind)s bears it", kind=kind)]
    if bearer.get("account"):
        words.append(_("it is posted to the account %(account)s", account=bearer["account"]))
    if rule.get("goes_to", "startup") == "startup":
        words.append(_("it is taken off what the startup pays"))
    else:
        every = str(EVERY_NAMES[rule.get("every", "month")])
        words.append(_("the operator claims it %(every)s; it is taken off nothing", every=every))
    if rule.get("instalments"):
        words.append(_instalments(rule["instalments"], locale))
    return _sentences(words, locale)


def _instalments(instalments: list[dict[str, Any]], locale: str) -> str:
    parts = []
    for each in instalments:
        share = f"{digits(format(Decimal(each['share']) * 100, 'f'), locale)}%"
        months = each.get("after_months", 0)
        part = ngettext("%(share)s after %(num)s month", "%(share)s after %(num)s months", months, share=share) if (
            months) else _("%(share)s at once", share=share)  # fmt: skip
        if each.get("gate", "none") != "none":
            part = _("%(part)s, %(gate)s", part=part, gate=str(GATE_NAMES[each["gate"]]))
        parts.append(part)
    said = ("；" if locale == "zh_Hans" else "; ").join(parts)
    return _("it is paid in %(count)s instalments: %(parts)s", count=len(parts), parts=said)
