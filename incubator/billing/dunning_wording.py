"""Steps, pauses and promises in words."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from incubator.billing.models import DunningSetting
from incubator.billing.queries.dunning.story import LogLine
from incubator.billing.rules.dunning import Hold, Promise, Step
from incubator.core.errors import N_
from incubator.documents.formats import day, money, number

MEASURES = {
    "mail": N_("Mail to the founders"), "call": N_("Call"), "letter": N_("Notice letter"),
    "booking": N_("No more bookings"), "access": N_("Limit access"),
}  # fmt: skip
MEASURE_ICONS = {"mail": "mail", "call": "phone", "letter": "file-text", "booking": "ban", "access": "lock"}
VIEW_NAMES = {
    "all": N_("All"), "calls": N_("To call"), "promised": N_("Promised"), "paused": N_("Paused"),
    "limited": N_("Limited"),
}  # fmt: skip
ENTRIES = {
    "pause": N_("Paused"), "dispute": N_("Disputed"), "resume": N_("Goes on"), "promise": N_("Payment promised"),
    "kept": N_("Promise kept"), "broken": N_("Promise broken"), "reached": N_("Called, reached"),
    "no_answer": N_("Called, no answer"), "restricted": N_("Access limited"), "restored": N_("Access given back"),
    "lifted": N_("Booking limit lifted"),
}  # fmt: skip
TONES = {"kept": "green", "broken": "red", "promise": "azure", "pause": "yellow", "dispute": "yellow",
         "lifted": "green", "restored": "green", "reached": "azure"}  # fmt: skip
INTEREST = {"none": N_("No interest"), "day": N_("A share a day"), "year": N_("A share a year, by days of 365")}


def measure_name(measure: str) -> str:
    """What a step does."""
    return _(MEASURES[measure])


def when_name(after_days: int) -> str:
    """When a step is taken, by its days."""
    if after_days < 0:
        return ngettext("%(num)d day before the due day", "%(num)d days before the due day", -after_days)
    if after_days == 0:
        return _("On the due day")
    return ngettext("%(num)d day overdue", "%(num)d days overdue", after_days)


def step_name(step: Step, locale: str) -> str:
    """A step in a line: 20 days overdue, notice letter, from ¥1,000.00."""
    said = f"{when_name(step.after_days)} · {measure_name(step.measure)}"
    if step.least_minor:
        said += " · " + _("from %(amount)s", amount=money(step.least_minor, "CNY", locale))
    return said


def hold_name(hold: Hold, locale: str) -> str:
    """What makes the steps wait, and until when."""
    until = day(hold.until, locale)
    if hold.kind == "promise":
        return _("Promised for %(day)s", day=until)
    if hold.kind == "dispute":
        return _("Disputed until %(day)s", day=until)
    return _("Paused until %(day)s", day=until)


def promise_name(promise: Promise, locale: str) -> str:
    """A promise and what has become of it."""
    values = {"amount": money(promise.entry.amount_minor, "CNY", locale),
              "day": day(promise.entry.until or date.min, locale)}  # fmt: skip
    said = {
        "stands": _("%(amount)s promised for %(day)s", **values), "kept": _("Kept: %(amount)s by %(day)s", **values),
        "broken": _("Broken: %(amount)s by %(day)s", **values),
        "replaced": _("Replaced: %(amount)s by %(day)s", **values),
    }  # fmt: skip
    return said[promise.state]


def log_title(line: LogLine) -> str:
    """What happened, in a few words."""
    if line.action is None:
        return _(ENTRIES[line.kind])
    if line.action.after_days <= 0:
        return _("Reminder before the due day")
    return measure_name(line.kind)


def log_note(line: LogLine, locale: str) -> str:
    """What there is to say of it."""
    if line.action is not None:
        owed = money(line.action.overdue_minor, "CNY", locale)
        if line.action.outcome == "passed_over":
            return _("Passed over: a later step was due already.")
        if line.action.after_days <= 0:
            return _("%(amount)s due on %(day)s", amount=owed, day=day(line.action.due_on, locale))
        return _("%(amount)s overdue since %(day)s", amount=owed, day=day(line.action.due_on, locale))
    entry = line.entry
    assert entry is not None
    said = []
    if entry.amount_minor and entry.until_on:
        said.append(_("%(amount)s by %(day)s", amount=money(entry.amount_minor, "CNY", locale),
                      day=day(entry.until_on, locale)))  # fmt: skip
    elif entry.until_on:
        said.append(_("until %(day)s", day=day(entry.until_on, locale)))
    if entry.by_startup:
        said.append(_("by the startup itself"))
    if entry.reason:
        said.append(entry.reason)
    return " · ".join(said)


def interest_name(setting: DunningSetting, locale: str) -> str:
    """The interest of some settings in a line."""
    if setting.interest_rate is None:
        return _("No interest")
    rate = number(setting.interest_rate * 100, locale)
    said = (_("%(rate)s %% a day", rate=rate) if setting.interest_basis == "day"
            else _("%(rate)s %% a year", rate=rate))  # fmt: skip
    if setting.interest_from_day > 1:
        said += " · " + _("from day %(day)s", day=setting.interest_from_day)
    if setting.interest_cap is not None:
        said += " · " + _("at most %(share)s %% of the invoice", share=number(setting.interest_cap * 100, locale))
    return said
