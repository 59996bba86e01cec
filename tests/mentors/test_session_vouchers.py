"""Sessions that a voucher bears a part of: ordered, followed, redeemed by the confirmed log, settled with the mentor.

The mentor asks for 600.00 an hour; the voucher has 2,000.00 and bears 50 %.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Interval
from incubator.documents.queries import get_document
from incubator.mentors.models import MentorSession
from incubator.mentors.operations.logs import confirm_log, write_log
from incubator.mentors.operations.sessions import cancel_session, miss_session, move_session
from incubator.mentors.operations.vouchers import order_session, redeem_session
from incubator.mentors.views import logs, vouchers
from incubator.startups.models import Residency
from incubator.subsidies.models import ServiceProvider, Voucher
from incubator.subsidies.operations.voucher_settlements import make_settlement
from incubator.subsidies.queries.voucher_ledger import get_order
from incubator.subsidies.queries.vouchers import list_choosable
from incubator.subsidies.rules.vouchers import Balance
from tests.cast import Cast
from tests.conftest import Browser
from tests.mentors.meeting import ONLINE, Place, at, make_place, meet
from tests.subsidies.vouchers.issuing import balance, make_provider, make_series, make_voucher

YUAN = 100


@pytest.fixture
def place(session: Session, cast: Cast) -> Place:
    """The mentor takes vouchers; both startups are here."""
    made = make_place(session, cast)
    made.mentor.rate_minor, made.mentor.takes_vouchers = 600 * YUAN, True
    for startup_id in (cast.startup_a, cast.startup_b):
        session.add(Residency(number=f"V{startup_id}", site_id=made.site.id, startup_id=startup_id, starts_on=date(2026, 10, 1)))
    session.flush()
    return made


@pytest.fixture
def voucher(session: Session, cast: Cast, place: Place) -> Voucher:
    series = make_series(session, cast, face_minor=2_000 * YUAN, share_percent=Decimal(50), uses=("mentors",))
    return make_voucher(session, cast, series)


def booked(session: Session, cast: Cast, place: Place, minutes: int = 90) -> MentorSession:
    """Founder A meets the mentor on 4 November at 14:00: 90 minutes, 900.00."""
    return meet(session, cast.founder_a, place, cast.startup_a, at(4, 14), minutes)


def log_it(session: Session, cast: Cast, meeting: MentorSession, place: Place, minutes: int) -> None:
    over = meeting.start + timedelta(hours=3)
    write_log(session, cast.mentor, now=over, session_id=meeting.id, held=Interval(meeting.start, meeting.start + timedelta(minutes=minutes)),
              field_ids=[place.fields[0].id], topics="估值与条款")  # fmt: skip
    confirm_log(session, cast.founder_a, now=over, session_id=meeting.id, version=1)


def test_from_the_order_to_the_settlement(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    # 900.00 at 50 %: 450.00 reserved; they met for 75 minutes, 750.00: 375.00 redeemed, 75.00 go back
    meeting = booked(session, cast, place)
    order = order_session(session, cast.founder_a, now=at(3, 15), session_id=meeting.id, voucher_id=voucher.id)
    assert (order.gross_minor, order.covered_minor, order.use, order.source_id) == (900 * YUAN, 450 * YUAN, "mentors", meeting.id)
    assert meeting.payer == "voucher"
    with pytest.raises(Conflict, match="already"):
        order_session(session, cast.founder_a, now=at(3, 15), session_id=meeting.id, voucher_id=voucher.id)
    with pytest.raises(Conflict, match="confirm the log"):
        redeem_session(session, cast.manager, now=at(4, 18), session_id=meeting.id)
    log_it(session, cast, meeting, place, 75)
    entry = redeem_session(session, cast.manager, now=at(5, 9), session_id=meeting.id)
    assert (entry.amount_minor, entry.gross_minor, entry.happened_on) == (375 * YUAN, 750 * YUAN, date(2026, 11, 4))
    assert get_document(session, cast.founder_a, entry.document_id or 0).title == "辅导凭证 VO-2026-0001 融资计划"
    assert balance(session, voucher) == Balance(left=1_625 * YUAN, redeemed=375 * YUAN)
    with pytest.raises(Conflict, match="Nothing is reserved"):
        redeem_session(session, cast.manager, now=at(5, 9), session_id=meeting.id)
    # the mentor is the provider, and settled with as any other
    provider = session.execute(select(ServiceProvider)).scalar_one()
    assert (provider.mentor_id, provider.uses, provider.id) == (place.mentor.id, ["mentors"], order.provider_id)
    made = make_settlement(session, cast.finance, now=at(30, 9), provider_id=provider.id, first=date(2026, 11, 1),
                           last=date(2026, 11, 30), expected_minor=375 * YUAN)  # fmt: skip
    assert made.content["lines"][0]["evidence"].startswith("辅导凭证")


def test_what_becomes_of_the_session_becomes_of_the_order(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    meeting = booked(session, cast, place)
    order_session(session, cast.founder_a, now=at(3, 15), session_id=meeting.id, voucher_id=voucher.id)
    # shorter: 60 minutes, 600.00; longer again: the voucher bears what it bore
    move_session(session, cast.founder_a, now=at(3, 16), session_id=meeting.id, start=at(5, 14), end=at(5, 15), where=ONLINE)
    assert balance(session, voucher).reserved == 300 * YUAN
    move_session(session, cast.mentor, now=at(3, 16), session_id=meeting.id, start=at(5, 14), end=at(5, 16), where=ONLINE)
    assert balance(session, voucher).reserved == 300 * YUAN
    cancel_session(session, cast.mentor, now=at(3, 17), session_id=meeting.id, reason="出差")
    assert balance(session, voucher) == Balance(left=2_000 * YUAN)


def test_nobody_came(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    meeting = booked(session, cast, place)
    order_session(session, cast.founder_a, now=at(3, 15), session_id=meeting.id, voucher_id=voucher.id)
    miss_session(session, cast.founder_a, now=at(4, 14, 30), session_id=meeting.id, missed_by="mentor")
    assert balance(session, voucher) == Balance(left=2_000 * YUAN)


def test_a_second_order_finds_the_same_provider_and_a_name_may_be_taken(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    make_provider(session, cast, name=cast.mentor.name, uses=("mentors",))
    for day in (4, 5):
        meeting = meet(session, cast.founder_a, place, cast.startup_a, at(day, 14))
        order = order_session(session, cast.founder_a, now=at(3, 15), session_id=meeting.id, voucher_id=voucher.id)
        row = get_order(session, cast.finance, order.id)
        assert row.provider is not None and row.provider.name == f"{cast.mentor.name} ({place.mentor.number})"
    # and nobody orders from a mentor without a session
    assert [each.name for each in list_choosable(session, ["mentors"])] == [cast.mentor.name]


def test_who_and_what(session: Session, cast: Cast, place: Place, voucher: Voucher) -> None:
    meeting = booked(session, cast, place)
    facts = {"now": at(3, 15), "session_id": meeting.id, "voucher_id": voucher.id}
    for actor in (cast.member_a, cast.mentor, cast.manager):
        with pytest.raises((Forbidden, NotFound)):
            order_session(session, actor, **facts)
    with pytest.raises(NotFound):
        order_session(session, cast.founder_b, **facts)
    of_b = make_voucher(session, cast, make_series(session, cast, code="B", uses=("mentors",)), startup_id=cast.startup_b)
    with pytest.raises(NotFound):
        order_session(session, cast.founder_a, **facts | {"voucher_id": of_b.id})
    other = make_voucher(session, cast, make_series(session, cast, code="S", uses=("services",)))
    with pytest.raises(Refusal, match="can't be used for that"):
        order_session(session, cast.founder_a, **facts | {"voucher_id": other.id})
    with pytest.raises(Conflict, match="has begun"):
        order_session(session, cast.founder_a, **facts | {"now": at(4, 14)})
    with pytest.raises(Forbidden):
        redeem_session(session, cast.founder_a, now=at(5, 9), session_id=meeting.id)
    assert balance(session, voucher) == Balance(left=2_000 * YUAN)


def test_its_pages(client: Browser, session: Session, cast: Cast, place: Place, voucher: Voucher, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = booked(session, cast, place)
    for module in (logs, vouchers):
        monkeypatch.setattr(module, "utc_now", lambda: at(3, 15))
    address = f"/mentoring/sessions/{meeting.id}"
    assert f"{address}/voucher" not in client.sign_in(cast.mentor).get(address).text
    assert client.get(f"{address}/voucher").status_code == 403
    client.sign_in(cast.founder_a)
    assert f"{address}/voucher" in client.get(address).text
    page = client.get(f"{address}/voucher").text
    assert "¥900.00" in page and "承担 ¥450.00" in page
    assert client.post(f"{address}/voucher", data={}).status_code == 422
    done = client.post(f"{address}/voucher", data={"voucher_id": voucher.id})
    assert done.status_code == 303 and "V-2026-0001" in client.get(address).text
    log_it(session, cast, meeting, place, 90)
    assert f"{address}/redeem" not in client.get(address).text
    for module in (logs, vouchers):
        monkeypatch.setattr(module, "utc_now", lambda: at(5, 9))
    client.sign_in(cast.manager)
    assert f"{address}/redeem" in client.get(address).text
    client.post(f"{address}/redeem")
    assert balance(session, voucher) == Balance(left=1_550 * YUAN, redeemed=450 * YUAN)
    assert "已核销" in client.get(address).text
