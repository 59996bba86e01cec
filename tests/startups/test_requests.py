"""Requests: the conversation, whose turn it is, target times in opening hours, and what each side may do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Month
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.writing import write_notices
from incubator.spaces.models import Site
from incubator.spaces.operations import create_site
from incubator.startups.letters import WRITERS
from incubator.startups.models import Request, RequestMessage, RequestPhoto
from incubator.startups.operations import request_settings as settings
from incubator.startups.operations import requests as operations
from incubator.startups.queries.request_figures import get_figures
from incubator.startups.queries.requests import (
    count_requests,
    get_request,
    get_request_row,
    list_own_requests,
    list_requests,
    list_turns,
)
from incubator.startups.rules.requests import Level, RequestState
from tests.cast import Cast
from tests.documents.test_pictures import picture

SHANGHAI = timedelta(hours=8)
LEVELS = {"low": Level(480, 4800), "normal": Level(120, 540), "high": Level(60, 240), "urgent": Level(15, 120)}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Local time in November 2026; the 2nd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - SHANGHAI


@pytest.fixture
def site(session: Session, cast: Cast) -> Site:
    made = create_site(session, cast.manager, now=at(1, 9), code="NS", name="南山一号", hours=[("workday", 540, 1080)],
                       open_from=date(2026, 1, 1))  # fmt: skip
    settings.set_levels(session, cast.manager, now=at(1, 9), site_id=made.id, levels=LEVELS)
    return made


@pytest.fixture
def leak(session: Session, cast: Cast, site: Site) -> Request:
    """Opened on Monday at 16:30: the first answer is due on Monday at 17:30 … of two hours: Tuesday 09:30."""
    return opened(session, cast, site, at(2, 16, 30))


def opened(session: Session, cast: Cast, site: Site, now: datetime, **more: object) -> Request:
    said = {"title": "天花板漏水", "text": "会议室旁的天花板在滴水。"} | more
    return operations.open_request(session, cast.founder_a, now=now, startup_id=cast.startup_a, site_id=site.id, **said)  # type: ignore[arg-type]


def test_numbers_and_targets_count_opening_hours(session: Session, cast: Cast, site: Site, leak: Request) -> None:
    assert (leak.label, leak.state, leak.priority) == ("SR-2026-0001", RequestState.OPEN, "normal")
    assert leak.answer_due_at == at(3, 9, 30)  # 90 minutes on Monday, 30 on Tuesday
    assert leak.resolve_due_at == at(3, 16, 30)  # nine hours
    second = opened(session, cast, site, at(6, 17, 30), priority="urgent")
    assert (second.number, second.answer_due_at, second.resolve_due_at) == (2, at(6, 17, 45), at(9, 10, 30))


def test_the_clock_stands_while_it_is_the_startups_turn(session: Session, cast: Cast, leak: Request) -> None:
    operations.answer_request(session, cast.front_desk, now=at(2, 17), request_id=leak.id, text="几楼？", wait=True)
    assert (leak.state, leak.answer_minutes, leak.assigned_to) == (RequestState.WAITING, 30, cast.front_desk.person_id)
    operations.reply_to_request(session, cast.member_a, now=at(4, 10), request_id=leak.id, text="三楼。")
    # waited: an hour on Monday, nine on Tuesday, one on Wednesday
    assert (leak.state, leak.waited_minutes, leak.resolve_due_at) == (RequestState.OPEN, 660, at(5, 9, 30))  # 8.5 hours are left
    operations.resolve_request(session, cast.front_desk, now=at(4, 11), request_id=leak.id, text="已修好。")
    assert (leak.state, leak.resolve_minutes) == (RequestState.RESOLVED, 90)  # half an hour and one hour


def test_reopening_goes_on_where_the_clock_stood(session: Session, cast: Cast, leak: Request) -> None:
    operations.resolve_request(session, cast.front_desk, now=at(3, 10), request_id=leak.id, text="已修好。")
    assert leak.resolve_minutes == 150
    with pytest.raises(Conflict, match="solved"):
        operations.rate_request(session, cast.founder_a, now=at(3, 11), request_id=leak.id, rating=2)
    operations.confirm_request(session, cast.founder_a, now=at(3, 11), request_id=leak.id)
    operations.rate_request(session, cast.founder_a, now=at(3, 11), request_id=leak.id, rating=2)
    operations.reopen_request(session, cast.founder_a, now=at(5, 10), request_id=leak.id, text="又漏了。")
    assert (leak.state, leak.reopened, leak.rating, leak.closed_at) == (RequestState.OPEN, 1, None, None)
    assert leak.resolve_due_at == at(5, 16, 30)  # 6.5 hours were left on Tuesday at 10
    operations.resolve_request(session, cast.front_desk, now=at(5, 12), request_id=leak.id, text="换了管子。")
    assert leak.resolve_minutes == 270
    with pytest.raises(Conflict):
        operations.reopen_request(session, cast.founder_a, now=at(12, 12), request_id=leak.id, text="…")


def test_another_priority_counts_anew_and_says_why(session: Session, cast: Cast, leak: Request) -> None:
    change = operations.change_request
    with pytest.raises(Refusal, match="why"):
        change(session, cast.front_desk, now=at(2, 17), request_id=leak.id, category_id=None, priority="high", reason=" ")
    with pytest.raises(Refusal, match="Nothing"):
        change(session, cast.front_desk, now=at(2, 17), request_id=leak.id, category_id=None, priority="normal", reason="x")
    change(session, cast.front_desk, now=at(2, 17), request_id=leak.id, category_id=None, priority="high", reason="电路附近")
    assert (leak.answer_due_at, leak.resolve_due_at) == (at(2, 17, 30), at(3, 11, 30))
    (turn,) = [each for each in list_turns(session, cast.founder_a, leak.id) if each.message.kind == "change"]
    assert (turn.message.text, turn.message.facts) == ("电路附近", {"priority": ["normal", "high"]})


def test_notes_are_for_colleagues(session: Session, cast: Cast, leak: Request) -> None:
    operations.note_on_request(session, cast.front_desk, now=at(2, 17), request_id=leak.id, text="物业上次也没修好")
    kinds = [[turn.message.kind for turn in list_turns(session, who, leak.id)] for who in (cast.founder_a, cast.auditor)]
    assert kinds == [["message"], ["message", "note"]]
    assert leak.first_answered_at is None, "a note is no answer"


def test_who_may_what(session: Session, cast: Cast, site: Site, leak: Request) -> None:
    for stranger in (cast.founder_b, cast.mentor):
        with pytest.raises((NotFound, Forbidden)):
            get_request(session, stranger, leak.id)
    with pytest.raises(NotFound):
        operations.reply_to_request(session, cast.founder_b, now=at(2, 17), request_id=leak.id, text="嗨")
    with pytest.raises(NotFound):
        operations.open_request(session, cast.founder_b, now=at(2, 17), startup_id=cast.startup_a, site_id=site.id,
                                title="x", text="y")  # fmt: skip
    for actor in (cast.founder_a, cast.auditor):
        with pytest.raises(Forbidden):
            operations.answer_request(session, actor, now=at(2, 17), request_id=leak.id, text="嗨")
    with pytest.raises(Forbidden):  # nobody says for the startup that it is content
        operations.confirm_request(session, cast.manager, now=at(2, 17), request_id=leak.id)
    with pytest.raises(Refusal):
        operations.assign_request(session, cast.manager, now=at(2, 17), request_id=leak.id,
                                  person_id=cast.founder_a.person_id)  # fmt: skip


def test_photos_are_made_anew_and_are_five_at_most(session: Session, cast: Cast, site: Site) -> None:
    request = opened(session, cast, site, at(2, 10), photos=[picture("JPEG"), picture("JPEG")])
    photos = session.execute(select(RequestPhoto).where(RequestPhoto.request_id == request.id)).scalars().all()
    assert len(photos) == 2 and photos[0].file_id != photos[0].small_file_id
    for bad in ([picture("JPEG")] * 6, [b"%PDF-1.7 no picture"], [Path(__file__).read_bytes()]):
        with pytest.raises(Refusal) as refused:
            opened(session, cast, site, at(2, 10), photos=bad)
        assert refused.value.field == "photos"
    assert session.execute(select(func.count()).select_from(Request)).scalar() == 1


def test_the_same_form_opens_one_request(session: Session, cast: Cast, site: Site) -> None:
    first, second = (opened(session, cast, site, at(2, 10), form_key="k1") for _ in range(2))
    assert first.id == second.id and opened(session, cast, site, at(2, 10), form_key="k2").number == 2


def test_a_category_brings_priority_and_who_looks_after_it(session: Session, cast: Cast, site: Site) -> None:
    network = settings.add_category(session, cast.manager, now=at(1, 9), name="网络", priority="high",
                                    responsible_id=cast.front_desk.person_id)  # fmt: skip
    request = opened(session, cast, site, at(2, 10), category_id=network.id)
    assert (request.priority, request.assigned_to) == ("high", cast.front_desk.person_id)
    with pytest.raises(Conflict):
        settings.add_category(session, cast.manager, now=at(1, 9), name="网络")
    settings.edit_category(session, cast.manager, now=at(2, 11), category_id=network.id, name="网络", closed=True)
    with pytest.raises(Refusal):
        opened(session, cast, site, at(2, 12), category_id=network.id)
    with pytest.raises(Forbidden):
        settings.add_category(session, cast.front_desk, now=at(1, 9), name="保洁")


def test_what_was_resolved_is_closed_after_seven_days(session: Session, cast: Cast, site: Site, leak: Request) -> None:
    other = opened(session, cast, site, at(2, 10))
    operations.resolve_request(session, cast.front_desk, now=at(3, 10), request_id=leak.id, text="好了")
    assert operations.close_resolved(session, cast.system, now=at(10, 9, 59)) == 0
    assert operations.close_resolved(session, cast.system, now=at(10, 10)) == 1
    assert (leak.state, other.state) == (RequestState.CLOSED, RequestState.OPEN)
    assert operations.close_resolved(session, cast.system, now=at(11, 10)) == 0


def test_the_queue_knows_what_is_late_due_and_nobodys(session: Session, cast: Cast, site: Site, leak: Request) -> None:
    mine = opened(session, cast, site, at(2, 17), title="打印机", priority="low")
    operations.take_request(session, cast.front_desk, now=at(2, 17, 30), request_id=mine.id)
    asked = opened(session, cast, site, at(2, 17), title="门禁卡")
    operations.answer_request(session, cast.front_desk, now=at(2, 17, 30), request_id=asked.id, text="哪扇门？", wait=True)
    counts = count_requests(session, cast.front_desk, now=at(3, 9, 40))
    assert counts == {"todo": 2, "late": 1, "today": 1, "unassigned": 1, "mine": 2, "waiting": 1, "resolved": 0,
                      "closed": 0}  # fmt: skip
    shown = list_requests(session, cast.front_desk, now=at(3, 9, 40)).rows
    assert [row.request.id for row in shown] == [leak.id, mine.id]
    assert shown[0].is_late(at(3, 9, 40)) and not shown[1].is_late(at(3, 9, 40))
    found = list_requests(session, cast.front_desk, now=at(3, 9), view="todo", search="sr-2026-0002").rows
    assert [row.request.id for row in found] == [mine.id]
    assert list_requests(session, cast.front_desk, now=at(3, 9), search="甲科技", priority="low").total == 1
    own = list_own_requests(session, cast.member_a, view="yours").rows
    assert [row.request.id for row in own] == [asked.id]
    assert list_own_requests(session, cast.founder_b).total == 0
    with pytest.raises(Forbidden):
        list_requests(session, cast.founder_a, now=at(3, 9))


def test_figures_worked_by_hand(session: Session, cast: Cast, site: Site) -> None:
    """Answered after 10, 20 and 150 minutes of which 120 are allowed; resolved after 60, 120 and not; rated 5 and 4."""
    network = settings.add_category(session, cast.manager, now=at(1, 9), name="网络")
    for minutes, took, stars in ((10, 60, 5), (20, 120, 4), (150, None, None)):
        request = opened(session, cast, site, at(2, 9), category_id=network.id if stars == 5 else None)
        answered = at(2, 9) + timedelta(minutes=minutes)
        operations.answer_request(session, cast.front_desk, now=answered, request_id=request.id, text="收到")
        if took and stars:
            done = at(2, 9) + timedelta(minutes=took)
            operations.resolve_request(session, cast.front_desk, now=done, request_id=request.id, text="好了")
            operations.confirm_request(session, cast.founder_a, now=done, request_id=request.id)
            operations.rate_request(session, cast.founder_a, now=done, request_id=request.id, rating=stars)
    opened(session, cast, site, at(30, 9))  # nothing is due of it yet
    november = Month(2026, 11)
    figures = get_figures(session, cast.manager, now=at(30, 9, 5), first=november, last=november)
    total = figures.total
    assert (total.count, total.answer_minutes, total.resolve_minutes, total.ratings) == (4, 20, 90, 2)
    assert (total.answer_share, total.resolve_share, total.rating) == (Decimal(2) / 3, Decimal(2) / 3, Decimal("4.5"))
    by_name = {category.name if category else "": served for category, served in figures.by_category}
    assert (by_name["网络"].count, by_name["网络"].answer_minutes, by_name["网络"].rating) == (1, 10, 5)
    assert [(on, served.count) for on, served in figures.by_month] == [(date(2026, 11, 1), 4)]
    none = get_figures(session, cast.manager, now=at(30, 9), first=Month(2025, 1), last=Month(2025, 1)).total
    assert (none.count, none.answer_minutes, none.answer_share, none.rating) == (0, None, None, None)


def test_letters_are_in_the_readers_language_and_can_be_declined(session: Session, cast: Cast, leak: Request) -> None:
    def write() -> list[OutboxMail]:
        before = set(session.execute(select(OutboxMail.id)).scalars())
        write_notices(session, now=at(2, 18), base_url="https://x.example", writers=WRITERS)
        return [mail for mail in session.execute(select(OutboxMail)).scalars() if mail.id not in before]

    assert {mail.to_address for mail in write()} == {"mia@example.com", "fred@example.com"}
    operations.answer_request(session, cast.front_desk, now=at(2, 17), request_id=leak.id, text="马上来人看。")
    (mail,) = write()
    assert mail.to_address == "anna@example.com" and "SR-2026-0001" in mail.subject and "马上来人看。" in mail.text_body
    assert f"https://x.example/requests/{leak.id}" in mail.text_body
    operations.note_on_request(session, cast.manager, now=at(2, 17), request_id=leak.id, text="内部")
    (mail,) = write()
    assert mail.to_address == "fred@example.com" and "内部" in mail.text_body
    assert session.execute(select(func.count()).select_from(Notice).where(Notice.settled_at.is_(None))).scalar() == 0


def test_a_closed_conversation_takes_no_more_words(session: Session, cast: Cast, leak: Request) -> None:
    operations.confirm_request(session, cast.founder_a, now=at(2, 17), request_id=leak.id)
    with pytest.raises(Conflict):
        operations.reply_to_request(session, cast.founder_a, now=at(2, 18), request_id=leak.id, text="还有…")
    with pytest.raises(Conflict):
        operations.answer_request(session, cast.front_desk, now=at(2, 18), request_id=leak.id, text="…")
    row = get_request_row(session, cast.founder_a, leak.id)
    assert row.request.state is RequestState.CLOSED and row.next_due_at is None
    assert session.execute(select(func.count()).select_from(RequestMessage)).scalar() == 1
