"""Letters about vouchers, in their readers' languages, if they are still so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.core.errors import N_
from incubator.documents.formats import day, money, named
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader, Writer
from incubator.subsidies.queries.voucher_ledger import get_order
from incubator.subsidies.queries.vouchers import get_application, get_voucher_row

VOUCHERS = {
    "issued": (N_("A voucher for you: %(series)s"),
               N_("%(startup)s has got the voucher %(number)s over %(left)s. You can order by it until %(last)s.")),
    "ending": (N_("%(left)s of voucher %(number)s end on %(last)s"),
               N_("of the voucher %(number)s (%(series)s), %(left)s are not used yet. What is not ordered by it until "
                  "%(last)s expires.")),
}  # fmt: skip
APPLICATIONS = {
    "sent": (N_("%(startup)s applies for a voucher"), N_("%(startup)s applies for a voucher of %(series)s:"),
             N_("Look and decide")),
    "approved": (N_("Your voucher is granted: %(series)s"),
                 N_("your application for %(series)s is approved, and the voucher is issued."),
                 N_("Open the vouchers")),
    "refused": (N_("Your application for %(series)s"), N_("your application for %(series)s was refused:"),
                N_("Open the vouchers")),
}  # fmt: skip


def write_voucher(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """The letter about a voucher that was issued or ends; None where nothing is left of it by now."""
    row, what = get_voucher_row(session, reader.actor, notice.subject_id), str(notice.facts.get("what"))
    if what not in VOUCHERS or row.balance.left == 0:
        return None
    subject, said = VOUCHERS[what]
    values = {
        "startup": named(row.startup, reader.locale), "series": named(row.series, reader.locale),
        "number": row.voucher.label, "left": money(row.balance.left, "CNY", reader.locale),
        "last": day(row.voucher.valid_until, reader.locale),
    }  # fmt: skip
    return _letter(reader, subject, said, values, [], N_("Open the vouchers"), "/my/vouchers")


def write_application(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """The letter about an application that was sent or decided; None where it stands otherwise by now."""
    row, what = get_application(session, reader.actor, notice.subject_id), str(notice.facts.get("what"))
    if what not in APPLICATIONS or (row.application.outcome or "sent") != what:
        return None
    subject, said, button = APPLICATIONS[what]
    values = {"startup": named(row.startup, reader.locale), "series": named(row.series, reader.locale)}
    words = row.application.purpose if what == "sent" else row.application.reason if what == "refused" else ""
    path = f"/vouchers/applications/{row.application.id}" if what == "sent" else "/my/vouchers"
    return _letter(reader, subject, said, values, [line for line in words.splitlines() if line.strip()], button, path)


def write_order(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """The letter about a redemption."""
    row = get_order(session, reader.actor, notice.subject_id)
    values = {
        "amount": money(int(notice.facts.get("amount_minor", 0)), "CNY", reader.locale), "title": row.order.title,
        "number": row.voucher.label,
    }  # fmt: skip
    return _letter(
        reader, N_("%(amount)s redeemed of voucher %(number)s"),
        N_("%(amount)s of the voucher %(number)s were redeemed for %(title)s. If that was not you, tell the operator."),
        values, [], N_("Open the order"), f"/vouchers/orders/{row.order.id}",
    )  # fmt: skip


def _letter(
    reader: Reader, subject: str, said: str, values: dict[str, str], lines: list[str], button: str, path: str
) -> Letter:
    return Letter(
        reader.locale, reader.say(subject, **values),
        [reader.say(N_("Hello %(name)s,"), name=reader.actor.name), reader.say(said, **values), *lines],
        (reader.say(button), reader.link(path)),
        [reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))],
    )  # fmt: skip


WRITERS: dict[str, Writer] = {
    "vouchers": write_voucher, "voucher_applications": write_application, "voucher_orders": write_order,
}  # fmt: skip
