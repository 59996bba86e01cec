"""The home page of each role, with the figures of the example worked by hand."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import event, func, update
from sqlalchemy.orm import Session

from incubator.accounts.models import Person
from incubator.billing.operations.posting import post_month
from incubator.bookings.operations import cancel
from incubator.core.errors import NotFound
from incubator.jobs.models import JobRun
from incubator.reports.operations import freeze_occupancy
from incubator.spaces.models import Allocation, Site
from incubator.spaces.operations import add_floor, add_unit, close_units, create_site
from incubator.startups.models import Residency
from incubator.startups.operations import end_residency
from incubator.web.queries.homes import get_books, get_house, get_own
from incubator.web.queries.months import Posted
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.mentors.build import add_mentor_at, make_site
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, at

TUESDAY = at(20, 10)
"""10:00 on 20 October: A, B and C are in; B's booking is at 17:00."""


@pytest.fixture
def october(session: Session, cast: Cast, october: October) -> October:
    session.execute(update(Site).values(created_at=NOW - timedelta(days=90)))
    session.expire(october.site)
    return october


class Statements:
    """The SELECTs and changes that a piece of work sends."""

    def __init__(self, session: Session) -> None:
        self.connection = session.connection()
        self.sent: list[str] = []

    def __enter__(self) -> Statements:
        event.listen(self.connection, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.connection, "before_cursor_execute", self._note)

    def _note(self, _c: object, _k: object, statement: str, *_: object) -> None:
        if not statement.startswith(("SET LOCAL", "SAVEPOINT", "RELEASE")):
            self.sent.append(statement)


def words(html: str) -> str:
    """What a reader reads of the page's own part."""
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<main") : html.index("</main>")]).split())


# the managers' day


def test_who_sits_where_on_20_october(session: Session, cast: Cast, october: October) -> None:
    house = get_house(session, cast.manager, TUESDAY, None)
    desks, area = house.occupancy.desks, house.occupancy.area
    assert (desks.taken, desks.total, desks.share) == (2, 4, Decimal("0.5000"))
    # 30 + 54.5 + 2 × 6 of 108.5
    assert (area.taken, area.total, area.share) == (Decimal("96.50"), Decimal("108.50"), Decimal("0.8894"))
    assert (house.bookings, [booking.id for booking in house.next]) == (1, [october.bookings["B"].id])


def test_before_b_came_it_was_an_office_less(session: Session, cast: Cast, october: October) -> None:
    house = get_house(session, cast.manager, at(15, 23, 59), None)
    assert house.occupancy.area.taken == Decimal("42.00")
    assert get_house(session, cast.manager, at(16, 0), None).occupancy.area.taken == Decimal("96.50")


def test_a_closed_desk_is_not_occupied_and_still_counts(session: Session, cast: Cast, october: October) -> None:
    close_units(session, cast.manager, now=TUESDAY, site=october.site, units=[october.units["D3"]], start=TUESDAY,
                end=at(20, 12), reason="空调检修")  # fmt: skip
    desks = get_house(session, cast.manager, TUESDAY, None).occupancy.desks
    assert (desks.taken, desks.closed, desks.total) == (2, 1, 4)
    assert get_house(session, cast.manager, at(20, 12), None).occupancy.desks.closed == 0


def test_a_unit_out_of_service_is_not_there(session: Session, cast: Cast, october: October) -> None:
    floor = add_floor(session, cast.manager, now=NOW, site=october.site, name="2F", level=2)
    add_unit(session, cast.manager, now=NOW, floor=floor, code="D5", kind="desk", purpose="incubation",
             area_m2=Decimal("6.00"), in_service_from=date(2026, 10, 21))  # fmt: skip
    assert get_house(session, cast.manager, TUESDAY, None).occupancy.desks.total == 4
    assert get_house(session, cast.manager, at(21, 0), None).occupancy.desks.total == 5


def test_arrivals_are_those_of_today_and_the_six_days_after(session: Session, cast: Cast, october: October) -> None:
    def arrivals(day: int) -> tuple[int, int]:
        house = get_house(session, cast.manager, at(day, 9), None)
        return house.arrivals_today, house.arrivals.total

    assert (arrivals(9), arrivals(10), arrivals(16), arrivals(17)) == ((0, 0), (0, 1), (1, 1), (0, 0))


def test_a_cancelled_booking_is_not_of_today(session: Session, cast: Cast, october: October) -> None:
    cancel(session, cast.founder_b, now=at(19, 9), booking_id=october.bookings["B"].id, reason="改期")
    house = get_house(session, cast.manager, TUESDAY, None)
    assert (house.bookings, list(house.next)) == (0, [])


def test_one_site_alone(session: Session, cast: Cast, october: October) -> None:
    other = create_site(session, cast.manager, now=NOW, code="SK", name="蛇口二号", hours=[("workday", 540, 1080)],
                        open_from=date(2026, 1, 1))  # fmt: skip
    assert get_house(session, cast.manager, TUESDAY, other.id).occupancy.area.total == 0
    assert get_house(session, cast.manager, TUESDAY, october.site.id).occupancy.area.total == Decimal("108.50")
    with pytest.raises(NotFound):
        get_house(session, cast.manager, TUESDAY, other.id + 10_000)


def test_another_operator_sees_none_of_it(client: Browser, cast: Cast, october: October) -> None:
    assert client.sign_in(cast.other_owner).get(f"/?site={october.site.id}").status_code == 404
    assert "南山一号" not in client.get("/").text


# what is overdue


def test_october_wants_posting_and_freezing_in_november(session: Session, cast: Cast, october: October) -> None:
    overdue = get_house(session, cast.manager, AFTER_OCTOBER, None).overdue
    assert (overdue.unposted, overdue.unfrozen) == ((october.site.id,), (october.site.id,))
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    freeze_occupancy(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    overdue = get_house(session, cast.manager, AFTER_OCTOBER, None).overdue
    assert (overdue.unposted, overdue.unfrozen, overdue.total) == ((), (), 0)


def test_a_month_with_nothing_to_charge_is_not_overdue(session: Session, cast: Cast) -> None:
    create_site(session, cast.manager, now=NOW, code="SK", name="蛇口二号", hours=[("workday", 540, 1080)],
                open_from=date(2026, 1, 1))  # fmt: skip
    assert get_house(session, cast.manager, AFTER_OCTOBER, None).overdue.unposted == ()


def test_agreements_that_end_and_those_that_outstay(session: Session, cast: Cast, october: October) -> None:
    def counts(on: datetime) -> tuple[int, int]:
        overdue = get_house(session, cast.manager, on, None).overdue
        return overdue.ending, overdue.overstaying

    c = session.query(Residency).filter_by(startup_id=october.c.id).one()
    end_residency(session, cast.manager, now=at(2, 9), residency=c, ends_on=date(2026, 11, 20), reason="搬迁")
    assert [counts(at(20, 9)), counts(at(21, 9))] == [(0, 0), (1, 0)]
    after = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
    assert counts(after) == (0, 0)
    # the ledger says otherwise: an import or a slip left the desks held
    session.execute(update(Allocation).where(Allocation.holder_id == c.id, Allocation.holder_kind == "residency")
                    .values(period=func.tstzrange(func.lower(Allocation.period), after + timedelta(days=9))))  # fmt: skip
    assert counts(after) == (0, 1)


def test_failed_jobs_are_counted(session: Session, cast: Cast, october: October) -> None:
    session.add(JobRun(job="freeze_occupancy", site_id=october.site.id, period="2026-09", state="failed", due_at=NOW,
                       finished_at=NOW, error="out of paper"))  # fmt: skip
    session.flush()
    assert get_house(session, cast.manager, TUESDAY, None).overdue.failed_jobs == 1
    # the front desk may not see jobs, billing or reports: not a word of them
    desk = get_house(session, cast.front_desk, AFTER_OCTOBER, None).overdue
    assert (desk.failed_jobs, desk.unposted, desk.unfrozen) == (0, (), ())


# the pages


@time_machine.travel(TUESDAY, tick=False)
def test_the_managers_page_says_it(client: Browser, cast: Cast, october: October) -> None:
    said = words(client.sign_in(cast.manager).get("/").text)
    assert "已占用工位 2 / 4 50.00%" in said
    assert "已占用面积（m²） 96.5 / 108.5 88.94%" in said
    assert "今日预订 1 下一场 17:00" in said
    assert "17:00–19:00 会议室一 乙科技有限公司 · 融资会谈" in said


@time_machine.travel(TUESDAY, tick=False)
@pytest.mark.parametrize("role", ["owner", "manager", "front_desk"])
def test_each_figure_leads_to_its_rows(client: Browser, cast: Cast, october: October, role: str) -> None:
    page = client.sign_in(getattr(cast, role)).get("/").text
    links = re.findall(r'class="figure-link" href="([^"]+)"', page)
    assert links == ["/today/desks", "/today/area", "/today/bookings", "/today/arrivals"]
    for link in links:
        assert client.get(link).status_code == 200
    desks = words(client.get("/today/desks?state=occupied").text)
    assert "2 个单元" in desks and desks.count("丙创业团队") == 2 and "D3" not in desks
    assert "D3" in words(client.get("/today/desks?state=free").text)
    assert words(client.get("/today/area").text).count("已入驻") == 4
    assert "融资会谈" in words(client.get("/today/bookings").text)


@time_machine.travel(at(12, 9), tick=False)
def test_the_rows_of_arrivals_and_endings(client: Browser, cast: Cast, october: October) -> None:
    client.sign_in(cast.manager)
    assert "乙科技有限公司" in words(client.get("/today/arrivals").text)
    assert "近期没有到期的协议" in words(client.get("/today/ending").text)
    assert "均已交还" in words(client.get("/today/overstaying").text)
    assert client.get("/today/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/today/desks", "/today/ending"])
def test_the_rows_are_for_staff(client: Browser, cast: Cast, path: str) -> None:
    assert client.get(path).status_code == 302
    for person in (cast.founder_a, cast.member_a, cast.mentor):
        assert client.sign_in(person).get(path).status_code == 403


def test_an_empty_operator_is_told_the_first_step(client: Browser, cast: Cast) -> None:
    page = client.sign_in(cast.other_owner).get("/").text
    assert "已完成 0 / 7" in page and "添加第一个场地" in page
    assert 'class="figures' not in page


def test_the_steps_follow_the_rows(session: Session, cast: Cast, october: October) -> None:
    steps = get_house(session, cast.manager, TUESDAY, None).steps
    assert steps.all_done


def test_an_empty_operators_front_desk_waits(client: Browser, cast: Cast) -> None:
    said = words(client.sign_in(cast.front_desk).get("/").text)
    assert "尚未完成设置" in said and "添加第一个场地" not in said


# finance and the auditor


def test_the_months_as_posted(session: Session, cast: Cast, october: October) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    freeze_occupancy(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    months = get_books(session, cast.finance, AFTER_OCTOBER).months
    assert [str(month.month) for month in months] == ["2026-10", "2026-09", "2026-08"]
    # A 2,775.00 gross, B 2,490.97, C 1,200.00; subsidies 1,620.00 and 1,434.58; net 1,155.00, 1,056.39, 1,200.00
    assert months[0].total == Posted(3, 646597, 305458, 341139, "CNY")
    assert months[0].rows[0].frozen_version == 1
    assert (months[1].total.invoices, months[1].rows[0].posted) == (0, None)


@time_machine.travel(AFTER_OCTOBER, tick=False)
@pytest.mark.parametrize("role", ["finance", "auditor"])
def test_the_books_page(session: Session, client: Browser, cast: Cast, october: October, role: str) -> None:
    said = words(client.sign_in(getattr(cast, role)).get("/").text)
    assert "待出账场地 1" in said and "未出账" in said
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    said = words(client.get("/").text)
    assert "¥3,411.39" in said and "¥3,054.58" in said and "待出账场地 0" in said


def test_books_without_sites(client: Browser, cast: Cast) -> None:
    assert "还没有可出账的内容" in words(client.sign_in(cast.finance).get("/").text)


# a startup's own


@time_machine.travel(AFTER_OCTOBER, tick=False)
def test_a_founder_sees_agreement_bookings_and_invoices(
    session: Session, client: Browser, cast: Cast, october: October
) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    said = words(client.sign_in(cast.founder_a).get("/").text)
    assert "南山一号 单元 O1 开始日期 2026年8月1日 结束日期 无固定期限" in said
    assert "¥1,155.00 补贴前 ¥2,775.00；永修县入园企业租金补贴承担 ¥1,620.00。" in said
    assert "近期没有预订" in said
    assert "1,056.39" not in said and "O2" not in said
    own = get_own(session, cast.founder_a, AFTER_OCTOBER)
    assert own.due is not None and own.due[1] == 115500
    assert get_own(session, cast.founder_a, AFTER_OCTOBER + timedelta(days=400)).due is None


def test_mentors_stand_on_the_home_of_whoever_may_ask(session: Session, client: Browser, cast: Cast) -> None:
    said = words(client.sign_in(cast.founder_a).get("/").text)
    assert "我们的辅导需求 提出需求 说说卡在哪里，系统马上推荐合适的导师。" in said
    assert "全部导师" not in said  # a role alone is not a mentor yet
    mentor, _ = add_mentor_at(session, cast, make_site(session, cast))
    page = client.get("/").text
    assert "创业导师 全部导师 max" in words(page) and f"/mentors/{mentor.id}" in page
    session.execute(update(Person).where(Person.id == cast.mentor.person_id).values(left_at=NOW))
    assert "max" not in words(client.get("/").text)


@time_machine.travel(at(9, 10), tick=False)
def test_the_next_bookings_are_ones_own(client: Browser, cast: Cast, october: October) -> None:
    assert "2026年10月10日 10:00–11:30 会议室一" in words(client.sign_in(cast.founder_a).get("/").text)
    said = words(client.sign_in(cast.founder_b).get("/").text)
    assert "2026年10月20日 17:00–19:00 会议室一" in said and "产品评审" not in said


@time_machine.travel(AFTER_OCTOBER, tick=False)
def test_a_member_sees_no_invoices(session: Session, client: Browser, cast: Cast, october: October) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    said = words(client.sign_in(cast.member_a).get("/").text)
    assert "O1" in said and "最近账单" not in said and "1,155.00" not in said


def test_a_mentor_has_a_simple_home(client: Browser, cast: Cast) -> None:
    page = words(client.sign_in(cast.mentor).get("/").text)
    assert "您的导师资料尚未建立" in page and "我接下来的辅导" in page


# how much is asked of the database


def test_the_number_of_statements_does_not_grow_with_the_rows(session: Session, cast: Cast, october: October) -> None:
    def count() -> tuple[int, int, int]:
        found = []
        for get, actor in ((get_books, cast.finance), (get_own, cast.founder_a)):
            with Statements(session) as asked:
                get(session, actor, AFTER_OCTOBER)
            found.append(len(asked.sent))
        with Statements(session) as asked:
            get_house(session, cast.manager, AFTER_OCTOBER, None)
        return len(asked.sent), found[0], found[1]

    before = count()
    assert before == (18, 12, 24)
    for code in ("S2", "S3", "S4"):
        create_site(session, cast.manager, now=NOW, code=code, name=code, hours=[("workday", 540, 1080)],
                    zone="Europe/London" if code == "S4" else "Asia/Shanghai", open_from=date(2026, 1, 1))  # fmt: skip
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    assert count() == (18, 12, 25), "one more where there are invoices at all: when their parts are due"
