"""Letters about payments by Stripe, in their readers' languages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.accounts.permissions import Action
from incubator.billing.queries.cards import get_card_payment, get_finding
from incubator.core.errors import N_
from incubator.documents.formats import money, named
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader, Writer

PAYMENTS = {
    "paid": (N_("%(amount)s received, thank you"),
             N_("%(amount)s for %(invoices)s have come by Stripe. The receipt is %(receipt)s.")),
    "declined": (N_("A saved card was declined: %(amount)s for %(invoices)s"),
                 N_("%(amount)s for %(invoices)s of %(startup)s could not be taken by the saved card: its bank "
                    "declined it. It is tried again 1, 3 and 5 days after the first time. Paying by hand or with "
                    "another card is possible at any time.")),
    "refund_failed": (N_("A refund of %(amount)s did not arrive"),
                      N_("Stripe could not give %(amount)s back to %(startup)s. The amount is left to the startup "
                         "again; give it back another way.")),
    "disputed": (N_("A payment of %(startup)s is disputed: %(amount)s"),
                 N_("The cardholder's bank disputes %(amount)s of %(startup)s. Answer in Stripe's own pages in time; "
                    "the amount is blocked there until the case is closed.")),
    "won": (N_("A dispute is won: %(amount)s"), N_("The dispute about %(amount)s of %(startup)s is won.")),
    "lost": (N_("A dispute is lost: %(amount)s"),
             N_("The dispute about %(amount)s of %(startup)s is lost: what it had paid is open again.")),
}  # fmt: skip


def write_payment(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """The letter about what became of a payment; None where it is not so any more."""
    row, what = get_card_payment(session, reader.actor, notice.subject_id), str(notice.facts.get("what"))
    if what not in PAYMENTS:
        return None
    subject, said = PAYMENTS[what]
    amount_minor = int(notice.facts.get("amount_minor", row.payment.amount_minor))
    values = {
        "amount": money(amount_minor, row.payment.currency, reader.locale),
        "startup": named(row.startup, reader.locale),
        "invoices": ("、" if reader.locale == "zh_Hans" else ", ").join(number for _, number, _ in row.parts),
        "receipt": row.receipt,
    }  # fmt: skip
    lines = []
    if what == "paid" and row.payment.surplus_minor:
        surplus = money(row.payment.surplus_minor, row.payment.currency, reader.locale)
        said_of_it = N_("%(surplus)s of it were not needed any more, because the invoice was paid otherwise meanwhile. "
                        "They stay with the operator as your advance.")  # fmt: skip
        lines.append(reader.say(said_of_it, surplus=surplus))
    path = "/card-payments/" if reader.actor.can(Action.SEE_BILLING) else "/pay/"
    return _letter(reader, subject, said, values, lines, f"{path}{row.payment.id}")


def write_finding(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """That something at Stripe needs a person's eyes; None where somebody has looked already."""
    finding = get_finding(session, reader.actor, notice.subject_id)
    if finding.settled_at is not None:
        return None
    return _letter(
        reader, N_("Something at Stripe needs to be looked at"),
        N_("the books can't follow something at Stripe by themselves. Nothing was booked; please look at it."), {}, [],
        "/card-payments/findings",
    )  # fmt: skip


def _letter(
    reader: Reader, subject: str, said: str, values: dict[str, str], lines: list[str], path: str
) -> Letter:
    return Letter(
        reader.locale, reader.say(subject, **values),
        [reader.say(N_("Hello %(name)s,"), name=reader.actor.name), reader.say(said, **values), *lines],
        (reader.say(N_("Look at it")), reader.link(path)),
        [reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))],
    )  # fmt: skip


WRITERS: dict[str, Writer] = {"card_payments": write_payment, "card_findings": write_finding}
