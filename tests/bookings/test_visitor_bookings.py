"""Visitors follow their booking: moved with it, called off with it, and told."""

from __future__ import annotations

from datetime import date, time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.operations.keys import open_key
from incubator.bookings.models import Booking
from incubator.bookings.operations import (
    SeriesTerms,
    add_rule,
    book_series,
    cancel,
    cancel_series,
    change,
    close_over,
)
from incubator.bookings.operations.change import Change
from incubator.bookings.operations.series import Scope
from incubator.bookings.visiting import Guest
from incubator.core.errors import Refusal
from incubator.core.recurrence import Recurrence
from tests.bookings.conftest import Place
from tests.bookings.filling import at
from tests.bookings.visiting import LI, NOBODYS, WANG, ask, invite, letters, mails_to, token_in
from tests.cast import NOW, Cast


def test_a_moved_booking_moves_its_visitors_and_tells_them(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast.founder_a, place)
    guest = invite(session, cast.founder_a, place, WANG, booking_id=booking.id)[0]
    token = token_in(mails_to(session, "wang@corp.example")[0])
    to = Change(place.half.id, time(14), time(15), on=date(2026, 10, 13))
    change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to)
    assert (guest.start, guest.end) == (at(13, 14), at(13, 15))
    (mail,) = mails_to(session, "wang@corp.example")
    assert mail.subject == "您的来访有变：2026年10月13日 14:00–15:00"
    assert "原为 2026年10月12日 10:00–11:00" in mail.text_body and "路演厅东" in mail.text_body
    assert "/pass/" not in mail.text_body
    assert open_key(session, token, kind="pass").opens_id == guest.id  # the pass that they have is still good
    renamed = Change(place.half.id, time(14), time(15), title="评审", on=date(2026, 10, 13))
    change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=renamed)
    assert mails_to(session, "wang@corp.example") == []  # a name is nothing to them


def test_who_has_no_letter_yet_gets_one_of_how_it_is_by_then(session: Session, cast: Cast, place: Place) -> None:
    booking = ask(session, cast.founder_a, place)
    invite(session, cast.founder_a, place, WANG, booking_id=booking.id)
    to = Change(place.room.id, time(14), time(15), on=date(2026, 10, 13))
    change(session, cast.founder_a, now=NOW, booking_id=booking.id, to=to)
    (mail,) = mails_to(session, "wang@corp.example")
    assert mail.subject == "您的来访：2026年10月13日 14:00–15:00"


def test_moving_is_refused_where_the_new_day_is_full(session: Session, cast: Cast, place: Place) -> None:
    add_rule(session, cast.manager, now=NOW, name="访客上限", visitors_most=2)
    booking = ask(session, cast.founder_a, place)
    invite(session, cast.founder_a, place, WANG, booking_id=booking.id)
    invite(session, cast.founder_a, place, LI, NOBODYS, start=at(13, 9), end=at(13, 10))
    with pytest.raises(Refusal, match="expected on 2026-10-13 already: 2"):
        change(session, cast.founder_a, now=NOW, booking_id=booking.id,
               to=Change(place.room.id, time(14), time(15), on=date(2026, 10, 13)))  # fmt: skip
    change(session, cast.founder_a, now=NOW, booking_id=booking.id,
           to=Change(place.room.id, time(14), time(15), on=date(2026, 10, 12)))  # its own do not count twice  # fmt: skip


def test_a_cancelled_booking_cancels_its_visits(session: Session, cast: Cast, place: Place) -> None:
    booking, other = ask(session, cast.founder_a, place), ask(session, cast.founder_a, place, start=at(12, 11), end=at(12, 12))
    told, untold = invite(session, cast.founder_a, place, WANG, NOBODYS, booking_id=booking.id)
    kept = invite(session, cast.founder_a, place, LI, booking_id=other.id)[0]
    letters(session)
    late = invite(session, cast.founder_a, place, Guest("Late", "late@corp.example"), booking_id=booking.id)[0]
    cancel(session, cast.founder_a, now=NOW, booking_id=booking.id)
    assert [each.cancelled_at for each in (told, untold, late, kept)] == [NOW, NOW, NOW, None]
    mails = {mail.to_address: mail.subject for mail in letters(session)}
    assert mails["wang@corp.example"] == "您的来访已取消：2026年10月12日 10:00–11:00"
    assert set(mails) == {"anna@example.com", "wang@corp.example"}  # who never heard of it hears nothing


def test_a_series_and_a_closure_call_their_visitors_off(session: Session, cast: Cast, place: Place) -> None:
    terms = SeriesTerms(place.room.id, cast.startup_a, Recurrence.parse("FREQ=DAILY;COUNT=3", "every"), date(2026, 10, 12),
                        time(10), time(11))  # fmt: skip
    book_series(session, cast.founder_a, now=NOW, terms=terms)
    first, *rest = session.execute(select(Booking).order_by(Booking.id)).scalars()
    guests = [invite(session, cast.founder_a, place, WANG, booking_id=each.id)[0] for each in (first, *rest)]
    letters(session)
    cancel_series(session, cast.founder_a, now=NOW, booking_id=rest[0].id, scope=Scope.FOLLOWING)
    assert [each.cancelled_at for each in guests] == [None, NOW, NOW]
    assert len(mails_to(session, "wang@corp.example")) == 2
    close_over(session, cast.manager, now=NOW, site=place.site, units=[place.units["R1"]], start=at(12, 9), end=at(12, 18),
               reason="维修", agreed=1)  # fmt: skip
    assert guests[0].cancelled_at == NOW
    assert len(mails_to(session, "wang@corp.example")) == 1
