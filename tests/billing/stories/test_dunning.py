"""Stories of what is paid late, told in November 2026 at one site. Steps: a mail after 3 days, one after 7, a call after
14, a notice letter after 20 and no more bookings after 30, these two from 1,000.00 on."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.models import DunningAction, DunningEntry, DunningStory, LateInterest
from incubator.billing.operations.dunning_entries import (
    lift_limit,
    pause_dunning,
    promise_payment,
    record_call,
    resume_dunning,
    see_to_access,
)
from incubator.billing.operations.late_interest import charge_interest, waive_interest
from incubator.billing.operations.payments import undo_clearing
from incubator.billing.queries.dunning.interest import list_proposals
from incubator.billing.rules.dunning import Step
from incubator.core.errors import Conflict, Refusal
from incubator.notices.models import Notice
from incubator.startups.queries.booking_limits import list_booking_limits
from tests.billing.dunning.debts import Debts, morning
from tests.cast import Cast

DUE = date(2026, 11, 5)


def nov(day: int) -> date:
    return date(2026, 11, day)


@pytest.fixture
def debts(session: Session, cast: Cast) -> Debts:
    return Debts.at_a_site(session, cast)


def stories(session: Session) -> list[tuple[int, date, date | None]]:
    rows = session.execute(select(DunningStory).order_by(DunningStory.id)).scalars()
    return [(each.startup_id, each.began_on, each.ended_on) for each in rows]


def proposed(session: Session, cast: Cast, today: date) -> dict[int, int]:
    return {each.invoice.id: each.left_minor for each in list_proposals(session, cast.finance, today)}


def test_paid_a_day_late_before_the_day_was_looked_at(session: Session, cast: Cast, debts: Debts) -> None:
    """8,000.00 due on the 5th, paid on the 6th at noon. On the 7th there is no story and no mail; the day of delay is
    8,000.00 × 0.05 % = 4.00."""
    debts.remind(rate="0.0005")
    invoice = debts.owe(cast.startup_a, 800_000, DUE)
    debts.pay(cast.startup_a, 800_000, nov(6))
    assert debts.run(nov(7)).is_nothing
    assert stories(session) == []
    assert proposed(session, cast, nov(7)) == {invoice: 400}
    assert proposed(session, cast, nov(30)) == {invoice: 400}


def test_steps_one_after_the_other_until_it_is_paid(session: Session, cast: Cast, debts: Debts) -> None:
    """Looked at every day from the 6th on: mails on the 8th and 12th, a call on the 19th, a letter on the 25th; the
    limit of the 5th of December is lifted by the payment of the 9th, at once."""
    debts.remind()
    debts.owe(cast.startup_a, 200_000, DUE)
    for day in range(6, 31):
        debts.run(nov(day))
        debts.run(nov(day))  # as often as one likes
    for day in range(1, 10):
        debts.run(date(2026, 12, day))
    assert debts.taken(cast.startup_a) == [
        ("mail", 3, nov(8)), ("mail", 7, nov(12)), ("call", 14, nov(19)), ("letter", 20, nov(25)),
        ("booking", 30, date(2026, 12, 5)),
    ]  # fmt: skip
    assert list_booking_limits(session, [cast.startup_a])[cast.startup_a].since == date(2026, 12, 5)
    debts.pay(cast.startup_a, 200_000, date(2026, 12, 9))
    assert list_booking_limits(session, [cast.startup_a]) == {}
    assert stories(session) == [(cast.startup_a, nov(6), date(2026, 12, 9))]
    told = session.execute(select(func.count()).select_from(Notice).where(Notice.kind == "dunning")).scalar_one()
    assert told == 4  # two mails, the letter, the limit; nobody is told that they will be called


def test_a_broken_promise(session: Session, cast: Cast, debts: Debts) -> None:
    """Promised on the 9th for the 20th: nothing happens until then. On the 21st it is broken, and the call, by then
    two days late, is made; the mail of the 12th is not sent any more. The founder can't promise again, finance can."""
    debts.remind()
    debts.owe(cast.startup_a, 200_000, DUE)
    debts.run(nov(8))
    promise_payment(session, cast.founder_a, now=morning(nov(9)), startup_id=cast.startup_a, until=nov(20))
    for day in range(9, 21):
        assert debts.run(nov(day)).is_nothing
    debts.run(nov(21))
    assert debts.taken(cast.startup_a) == [("mail", 3, nov(8)), ("call", 14, nov(21))]
    assert debts.taken(cast.startup_a, "passed_over") == [("mail", 7, nov(21))]
    kinds = session.execute(select(DunningEntry.kind).order_by(DunningEntry.id)).scalars().all()
    assert kinds == ["promise", "broken"]
    with pytest.raises(Conflict):
        promise_payment(session, cast.founder_a, now=morning(nov(21)), startup_id=cast.startup_a, until=nov(25))
    promise_payment(session, cast.finance, now=morning(nov(21)), startup_id=cast.startup_a, until=nov(27))
    assert debts.run(nov(26)).is_nothing


def test_a_kept_promise_of_a_part(session: Session, cast: Cast, debts: Debts) -> None:
    """Of 2,000.00, 1,200.00 are promised for the 15th and come on the 14th: kept. The 800.00 that are left go on from
    where they stand, and the letter of the 25th, from 1,000.00 on, is not sent."""
    debts.remind()
    debts.owe(cast.startup_a, 200_000, DUE)
    debts.run(nov(8))
    promise_payment(session, cast.finance, now=morning(nov(9)), startup_id=cast.startup_a, until=nov(15),
                    amount_minor=120_000)  # fmt: skip
    debts.pay(cast.startup_a, 120_000, nov(14))
    assert session.execute(select(DunningEntry.kind).where(DunningEntry.about_id.is_not(None))).scalars().all() == ["kept"]
    for day in (15, 19, 25, 30):
        debts.run(nov(day))
    assert debts.taken(cast.startup_a) == [("mail", 3, nov(8)), ("mail", 7, nov(15)), ("call", 14, nov(19))]


def test_paused_for_a_dispute(session: Session, cast: Cast, debts: Debts) -> None:
    """The meter is disputed on the 10th, until the 30th at most. On the 18th it is settled: the call of the 19th is the
    next that happens, the mail of the 12th is sent on the 18th."""
    debts.remind()
    debts.owe(cast.startup_a, 200_000, DUE)
    debts.run(nov(8))
    pause_dunning(session, cast.finance, now=morning(nov(10)), startup_id=cast.startup_a, until=nov(30),
                  reason="10月电表读数有异议", kind="dispute")  # fmt: skip
    for day in range(10, 18):
        assert debts.run(nov(day)).is_nothing
    resume_dunning(session, cast.finance, now=morning(nov(18)), startup_id=cast.startup_a, reason="读数已核对")
    debts.run(nov(18))
    debts.run(nov(19))
    assert debts.taken(cast.startup_a) == [("mail", 3, nov(8)), ("mail", 7, nov(18)), ("call", 14, nov(19))]
    with pytest.raises(Conflict):
        resume_dunning(session, cast.finance, now=morning(nov(19)), startup_id=cast.startup_a)


def test_a_part_payment_below_the_least_amount(session: Session, cast: Cast, debts: Debts) -> None:
    """1,500.00; on the 22nd 600.00 come: 900.00 are below the 1,000.00 of the letter. In December another 500.00 fall
    due: 1,400.00, and the letter is sent then."""
    debts.remind()
    debts.owe(cast.startup_a, 150_000, DUE)
    for day in (8, 12, 19):
        debts.run(nov(day))
    debts.pay(cast.startup_a, 60_000, nov(22))
    assert debts.run(nov(25)).is_nothing
    debts.owe(cast.startup_a, 50_000, date(2026, 11, 27))
    debts.run(nov(28))
    assert debts.taken(cast.startup_a)[-1] == ("letter", 20, nov(28))
    letter = session.execute(select(DunningAction).where(DunningAction.measure == "letter")).scalar_one()
    assert (letter.overdue_minor, letter.number, letter.facts["reply_by"]) == (140_000, 1, "2026-12-05")


def test_a_limit_that_staff_lift_does_not_come_back(session: Session, cast: Cast, debts: Debts) -> None:
    """Limited on 5 December; finance lifts it for a pitch day. The next days leave it so."""
    debts.remind()
    debts.owe(cast.startup_a, 200_000, DUE)
    debts.run(date(2026, 12, 5))
    lift_limit(session, cast.finance, now=morning(date(2026, 12, 6)), startup_id=cast.startup_a, reason="路演日")
    debts.run(date(2026, 12, 7))
    assert list_booking_limits(session, [cast.startup_a]) == {}
    with pytest.raises(Conflict):
        lift_limit(session, cast.finance, now=morning(date(2026, 12, 7)), startup_id=cast.startup_a, reason="再来")


def test_interest_over_a_part_payment(session: Session, cast: Cast, debts: Debts) -> None:
    """10,000.00 due on the 5th, 4,000.00 on the 15th. On 1 December (up to 30 November) 10 days on 10,000.00 are 50.00
    and 15 on 6,000.00 are 45.00: 95.00, charged. Paid in full on 10 December: 10 more days on 6,000.00 are 30.00."""
    debts.remind(rate="0.0005")
    invoice = debts.owe(cast.startup_a, 1_000_000, DUE)
    debts.pay(cast.startup_a, 400_000, nov(15))
    assert proposed(session, cast, date(2026, 12, 1)) == {invoice: 9_500}
    charge_interest(session, cast.finance, now=morning(date(2026, 12, 1)), shown={invoice: 9_500})
    assert proposed(session, cast, date(2026, 12, 1)) == {}
    with pytest.raises(Conflict):
        charge_interest(session, cast.finance, now=morning(date(2026, 12, 1)), shown={invoice: 9_500})
    debts.pay(cast.startup_a, 600_000, date(2026, 12, 10))
    assert proposed(session, cast, date(2027, 1, 1)) == {invoice: 3_000}
    waive_interest(session, cast.finance, now=morning(date(2027, 1, 1)), shown={invoice: 3_000}, reason="好客户")
    assert proposed(session, cast, date(2027, 2, 1)) == {}
    rows = session.execute(select(LateInterest.outcome, LateInterest.amount_minor).order_by(LateInterest.id)).all()
    assert rows == [("charged", 9_500), ("waived", 3_000)]


def test_money_that_is_entered_later_bears_no_more_interest(session: Session, cast: Cast, debts: Debts) -> None:
    """5,000.00 due on the 5th came on the 10th and is entered on the 20th: 5 days, 12.50, not 15."""
    debts.remind(rate="0.0005")
    invoice = debts.owe(cast.startup_a, 500_000, DUE)
    assert proposed(session, cast, nov(20)) == {invoice: 3_500}  # 14 days, as far as one knows
    debts.pay(cast.startup_a, 500_000, nov(10), entered=nov(20))
    assert proposed(session, cast, nov(21)) == {invoice: 1_250}


def test_leap_day(session: Session, cast: Cast, debts: Debts) -> None:
    """Due on 25 February 2028: the mail of the third day goes out on the 28th, that of the 7th on 3 March, since there
    is a 29th; from 26 February to 3 March are 7 days of interest: 1,000.00 × 0.05 % × 7 = 3.50."""
    debts.remind(Step(3, "mail"), Step(7, "mail"), on=date(2027, 1, 1), rate="0.0005")
    invoice = debts.owe(cast.startup_a, 100_000, date(2028, 2, 25))
    for day in (date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 2), date(2028, 3, 3)):
        debts.run(day)
    assert debts.taken(cast.startup_a) == [("mail", 3, date(2028, 2, 28)), ("mail", 7, date(2028, 3, 3))]
    assert proposed(session, cast, date(2028, 3, 4)) == {invoice: 350}


def test_an_outage_of_some_days(session: Session, cast: Cast, debts: Debts) -> None:
    """The worker stood still from the 8th to the 12th. On the 13th one mail goes out, the one of the 7th day; B, whose
    debt is two days younger and came to its mail of the third day on the 10th, gets that. And in February, after two
    months, the letter alone, with the limit."""
    debts.remind()
    debts.owe(cast.startup_a, 200_000, DUE)
    debts.owe(cast.startup_b, 200_000, nov(7))
    debts.run(nov(7))
    debts.run(nov(13))
    assert debts.taken(cast.startup_a) == [("mail", 7, nov(13))]
    assert debts.taken(cast.startup_a, "passed_over") == [("mail", 3, nov(13))]
    assert debts.taken(cast.startup_b) == [("mail", 3, nov(13))]
    debts.run(date(2027, 2, 1))
    assert [each[:2] for each in debts.taken(cast.startup_b)] == [("mail", 3), ("letter", 20), ("booking", 30)]


def test_nothing_is_sent_before_it_is_turned_on(session: Session, cast: Cast, debts: Debts) -> None:
    """Settings saved and not turned on: the story is seen, and nobody is told anything. Turned on on the 20th, the
    latest step alone is taken."""
    debts.remind(active=False)
    debts.owe(cast.startup_a, 200_000, DUE)
    debts.run(nov(12))
    assert stories(session) == [(cast.startup_a, nov(12), None)] and debts.taken(cast.startup_a) == []
    debts.remind(on=nov(20))
    debts.run(nov(20))
    assert debts.taken(cast.startup_a) == [("call", 14, nov(20))]


def test_reminded_before_the_due_day(session: Session, cast: Cast, debts: Debts) -> None:
    """Three days before, once; with a second invoice due on the same day it is one mail for both. Who is late is not
    reminded of what is still to come."""
    debts.remind(Step(-3, "mail"), Step(3, "mail"))
    debts.owe(cast.startup_a, 30_000, DUE)
    debts.owe(cast.startup_a, 20_000, DUE)
    debts.owe(cast.startup_a, 20_000, nov(10))
    debts.run(nov(2))
    debts.run(nov(3))
    debts.run(nov(7))
    assert debts.taken(cast.startup_a) == [("mail", -3, nov(2))]
    [action] = session.execute(select(DunningAction)).scalars()
    assert (action.overdue_minor, action.story_id) == (50_000, None)


def test_the_call_and_the_card(session: Session, cast: Cast, debts: Debts) -> None:
    """No answer leaves the call to do; reached ends it. The card is limited by the front desk, and given back when all
    is paid."""
    debts.remind(Step(14, "call"), Step(15, "access"))
    debts.owe(cast.startup_a, 200_000, DUE)
    debts.run(nov(19))
    debts.run(nov(20))
    call, access = session.execute(select(DunningAction.id).order_by(DunningAction.id)).scalars().all()
    record_call(session, cast.finance, now=morning(nov(20)), action_id=call, result="no_answer")
    record_call(session, cast.finance, now=morning(nov(20)), action_id=call, result="reached", note="周五付")
    with pytest.raises(Conflict):
        record_call(session, cast.finance, now=morning(nov(20)), action_id=call, result="reached")
    see_to_access(session, cast.front_desk, now=morning(nov(20)), action_id=access)
    with pytest.raises(Conflict):
        see_to_access(session, cast.front_desk, now=morning(nov(20)), action_id=access)
    debts.pay(cast.startup_a, 200_000, nov(21))
    see_to_access(session, cast.front_desk, now=morning(nov(22)), action_id=access)
    kinds = session.execute(select(DunningEntry.kind).order_by(DunningEntry.id)).scalars().all()
    assert kinds == ["no_answer", "reached", "restricted", "restored"]


def test_a_payment_that_is_undone_is_another_story(session: Session, cast: Cast, debts: Debts) -> None:
    """Paid on the 20th by a transfer that was another's, found on the 22nd: a story anew, at the step where it is."""
    debts.remind()
    debts.owe(cast.startup_a, 200_000, DUE)
    debts.run(nov(8))
    [clearing] = debts.pay(cast.startup_a, 200_000, nov(20))
    undo_clearing(session, cast.finance, now=morning(nov(22)), clearing_id=clearing.id, reason="另一家公司的款")
    debts.run(nov(22))
    assert stories(session) == [(cast.startup_a, nov(8), nov(20)), (cast.startup_a, nov(22), None)]
    assert debts.taken(cast.startup_a) == [("mail", 3, nov(8)), ("call", 14, nov(22))]


@pytest.mark.parametrize("until", [nov(7), date(2026, 11, 23)])
def test_a_startup_promises_fourteen_days_ahead_at_the_most(
    session: Session, cast: Cast, debts: Debts, until: date
) -> None:
    debts.remind()
    debts.owe(cast.startup_a, 200_000, DUE)
    debts.run(nov(8))
    with pytest.raises(Refusal):
        promise_payment(session, cast.founder_a, now=morning(nov(8)), startup_id=cast.startup_a, until=until)
