"""Posting: each thing once, numbers without a gap, all or nothing; alone and in a crowd."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.billing.drafts import draft_month
from incubator.billing.models import Charge, Invoice, InvoiceLine, NumberSeries
from incubator.billing.operations import posting as operations
from incubator.billing.operations.posting import post_month
from incubator.bookings.operations import book, cancel
from incubator.core.errors import Conflict, NotFound, Refusal
from incubator.core.periods import Month
from incubator.startups.operations import UnitTerms, edit_startup, sign_residency
from incubator.subsidies.models import Decision
from tests.billing.stage import Posting, Stage
from tests.cast import NOW, Cast
from tests.database import TestDatabase
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, at

SEPTEMBER, NOVEMBER, DECEMBER = OCTOBER - 1, OCTOBER + 1, OCTOBER + 2
NEW_YEAR = datetime(2027, 1, 5, 1, 0, tzinfo=UTC)


@pytest.fixture
def stage(own_database: TestDatabase) -> Iterator[Stage]:
    made = Stage(own_database)
    yield made
    made.engine.dispose()


def post(session: Session, cast: Cast, october: October, month: Month = OCTOBER, now: datetime = AFTER_OCTOBER) -> list[Invoice]:
    return post_month(session, cast.finance, now=now, site_id=october.site.id, month=month)


def counted(session: Session) -> dict[str, int]:
    """How many rows there are of each thing that posting writes."""
    tables = {"invoices": Invoice, "lines": InvoiceLine, "charges": Charge, "decisions": Decision}
    found = {name: session.execute(select(func.count()).select_from(table)).scalar_one() for name, table in tables.items()}
    events = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "post_month")
    last = session.execute(select(NumberSeries.last_number)).scalars().all()
    return found | {"events": session.execute(events).scalar_one(), "last_number": max(last, default=0)}


NOTHING = {"invoices": 0, "lines": 0, "charges": 0, "decisions": 0, "events": 0, "last_number": 0}
ALL = {"invoices": 3, "lines": 8, "charges": 8, "decisions": 8, "events": 1, "last_number": 3}


# in a crowd


def test_eight_at_once_for_three_months(stage: Stage) -> None:
    one, two, _ = stage.sites
    wanted = [Posting(one, OCTOBER)] * 3 + [Posting(two, OCTOBER)] * 3 + [Posting(one, SEPTEMBER)] * 2
    outcomes = stage.race(wanted)
    ended: dict[Posting, list[BaseException | None]] = {}
    for posting, (outcome,) in zip(wanted, outcomes, strict=True):
        ended.setdefault(posting, []).append(outcome)
    for found in ended.values():
        assert found.count(None) == 1, found
        assert all(isinstance(each, Conflict) and "nothing to post" in str(each) for each in found if each)
    # October at the first: A, B and C; A alone at the second, and in September
    assert stage.numbers() == [(2026, number) for number in range(1, 6)]
    charges = stage.charges()
    assert len(charges) == len(set(charges)) == 8 + 1 + 2


def test_of_two_for_one_month_the_second_is_told(stage: Stage) -> None:
    posting = Posting(stage.sites[0], OCTOBER)
    with stage.connection() as first:
        stage.post(first, posting)
        with stage.waiting_for(posting) as outcomes:
            assert outcomes == [], "it waits"
            first.commit()
    (second,) = outcomes
    assert isinstance(second, Conflict) and "nothing to post" in str(second)
    assert stage.numbers() == [(2026, 1), (2026, 2), (2026, 3)]


def test_where_the_first_gives_up_the_second_posts_from_number_one(stage: Stage) -> None:
    posting = Posting(stage.sites[0], OCTOBER)
    with stage.connection() as first:
        stage.post(first, posting)
        with stage.waiting_for(posting) as outcomes:
            first.rollback()
    assert outcomes == [None]
    assert stage.numbers() == [(2026, 1), (2026, 2), (2026, 3)]


def test_one_that_is_killed_leaves_nothing_and_no_gap(stage: Stage) -> None:
    with stage.connection() as session:
        stage.post(session, Posting(stage.sites[1], SEPTEMBER))
        session.commit()
    with stage.connection() as session:
        stage.post(session, Posting(stage.sites[0], OCTOBER))
        stage.kill(session)
        with pytest.raises(OperationalError):
            session.commit()
    assert stage.numbers() == [(2026, 1)] and len(stage.charges()) == 1
    with stage.connection() as session:
        assert [invoice.number for invoice in stage.post(session, Posting(stage.sites[0], OCTOBER))] == [2, 3, 4]


def test_two_of_different_years_do_not_use_one_cap_twice(stage: Stage) -> None:
    # A owes 9,000.00 at two sites; 60 % is 5,400.00 each, and 10,000.00 a quarter are there: 5,400.00 and 4,600.00.
    # One is posted a minute before New Year and one a minute after, so that each takes another year's numbers.
    _, two, three = stage.sites
    old = Posting(two, NOVEMBER, datetime(2026, 12, 31, 15, 59, tzinfo=UTC))
    new = Posting(three, NOVEMBER, datetime(2026, 12, 31, 16, 1, tzinfo=UTC))
    with stage.connection() as first:
        stage.post(first, old)
        with stage.waiting_for(new) as outcomes:
            first.commit()
    assert outcomes == [None]
    assert stage.numbers() == [(2026, 1), (2027, 1)]
    assert stage.granted() == {stage.cast.startup_a: 1_000_000}


def test_the_cap_holds_however_many_post_at_once(stage: Stage) -> None:
    outcomes = stage.race([Posting(site, month, NEW_YEAR) for site in stage.sites for month in (OCTOBER, NOVEMBER, DECEMBER)][:8])
    assert outcomes == [[None]] * 8
    assert stage.granted()[stage.cast.startup_a] == 1_000_000
    numbers = stage.numbers()
    assert numbers == [(2027, number) for number in range(1, len(numbers) + 1)]


def test_numbers_have_no_gap_where_no_scheme_keeps_posters_apart(stage: Stage) -> None:
    stage.forget_schemes()
    one, two, three = stage.sites
    with stage.connection() as session:
        stage.post(session, Posting(one, SEPTEMBER))
        session.commit()
    with stage.connection() as first:
        stage.post(first, Posting(two, SEPTEMBER))
        with stage.waiting_for(Posting(three, SEPTEMBER), Posting(one, OCTOBER), Posting(one, SEPTEMBER - 1)) as outcomes:
            first.commit()  # and all three go on at once
    assert outcomes == [None] * 3
    assert stage.numbers() == [(2026, number) for number in range(1, 8)]


# alone


@pytest.mark.parametrize("step", ["_write_invoices", "_write_charges", "_write_lines", "record_decisions", "record"])
def test_what_fails_midway_leaves_nothing(
    session: Session, cast: Cast, october: October, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    original = getattr(operations, step)

    def fail(*args: object, **kwargs: object) -> None:
        original(*args, **kwargs)
        raise RuntimeError("the lights went out")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError), session.begin_nested():
        patch.setattr(operations, step, fail)
        post(session, cast, october)
    assert counted(session) == NOTHING
    assert [invoice.number for invoice in post(session, cast, october)] == [1, 2, 3]
    assert counted(session) == ALL


def test_a_draft_that_changed_since_is_not_posted(session: Session, cast: Cast, october: October) -> None:
    shown = draft_month(session, cast.finance, october.site.id, OCTOBER).fingerprint
    cancel(session, cast.manager, now=NOW, booking_id=october.bookings["A"].id)
    with pytest.raises(Conflict, match="has changed since you saw it"), session.begin_nested():
        post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER, shown=shown)
    assert counted(session) == NOTHING
    again = draft_month(session, cast.finance, october.site.id, OCTOBER).fingerprint
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER, shown=again)
    assert counted(session) == ALL | {"lines": 7, "charges": 7, "decisions": 7}


def test_a_startup_renamed_since_is_another_draft(session: Session, cast: Cast, october: October) -> None:
    shown = draft_month(session, cast.finance, october.site.id, OCTOBER).fingerprint
    edit_startup(session, cast.manager, now=NOW, startup=october.c, name="丙团队改名", kind="team")
    assert draft_month(session, cast.finance, october.site.id, OCTOBER).fingerprint != shown


def test_no_fingerprint_at_all_is_not_the_draft_s(session: Session, cast: Cast, october: October) -> None:
    with pytest.raises(Conflict, match="has changed"):
        post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER, shown="")


def test_what_comes_late_is_posted_alone(session: Session, cast: Cast, october: October) -> None:
    post(session, cast, october)
    book(session, cast.manager, now=NOW, resource_id=october.room.id, startup_id=october.c.id, start=at(28, 10), end=at(28, 12))
    (late,) = post(session, cast, october)
    assert (late.startup_id, late.number, late.gross_minor, late.subsidy_minor) == (october.c.id, 4, 10_000, 0)
    assert counted(session) == {"invoices": 4, "lines": 9, "charges": 9, "decisions": 9, "events": 2, "last_number": 4}
    with pytest.raises(Conflict, match="nothing to post: everything of this month is posted already"):
        post(session, cast, october)


def test_what_comes_late_finds_the_cap_as_it_was_left(session: Session, cast: Cast, october: October) -> None:
    post(session, cast, october)
    sign_residency(session, cast.manager, now=NOW, startup=october.a, site=october.site, starts_on=date(2026, 10, 1),
                   units=[UnitTerms(october.units["D4"], "unit_month", Decimal("20000.00"))])  # fmt: skip
    (late,) = post(session, cast, october)
    # 60 % of 20,000.00 are 12,000.00; A had 1,620.00 of its 10,000.00
    assert (late.subsidy_minor, late.net_minor) == (838_000, 1_162_000)
    assert [invoice.subsidy_minor for invoice in post(session, cast, october, NOVEMBER, NEW_YEAR) if invoice.startup_id == october.a.id] == [0]


def test_months_posted_out_of_order_share_the_quarter_s_cap(session: Session, cast: Cast, october: October) -> None:
    sign_residency(session, cast.manager, now=NOW, startup=october.a, site=october.site, starts_on=date(2026, 10, 1),
                   units=[UnitTerms(october.units["D4"], "unit_month", Decimal("3800.00"))])  # fmt: skip
    given = {}
    for month in (DECEMBER, OCTOBER, NOVEMBER, DECEMBER + 1):
        (of_a,) = [each for each in post(session, cast, october, month, datetime(2027, 2, 1, 1, tzinfo=UTC))
                   if each.startup_id == october.a.id]  # fmt: skip
        given[month] = of_a.subsidy_minor
    # POLICIES.md, P6: rent and fee come to 6,500.00 every month; the next quarter begins anew
    assert given == {DECEMBER: 390_000, OCTOBER: 390_000, NOVEMBER: 220_000, DECEMBER + 1: 390_000}


def test_numbers_begin_anew_with_each_year(session: Session, cast: Cast, october: October) -> None:
    assert [invoice.number for invoice in post(session, cast, october)] == [1, 2, 3]
    assert [(invoice.year, invoice.number) for invoice in post(session, cast, october, NOVEMBER, NEW_YEAR)] == [
        (2027, 1), (2027, 2), (2027, 3)]  # fmt: skip
    assert [(each.year, each.number) for each in post(session, cast, october, SEPTEMBER)] == [(2026, 4)]


def test_an_invoice_is_issued_on_the_site_s_day_and_due_15_days_later(session: Session, cast: Cast, october: October) -> None:
    posted = post(session, cast, october, OCTOBER, datetime(2026, 12, 31, 16, 0, tzinfo=UTC))
    (first,) = [invoice for invoice in posted if invoice.startup_id == october.a.id]
    assert (first.issued_on, first.due_on, first.year) == (date(2027, 1, 1), date(2027, 1, 16), 2027)
    assert first.parties["startup"]["name"] == "甲科技有限公司" and first.parties["operator"]["name"] == "南山创客空间"
    assert first.posted_by == cast.finance.person_id


def test_the_month_ends_at_the_site_s_midnight(session: Session, cast: Cast, october: October) -> None:
    with pytest.raises(Refusal, match="has not ended yet"), session.begin_nested():
        post(session, cast, october, OCTOBER, datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC))
    assert counted(session) == NOTHING
    assert len(post(session, cast, october, OCTOBER, datetime(2026, 10, 31, 16, 0, tzinfo=UTC))) == 3


def test_one_audit_event_says_what_was_posted(session: Session, cast: Cast, october: October) -> None:
    post(session, cast, october)
    event = session.execute(select(AuditEvent).where(AuditEvent.action == "post_month")).scalar_one()
    assert event.after == {
        "site": "NS", "month": "2026-10", "invoices": 3, "gross_minor": 646_597, "subsidy_minor": 305_458,
        "net_minor": 341_139, "first": "INV-2026-000001", "last": "INV-2026-000003",
    }  # fmt: skip


def test_a_site_that_is_not_there_or_another_s(session: Session, cast: Cast, october: October) -> None:
    with pytest.raises(NotFound):
        post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=10**9, month=OCTOBER)
