"""Startups leave: by the rule or by exception, what ends, what is settled, revoked, begun again; alumni; who may."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Role
from incubator.accounts.queries import get_actor
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.notices.models import Notice
from incubator.notices.writing import Reader
from incubator.spaces.operations import create_site
from incubator.startups.letters import write_exit
from incubator.startups.models import Achievement, Exit, Individual, Post, Residency, Standing
from incubator.startups.operations import add_programme, enrol
from incubator.startups.operations.deposits import move_deposit
from incubator.startups.operations.exit_access import ask_alumni, end_exited_access, remind_of_exits
from incubator.startups.operations.exit_items import add_exit_item, reopen_item, settle_item
from incubator.startups.operations.exits import leave_incubation, revoke_exit
from incubator.startups.operations.graduation import adopt_rule, end_rule, set_rule
from incubator.startups.operations.restarts import restart_startup
from incubator.startups.queries.deposits import list_deposits_at
from incubator.startups.queries.exits import get_exit, list_alumni, list_ended_agreements, list_items
from incubator.startups.queries.graduation import list_near, list_rules, measure_startup
from incubator.startups.queries.programmes import list_stays_of
from incubator.startups.rules.graduation import Demand
from tests.cast import NOW, Cast
from tests.conftest import Browser

LAST = date(2026, 9, 30)
"""The day before NOW: 30 September 2026."""
DAY = timedelta(days=1)


@pytest.fixture
def programme_id(session: Session, cast: Cast) -> int:
    """A and B are in a programme with the rule that we ship, and in residence since 1 May."""
    site = create_site(session, cast.owner, now=NOW, code="NS", name="南山", name_en="Nanshan", hours=[], open_from=date(2020, 1, 1))
    programme = add_programme(session, cast.manager, now=NOW, kind="programme", name="孵化")
    for number, startup_id in enumerate((cast.startup_a, cast.startup_b), start=1):
        session.add(Residency(startup_id=startup_id, site_id=site.id, number=f"R-{number}", starts_on=date(2026, 5, 1)))
        enrol(session, cast.manager, now=NOW, programme_id=programme.id, startup_id=startup_id, starts_on=date(2026, 5, 1))
    adopt_rule(session, cast.manager, now=NOW, programme_id=programme.id, starts_on=date(2026, 1, 1))
    session.flush()
    return programme.id


def achieve(session: Session, startup_id: int, kind: str, **more: object) -> None:
    session.add(Achievement(startup_id=startup_id, kind=kind, title=kind, happened_on=date(2026, 6, 1), claimed_at=NOW,
                            confirmed_at=NOW, **more))  # fmt: skip
    session.flush()


def meet(session: Session, startup_id: int) -> None:
    achieve(session, startup_id, "qualification", sort="high_tech")
    achieve(session, startup_id, "financing", sort="a", amount_minor=500_000_000)


def leave(session: Session, cast: Cast, startup_id: int | None = None, **more: object) -> Exit:
    given: dict[str, object] = {"kind": "left", "on": LAST, "reason": "搬走"} | more
    return leave_incubation(session, cast.manager, now=NOW, startup_id=startup_id or cast.startup_a, **given)  # type: ignore[arg-type]


def test_who_meets_the_rule_graduates_and_what_ends_ends(session: Session, cast: Cast, programme_id: int) -> None:
    with pytest.raises(Refusal, match="not met") as refused:
        leave(session, cast, kind="graduated")
    assert refused.value.field == "override_reason"
    meet(session, cast.startup_a)
    (measured,) = measure_startup(session, cast.founder_a, cast.startup_a, LAST)
    assert measured.outcome is not None and (measured.outcome.is_met, measured.outcome.since) == (True, date(2026, 6, 1))
    made = leave(session, cast, kind="graduated", keeps_access=True, override_reason="not needed")
    assert (made.override_reason, [each["state"] for each in made.findings]) == ("", ["met", "met", "unknown", "unmet"])
    residency = session.execute(select(Residency).where(Residency.startup_id == cast.startup_a)).scalar_one()
    assert residency.ends_on == LAST
    assert [each.last for each in list_stays_of(session, cast.startup_a)] == [LAST]
    assert [each.item.task for each in list_items(session, made.id)] == ["deposit", "access", "equipment", "documents", "figures", "bookings"]
    with pytest.raises(Conflict, match="already"):
        leave(session, cast)
    told = session.execute(select(Notice.person_id).where(Notice.kind == "exit")).scalars().all()
    assert told == [cast.founder_a.person_id]


def test_an_exception_is_stated_and_the_others_have_their_own_terms(session: Session, cast: Cast, programme_id: int) -> None:
    made = leave(session, cast, kind="graduated", override_reason="被收购谈判中")
    assert made.override_reason and made.rule_id
    for terms, field in (
        ({"kind": "removed"}, "notice_days"), ({"kind": "dissolved"}, "licence_cancelled_on"), ({"reason": " "}, "reason"),
        ({"kind": "gone"}, "kind"), ({"on": date(2026, 4, 30)}, "on"), ({"notice_days": 3}, "notice_days"),
        ({"on": date(2028, 1, 1)}, "on"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            leave(session, cast, cast.startup_b, **terms)
        assert refused.value.field == field
    assert leave(session, cast, cast.startup_b, kind="removed", notice_days=30).notice_days == 30
    for actor in (cast.founder_a, cast.finance, cast.front_desk, cast.auditor, cast.mentor):
        with pytest.raises(Forbidden):
            leave_incubation(session, actor, now=NOW, startup_id=cast.startup_a, kind="left", on=LAST, reason="x")
    with pytest.raises(NotFound):
        leave_incubation(session, cast.other_owner, now=NOW, startup_id=0, kind="left", on=LAST, reason="x")


def test_an_agreement_that_begins_later_is_seen_to_first(session: Session, cast: Cast, programme_id: int) -> None:
    site_id = session.execute(select(Residency.site_id)).scalars().first()
    session.add(Residency(startup_id=cast.startup_a, site_id=site_id, number="R-9", starts_on=date(2026, 12, 1)))
    session.flush()
    with pytest.raises(Conflict, match="begins"):
        leave(session, cast)


def test_all_that_is_settled_closes_the_exit(session: Session, cast: Cast, programme_id: int) -> None:
    made = leave(session, cast)
    extra = add_exit_item(session, cast.manager, now=NOW, exit_id=made.id, title="门牌")
    items = {each.item.task: each.item for each in list_items(session, made.id)}
    settle = lambda item, by=cast.manager, **said: settle_item(session, by, now=NOW, exit_id=made.id, item_id=item.id, **said)  # noqa: E731
    for said, field in (({"outcome": "waived"}, "remark"), ({"outcome": "x"}, "outcome"),
                        ({"outcome": "done", "done_on": NOW.date() + DAY}, "done_on")):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            settle(items["documents"], **said)
        assert refused.value.field == field
    settle(items["deposit"], outcome="done")  # none was agreed, and none is held
    with pytest.raises(Conflict):
        settle(items["deposit"], outcome="done")
    for task, item in items.items():
        if task not in ("deposit", "access"):
            assert made.closed_at is None
            settle(item, outcome="waived", remark="没有")
    assert end_exited_access(session, cast.system, now=NOW) == 1
    assert made.closed_at == NOW and items["access"].outcome == "done"
    reopen_item(session, cast.manager, now=NOW, exit_id=made.id, item_id=extra.id, reason="弄错了")
    assert made.closed_at is None
    settle(extra, cast.owner, outcome="done")
    assert made.closed_by == cast.owner.person_id


def test_the_deposit_is_settled_by_its_movements(session: Session, cast: Cast, programme_id: int) -> None:
    """Of 10,000.00 held 800.00 are withheld for a door and 9,200.00 returned: done then, and not by a tick before."""
    residency = session.execute(select(Residency).where(Residency.startup_id == cast.startup_a)).scalar_one()
    residency.deposit_minor = 1_000_000
    move = lambda kind, minor, **more: move_deposit(session, cast.finance, now=NOW, residency_id=residency.id, kind=kind,  # noqa: E731
                                                    amount_minor=minor, happened_on=LAST, **more)  # fmt: skip
    made = leave(session, cast)
    deposit = list_items(session, made.id)[0].item
    settle = lambda **said: settle_item(session, cast.manager, now=NOW, exit_id=made.id, item_id=deposit.id, **said)  # noqa: E731
    with pytest.raises(Conflict, match="none was written down as received"):
        settle(outcome="done")
    settle(outcome="waived", remark="从未收取")
    move("received", 1_000_000)
    assert (deposit.outcome, deposit.remark) == (None, "")  # it was received after all: open again
    for outcome in ("done", "waived"):
        with pytest.raises(Conflict, match="is held"):
            settle(outcome=outcome, remark="x")
    move("withheld", 80_000, reason="门坏了")
    assert deposit.outcome is None
    for row in list_items(session, made.id)[1:]:
        settle_item(session, cast.manager, now=NOW, exit_id=made.id, item_id=row.item.id, outcome="done")
    assert made.closed_at is None
    move("returned", 920_000, how="bank")
    assert (deposit.outcome, deposit.done_on, deposit.amount_minor, deposit.withheld_minor, deposit.remark, deposit.settled_by) == (
        "done", LAST, 920_000, 80_000, "门坏了", cast.finance.person_id)  # fmt: skip
    assert made.closed_at == NOW
    move("received", 100)
    assert (deposit.outcome, made.closed_at) == (None, None)


def test_what_went_before_the_exit_is_done_with_it_and_what_came_after_is_the_next_ones(session: Session, cast: Cast, programme_id: int) -> None:
    first = session.execute(select(Residency).where(Residency.startup_id == cast.startup_a)).scalar_one()
    for kind in ("received", "returned"):
        move_deposit(session, cast.manager, now=NOW, residency_id=first.id, kind=kind, amount_minor=500_000, happened_on=date(2026, 9, 1))
    made = leave(session, cast, on=date(2026, 9, 10))
    deposit = list_items(session, made.id)[0].item
    assert (deposit.outcome, deposit.done_on, deposit.amount_minor) == ("done", date(2026, 9, 1), 500_000)
    back = Residency(startup_id=cast.startup_a, site_id=first.site_id, number="R-9", starts_on=date(2026, 9, 20))
    session.add(back)
    session.flush()
    move_deposit(session, cast.manager, now=NOW, residency_id=back.id, kind="received", amount_minor=300_000, happened_on=date(2026, 9, 20))
    assert deposit.outcome == "done"
    again = leave(session, cast)
    assert [each.residency.number for each in list_deposits_at(session, again)] == ["R-9"]
    assert list_items(session, again.id)[0].item.outcome is None


@pytest.mark.parametrize(
    ("kind", "asks"),
    [("graduated", {"destination", "override_reason", "keeps_access", "address_days"}), ("left", {"destination", "address_days"}),
     ("removed", {"destination", "notice_days", "address_days"}), ("dissolved", {"licence_cancelled_on"}),
     ("", {"destination", "address_days"}), ("gone", {"destination", "address_days"})],
)  # fmt: skip
def test_a_kind_of_exit_asks_for_its_own(client: Browser, cast: Cast, programme_id: int, kind: str, asks: set[str]) -> None:
    client.sign_in(cast.manager)
    page = client.get(f"/startups/{cast.startup_a}/exit/new?kind={kind}").get_data(as_text=True)
    every = {"destination", "override_reason", "keeps_access", "notice_days", "licence_cancelled_on", "address_days"}
    assert {name for name in every if f'name="{name}"' in page} == asks
    assert all(f'name="{name}"' in page for name in ("on", "reason"))


def test_what_another_kind_would_ask_for_is_not_taken(client: Browser, session: Session, cast: Cast, programme_id: int) -> None:
    client.sign_in(cast.manager)
    address = f"/startups/{cast.startup_a}/exit/new"
    everything = {"on": "2026-09-30", "reason": "搬走", "address_days": "30", "notice_days": "30", "licence_cancelled_on": "2026-09-30", "keeps_access": "y"}
    assert client.post(f"{address}?kind=removed", data={"on": "2026-09-30", "reason": "x", "address_days": "30"}).status_code == 422
    assert client.post(f"{address}?kind=left", data=everything).status_code == 303
    made = session.execute(select(Exit)).scalar_one()
    assert (made.kind, made.notice_days, made.licence_cancelled_on, made.keeps_access) == ("left", None, None, False)


def test_an_entry_of_another_exit_is_not_there(client: Browser, session: Session, cast: Cast, programme_id: int) -> None:
    mine, other = leave(session, cast), leave(session, cast, cast.startup_b)
    item = list_items(session, other.id)[-1].item
    client.sign_in(cast.manager)
    for address, said in ((f"/exits/{mine.id}/items/{item.id}", {"outcome": "done"}),
                          (f"/exits/{mine.id}/items/{item.id}/reopen", {"reason": "x"})):  # fmt: skip
        assert client.post(address, data=said).status_code == 404
    session.refresh(item)
    assert item.outcome is None


def test_access_ends_on_the_day_after_and_a_graduates_founder_is_an_alumnus(session: Session, cast: Cast, programme_id: int) -> None:
    meet(session, cast.startup_a)
    leave(session, cast, kind="graduated", keeps_access=True)
    leave(session, cast, cast.startup_b, on=date(2026, 10, 1))
    roles = select(RoleGrant.role).where(RoleGrant.startup_id == cast.startup_a)
    assert end_exited_access(session, cast.system, now=NOW - DAY) == 0
    assert end_exited_access(session, cast.system, now=NOW) == 1
    assert session.execute(roles).scalars().all() == ["alumnus"]
    assert session.execute(select(Person.left_at).where(Person.id == cast.member_a.person_id)).scalar_one() == NOW
    alumnus = get_actor(session, cast.founder_a.person_id or 0)
    assert alumnus is not None and alumnus.roles == {Role.ALUMNUS} and not alumnus.can("bookings:book")  # type: ignore[arg-type]
    assert get_actor(session, cast.founder_b.person_id or 0) is not None
    assert end_exited_access(session, cast.system, now=NOW + DAY) == 1
    assert end_exited_access(session, cast.system, now=NOW + DAY) == 0
    found = get_actor(session, cast.founder_b.person_id or 0)
    assert found is None or not found.roles


def test_what_of_a_mistake_can_be_undone(session: Session, cast: Cast, programme_id: int) -> None:
    meet(session, cast.startup_a)
    made = leave(session, cast, kind="graduated", keeps_access=True)
    end_exited_access(session, cast.system, now=NOW)
    with pytest.raises(Refusal):
        revoke_exit(session, cast.manager, now=NOW, exit_id=made.id, reason="")
    revoke_exit(session, cast.manager, now=NOW, exit_id=made.id, reason="选错企业")
    roles = session.execute(select(RoleGrant.role).where(RoleGrant.startup_id == cast.startup_a)).scalars().all()
    assert roles == ["founder"]
    assert [each.number for each in list_ended_agreements(session, made.id)] == ["R-1"]
    assert list_alumni(session, cast.manager, today=NOW.date()).total == 0
    with pytest.raises(Conflict):
        revoke_exit(session, cast.manager, now=NOW, exit_id=made.id, reason="again")
    other = leave(session, cast, cast.startup_b)
    revoke_exit(session, cast.manager, now=NOW, exit_id=other.id, reason="x")
    assert end_exited_access(session, cast.system, now=NOW) == 0


def test_founders_start_again_and_are_serial_entrepreneurs(session: Session, cast: Cast, programme_id: int) -> None:
    human = Individual(name="安娜", created_at=NOW)
    session.add(human)
    session.flush()
    session.add(Post(startup_id=cast.startup_a, individual_id=human.id, role="founder", days=Range(date(2026, 5, 1), LAST + DAY), created_at=NOW))
    session.flush()
    ask = {"startup_id": cast.startup_a, "name": "再来一次", "on": date(2026, 10, 1)}
    with pytest.raises(Conflict):
        restart_startup(session, cast.manager, now=NOW, individual_ids=[human.id], **ask)  # type: ignore[arg-type]
    leave(session, cast, kind="dissolved", licence_cancelled_on=LAST)
    with pytest.raises(Refusal):
        restart_startup(session, cast.manager, now=NOW, individual_ids=[], **ask)  # type: ignore[arg-type]
    made = restart_startup(session, cast.manager, now=NOW, individual_ids=[human.id], **ask)  # type: ignore[arg-type]
    assert (made.follows_id, made.kind) == (cast.startup_a, "team")
    standing = session.execute(select(Standing)).scalar_one()
    assert (standing.category, standing.confirmed_at, standing.individual_id) == ("serial", NOW, human.id)


def test_alumni_are_asked_once_a_year_and_reminders_go_once(session: Session, cast: Cast, programme_id: int) -> None:
    meet(session, cast.startup_a)
    made = leave(session, cast, kind="graduated", keeps_access=True)
    leave(session, cast, cast.startup_b)
    assert remind_of_exits(session, cast.system, now=NOW) > 0
    assert remind_of_exits(session, cast.system, now=NOW) == 0
    end_exited_access(session, cast.system, now=NOW)
    assert ask_alumni(session, cast.system, now=NOW) == 0
    new_year = datetime(2027, 1, 1, 1, tzinfo=UTC)
    assert ask_alumni(session, cast.system, now=new_year) == 1
    assert ask_alumni(session, cast.system, now=new_year + DAY) == 0
    assert ask_alumni(session, cast.system, now=new_year.replace(year=2028)) == 1
    notice = session.execute(select(Notice).where(Notice.key.like("alumni:%")).order_by(Notice.id)).scalars().first()
    alumnus = get_actor(session, cast.founder_a.person_id or 0)
    assert notice is not None and alumnus is not None
    for locale, said in (("en", "How are you doing"), ("zh_Hans", "近况")):
        letter = write_exit(session, notice, Reader("a@example.com", locale, "https://x.example", alumnus), new_year)
        assert letter is not None and said in letter.subject
    assert [row.exit.id for row in list_alumni(session, cast.auditor, today=LAST).rows] == [made.id]
    assert list_alumni(session, cast.auditor, today=LAST, search="甲").total == 1
    assert list_alumni(session, cast.auditor, today=LAST, search="乙").total == 0


def test_rules_by_date_and_their_refusals(session: Session, cast: Cast, programme_id: int) -> None:
    ask = {"programme_id": programme_id, "source": "内部办法"}
    months = [Demand("months", 6)]
    for said, field in (
        ({"starts_on": date(2026, 1, 1), "wanted": 1, "demands": months}, "starts_on"),
        ({"starts_on": date(2026, 9, 1), "wanted": 2, "demands": months}, "wanted"),
        ({"starts_on": date(2026, 9, 1), "wanted": 1, "demands": []}, "criteria"),
        ({"starts_on": date(2026, 9, 1), "wanted": 1, "demands": months * 2}, "criteria"),
        ({"starts_on": date(2026, 9, 1), "wanted": 1, "demands": [Demand("qualification", 1)]}, "criteria"),
        ({"starts_on": date(2026, 9, 1), "wanted": 1, "demands": [Demand("revenue", 1)]}, "criteria"),
        ({"starts_on": date(2026, 9, 1), "wanted": 1, "demands": months, "source": ""}, "source"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            set_rule(session, cast.manager, now=NOW, **(ask | said))  # type: ignore[arg-type]
        assert refused.value.field == field
    set_rule(session, cast.manager, now=NOW, starts_on=date(2026, 9, 1), wanted=1, demands=months, **ask)  # type: ignore[arg-type]
    latest, older = list_rules(session, cast.auditor, programme_id)
    assert (latest.rule.first, older.rule.last, older.rule.status) == (date(2026, 9, 1), date(2026, 8, 31), "recalled")
    end_rule(session, cast.manager, now=NOW, rule_id=latest.rule.id, ends_on=date(2026, 9, 30))
    assert measure_startup(session, cast.manager, cast.startup_a, date(2026, 10, 1))[0].outcome is None
    with pytest.raises(Forbidden):
        end_rule(session, cast.finance, now=NOW, rule_id=latest.rule.id, ends_on=LAST)


def test_who_is_near_in_as_many_statements_as_for_one(session: Session, cast: Cast, programme_id: int) -> None:
    assert list_near(session, cast.manager, LAST).total == 0
    meet(session, cast.startup_a)
    achieve(session, cast.startup_b, "listing", sort="star")
    counted: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *given: counted.append(given[2]))
    page = list_near(session, cast.manager, LAST)
    assert len(counted) <= 8
    assert [(row.startup.id, row.outcome and row.outcome.missing) for row in page.rows] == [(cast.startup_a, 0), (cast.startup_b, 1)]
    leave(session, cast, kind="graduated")
    assert [row.startup.id for row in list_near(session, cast.manager, LAST).rows] == [cast.startup_b]


def test_pages_and_who_opens_them(client: Browser, session: Session, cast: Cast, programme_id: int) -> None:
    meet(session, cast.startup_a)
    made = leave(session, cast, kind="graduated", keeps_access=True)
    other = leave(session, cast, cast.startup_b, kind="removed", notice_days=30)
    staff = {"owner", "manager", "front_desk", "finance", "auditor"}
    money, runs = staff - {"front_desk"}, {"owner", "manager"}
    pages = {
        "/graduation": (money, set()), "/alumni": (money, set()), "/exits": (staff, set()), "/exits?state=&kind=graduated": (staff, set()),
        f"/programmes/{programme_id}/graduation": (staff, set()), f"/startups/{cast.startup_a}/exit/new": (runs, set()),
        f"/startups/{cast.startup_a}/graduation?on=2026-09-30": (money | {"founder_a"}, {"founder_b"}),
        f"/startups/{cast.startup_a}/restart": (runs, set()), f"/startups/{cast.startup_a}/bookings-after-exit": (runs, set()),
        f"/exits/{made.id}": (staff | {"founder_a"}, {"founder_b"}), f"/exits/{made.id}/letter.pdf": (staff | {"founder_a"}, {"founder_b"}),
        f"/exits/{other.id}/letter.pdf": (staff | {"founder_b"}, {"founder_a"}),
        f"/startups/{cast.startup_a}": (staff | {"founder_a", "member_a"}, {"founder_b"}),
    }  # fmt: skip
    for name in (*sorted(staff), "founder_a", "member_a", "founder_b", "mentor"):
        client.sign_in(getattr(cast, name))
        for address, (opens, unknown) in pages.items():
            status = client.get(address).status_code
            assert status == (200 if name in opens else 404 if name in unknown else 403), (name, address)


def test_from_the_list_to_the_letter_by_forms(client: Browser, session: Session, cast: Cast, programme_id: int) -> None:
    client.sign_in(cast.manager)
    address = f"/startups/{cast.startup_a}/exit/new"
    wrong = client.post(address, data={"kind": "graduated", "on": "2026-09-30", "reason": "x", "address_days": "30"})
    assert wrong.status_code == 422
    answer = client.post(address, data={"kind": "left", "on": "2026-09-30", "reason": "搬走", "address_days": "30"})
    assert answer.status_code == 303
    made = session.execute(select(Exit)).scalar_one()
    papers = list_items(session, made.id)[3].item
    client.post(f"/exits/{made.id}/items/{papers.id}", data={"outcome": "done", "remark": "门", "done_on": "2026-09-30"})
    session.refresh(papers)
    assert (papers.task, papers.outcome, papers.remark) == ("documents", "done", "门")
    assert client.get(f"/exits/{made.id}/letter.pdf").data.startswith(b"%PDF")
    assert get_exit(session, cast.founder_a, made.id).settled == 1


def test_an_alumnus_sees_what_is_theirs_and_books_nothing(client: Browser, session: Session, cast: Cast, programme_id: int) -> None:
    meet(session, cast.startup_a)
    made = leave(session, cast, kind="graduated", keeps_access=True)
    end_exited_access(session, cast.system, now=NOW)
    client.sign_in(cast.founder_a)
    for address, status in (
        ("/", 200), ("/my/startup", 200), (f"/startups/{cast.startup_a}", 200), (f"/startups/{cast.startup_a}/achievements", 200),
        ("/my/figures", 200), (f"/startups/{cast.startup_a}/graduation", 200), (f"/exits/{made.id}", 200), (f"/exits/{made.id}/letter.pdf", 200),
        ("/bookings/new", 403), ("/timeline", 403), ("/bookings", 403), ("/invoices", 403), ("/alumni", 403), ("/exits", 403),
        (f"/startups/{cast.startup_b}", 404), (f"/startups/{cast.startup_b}/graduation", 404),
    ):  # fmt: skip
        assert client.get(address, follow_redirects=True).status_code == status, address


def test_bookings_after_the_last_day_are_offered_to_be_cancelled(client: Browser, session: Session, cast: Cast, programme_id: int) -> None:
    client.sign_in(cast.manager)
    assert client.get(f"/startups/{cast.startup_a}/bookings-after-exit").status_code == 404  # it has not left
    leave(session, cast)
    page = client.get(f"/startups/{cast.startup_a}/bookings-after-exit")
    assert page.status_code == 200
    assert client.post(f"/startups/{cast.startup_a}/bookings-after-exit/cancel").status_code == 303
