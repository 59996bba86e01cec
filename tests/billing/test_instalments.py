"""An invoice in instalments is due by its parts, wherever somebody asks what is due."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session

from incubator.billing.models import DunningStory, Instalment, OpenItem
from incubator.billing.operations.write_offs import plan_instalments
from incubator.billing.queries.books import list_ageing
from incubator.billing.queries.desk import get_desk
from incubator.billing.queries.dunning.interest import list_proposals
from incubator.billing.queries.dunning.lists import list_stories
from incubator.billing.queries.dunning.overdue import overdue_of
from incubator.billing.queries.dunning.story import list_own_overdue
from incubator.billing.queries.instalments import list_due_parts, open_parts
from incubator.billing.queries.invoices import list_invoices
from incubator.billing.queries.open_items import list_open_invoices
from incubator.billing.queries.payments import choose_parts
from incubator.billing.queries.standing import get_standing
from incubator.billing.rules.interest import Agreed, Debt, Move, Terms, interest_until
from incubator.billing.rules.standing import Standing
from tests.billing.dunning.debts import Debts, morning
from tests.cast import Cast

NOVEMBER_5, DECEMBER_5, JANUARY_5 = date(2026, 11, 5), date(2026, 12, 5), date(2027, 1, 5)
THIRDS = [(NOVEMBER_5, 100_000), (DECEMBER_5, 100_000), (JANUARY_5, 100_000)]


@pytest.fixture
def debts(session: Session, cast: Cast) -> Debts:
    return Debts.at_a_site(session, cast)


@pytest.fixture
def in_thirds(session: Session, cast: Cast, debts: Debts) -> int:
    """3,000.00 due on 20 October, agreed before to be paid in thirds from 5 November on; 500.00 paid on 10 November."""
    invoice_id = debts.owe(cast.startup_a, 300_000, date(2026, 10, 20))
    now = morning(date(2026, 10, 15))
    plan_instalments(session, cast.finance, now=now, invoice_id=invoice_id, parts=THIRDS)
    debts.pay(cast.startup_a, 50_000, date(2026, 11, 10))
    return invoice_id


def test_every_list_goes_by_the_parts_that_are_due(session: Session, cast: Cast, debts: Debts, in_thirds: int) -> None:
    """On 8 December: 500.00 of November are 33 days late, 1,000.00 of December 3 days; January is not due."""
    today, startup_id = date(2026, 12, 8), cast.startup_a
    ageing = {row.startup.id: row.by_age for row in list_ageing(session, cast.finance, today)}
    assert ageing[startup_id] == (100_000, 100_000, 50_000, 0, 0)
    standing = get_standing(session, cast.finance, startup_id, today)
    assert (standing.open_minor, standing.overdue_minor, standing.oldest_due_on) == (250_000, 150_000, NOVEMBER_5)
    [row] = list_open_invoices(session, cast.finance, startup_id=startup_id, due_before=today).rows
    assert (row.due_on, row.overdue_days(today), row.overdue_minor(today)) == (NOVEMBER_5, 33, 150_000)
    desk = get_desk(session, cast.finance, today)
    assert (desk.overdue.count, desk.overdue.minor, desk.open.count, desk.open.minor) == (1, 150_000, 1, 250_000)
    assert dict(desk.weeks)[date(2027, 1, 4)] == 100_000
    owed = overdue_of(session, until=today)[startup_id]
    assert [(part.due_on, part.open_minor) for part in owed.parts] == [(NOVEMBER_5, 50_000), (DECEMBER_5, 100_000)]
    [own] = list_own_overdue(session, cast.founder_a, today=today)
    assert own.state.overdue and own.state.overdue.minor == 150_000


def test_it_is_not_late_before_its_first_part_is(session: Session, cast: Cast, debts: Debts, in_thirds: int) -> None:
    """The invoice’s own day, 20 October, is over; what is agreed holds."""
    today = date(2026, 11, 5)
    late = list_invoices(session, cast.finance, standing=Standing.OVERDUE, today=today).rows
    assert late == [] and get_standing(session, cast.finance, cast.startup_a, today).overdue_minor == 0
    [row] = list_invoices(session, cast.finance, standing=Standing.PART, today=today).rows
    assert (row.invoice.id, row.due_on) == (in_thirds, NOVEMBER_5)
    [late_row] = list_invoices(session, cast.finance, standing=Standing.OVERDUE, today=date(2026, 11, 6)).rows
    assert late_row.invoice.id == in_thirds


def test_money_pays_the_parts_due_first_of_several_invoices(
    session: Session, cast: Cast, debts: Debts, in_thirds: int
) -> None:
    """2,000.00 for 500.00 of November, 400.00 of another invoice due on 20 November, 1,000.00 of December: 100.00 of
    January."""
    other = debts.owe(cast.startup_a, 40_000, date(2026, 11, 20))
    parts = choose_parts(session, cast.finance, cast.startup_a, 200_000, how="oldest")
    assert parts == {in_thirds: 160_000, other: 40_000}
    assert choose_parts(session, cast.finance, cast.startup_a, 80_000, how="oldest") == {in_thirds: 50_000, other: 30_000}
    [clearing, second] = debts.pay(cast.startup_a, 80_000, date(2026, 11, 25))
    assert {clearing.invoice_id: clearing.amount_minor, second.invoice_id: second.amount_minor} == {
        in_thirds: 50_000, other: 30_000,
    }  # fmt: skip


def test_the_worklist_begins_with_the_oldest_part(session: Session, cast: Cast, debts: Debts, in_thirds: int) -> None:
    """B’s invoice of 1 November is older than A’s part of 5 November, though A’s invoice was due in October."""
    debts.remind()
    debts.owe(cast.startup_b, 40_000, date(2026, 11, 1))
    debts.run(date(2026, 11, 12))
    page = list_stories(session, cast.finance, today=date(2026, 11, 12))
    assert [row.startup.id for row in page.rows] == [cast.startup_b, cast.startup_a]


def test_a_plan_ends_dunning_where_nothing_is_overdue_by_it(session: Session, cast: Cast, debts: Debts) -> None:
    debts.remind()
    invoice_id = debts.owe(cast.startup_a, 300_000, date(2026, 10, 20))
    debts.run(date(2026, 10, 30))
    now = morning(date(2026, 10, 30))
    plan_instalments(session, cast.finance, now=now, invoice_id=invoice_id, parts=THIRDS)
    ended = session.execute(select(DunningStory.ended_on).where(DunningStory.startup_id == cast.startup_a)).scalar_one()
    assert ended == date(2026, 10, 30)


DAILY = Terms(date(2026, 1, 1), "day", Decimal("0.0005"))


def test_interest_waits_for_the_parts_from_the_day_of_the_plan_on() -> None:
    """0.05 % a day on 3,000.00 due on 20 October. Agreed on the 30th: 9 days on 3,000.00 are 13.50; 30 days from
    6 November to 5 December on 1,000.00 are 15.00; the 6th of December is a day on 2,000.00."""
    debt = Debt(date(2026, 10, 20), 300_000, (Move(date(2026, 10, 5), 300_000),),
                plans=(Agreed(date(2026, 10, 30), tuple(THIRDS)),))  # fmt: skip
    found = {on: interest_until(debt, [DAILY], on).amount_minor for on in (date(2026, 10, 29), NOVEMBER_5, DECEMBER_5)}
    assert found == {date(2026, 10, 29): 1_350, NOVEMBER_5: 1_350, DECEMBER_5: 2_850}
    assert interest_until(debt, [DAILY], date(2026, 12, 6)).amount_minor == 2_950


def test_what_is_open_beyond_a_plan_is_late_as_the_invoice_is() -> None:
    """100.00 that came back after all: late from 21 October on, whatever was agreed of the rest."""
    debt = Debt(date(2026, 10, 20), 310_000, (Move(date(2026, 10, 5), 310_000),),
                plans=(Agreed(date(2026, 10, 20), tuple(THIRDS)),))  # fmt: skip
    assert interest_until(debt, [DAILY], date(2026, 10, 30)).amount_minor == 50


def test_interest_is_proposed_by_the_parts(session: Session, cast: Cast, debts: Debts, in_thirds: int) -> None:
    """0.05 % a day of the first third: 5 days on 1,000.00 up to 10 November, 25 on 500.00 up to 5 December; then 2 days
    on 1,500.00."""
    debts.remind(rate="0.0005")
    assert list_proposals(session, cast.finance, date(2026, 11, 5)) == []
    [row] = list_proposals(session, cast.finance, date(2026, 12, 8))
    assert row.left_minor == 250 + 625 + 150


def test_the_database_spreads_as_the_rule_does(session: Session, cast: Cast, debts: Debts) -> None:
    """Sixty invoices with none to three plans and something open: SQL and the pure rule agree part by part, in one
    statement."""
    chance = Random(20261126)
    ids = debts.owe_many([chance.choice([cast.startup_a, cast.startup_b]) for _ in range(60)], 10_000, NOVEMBER_5)
    rows = [
        {"operator_id": cast.operator_id, "invoice_id": invoice_id, "plan": plan, "part": part,
         "due_on": NOVEMBER_5 + timedelta(days=40 * part - 60 + plan), "amount_minor": chance.randint(1, 4_000),
         "created_at": morning(NOVEMBER_5)}
        for invoice_id in ids for plan in range(1, chance.randint(0, 3) + 1) for part in range(1, chance.randint(1, 4) + 1)
    ]  # fmt: skip
    session.execute(insert(Instalment), rows)
    for invoice_id in ids:
        left = chance.choice([0, 1, 10_000, chance.randint(1, 10_000)])
        session.execute(update(OpenItem).where(OpenItem.invoice_id == invoice_id).values(open_minor=left))
    by_rule = sorted(
        (invoice_id, part.due_on, part.open_minor)
        for invoice_id, parts in list_due_parts(session, ids).items() for part in parts if part.open_minor
    )  # fmt: skip
    asked = list[str]()
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: asked.append(args[2]))
    parts = open_parts()
    by_sql = sorted(tuple(row) for row in session.execute(select(parts.c.invoice_id, parts.c.due_on, parts.c.open_minor)))
    assert by_sql == by_rule and len(asked) == 1 and len(by_sql) > 60
