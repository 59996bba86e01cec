"""Billing, subsidies and mentoring by the same question: sums by hand, and against the books."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.models import CreditNote, Invoice
from incubator.billing.operations.posting import post_month
from incubator.core.errors import Refusal
from incubator.core.periods import Month
from incubator.reports.measuring.asking import ask
from incubator.reports.measuring.question import Question
from incubator.subsidies.models import Decision
from tests.cast import Cast
from tests.scenarios.october import October

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
BILLED = ("billed_gross", "billed_subsidy", "billed_net")


@pytest.fixture
def posted(session: Session, cast: Cast, october: October) -> October:
    after = datetime.fromisoformat("2026-11-01T01:00:00+00:00") + timedelta(days=1)
    post_month(session, cast.finance, now=after, site_id=october.site.id, month=Month(2026, 10))
    return october


def test_what_is_billed_is_what_the_invoices_say(session: Session, cast: Cast, posted: October) -> None:
    found = ask(session, cast.finance, Question((*BILLED, "subsidies_decided"), FIRST, LAST, ("startup",)))
    for invoice in session.execute(select(Invoice)).scalars():
        (line,) = [each for each in found.lines if each.key == (invoice.startup_id,)]
        said = [line.amounts[name].numerator * 100 for name in BILLED]
        assert said == [invoice.gross_minor, invoice.subsidy_minor, invoice.net_minor]
        assert line.amounts["subsidies_decided"].numerator * 100 == invoice.subsidy_minor
        assert found.label("startup", invoice.startup_id).name.startswith("S-")
    gross, subsidy, net = (found.totals[name].numerator for name in BILLED)
    assert gross == subsidy + net and gross > 0
    assert session.execute(select(func.count()).select_from(CreditNote)).scalar_one() == 0


def test_parts_add_up_by_every_dimension(session: Session, cast: Cast, posted: October) -> None:
    whole = ask(session, cast.finance, Question(BILLED, FIRST, LAST)).totals
    for dimension in ("site", "startup", "month", "charge_kind"):
        parts = ask(session, cast.finance, Question(BILLED, FIRST, LAST, (dimension,)))
        for name in BILLED:
            assert sum(line.amounts[name].numerator for line in parts.lines) == whole[name].numerator
            assert parts.totals[name] == whole[name]
    given = ask(session, cast.finance, Question(("subsidies_decided",), FIRST, LAST, ("scheme",)))
    decided = session.execute(select(func.sum(Decision.amount_minor))).scalar_one()
    assert given.totals["subsidies_decided"].numerator == Decimal(decided) / 100


def test_filters_and_other_months(session: Session, cast: Cast, posted: October) -> None:
    kind = Question(("billed_gross",), FIRST, LAST, ("startup",), (("charge_kind", ("rent",)),))
    rent = ask(session, cast.finance, kind).totals["billed_gross"].numerator
    whole = ask(session, cast.finance, Question(("billed_gross",), FIRST, LAST)).totals["billed_gross"].numerator
    assert 0 < rent <= whole
    assert ask(session, cast.finance, Question(BILLED, date(2026, 9, 1), date(2026, 9, 30))).totals["billed_net"].numerator == 0
    nowhere = Question(BILLED, FIRST, LAST, site_ids=(10**9,))
    assert ask(session, cast.finance, nowhere).totals["billed_net"].numerator == 0
    with pytest.raises(Refusal):
        ask(session, cast.finance, Question(("billed_net", "desks"), FIRST, LAST, ("charge_kind",)))
    both = ask(session, cast.finance, Question(("billed_net", "desks"), FIRST, LAST, ("site",)))
    assert len(both.lines) == 1 and set(both.lines[0].amounts) == {"billed_net", "desks"}


def test_mentoring_of_nobody_is_nothing(session: Session, cast: Cast, october: October) -> None:
    for dimensions in ((), ("mentor",), ("field", "month"), ("startup",)):
        found = ask(session, cast.manager, Question(("mentor_sessions", "mentor_minutes"), FIRST, LAST, dimensions))
        assert found.totals["mentor_sessions"].numerator == 0 and not found.lines
