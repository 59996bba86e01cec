"""Events of a site: planned with the booking that holds their place, counted once they are over, proved, corrected."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.bookings.event_models import Event, EventCost, EventResult
from incubator.bookings.event_queries import (
    Filter,
    get_detail,
    get_event,
    get_event_row,
    list_events,
    list_free_costs,
    list_held,
)
from incubator.bookings.event_rules import stands
from incubator.bookings.models import Booking
from incubator.bookings.operations import book, cancel
from incubator.bookings.operations.events import (
    Came,
    Plan,
    add_proof,
    cancel_event,
    confirm_event,
    edit_event,
    link_cost,
    plan_event,
    unlink_cost,
)
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Month
from incubator.subsidies.operations.evidence import Proof, record_cost
from tests.bookings.conftest import Place
from tests.cast import NOW, Cast
from tests.documents.test_filetypes import picture

SHANGHAI = ZoneInfo("Asia/Shanghai")
FROM, TO = datetime(2026, 10, 20, 14, tzinfo=SHANGHAI), datetime(2026, 10, 20, 17, tzinfo=SHANGHAI)
AFTER = TO + timedelta(hours=1)


def planned(at: Place, **other: object) -> Plan:
    said: dict[str, object] = {"site_id": at.site.id, "kind": "roadshow", "title": "秋季项目路演", "starts_at": FROM,
                               "ends_at": TO, "audience": "public", "place": "科技园广场"} | other  # fmt: skip
    return Plan(**said)  # type: ignore[arg-type]


def hall(session: Session, cast: Cast, place: Place, start: datetime = FROM, end: datetime = TO) -> Booking:
    return book(session, cast.manager, now=NOW, resource_id=place.hall.id, startup_id=None, start=start, end=end, title="路演")


def test_states_by_hand() -> None:
    at = datetime(2026, 10, 20, 17, tzinfo=SHANGHAI)
    minute = timedelta(minutes=1)
    assert [stands(cancelled=False, results=0, ends=at, now=at - minute), stands(cancelled=False, results=0, ends=at, now=at),
            stands(cancelled=False, results=2, ends=at, now=at), stands(cancelled=True, results=0, ends=at, now=at)] == [
        "planned", "due", "held", "cancelled"]  # fmt: skip


def test_a_booking_holds_its_place_and_one_event_at_a_time(session: Session, cast: Cast, place: Place) -> None:
    held = hall(session, cast, place)
    event = plan_event(session, cast.front_desk, now=NOW, plan=planned(place, booking_id=held.id))
    assert (event.booking_id, event.place, event.state) == (held.id, "", "planned")  # the booking says where
    with pytest.raises(Conflict, match="Another event has this booking"):
        plan_event(session, cast.manager, now=NOW, plan=planned(place, booking_id=held.id))
    cancel_event(session, cast.manager, now=NOW, event_id=event.id, reason="讲者有事")
    again = plan_event(session, cast.manager, now=NOW, plan=planned(place, booking_id=held.id))
    assert not get_event_row(session, cast.auditor, again.id).lost_its_place
    cancel(session, cast.manager, now=NOW, booking_id=held.id, reason="误订")
    assert get_event_row(session, cast.auditor, again.id).lost_its_place


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"title": " "}, "title"), ({"kind": "party"}, "kind"), ({"audience": "staff"}, "audience"),
        ({"place": ""}, "place"), ({"ends_at": FROM}, "ends_at"), ({"ends_at": FROM + timedelta(days=31)}, "ends_at"),
        ({"booking_id": 999_999}, "booking_id"),
    ],
)  # fmt: skip
def test_what_is_refused(session: Session, cast: Cast, place: Place, other: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        plan_event(session, cast.manager, now=NOW, plan=planned(place, **other))
    assert refused.value.field == field


def test_a_booking_that_is_shorter_does_not_hold_it(session: Session, cast: Cast, place: Place) -> None:
    short = hall(session, cast, place, FROM, TO - timedelta(hours=1))
    with pytest.raises(Refusal, match="does not hold the whole time"):
        plan_event(session, cast.manager, now=NOW, plan=planned(place, booking_id=short.id))


def test_who_came_is_said_afterwards_and_corrected_with_a_reason(session: Session, cast: Cast, place: Place) -> None:
    event = plan_event(session, cast.manager, now=NOW, plan=planned(place))
    with pytest.raises(Conflict, match="not over yet"):
        confirm_event(session, cast.front_desk, now=TO - timedelta(minutes=1), event_id=event.id, came=Came(46, "签到表"))
    came = Came(46, "签到表", [cast.startup_a, cast.startup_b], [cast.mentor.person_id or 0])
    confirm_event(session, cast.front_desk, now=AFTER, event_id=event.id, came=came)
    assert event.state == "held"
    with pytest.raises(Refusal, match="Say why"):
        confirm_event(session, cast.front_desk, now=AFTER, event_id=event.id, came=Came(48, "签到表"))
    confirm_event(session, cast.front_desk, now=AFTER, event_id=event.id, came=Came(48, "签到表", [cast.startup_a]), reason="漏计两人")
    counts = get_detail(session, cast.auditor, event).counts
    assert [(each.result.participants, len(each.startups), len(each.mentors)) for each in counts] == [(48, 1, 0), (46, 2, 1)]
    with pytest.raises(Conflict, match="Only what is planned"):
        edit_event(session, cast.manager, now=AFTER, event_id=event.id, plan=planned(place))
    with pytest.raises(Conflict, match="Only what is planned"):
        cancel_event(session, cast.manager, now=AFTER, event_id=event.id, reason="x")
    with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
        session.execute(text("UPDATE event_results SET participants = 400"))


def test_nobody_is_said_to_have_come_who_is_not_known(session: Session, cast: Cast, place: Place) -> None:
    event = plan_event(session, cast.manager, now=NOW, plan=planned(place))
    for came in (Came(3, "签到表", [999_999]), Came(3, "签到表", [], [cast.manager.person_id or 0])):
        with pytest.raises(NotFound):
            confirm_event(session, cast.manager, now=AFTER, event_id=event.id, came=came)
    for people in (0, 100_001):
        with pytest.raises(Refusal, match="from 1 up"):
            confirm_event(session, cast.manager, now=AFTER, event_id=event.id, came=Came(people, "签到表"))
    assert session.execute(select(EventResult)).first() is None


def test_a_cost_is_one_events(session: Session, cast: Cast, place: Place) -> None:
    """Of 8,000.00 and 2,500.00 the first event has 10,500.00; the second can't have what the first one has."""
    first, second = (plan_event(session, cast.manager, now=NOW, plan=planned(place, title=each)) for each in ("路演", "沙龙"))
    costs = [
        record_cost(session, cast.finance, now=NOW, site_id=place.site.id, kind=kind, title=title, first=date(2026, 10, 20),
                    last=date(2026, 10, 20), amount_minor=amount, proof=Proof("发票 0001"))
        for kind, title, amount in (("events", "搭建", 800_000), ("events", "茶歇", 250_000), ("fit_out", "装修", 90_000_000))
    ]  # fmt: skip
    for cost in costs[:2]:
        link_cost(session, cast.manager, now=NOW, event_id=first.id, cost_id=cost.id)
    assert get_detail(session, cast.auditor, first).spent_minor == 1_050_000
    with pytest.raises(Conflict, match="belongs to an event already"):
        link_cost(session, cast.manager, now=NOW, event_id=second.id, cost_id=costs[0].id)
    with pytest.raises(NotFound):
        link_cost(session, cast.manager, now=NOW, event_id=second.id, cost_id=costs[2].id)
    unlink_cost(session, cast.manager, now=NOW, event_id=first.id, cost_id=costs[0].id)
    assert [cost.id for cost in list_free_costs(session, cast.manager, place.site.id)] == [costs[0].id]
    with pytest.raises(NotFound):
        unlink_cost(session, cast.manager, now=NOW, event_id=first.id, cost_id=costs[0].id)
    assert len(session.execute(select(EventCost)).scalars().all()) == 1


def test_photos_are_made_anew_and_papers_kept_as_they_are(session: Session, cast: Cast, place: Place) -> None:
    event = plan_event(session, cast.manager, now=NOW, plan=planned(place))
    with pytest.raises(Refusal, match="Choose a file"):
        add_proof(session, cast.manager, now=AFTER, event_id=event.id, files=[])
    with pytest.raises(Refusal, match="no picture"):
        add_proof(session, cast.manager, now=AFTER, event_id=event.id, files=[], photos=[b"%PDF-1.7"])
    add_proof(session, cast.front_desk, now=AFTER, event_id=event.id, files=[("签到表.png", picture("PNG"))], photos=[picture("PNG")])
    detail = get_detail(session, cast.auditor, event)
    assert [row.file.media_type for row in detail.photos] == ["image/jpeg"]
    assert [(row.file.name, row.document.audience) for row in detail.papers] == [("签到表.png", "staff")]


def test_a_month_of_the_register(session: Session, cast: Cast, place: Place) -> None:
    """One at 00:30 of 1 November by the site's clock is November's, though it is still October in London."""
    late = datetime(2026, 11, 1, 0, 30, tzinfo=SHANGHAI)
    one = plan_event(session, cast.manager, now=NOW, plan=planned(place))
    other = plan_event(session, cast.manager, now=NOW, plan=planned(place, starts_at=late, ends_at=late + timedelta(hours=1)))
    plan_event(session, cast.manager, now=NOW, plan=planned(place, title="没人计数"))
    for event, people in ((one, 46), (other, 12)):
        confirm_event(session, cast.manager, now=late + timedelta(days=1), event_id=event.id, came=Came(people, "签到表", [cast.startup_a]))
    add_proof(session, cast.manager, now=late, event_id=one.id, files=[], photos=[picture("PNG")])
    october = list_held(session, cast.auditor, [place.site.id], Month(2026, 10).first, Month(2026, 10).last)
    assert [(each.event.id, each.on, each.result.participants, each.startups, each.photos) for each in october] == [
        (one.id, date(2026, 10, 20), 46, 1, 1)]  # fmt: skip
    assert [each.event.id for each in list_held(session, cast.auditor, [place.site.id], date(2026, 11, 1), date(2026, 11, 30))] == [other.id]
    page = list_events(session, cast.front_desk, Filter(month=Month(2026, 10)), now=NOW)
    assert page.total == 2
    assert list_events(session, cast.front_desk, Filter(state="due"), now=late).total == 1


def test_who_may(session: Session, cast: Cast, place: Place) -> None:
    for actor in (cast.finance, cast.auditor, cast.founder_a, cast.mentor):
        with pytest.raises(Forbidden):
            plan_event(session, actor, now=NOW, plan=planned(place))
    event = plan_event(session, cast.owner, now=NOW, plan=planned(place))
    assert list_events(session, cast.founder_b, Filter(), now=NOW).total == 1
    assert list_events(session, cast.founder_b, Filter(), now=AFTER).total == 0  # it is over
    cancel_event(session, cast.owner, now=NOW, event_id=event.id, reason="讲者有事")
    with pytest.raises(NotFound):
        get_event(session, cast.founder_b, event.id)
    assert get_event(session, cast.auditor, event.id).cancelled_reason == "讲者有事"
    said = session.execute(select(AuditEvent.action).order_by(AuditEvent.number.desc()).limit(2)).scalars().all()
    assert said == ["cancel_event", "plan_event"]
    assert session.execute(select(Event)).scalar_one().state == "cancelled"
