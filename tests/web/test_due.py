"""What is due for a founder: each provider's line, what others don't see, and the order of the list."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.operations import set_member_rights
from incubator.accounts.permissions import Role
from incubator.accounts.queries import get_actor
from incubator.billing.operations.payments import clear_oldest, receive_payment
from incubator.billing.operations.posting import post_month
from incubator.core.errors import Phrase
from incubator.core.money import Money
from incubator.documents.models import Document
from incubator.startups.models import FigureSheet, Residency
from incubator.startups.operations.accepting import accept_text
from incubator.startups.operations.agreement_texts import keep_template, make_text
from incubator.startups.operations.exit_items import add_exit_item
from incubator.startups.operations.exits import leave_incubation, revoke_exit
from incubator.startups.operations.requests import answer_request, confirm_request, open_request, resolve_request
from incubator.startups.rules.agreements import Clause
from incubator.web.queries.due import PROVIDERS, Due, in_order, list_due
from tests.cast import NOW, Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, tell_october
from tests.subsidies.vouchers.issuing import make_provider, make_series, make_voucher, order, settle_in
from tests.web.test_home import Statements


def said(session: Session, actor: object, now: datetime) -> list[tuple[str, str]]:
    return [(str(due.label), due.tone) for due in list_due(session, actor, now)]  # type: ignore[arg-type]


def test_each_line_and_for_whom(session: Session, cast: Cast) -> None:
    october = tell_october(session, cast)
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    asked, solved = (
        open_request(session, cast.founder_a, now=AFTER_OCTOBER, startup_id=cast.startup_a, site_id=october.site.id,
                     title=title, text="…") for title in ("插座", "门锁")
    )  # fmt: skip
    answer_request(session, cast.front_desk, now=AFTER_OCTOBER, request_id=asked.id, text="哪个？", wait=True)
    resolve_request(session, cast.front_desk, now=AFTER_OCTOBER, request_id=solved.id, text="好了")
    mine = said(session, cast.founder_a, AFTER_OCTOBER)
    assert ("Answer: 插座", "yellow") in mine and mine[-1] == ("Is it solved? 门锁", "secondary")
    assert any(label.startswith("Pay ") for label, _ in mine)
    assert not any(label.startswith("Pay ") for label, _ in said(session, cast.member_a, AFTER_OCTOBER))
    assert not any("插座" in label or "门锁" in label for label, _ in said(session, cast.founder_b, AFTER_OCTOBER))
    set_member_rights(session, cast.founder_a, now=AFTER_OCTOBER, startup_id=cast.startup_a,
                      person_id=cast.member_a.person_id or 0, role=Role.MEMBER, sees_invoices=True)  # fmt: skip
    andy = get_actor(session, cast.member_a.person_id or 0)
    assert any(label.startswith("Pay ") for label, _ in said(session, andy, AFTER_OCTOBER))
    confirm_request(session, cast.founder_a, now=AFTER_OCTOBER, request_id=solved.id)
    assert not any("门锁" in label for label, _ in said(session, cast.founder_a, AFTER_OCTOBER))


def test_a_booking_of_today_stands_there_until_it_is_over(session: Session, cast: Cast) -> None:
    booking = tell_october(session, cast).bookings["A"]
    before, after = booking.start - timedelta(hours=1), booking.end
    assert [tone for label, tone in said(session, cast.founder_a, before) if "is booked" in label] == ["azure"]
    assert not [label for label, _ in said(session, cast.founder_a, after) if "is booked" in label]
    assert not [label for label, _ in said(session, cast.founder_a, before - timedelta(days=2)) if "is booked" in label]


def test_documents_and_figures(session: Session, cast: Cast) -> None:
    today = AFTER_OCTOBER.date()
    for title, days in (("营业执照", -1), ("租赁备案", 30), ("专利证书", 31)):
        session.add(Document(kind="licence", title=title, startup_id=cast.startup_a, audience="founders", created_at=AFTER_OCTOBER,
                             expires_on=today + timedelta(days=days)))  # fmt: skip
    session.add(FigureSheet(startup_id=cast.startup_a, rhythm="quarter", starts_on=date(2026, 7, 1), ends_on=date(2026, 9, 30),
                            due_on=date(2026, 10, 20), asked_at=AFTER_OCTOBER))  # fmt: skip
    session.flush()
    assert said(session, cast.founder_a, AFTER_OCTOBER) == [
        ("Report the figures of 2026-07-01 to 2026-09-30", "red"), ("营业执照 has expired", "red"), ("租赁备案 expires", "yellow"),
    ]  # fmt: skip
    assert said(session, cast.member_a, AFTER_OCTOBER) == said(session, cast.founder_b, AFTER_OCTOBER) == []


def test_what_is_open_at_an_exit_and_the_day_of_graduation(session: Session, cast: Cast) -> None:
    """A graduates on 20 November; by then its keys are back, and a machine that was lent by the 5th. B sees nothing."""
    tell_october(session, cast)
    last = date(2026, 11, 20)
    made = leave_incubation(session, cast.manager, now=AFTER_OCTOBER, startup_id=cast.startup_a, kind="graduated", on=last,
                            reason="达到条件", override_reason="先行毕业", keeps_access=True)  # fmt: skip
    add_exit_item(session, cast.manager, now=AFTER_OCTOBER, exit_id=made.id, title="示波器", due_on=date(2026, 11, 5))
    before = said(session, cast.founder_a, AFTER_OCTOBER)
    words = [label.split(" R-")[0] for label, _ in before if "R-" in label or "示波器" in label or "keys" in label or "Cancel" in label]
    assert words == ["To be settled: 示波器", "Return keys, cards and equipment", "Cancel the bookings after your last day",
                     "Day of graduation, and the last of agreement"]  # fmt: skip
    late = said(session, cast.founder_a, AFTER_OCTOBER.replace(month=11, day=6))
    assert ("To be settled: 示波器", "red") in late
    assert not any("keys" in label for label, _ in said(session, cast.member_a, AFTER_OCTOBER))
    assert not any("keys" in label or "graduation" in label for label, _ in said(session, cast.founder_b, AFTER_OCTOBER))
    revoke_exit(session, cast.manager, now=AFTER_OCTOBER, exit_id=made.id, reason="弄错了")
    assert not any("keys" in label or "graduation" in label for label, _ in said(session, cast.founder_a, AFTER_OCTOBER))


def test_each_provider_asks_one_statement(session: Session, cast: Cast) -> None:
    with Statements(session) as asked:
        list_due(session, cast.founder_a, AFTER_OCTOBER)
    assert len(asked.sent) == len(PROVIDERS)


def test_the_order_is_tone_then_time() -> None:
    noon = datetime(2026, 11, 10, 4, tzinfo=UTC)
    dues = [
        Due(Phrase(name), when, "web.home", {}, tone)
        for name, when, tone in (
            ("secondary", noon, "secondary"), ("today", noon, "azure"), ("none", None, "yellow"),
            ("late day", date(2026, 11, 11), "yellow"), ("day", date(2026, 11, 10), "yellow"), ("noon", noon, "yellow"),
            ("red", None, "red"),
        )
    ]  # fmt: skip
    assert [str(due.label) for due in in_order(dues)] == ["red", "noon", "day", "late day", "none", "today", "secondary"]


def test_a_text_waits_for_a_founder_until_it_is_accepted(session: Session, cast: Cast) -> None:
    tell_october(session, cast)
    residency_id = session.execute(select(Residency.id).where(Residency.startup_id == cast.startup_a)).scalar_one()
    keep_template(session, cast.manager, now=AFTER_OCTOBER, kind="agreement", title="协议", clauses=[Clause("一", "{{startup}}")])
    text = make_text(session, cast.manager, now=AFTER_OCTOBER, residency_id=residency_id)
    line = (f"Read and accept the agreement {text.content['number']}", "yellow")
    assert line in said(session, cast.founder_a, AFTER_OCTOBER)
    for other in (cast.member_a, cast.founder_b):
        assert line not in said(session, other, AFTER_OCTOBER)
    accept_text(session, cast.founder_a, now=AFTER_OCTOBER, text_id=text.id, side="startup", name="安娜", agrees=True,
                sha256=text.sha256.hex(), address="::1", agent="")  # fmt: skip
    assert line not in said(session, cast.founder_a, AFTER_OCTOBER)


def test_vouchers_that_end_and_what_is_left(session: Session, cast: Cast) -> None:
    """10,000.00 until 29 November: nothing 61 days before, a word from 60 on, and asked for from 30 on."""
    settle_in(session, cast)
    series = make_series(session, cast, valid_days=60)
    voucher = make_voucher(session, cast, series)
    order(session, cast, voucher, make_provider(session, cast), 400_000)
    line = "Voucher V-2026-0001: use the Money(minor=760000, currency='CNY') left"
    first = NOW - timedelta(days=1)
    assert not [label for label, _ in said(session, cast.founder_a, first - timedelta(days=1)) if "Voucher" in label]
    assert (line, "secondary") in said(session, cast.founder_a, first + timedelta(days=1))
    assert (line, "yellow") in said(session, cast.founder_a, NOW + timedelta(days=30))
    for other in (cast.member_a, cast.founder_b):
        assert not [label for label, _ in said(session, other, NOW + timedelta(days=30)) if "Voucher" in label]
    assert not [label for label, _ in said(session, cast.founder_a, NOW + timedelta(days=60)) if "Voucher" in label]


def test_what_is_paid_is_asked_for_no_more(session: Session, cast: Cast) -> None:
    """A's invoice of October: paid in part, the rest is asked for; paid in full, nothing is."""
    october = tell_october(session, cast)
    invoices = post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    net = next(each.net_minor for each in invoices if each.startup_id == cast.startup_a)

    def asked() -> list[object]:
        found = list_due(session, cast.founder_a, AFTER_OCTOBER)
        return [each.label.values["amount"] for each in found if each.label.message == "Pay %(amount)s"]

    for left in (net, net - 100, 0):
        assert asked() == ([Money(left)] if left else [])
        if left:
            payment = receive_payment(session, cast.finance, now=AFTER_OCTOBER, startup_id=cast.startup_a, way="bank",
                                      amount_minor=100 if left == net else left,
                                      received_on=AFTER_OCTOBER.date())  # fmt: skip
            clear_oldest(session, cast.finance, now=AFTER_OCTOBER, payment_id=payment.id)
