"""Letters about fapiaos, in their readers' languages, if they are still so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.billing.queries.fapiao import get_request, papers_of
from incubator.core.errors import N_
from incubator.documents.formats import money
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader, Writer

SAID = {
    "issued": (N_("Your fapiao for invoice %(number)s"),
               N_("the fapiao for invoice %(number)s over %(amount)s is issued, to %(name)s."),
               N_("Open and download it")),
    "returned": (N_("The fapiao for invoice %(number)s: please mend something"),
                 N_("your request for a fapiao for invoice %(number)s, to %(name)s, came back:"),
                 N_("Mend it and ask again")),
}  # fmt: skip


def write_request(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
    """The letter about a request that was issued or returned; None where it stands otherwise by now."""
    row, what = get_request(session, reader.actor, notice.subject_id), str(notice.facts.get("what"))
    if what not in SAID or row.request.state != what:
        return None
    subject, said, button = SAID[what]
    values = {"number": row.invoice_number, "name": row.request.title["name"],
              "amount": money(row.request.net_minor, row.invoice.currency, reader.locale)}  # fmt: skip
    numbers = [each.fapiao.number for each in papers_of(session, [row.request.id])[row.request.id]
               if each.fapiao.number and not each.fapiao.is_red]  # fmt: skip
    lines = [row.request.reason] if what == "returned" else [
        reader.say(N_("Number: %(number)s"), number=number) for number in numbers]  # fmt: skip
    hello, small = reader.say(N_("Hello,")), list[str]()
    if notice.person_id is not None:
        hello = reader.say(N_("Hello %(name)s,"), name=reader.actor.name)
        small = [reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))]
    return Letter(reader.locale, reader.say(subject, **values), [hello, reader.say(said, **values), *lines],
                  (reader.say(button), reader.link(f"/fapiao/{row.request.id}")), small)  # fmt: skip


WRITERS: dict[str, Writer] = {"fapiao_requests": write_request}
