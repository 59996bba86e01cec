"""Who is told of vouchers, when, and only while it is so."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import Person
from incubator.jobs.letters import WRITERS
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from incubator.subsidies.operations.voucher_issuing import apply_for_voucher, decide_application
from incubator.subsidies.operations.voucher_reminders import remind_of_vouchers
from tests.cast import NOW, Cast
from tests.subsidies.vouchers.issuing import at, make_provider, make_series, make_voucher, order, settle_in, take


@pytest.fixture(autouse=True)
def here(session: Session, cast: Cast) -> None:
    settle_in(session, cast)


def mails(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Whoever got a letter now, and its subject."""
    before = set(session.execute(select(OutboxMail.id)).scalars())
    write_notices(session, now=now, base_url="https://space.example.com", writers=WRITERS)
    rows = session.execute(select(OutboxMail).where(OutboxMail.id.not_in(before)).order_by(OutboxMail.id)).scalars()
    return [(mail.to_address.split("@")[0], mail.subject) for mail in rows]


def test_thirty_and_seven_days_before_the_end_once_each(session: Session, cast: Cast) -> None:
    # valid from 1 October 2026 until 30 September 2027: 31 August, and 23 September
    make_voucher(session, cast, make_series(session, cast))
    mails(session, NOW)
    assert remind_of_vouchers(session, cast.system, now=at(8, 30, 23, year=2027)) == 0
    assert remind_of_vouchers(session, cast.system, now=at(8, 31, 0, year=2027)) == 1
    assert remind_of_vouchers(session, cast.system, now=at(9, 1, year=2027)) == 0
    assert mails(session, at(9, 1, year=2027)) == [("anna", "券 V-2026-0001 的 ¥10,000.00 将于 2027年9月30日 到期")]
    assert remind_of_vouchers(session, cast.system, now=at(9, 23, year=2027)) == 1
    assert remind_of_vouchers(session, cast.system, now=at(9, 30, year=2027)) == 0
    assert len(mails(session, at(9, 30, year=2027))) == 1
    assert remind_of_vouchers(session, cast.system, now=at(10, 1, year=2027)) == 0


def test_a_worker_that_stood_still_tells_the_last_reminder_alone(session: Session, cast: Cast) -> None:
    make_voucher(session, cast, make_series(session, cast))
    assert remind_of_vouchers(session, cast.system, now=at(9, 29, year=2027)) == 1
    assert remind_of_vouchers(session, cast.system, now=at(9, 29, year=2027)) == 0


def test_what_is_used_by_then_is_not_spoken_of(session: Session, cast: Cast) -> None:
    voucher = make_voucher(session, cast, make_series(session, cast, face_minor=60_000))
    mails(session, NOW)
    assert remind_of_vouchers(session, cast.system, now=at(9, 29, year=2027)) == 1
    order(session, cast, voucher, make_provider(session, cast), 100_000, now=at(9, 29, year=2027))
    assert mails(session, at(9, 29, year=2027)) == []
    assert remind_of_vouchers(session, cast.system, now=at(9, 30, year=2027)) == 0


def test_applications_and_redemptions_are_told(session: Session, cast: Cast) -> None:
    series, provider = make_series(session, cast), make_provider(session, cast)
    ask = {"now": NOW, "series_id": series.id, "startup_id": cast.startup_a}
    first = apply_for_voucher(session, cast.founder_a, purpose="样机检测", **ask)  # type: ignore[arg-type]
    assert mails(session, NOW) == [("fiona", "甲科技有限公司申请创新券")]
    decide_application(session, cast.finance, now=NOW, application_id=first.id, outcome="refused", reason="用途不符")
    assert mails(session, NOW) == [("anna", "您申请的创新券")]
    assert "用途不符" in session.execute(select(OutboxMail.text_body).order_by(OutboxMail.id.desc()).limit(1)).scalar_one()
    voucher = make_voucher(session, cast, series)
    assert ("anna", "您的申请已通过：创新券") in mails(session, NOW)
    take(session, cast, order(session, cast, voucher, provider, 800_000).id, 800_000)
    assert mails(session, NOW) == [("anna", "券 V-2026-0001 已核销 ¥4,800.00")]


def test_in_english_for_who_reads_english(session: Session, cast: Cast) -> None:
    session.execute(select(Person).where(Person.id == cast.founder_a.person_id)).scalar_one().locale = "en"
    make_voucher(session, cast, make_series(session, cast, issued_by="rule"))
    assert mails(session, NOW) == [("anna", "A voucher for you: Innovation voucher")]
