"""Announcements: whom they reach on which day, who has read them, and what is made of their text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.notices.models import OutboxMail
from incubator.notices.operations import choose_notices
from incubator.notices.writing import write_notices
from incubator.spaces.models import Site
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.letters import WRITERS
from incubator.startups.models import Startup
from incubator.startups.operations import UnitTerms, add_programme, enrol, sign_residency
from incubator.startups.operations.announcements import (
    Words,
    edit_announcement,
    mail_announcements,
    publish_announcement,
    read_announcement,
    withdraw_announcement,
)
from incubator.startups.queries.announcements import count_unread, get_announcement, list_announcements
from tests.cast import Cast
from tests.conftest import Browser

NOW = datetime(2026, 11, 10, 2, tzinfo=UTC)
TODAY = date(2026, 11, 10)


@pytest.fixture
def site(session: Session, cast: Cast) -> Site:
    """A site at which startup A sits, and B does not."""
    made = create_site(session, cast.manager, now=NOW, code="NS", name="南山一号", hours=[("workday", 540, 1080)],
                       open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, cast.manager, now=NOW, site=made, name="1F", level=1)
    desk = add_unit(session, cast.manager, now=NOW, floor=floor, code="D1", kind="desk", purpose="incubation",
                    area_m2=Decimal("6.00"), in_service_from=date(2026, 1, 1))  # fmt: skip
    startup = session.execute(select(Startup).where(Startup.id == cast.startup_a)).scalar_one()
    sign_residency(session, cast.manager, now=NOW, startup=startup, site=made, starts_on=date(2026, 11, 1),
                   ends_on=date(2026, 11, 20), units=[UnitTerms(desk, "unit_month", Decimal("900"))])  # fmt: skip
    return made


def titles(session: Session, actor: object, now: datetime = NOW) -> list[str]:
    return [row.announcement.title for row in list_announcements(session, actor, now=now).rows]  # type: ignore[arg-type]


def tell(session: Session, cast: Cast, title: str, **more: object) -> int:
    words = Words(**({"title": title, "body": "正文", "from_on": TODAY} | more))  # type: ignore[arg-type]
    return publish_announcement(session, cast.front_desk, now=NOW, words=words).id


def test_whom_it_reaches(session: Session, cast: Cast, site: Site) -> None:
    camp = add_programme(session, cast.manager, now=NOW, kind="programme", name="加速营")
    enrol(session, cast.manager, now=NOW, programme_id=camp.id, startup_id=cast.startup_b, starts_on=TODAY,
          ends_on=TODAY)  # fmt: skip
    tell(session, cast, "全体")
    tell(session, cast, "场地", audience="sites", sites=[site.id])
    tell(session, cast, "计划", audience="programmes", programmes=[camp.id])
    tell(session, cast, "员工", audience="staff")
    assert set(titles(session, cast.auditor)) == {"全体", "场地", "计划", "员工"}
    assert set(titles(session, cast.member_a)) == {"全体", "场地"}
    assert set(titles(session, cast.founder_b)) == {"全体", "计划"}
    assert titles(session, cast.mentor) == ["全体"]
    after = datetime(2026, 11, 21, 2, tzinfo=UTC)  # A has moved out, the programme is over
    assert titles(session, cast.member_a, after) == titles(session, cast.founder_b, after) == ["全体"]


def test_from_a_day_to_a_day_pinned_first(session: Session, cast: Cast) -> None:
    tell(session, cast, "明天", from_on=date(2026, 11, 11))
    tell(session, cast, "昨天为止", from_on=date(2026, 11, 1), until_on=date(2026, 11, 9))
    tell(session, cast, "旧而置顶", from_on=date(2026, 10, 1), pinned=True)
    tell(session, cast, "今天", until_on=TODAY)
    assert titles(session, cast.founder_a) == ["旧而置顶", "今天"]
    last = datetime(2026, 11, 10, 15, 59, tzinfo=UTC)
    assert "今天" in titles(session, cast.founder_a, last) and "今天" not in titles(session, cast.founder_a, last.replace(hour=16))
    coming = list_announcements(session, cast.manager, now=NOW, view="coming").rows
    over = list_announcements(session, cast.manager, now=NOW, view="over").rows
    assert [row.announcement.title for row in (*coming, *over)] == ["明天", "昨天为止"]


def test_unread_until_it_is_opened_by_each(session: Session, cast: Cast) -> None:
    first = tell(session, cast, "甲")
    tell(session, cast, "乙")
    assert count_unread(session, cast.founder_a, NOW) == 2
    assert read_announcement(session, cast.founder_a, now=NOW, announcement_id=first)
    assert not read_announcement(session, cast.founder_a, now=NOW, announcement_id=first)
    assert (count_unread(session, cast.founder_a, NOW), count_unread(session, cast.member_a, NOW)) == (1, 2)


def test_withdrawn_nobody_sees_it_but_who_publishes(session: Session, cast: Cast) -> None:
    told = tell(session, cast, "停水")
    withdraw_announcement(session, cast.manager, now=NOW, announcement_id=told)
    assert titles(session, cast.founder_a) == []
    with pytest.raises(NotFound):
        get_announcement(session, cast.founder_a, told, now=NOW)
    assert get_announcement(session, cast.manager, told, now=NOW).announcement.withdrawn_at
    with pytest.raises(Conflict):
        withdraw_announcement(session, cast.manager, now=NOW, announcement_id=told)


def test_what_is_refused(session: Session, cast: Cast, site: Site) -> None:
    with pytest.raises(Forbidden):
        publish_announcement(session, cast.finance, now=NOW, words=Words("甲", "乙", TODAY))
    for more, field in (
        ({"body": " \n "}, "body"), ({"audience": "sites"}, "sites"), ({"audience": "x"}, "audience"),
        ({"until_on": date(2026, 11, 9)}, "until_on"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            tell(session, cast, "甲", **more)
        assert refused.value.field == field
    with pytest.raises(NotFound):
        tell(session, cast, "甲", audience="sites", sites=[site.id + 10_000])


def test_mailed_once_on_its_first_day_to_whom_it_is_for(session: Session, cast: Cast, site: Site) -> None:
    choose_notices(session, cast.member_a, now=NOW, wanted=["confirmation"])
    told = tell(session, cast, "场地维修", audience="sites", sites=[site.id], by_mail=True, from_on=date(2026, 11, 11),
                title_en="Repairs", body="第一段\n\n第二段")  # fmt: skip
    tomorrow = datetime(2026, 11, 10, 17, tzinfo=UTC)
    assert mail_announcements(session, cast.system, now=NOW) == 0
    assert [mail_announcements(session, cast.system, now=tomorrow) for _ in range(2)] == [1, 0]
    write_notices(session, now=tomorrow, base_url="https://x.example", writers=WRITERS)
    mails = session.execute(select(OutboxMail)).scalars().all()
    assert [mail.to_address for mail in mails] == ["anna@example.com"]  # andy has declined, bob sits elsewhere
    assert mails[0].subject == "场地维修" and "第二段" in mails[0].text_body
    edit_announcement(session, cast.manager, now=tomorrow, announcement_id=told, words=Words("改了", "正文", TODAY))
    assert mail_announcements(session, cast.system, now=tomorrow) == 0


def test_text_is_never_markup(session: Session, cast: Cast, client: Browser) -> None:
    told = publish_announcement(
        session, cast.manager, now=NOW,
        words=Words("<b>标题</b>", "<script>alert(1)</script>\n第二行\n\n见 https://example.com/a?b=1 和 javascript:alert(1)",
                    date(2026, 1, 1)),
    )  # fmt: skip
    page = client.sign_in(cast.founder_a).get(f"/announcements/{told.id}").text
    assert "<script>alert" not in page and "<b>标题" not in page and "&lt;script&gt;" in page
    assert 'href="https://example.com/a?b=1"' in page and 'href="javascript' not in page
    assert page.count("<p>") >= 2
