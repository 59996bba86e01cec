"""What an allowance pays is not charged: the line says how, in every form, and what was posted stays."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.drafts import draft_month
from incubator.billing.exports import export_month
from incubator.billing.models import Charge
from incubator.billing.operations.posting import post_month
from incubator.billing.queries.invoices import list_posted
from incubator.billing.waiting import list_waiting
from incubator.bookings.operations import book, cancel, grant_allowance
from incubator.pricing.models import Allowance
from incubator.startups.operations import register_startup
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, at


def give(session: Session, cast: Cast, startup_id: int, minutes: int, now: datetime = NOW) -> Allowance:
    return grant_allowance(session, cast.finance, now=now, startup_id=startup_id, name="每月一小时", minutes=minutes, repeats="month",
                           valid_from=date(2026, 10, 1), resource_kind="meeting_room")  # fmt: skip


def gross(session: Session, cast: Cast, october: October) -> dict[int, int]:
    draft = draft_month(session, cast.finance, october.site.id, OCTOBER)
    waiting = list_waiting(session, cast.finance, OCTOBER, OCTOBER)
    assert sum(each.gross_minor for each in waiting.values()) == draft.gross_minor
    assert sum(each.startups for each in waiting.values()) == len(draft.invoices)
    return {each.startup_id: each.gross_minor for each in draft.invoices}


def test_a_half_paid_booking_is_charged_the_rest(session: Session, cast: Cast, october: October) -> None:
    assert gross(session, cast, october)[cast.startup_a] == 277_500
    give(session, cast, cast.startup_a, 60)
    assert gross(session, cast, october)[cast.startup_a] == 272_500
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    charge = session.execute(
        select(Charge).where(Charge.source_kind == "booking", Charge.startup_id == cast.startup_a)
    ).scalar_one()
    assert charge.gross_minor == 2_500
    assert charge.derivation["paid"] == [{"name": "每月一小时", "minutes": 60, "value_minor": 5_000}]
    assert charge.derivation["gross_minor"] == 7_500


def test_page_and_files_say_how_it_came_about(session: Session, cast: Cast, october: October, client: Browser) -> None:
    give(session, cast, cast.startup_a, 60)
    said = "90 分钟 × 50.00 元/小时 = ¥75.00；由“每月一小时”抵扣 60 分钟 −¥50.00 = ¥25.00"
    page = client.sign_in(cast.finance).get(f"/billing/{october.site.id}/2026-10").text
    assert said in page
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    posted = list_posted(session, cast.finance, october.site.id, OCTOBER)
    (of_a,) = [each for each in posted if each.invoice.startup_id == cast.startup_a]
    assert said in client.get(f"/invoices/{of_a.invoice.id}").text
    with client.application.test_request_context():
        csv = export_month(october.site, OCTOBER, posted, "csv", "zh_Hans", "南山创客空间").content.decode("utf-8-sig")
        assert said in csv
        assert export_month(october.site, OCTOBER, posted, "pdf", "zh_Hans", "南山创客空间").content.startswith(b"%PDF")


def test_one_that_is_paid_in_full_stands_as_a_line_of_nothing(session: Session, cast: Cast, october: October) -> None:
    give(session, cast, cast.startup_a, 600)
    draft = draft_month(session, cast.finance, october.site.id, OCTOBER)
    (of_a,) = [each for each in draft.invoices if each.startup_id == cast.startup_a]
    assert [(line.charge.kind, line.charge.gross_minor, line.net_minor) for line in of_a.lines][-1] == ("booking", 0, 0)
    assert of_a.gross_minor == 270_000


def test_nobody_gets_an_invoice_of_nothing(session: Session, cast: Cast, october: October) -> None:
    guest = register_startup(session, cast.manager, now=NOW, name="丁创业团队", name_en="Team D", kind="team")
    book(session, cast.manager, now=NOW, resource_id=october.room.id, startup_id=guest.id, start=at(22, 10), end=at(22, 11))
    assert gross(session, cast, october)[guest.id] == 5_000
    give(session, cast, guest.id, 60)
    assert guest.id not in gross(session, cast, october)


def test_a_grant_after_posting_leaves_the_invoice_and_is_named(session: Session, cast: Cast, october: October) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    give(session, cast, cast.startup_a, 60, now=AFTER_OCTOBER)
    draft = draft_month(session, cast.finance, october.site.id, OCTOBER)
    assert draft.invoices == []
    (found,) = [each for each in draft.anomalies if each.startup_id == cast.startup_a]
    assert (found.kind, found.values["posted_minor"], found.values["now_minor"]) == ("changed", 7_500, 2_500)
    # the whole of it: the booking would cost nothing today, and stood on the invoice with 75.00
    give(session, cast, cast.startup_a, 60, now=AFTER_OCTOBER)
    draft = draft_month(session, cast.finance, october.site.id, OCTOBER)
    (found,) = [each for each in draft.anomalies if each.startup_id == cast.startup_a]
    assert found.values["now_minor"] == 0


def test_a_cancelled_one_is_not_charged_and_frees_its_minutes(session: Session, cast: Cast, october: October) -> None:
    give(session, cast, cast.startup_a, 60)
    more = book(session, cast.founder_a, now=NOW, resource_id=october.room.id, startup_id=cast.startup_a, start=at(22, 10),
                end=at(22, 11))  # fmt: skip
    assert gross(session, cast, october)[cast.startup_a] == 270_000 + 2_500 + 5_000
    cancel(session, cast.founder_a, now=datetime(2026, 10, 2, tzinfo=UTC), booking_id=october.bookings["A"].id)
    assert gross(session, cast, october)[cast.startup_a] == 270_000
    assert more.price_minor == 5_000
