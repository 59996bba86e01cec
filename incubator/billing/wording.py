"""A line of an invoice in words: what it is for, and how its amount came about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from incubator.billing.anomalies import METERS, Anomaly
from incubator.billing.rules.invoicing import TaxSum
from incubator.billing.rules.one_off import ONE_OFF
from incubator.bookings.allowance_wording import paid_formula
from incubator.core.errors import N_
from incubator.core.money import decimal_places
from incubator.documents.formats import day, duration, money, month, number
from incubator.pricing.allowances import Paid
from incubator.pricing.rules.proration import CALENDAR_DAYS
from incubator.pricing.rules.readings import plain
from incubator.pricing.wording import by_rule, composed_formula, medium_name, price_text, rate_text, shared_words
from incubator.subsidies.explain import charge_kind, explain, scheme_name
from incubator.subsidies.fact_words import fact_name, is_words, value_words


def line_title(kind: str, description: dict[str, Any], locale: str) -> str:
    """"Rent · O1", or the resource that was booked."""
    if kind == "booking" and "what" not in description:
        name = description["resource_en"] if locale == "en" and description["resource_en"] else description["resource"]
        return f"{charge_kind(kind)} · {name}"
    if "what" in description:
        return f"{charge_kind(kind)} · {description['what']}"
    if "meter" in description:
        return " · ".join([medium_name(description["medium"]), description["unit"] or _("shared")])
    return f"{charge_kind(kind)} · {description['unit']}"


def line_period(kind: str, description: dict[str, Any], starts_on: date, ends_on: date, locale: str) -> str:
    """The days of a rent, or the hours of a booking."""
    if kind == "booking" and "what" not in description:
        start, end = datetime.fromisoformat(description["start"]), datetime.fromisoformat(description["end"])
        until = f"{end:%H:%M}" if start.date() == end.date() else f"{day(end.date(), locale)} {end:%H:%M}"
        return f"{day(start.date(), locale)} {start:%H:%M}–{until}"
    if starts_on == ends_on:
        return day(starts_on, locale)
    return f"{day(starts_on, locale)}–{day(ends_on, locale)}"


def line_formula(
    kind: str, basis: str, unit_price: Decimal, gross_minor: int, currency: str, derivation: dict[str, Any],
    locale: str,
) -> str:  # fmt: skip
    """How a line's amount came about; of a price without VAT that this is put on top: "… = ¥1,000.00, and 9% VAT of
    ¥90.00: ¥1,090.00"."""
    tax = derivation.get("tax", {})
    on_minor = tax.get("on_minor")
    if on_minor is None:
        return _formula(kind, basis, unit_price, gross_minor, currency, derivation, locale)
    said = _formula(kind, basis, unit_price, on_minor, currency, derivation, locale)
    return _("%(formula)s, and %(rate)s VAT of %(tax)s: %(gross)s", formula=said,
             rate=rate_text(Decimal(tax["rate"]), locale), tax=money(gross_minor - on_minor, currency, locale),
             gross=money(gross_minor, currency, locale))  # fmt: skip


def kinds_text(kinds: Iterable[str], locale: str) -> str:
    """Some kinds of charge, one after the other."""
    return ("、" if locale == "zh_Hans" else ", ").join(charge_kind(kind) for kind in kinds)


def tax_words(taxes: Iterable[TaxSum], currency: str, locale: str) -> list[str]:
    """"VAT of 6% in it: ¥16.98 of ¥300.00", or that a sum is exempt; by rate."""
    return [
        _("%(rate)s VAT in it: %(tax)s of %(net)s", rate=rate_text(each.rate, locale),
          tax=money(each.tax_minor, currency, locale), net=money(each.net_minor, currency, locale))
        if each.rate else _("Exempt from VAT: %(net)s", net=money(each.net_minor, currency, locale))
        for each in taxes
    ]  # fmt: skip


def tax_note(taxes: Iterable[TaxSum], currency: str, locale: str) -> str:
    """What stands below an invoice: its VAT by rate, or that all prices include tax where nothing is known of it."""
    found = tax_words(taxes, currency, locale)
    return ("；" if locale == "zh_Hans" else "; ").join(found) if found else _("All prices include tax.")


def _formula(
    kind: str, basis: str, unit_price: Decimal, gross_minor: int, currency: str, derivation: dict[str, Any],
    locale: str,
) -> str:  # fmt: skip
    """"54.5 m² × ¥75.00 × 16/31 days = ¥2,109.68"; of a line that corrects one of an earlier invoice: which, and what
    has become known."""
    if "corrects" in derivation:
        sentences = [corrects_words(derivation["corrects"], locale)]
        sentences += [change_words(each, locale) for each in derivation["changed"]]
        if derivation["reason"]:
            sentences.append(_("Reason: %(reason)s", reason=derivation["reason"]))
        return " ".join(sentences)
    gross = money(gross_minor, currency, locale)
    if basis == ONE_OFF:
        return _("Charged once: %(gross)s", gross=gross)
    price = number(unit_price, locale, max(2, decimal_places(unit_price)))
    if kind == "booking" and (fee := derivation.get("fee")):
        rule = fee["rule_en"] if locale == "en" and fee["rule_en"] else fee["rule"]
        return _("Cancelled less than %(within)s before it began: %(percent)s%% of %(price)s = %(gross)s (%(rule)s)",
                 within=duration(timedelta(minutes=fee["within_minutes"]), locale), percent=fee["percent"], rule=rule,
                 price=money(fee["of_minor"], currency, locale), gross=gross)  # fmt: skip
    if kind == "booking":
        paid = derivation.get("paid", [])
        full = money(gross_minor + sum(each["value_minor"] for each in paid), currency, locale)
        said = _("%(minutes)s minutes at %(price)s an hour = %(gross)s", minutes=derivation["minutes"], price=price,
                 gross=full)  # fmt: skip
        if derivation.get("parts"):
            said = composed_formula(derivation, full, locale)
        borne = next(((each["voucher"], each["value_minor"]) for each in paid if "voucher" in each), None)
        allowed = [Paid(0, **each) for each in paid if "voucher" not in each]
        return paid_formula(said, allowed, gross_minor, currency, locale, borne)
    if basis == "metered":
        return metered_formula(unit_price, gross, currency, derivation, locale)
    area = number(Decimal(derivation["quantity"]), locale, 2)
    if (proration := derivation.get("proration", CALENDAR_DAYS)) != CALENDAR_DAYS:
        factors = (_("%(area)s m² × %(price)s a m² and month", area=area, price=price) if basis == "m2_month"
                   else _("%(price)s a month", price=price))  # fmt: skip
        return by_rule(factors, proration, derivation["days"], derivation["charged_days"],
                       derivation["days_in_month"], gross)  # fmt: skip
    values = {"price": price, "days": derivation["days"], "of": derivation["days_in_month"], "gross": gross}
    if basis == "m2_month":
        return _("%(area)s m² × %(price)s a m² and month × %(days)s/%(of)s days = %(gross)s", area=area, **values)
    return _("%(price)s a month × %(days)s/%(of)s days = %(gross)s", **values)


def corrects_words(corrects: dict[str, Any], locale: str) -> str:
    """Which invoice a correction is of."""
    return _("Concerns invoice %(number)s of %(month)s.", number=corrects["invoice"],
             month=month(date.fromisoformat(corrects["month"]), locale))  # fmt: skip


def change_words(changed: dict[str, Any], locale: str) -> str:
    """A fact as it was known when the month was posted, and as it is known now, with its evidence."""
    values = {
        which: fact_value(changed["fact"], changed[which], locale) + _evidence(changed[f"{which}_evidence"], locale)
        for which in ("was", "now")
    }
    return _("%(fact)s: then %(was)s, now %(now)s.", fact=_capital(_fact(changed["fact"])), **values)


def _evidence(documents: list[str], locale: str) -> str:
    said = ("、" if locale == "zh_Hans" else ", ").join(documents)
    return _(" (by %(documents)s)", documents=said) if said else ""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _fact(fact: str) -> str:
    return {
        "startup.registered_months": _("months since registration"),
        "residency.month_number": _("month of residence"),
        "site.approved_months": _("months since the space's approval"),
    }.get(fact) or fact_name(fact)


def fact_value(fact: str, value: Any, locale: str) -> str:
    """What was known of a fact: a value in words, what somebody has, or that it was not on record."""
    if value is None:
        return _("not on record")
    if isinstance(value, dict):
        named = [value_words(fact, each, locale) for each in value["confirmed"]]
        named += [_("%(name)s (not confirmed)", name=value_words(fact, each, locale)) for each in value["claimed"]]
        return ("、" if locale == "zh_Hans" else ", ").join(named) or _("none")
    if isinstance(value, bool):
        return is_words(fact, value, locale)
    if fact == "startup.kind":
        return _("registered company") if value == "company" else _("team, not registered")
    return value_words(fact, value, locale)


def metered_formula(unit_price: Decimal, gross: str, currency: str, derivation: dict[str, Any], locale: str) -> str:
    """"1,200 → 1,450: 250. 200 × ¥0.68 + 50 × ¥0.95 = ¥183.50": what was read, used, and borne."""

    def said(text: str) -> str:
        return number(Decimal(text), locale, decimal_places(Decimal(text)))

    read = derivation["readings"]
    steps = [said(read[0].get("next_start", read[0]["reading"]))]
    for each in read[1:]:
        steps.append(said(each["reading"]) + (f" | {said(each['next_start'])}" if "next_start" in each else ""))
    charged, carried = Decimal(derivation["consumption"]), Decimal(derivation.get("carried", "0"))
    words = [_("Readings %(readings)s: %(used)s used", readings=" → ".join(steps), used=said(plain(charged - carried)))]
    if carried:
        words.append(carried_words(carried, said(plain(abs(carried))), said(derivation["consumption"])))
    priced = [(said(quantity), price_text(Decimal(price), locale)) for quantity, price in derivation["tiers"]]
    tiers = " + ".join(f"{quantity} × {price}" for quantity, price in priced)
    total = money(derivation["total_minor"], currency, locale)
    words.append(f"{tiers} = {total}")
    if derivation["quantity"] != derivation["consumption"]:
        share = _("Yours of it: %(quantity)s at %(price)s on average = %(gross)s", gross=gross,
                  quantity=said(derivation["quantity"]), price=price_text(unit_price, locale))  # fmt: skip
        words.append(f"{share} ({shared_words(derivation['shared_by'])})" if "shared_by" in derivation else share)
    if derivation["estimated"]:
        words.append(_("Split by days, because nobody read the meter on the day of the change"))
    return ("。" if locale == "zh_Hans" else ". ").join(words)


def carried_words(carried: Decimal, difference: str, charged: str) -> str:
    """That earlier months are made up for: their readings were corrected after they had been charged."""
    if carried < 0:
        return _("Less %(difference)s that earlier months were charged too much, because readings were corrected "
                 "since: %(charged)s charged", difference=difference, charged=charged)  # fmt: skip
    return _("And %(difference)s that earlier months were charged too little, because readings were corrected "
             "since: %(charged)s charged", difference=difference, charged=charged)  # fmt: skip


def _corrected_words(kind: str, meter: str, quantity: Decimal, locale: str) -> str:
    """What a correction after the posting does to this month, or that it can't do it."""
    values = {"meter": meter, "difference": number(abs(quantity), locale, decimal_places(abs(quantity)))}
    if kind == "carried" and quantity < 0:
        return _("%(meter)s was corrected after it had been charged: %(difference)s too much until then, taken off "
                 "here as far as this month has used as much.", **values)  # fmt: skip
    if kind == "carried":
        return _("%(meter)s was corrected after it had been charged: %(difference)s too little until then, added here.",
                 **values)  # fmt: skip
    if quantity < 0:
        return _("%(meter)s was corrected after it had been charged: %(difference)s too much, to somebody who has "
                 "left. Nobody else is given it.", **values)  # fmt: skip
    return _("%(meter)s was corrected after it had been charged: %(difference)s too little, to somebody who has left. "
             "Nobody else pays it.", **values)  # fmt: skip


def _gap_words(kind: str, values: dict[str, Any], locale: str) -> str:
    gap = values["gap"]
    meter = " ".join(part for part in (medium_name(gap.meter.medium), gap.unit, gap.meter.number) if part)
    if kind == "no_reading":
        return _("%(meter)s has no reading in this month: it is charged with the next one that has.", meter=meter)
    if kind == "no_price":
        return _("%(meter)s: no price is set for what it counted from %(since)s to %(until)s, so nothing is charged.",
                 meter=meter, since=day(gap.since, locale), until=day(gap.until, locale))  # fmt: skip
    if kind in ("carried", "dropped"):
        return _corrected_words(kind, meter, gap.quantity, locale)
    if kind == "estimated":
        return _("%(meter)s was not read on the day on which its user or its price changed: "
                 "%(since)s–%(until)s is split by days.",
                 meter=meter, since=day(gap.since, locale), until=day(gap.until, locale))  # fmt: skip
    return _("%(meter)s has begun again at 0 between %(since)s and %(until)s.", meter=meter,
             since=day(gap.since, locale), until=day(gap.until, locale))  # fmt: skip


APPROVALS = {"month_run": N_("Posting of a month"), "credit_note": N_("Credit note"), "write_off": N_("Write-off"),
             "refund": N_("Refund")}  # fmt: skip


def approval_words(what: str) -> str:
    """What a second person is asked for."""
    return _(APPROVALS[what])


def anomaly_words(anomaly: Anomaly, currency: str, locale: str) -> str:
    """What is odd about a startup's month, in one or two sentences."""
    values = anomaly.values
    if anomaly.kind in METERS:
        return _gap_words(anomaly.kind, values, locale)
    if anomaly.kind == "changed":
        charge = values["charge"]
        title = line_title(charge.kind, charge.description, locale)
        return _("%(item)s stands on %(number)s with %(posted)s; by the records of today it would be %(now)s. "
                 "What is posted stays as it is.",
                 item=title, number=charge.invoice_number, posted=money(values["posted_minor"], currency, locale),
                 now=money(values["now_minor"], currency, locale))  # fmt: skip
    if anomaly.kind == "unknown":
        why = " ".join(explain("refused", 0, 0, currency, values["derivation"], locale))
        return f"{scheme_name(values['derivation'], locale)}{'：' if locale == 'zh_Hans' else ': '}{why}"
    if anomaly.kind == "used_up":
        return _("%(scheme)s: its cap is used up; without it %(missed)s more would be subsidised.",
                 scheme=scheme_name(values["derivation"], locale),
                 missed=money(values["missed_minor"], currency, locale))  # fmt: skip
    if anomaly.kind == "expired":
        expired = values["expired"]
        return _("Agreement %(number)s ended on %(day)s, nothing follows it, and the startup has not left.",
                 number=expired.number, day=day(expired.ended_on, locale))  # fmt: skip
    if anomaly.kind == "no_tax_data":
        return _("A company without a credit code: no fapiao can be issued to it.")
    if anomaly.kind == "no_agreement":
        return _("Booked here without an agreement at this site in this month.")
    return _("Gross is %(now)s; last month it was %(before)s.", now=money(values["now_minor"], currency, locale),
             before=money(values["before_minor"], currency, locale))  # fmt: skip
