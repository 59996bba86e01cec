"""What startups are sent when something is due or overdue: mails and the notice letter as PDF."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.exports import MEDIA_TYPES, Export, party_name
from incubator.billing.models import DunningAction, DunningStory
from incubator.billing.queries.dunning.lists import get_action, letter_number
from incubator.billing.queries.dunning.overdue import overdue_of
from incubator.billing.rules.dunning import overdue
from incubator.core.clock import CHINA
from incubator.core.errors import N_, NotFound
from incubator.documents import pdf
from incubator.documents.formats import day, money
from incubator.documents.rmb import rmb_capitals
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader, Writer

SUBJECTS = {
    "reminder": N_("Due on %(due)s: %(amount)s"), "mail": N_("A reminder: %(amount)s is overdue since %(due)s"),
    "letter": N_("Notice of payment %(number)s: %(amount)s"),
    "booking": N_("Your bookings are limited until %(amount)s is paid"),
    "access": N_("Your access will be limited: %(amount)s is overdue"),
}  # fmt: skip
SAYS = {
    "reminder": N_("%(amount)s of %(startup)s is due on %(due)s. This is only a reminder; if it is on its way, please "
                   "ignore it."),
    "mail": N_("%(amount)s of %(startup)s is overdue; the oldest part was due on %(due)s. It may have slipped through, "
               "or be on its way: then please ignore this mail."),
    "letter": N_("%(amount)s of %(startup)s is overdue; the oldest part was due on %(due)s. The notice letter "
                 "%(number)s is ready for you; please pay, or answer us, by %(reply)s."),
    "booking": N_("%(amount)s of %(startup)s is overdue; the oldest part was due on %(due)s. Until it is paid your "
                  "people can't make new bookings by themselves. What is booked stays booked, and the front desk can "
                  "book for you."),
    "access": N_("%(amount)s of %(startup)s is overdue; the oldest part was due on %(due)s. As the next step the front "
                 "desk limits the access of your cards. It is given back as soon as the amount is paid."),
}  # fmt: skip
ALSO_BOOKING = N_("From today on your people can't make new bookings by themselves; this ends at once when it is paid.")
TALK = N_("If you can't pay at once, tell us a day on which you can: on the page below, or by answering to our finance "
          "team. We find a way.")  # fmt: skip


def write_step(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
    """The mail about a step; None where nothing of it is open any more."""
    action, startup = get_action(session, reader.actor, notice.subject_id)
    still = _still_open(session, action, now.astimezone(CHINA).date())
    if not still:
        return None
    kind = "reminder" if action.after_days <= 0 else action.measure
    letter = _letter_of(session, reader, notice)
    values = {
        "amount": money(still, "CNY", reader.locale), "due": day(action.due_on, reader.locale),
        "startup": startup.name_en if reader.locale == "en" and startup.name_en else startup.name,
        "number": letter_number(letter) if letter else "",
        "reply": day(date.fromisoformat(action.facts["reply_by"]), reader.locale),
    }  # fmt: skip
    said = [reader.say(N_("Hello %(name)s,"), name=reader.actor.name), reader.say(SAYS[kind], **values)]
    measures = notice.facts.get("measures") or []
    if "booking" in measures and kind != "booking":
        said.append(reader.say(ALSO_BOOKING))
    said += _how_to_pay(reader, action)
    if kind != "reminder":
        said.append(reader.say(TALK))
    path, button = "/my/overdue", N_("Look and pay")
    return Letter(reader.locale, reader.say(SUBJECTS[kind], **values), said, (reader.say(button), reader.link(path)),
                  [reader.say(N_("This mail concerns a payment and can't be switched off."))])  # fmt: skip


def _still_open(session: Session, action: DunningAction, today: date) -> int:
    """What of it is owed now: a payment that came meanwhile makes the mail smaller, or none."""
    if action.story_id is None:
        owed = overdue_of(session, until=action.due_on, startup_ids=[action.startup_id]).get(action.startup_id)
        return sum(part.open_minor for part in owed.parts if part.due_on == action.due_on) if owed else 0
    ended = session.execute(select(DunningStory.ended_on).where(DunningStory.id == action.story_id)).scalar_one()
    owed = overdue_of(session, until=today, startup_ids=[action.startup_id]).get(action.startup_id)
    late = overdue(owed, today)
    return late.minor if late and ended is None else 0


def _letter_of(session: Session, reader: Reader, notice: Notice) -> DunningAction | None:
    letter_id = notice.facts.get("letter_id")
    return get_action(session, reader.actor, int(letter_id))[0] if letter_id else None


def _how_to_pay(reader: Reader, action: DunningAction) -> list[str]:
    facts = action.facts
    if not facts.get("account"):
        return []
    return [reader.say(N_("By transfer to %(payee)s, %(bank)s, account %(account)s; please give the number of the "
                          "invoice."), payee=facts["payee"], bank=facts["bank"], account=facts["account"])]  # fmt: skip


WRITERS: dict[str, Writer] = {"dunning_actions": write_step}


def export_letter(action: DunningAction, locale: str) -> Export:
    """The notice letter as PDF, by what was owed on its day; NotFound where the step was no letter."""
    if action.number is None:
        raise NotFound(N_("There is no such notice letter."))
    data = {"locale": locale, "words": _words(locale), **letter_data(action, locale)}
    return Export(f"{letter_number(action)}.pdf", MEDIA_TYPES["pdf"], pdf.render("billing/notice_letter.typ", data))


def letter_data(action: DunningAction, locale: str) -> dict[str, Any]:
    """What the letter's template reads: every amount and sentence written out."""
    facts = action.facts
    ours, theirs = facts["operator"], facts["startup"]
    due, reply = day(action.due_on, locale), day(date.fromisoformat(facts["reply_by"]), locale)
    amount = money(action.overdue_minor, "CNY", locale)
    name = party_name(theirs, locale)
    return {
        "number": letter_number(action), "on": day(action.acted_on, locale),
        "operator": ours | {"shown": party_name(ours, locale)}, "startup": theirs | {"shown": name},
        "total": amount, "capitals": rmb_capitals(action.overdue_minor), "reply_by": reply,
        "opening": _("According to our books, the following invoices of your company are overdue; the oldest was due "
                     "on %(due)s. On %(on)s %(amount)s is open in all.", due=due, on=day(action.acted_on, locale),
                     amount=amount),
        "demand": _("We ask you to pay this amount, or to tell us in writing what speaks against it, by %(reply)s. "
                    "If it is paid already, please send us the bank's receipt, and take this letter as settled.",
                    reply=reply),
        "closing": _("If it is not paid by then, we may take the steps that our agreement with you provides for. We "
                     "would rather find a way together: please call us."),
        "lines": [
            {"number": part["number"], "due_on": day(date.fromisoformat(part["due_on"]), locale),
             "days": (action.acted_on - date.fromisoformat(part["due_on"])).days,
             "open": money(part["open_minor"], "CNY", locale)}
            for part in facts["parts"]
        ],
        "payee": facts["payee"], "bank": facts["bank"], "account": facts["account"],
    }  # fmt: skip


def _words(locale: str) -> dict[str, str]:
    return {
        "title": _("Notice of payment"), "to": _("Addressed to"), "number": _("Number"), "date": _("Date"),
        "reply_by": _("Answer by"), "invoice": _("Invoice"), "due_on": _("Payment due"), "days": _("Days overdue"),
        "open": _("Still open"), "total": _("Total"), "capitals": _("In capitals"), "pay_to": _("Please pay to"),
        "payee": _("Payee"), "bank": _("Bank"), "account": _("Account"), "credit_code": _("Credit code"),
        "regards": _("Yours faithfully"), "seal": _("(seal)"),
        "dear": _("Dear Sir or Madam,"),
    }  # fmt: skip
