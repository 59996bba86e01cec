"""Pages of dunning: finance sets steps, works its list, a founder promises a day, the front desk sees to a card."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.dunning_letters import WRITERS
from incubator.billing.models import DunningAction, DunningEntry, DunningSetting, LateInterest, OneOffCharge
from incubator.billing.queries.dunning.lists import count_calls_due, list_stories
from incubator.billing.rules.dunning import Step
from incubator.bookings.operations import book
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from tests.billing.dunning.debts import Debts, morning
from tests.cast import Cast
from tests.conftest import Browser
from tests.scenarios.october import October, at

FORM = {"promise_days": "14", "reply_days": "7", "interest_basis": "none", "interest_from_day": "1"}


def today() -> date:
    return utc_now().astimezone(CHINA).date()


@pytest.fixture
def late(session: Session, cast: Cast, debts: Debts) -> Debts:
    """A owes 2,000.00 for 21 days by now, and all was done this morning."""
    debts.remind(Step(3, "mail"), Step(10, "call"), Step(20, "letter"), Step(21, "booking"), Step(21, "access"),
                 on=today() - timedelta(days=30), rate="0.0005")  # fmt: skip
    debts.owe(cast.startup_a, 200_000, today() - timedelta(days=21))
    for ago in (18, 11, 1, 0):
        debts.run(today() - timedelta(days=ago))
    return debts


def test_finance_sets_the_steps_and_sees_what_they_would_do(
    client: Browser, session: Session, cast: Cast, debts: Debts
) -> None:
    debts.owe(cast.startup_a, 200_000, today() - timedelta(days=5))
    client.sign_in(cast.finance)
    assert "-3" in client.get("/billing/dunning/settings").text  # what is proposed
    data = FORM | {"valid_from": today().isoformat(), "active": "y", "steps-0-after_days": "5",
                   "steps-0-measure": "mail", "steps-0-least": "100"}  # fmt: skip
    shown = client.post("/billing/dunning/settings/preview", data=data)
    assert shown.status_code == 200 and "甲科技有限公司" in shown.text
    assert session.execute(select(DunningSetting)).first() is None and session.execute(select(DunningAction)).first() is None
    assert client.post("/billing/dunning/settings", data=data).status_code == 303
    setting = session.execute(select(DunningSetting)).scalar_one()
    assert setting.active and setting.created_by == cast.finance.person_id


@pytest.mark.parametrize("wrong", [
    {"valid_from": "2020-01-01"}, {"steps-0-after_days": "400"}, {"steps-0-after_days": "-2", "steps-0-measure": "call"},
    {"steps-1-after_days": "5", "steps-1-measure": "mail"}, {"interest_basis": "day"},
    {"interest_basis": "day", "interest_rate": "0"}, {"reply_days": "0"}, {"steps-0-least": "-1"},
])  # fmt: skip
def test_what_makes_no_sense_is_said(client: Browser, session: Session, cast: Cast, wrong: dict[str, str]) -> None:
    data = FORM | {"valid_from": today().isoformat(), "steps-0-after_days": "5", "steps-0-measure": "mail"}
    answer = client.sign_in(cast.finance).post("/billing/dunning/settings", data=data | wrong)
    assert answer.status_code == 422 and "invalid-feedback" in answer.text
    assert session.execute(select(DunningSetting)).first() is None


def test_the_worklist_and_the_call(client: Browser, session: Session, cast: Cast, late: Debts) -> None:
    client.sign_in(cast.finance)
    assert "甲科技有限公司" in client.get("/billing/dunning?view=calls").text
    assert "甲科技有限公司" not in client.get("/billing/dunning?view=paused").text
    assert count_calls_due(session, today()) == 1
    call = session.execute(select(DunningAction.id).where(DunningAction.measure == "call")).scalar_one()
    sent = {f"call{call}-result": "reached", f"call{call}-note": "周五付"}
    assert client.post(f"/billing/dunning/calls/{call}", data=sent).status_code == 303
    assert count_calls_due(session, today()) == 0
    page = client.get(f"/billing/dunning/{cast.startup_a}").text
    assert "周五付" in page and "DUN-" in page
    sent = {"hold-kind": "dispute", "hold-until": (today() + timedelta(days=9)).isoformat(), "hold-reason": "电表"}
    assert client.post(f"/billing/dunning/{cast.startup_a}/pause", data=sent).status_code == 303
    assert "甲科技有限公司" in client.get("/billing/dunning?view=paused").text
    empty = client.post(f"/billing/dunning/{cast.startup_a}/pause", data={"hold-kind": "pause"})
    assert empty.status_code == 422 and "invalid-feedback" in empty.text
    [row] = list_stories(session, cast.finance, today=today(), view="limited").rows
    assert row.limited and row.standing.hold and row.standing.hold.kind == "dispute"


def test_a_founder_sees_it_and_promises_a_day(client: Browser, session: Session, cast: Cast, late: Debts) -> None:
    client.sign_in(cast.founder_a)
    assert "/my/overdue" in client.get("/").text and "/my/overdue" in client.get("/invoices").text
    page = client.get("/my/overdue").text
    assert "7559 0000 1234" in page and f"/my/overdue/{cast.startup_a}/promise" in page
    far = client.post(f"/my/overdue/{cast.startup_a}/promise", data={"until": (today() + timedelta(days=30)).isoformat()})
    assert far.status_code == 422
    day = today() + timedelta(days=5)
    assert client.post(f"/my/overdue/{cast.startup_a}/promise", data={"until": day.isoformat()}).status_code == 303
    entry = session.execute(select(DunningEntry).where(DunningEntry.kind == "promise")).scalar_one()
    assert entry.by_startup and entry.amount_minor == 200_000 and entry.until_on == day
    client.sign_in(cast.founder_b)
    assert client.post(f"/my/overdue/{cast.startup_a}/promise", data={"until": day.isoformat()}).status_code == 404


def test_letters_are_polite_in_both_languages_and_say_what_is_open_now(
    session: Session, cast: Cast, late: Debts
) -> None:
    late.pay(cast.startup_a, 50_000, today())
    write_notices(session, now=utc_now(), base_url="http://x", writers=WRITERS)
    mails = session.execute(select(OutboxMail).order_by(OutboxMail.id)).scalars().all()
    assert len(mails) == 3  # the mail, the letter, the limit with the card; the call is not announced
    assert all("¥1,500.00" in each.text_body and "/my/overdue" in each.text_body for each in mails)
    assert "DUN-" in mails[1].subject and "7559 0000 1234" in mails[1].text_body
    late.owe(cast.startup_b, 100, today() - timedelta(days=21))
    late.run(today())
    late.pay(cast.startup_b, 100, today())
    write_notices(session, now=utc_now(), base_url="http://x", writers=WRITERS)
    assert len(session.execute(select(OutboxMail.id)).all()) == 3  # paid meanwhile: nobody is written to


def test_the_notice_letter_as_pdf(client: Browser, session: Session, cast: Cast, late: Debts) -> None:
    letter = session.execute(select(DunningAction.id).where(DunningAction.number.is_not(None))).scalar_one()
    for person, status in ((cast.finance, 200), (cast.founder_a, 200), (cast.founder_b, 404)):
        answer = client.sign_in(person).get(f"/billing/dunning/letters/{letter}/pdf")
        assert answer.status_code == status
        assert status != 200 or answer.data.startswith(b"%PDF")


def test_interest_is_charged_with_the_month(client: Browser, session: Session, cast: Cast, late: Debts) -> None:
    """20 days (up to yesterday) on 2,000.00 at 0.05 % are 20.00."""
    client.sign_in(cast.finance)
    assert "¥20.00" in client.get("/billing/dunning/interest").text
    invoice = session.execute(select(DunningAction.facts).where(DunningAction.measure == "letter")).scalar_one()
    id_ = invoice["parts"][0]["invoice_id"]
    client.post("/billing/dunning/interest", data={"invoice": str(id_), f"left-{id_}": "1999", "do": "charge"})
    nonsense = {"invoice": "99999999999999999999999", "left-99999999999999999999999": "1"}
    assert client.post("/billing/dunning/interest", data=nonsense | {"do": "charge"}).status_code < 500
    assert session.execute(select(LateInterest)).first() is None  # not what was shown
    client.post("/billing/dunning/interest", data={"invoice": str(id_), f"left-{id_}": "2000", "do": "charge"})
    row = session.execute(select(LateInterest)).scalar_one()
    charge = session.execute(select(OneOffCharge)).scalar_one()
    assert (row.amount_minor, charge.amount_minor, charge.kind, charge.source_id) == (2000, 2000, "interest", row.id)


def test_the_front_desk_sees_to_the_card_and_no_amounts(
    client: Browser, session: Session, cast: Cast, late: Debts
) -> None:
    client.sign_in(cast.front_desk)
    page = client.get("/front-desk/access").text
    assert "甲科技有限公司" in page and "2,000" not in page
    access = session.execute(select(DunningAction.id).where(DunningAction.measure == "access")).scalar_one()
    assert client.post(f"/front-desk/access/{access}", data={"note": "卡 3 张"}).status_code == 303
    assert "甲科技有限公司" not in client.get("/front-desk/access").text


def test_bookings_are_limited_for_founders_and_not_for_the_front_desk(
    session: Session, cast: Cast, october: October
) -> None:
    """No new booking by A while it stands; staff book for it, others book, and what is paid is lifted at once."""
    debts = Debts.at_a_site(session, cast)
    debts.remind(Step(30, "booking"), on=date(2026, 9, 30))
    debts.owe(cast.startup_a, 200_000, date(2026, 8, 30))
    debts.run(date(2026, 9, 30))
    now = morning(date(2026, 10, 1))
    wish = {"resource_id": october.room.id, "start": at(12, 10), "end": at(12, 11)}
    with pytest.raises(Refusal, match="limited since"):
        book(session, cast.founder_a, now=now, startup_id=cast.startup_a, **wish)
    book(session, cast.front_desk, now=now, startup_id=cast.startup_a, **wish)
    debts.pay(cast.startup_a, 200_000, date(2026, 10, 1))
    book(session, cast.founder_a, now=now, startup_id=cast.startup_a, **(wish | {"start": at(12, 11), "end": at(12, 12)}))
