"""Needs: stated by startups, by staff after a review, changed, ended; who is told, and who may see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.permissions import Role
from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.mentors.letters import WRITERS
from incubator.mentors.models import HelpField, MentoringNeed
from incubator.mentors.operations.fields import retire_field
from incubator.mentors.operations.needs import MOST_OPEN, NeedFacts, change_need, end_need, facts_of, state_need
from incubator.mentors.operations.settings import set_settings
from incubator.mentors.queries.needs import (
    count_needs,
    count_without_session,
    get_need,
    list_field_ids,
    list_needs,
    list_own_needs,
)
from incubator.mentors.queries.settings import defaults, get_settings, numbers_of
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.writing import write_notices
from tests.cast import NOW, Cast, join
from tests.mentors.build import add_mentor_at, make_field, make_site


@pytest.fixture
def finance(session: Session, cast: Cast) -> HelpField:
    return make_field(session, cast, "融资", "Financing", "投资, 天使轮")


def facts(field: HelpField, **more: object) -> NeedFacts:
    return NeedFacts("找天使投资", "想见三位投资人。", field_ids=(field.id,), **more)  # type: ignore[arg-type]


def told(session: Session, need: MentoringNeed) -> list[tuple[int | None, str]]:
    rows = session.execute(select(Notice).where(Notice.subject_kind == "mentoring_needs", Notice.subject_id == need.id))
    return [(each.person_id, each.facts["what"]) for each in rows.scalars()]


def write(session: Session) -> list[str]:
    """The subjects of all letters, once those that wait are written."""
    write_notices(session, now=NOW, base_url="https://x.example", writers=WRITERS)
    return list(session.execute(select(OutboxMail.subject).order_by(OutboxMail.id)).scalars())


def test_a_startup_says_what_it_needs(session: Session, cast: Cast, finance: HelpField) -> None:
    need = state_need(
        session, cast.member_a, now=NOW, startup_id=cast.startup_a,
        facts=facts(finance, languages=("en", "zh"), times=("weekend", "morning"), stage="seed", tried=" 自己找过 "),
    )  # fmt: skip
    assert (need.source, need.urgency, need.created_by) == ("startup", "normal", cast.member_a.person_id)
    assert facts_of(need, list_field_ids(session, need.id)) == NeedFacts(
        "找天使投资", "想见三位投资人。", "自己找过", "normal", "seed", ("zh", "en"), ("morning", "weekend"), None, (finance.id,)
    )
    assert told(session, need) == [], "nobody is woken for what can wait"
    event = session.execute(select(AuditEvent).where(AuditEvent.action == "state_need")).scalar_one()
    assert event.after["title"] == "找天使投资" and event.after["field_ids"] == [finance.id]


def test_a_form_sent_twice_is_one_need(session: Session, cast: Cast, finance: HelpField) -> None:
    one, again = (
        state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=facts(finance), form_key="k")
        for _ in range(2)
    )
    assert one.id == again.id
    assert session.execute(select(func.count()).select_from(MentoringNeed)).scalar_one() == 1


def test_the_urgent_is_told_to_who_manages_mentors(session: Session, cast: Cast, finance: HelpField) -> None:
    need = state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=facts(finance, urgency="high"))
    assert told(session, need) == [(cast.manager.person_id, "urgent")]
    assert write(session) == ["紧急：甲科技有限公司需要帮助"]
    change_need(session, cast.founder_a, now=NOW, need_id=need.id, facts=facts(finance))
    change_need(session, cast.founder_a, now=NOW, need_id=need.id, facts=facts(finance, urgency="high"))
    assert len(told(session, need)) == 2
    change_need(session, cast.founder_a, now=NOW, need_id=need.id, facts=facts(finance))
    assert write(session) == ["紧急：甲科技有限公司需要帮助"], "urgent no more before it was written"


def test_what_a_review_has_shown_is_told_to_the_founders(session: Session, cast: Cast, finance: HelpField) -> None:
    need = state_need(session, cast.manager, now=NOW, startup_id=cast.startup_a, facts=facts(finance, urgency="high"),
                      after_review=True)  # fmt: skip
    assert need.source == "review"
    assert told(session, need) == [(cast.founder_a.person_id, "added")]
    assert write(session) == ["您的辅导需求：找天使投资"]


def test_who_may_not_is_refused(session: Session, cast: Cast, finance: HelpField) -> None:
    said = facts(finance)
    for actor, refused in ((cast.founder_b, NotFound), (cast.front_desk, Forbidden), (cast.finance, Forbidden),
                           (cast.mentor, NotFound)):  # fmt: skip
        with pytest.raises(refused):
            state_need(session, actor, now=NOW, startup_id=cast.startup_a, facts=said)
    with pytest.raises(Forbidden):
        state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=said, after_review=True)
    need = state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=said)
    for actor, refused in ((cast.founder_b, NotFound), (cast.mentor, Forbidden), (cast.front_desk, Forbidden)):
        with pytest.raises(refused):
            get_need(session, actor, need.id)
    assert get_need(session, cast.auditor, need.id) is need
    with pytest.raises(Forbidden):
        end_need(session, cast.auditor, now=NOW, need_id=need.id, ending="met")
    alumnus = join(session, cast.operator_id, "alma", Role.ALUMNUS, cast.startup_a)
    with pytest.raises(Forbidden):
        get_need(session, alumnus, need.id)


@pytest.mark.parametrize(("change", "field"), [
    ({"title": " "}, "title"), ({"urgency": "now"}, "urgency"), ({"stage": "x"}, "stage"),
    ({"languages": ("xx",)}, "languages"), ({"times": ("night",)}, "times"), ({"site_id": 2**40}, "site_id"),
    ({"field_ids": ()}, "field_ids"), ({"field_ids": (2**40,)}, "field_ids"), ({"description": "长" * 2001}, "description"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_at_its_field(
    session: Session, cast: Cast, finance: HelpField, change: dict[str, object], field: str
) -> None:
    said = {"title": "找天使投资", "field_ids": (finance.id,)} | change
    with pytest.raises(Refusal) as refused:
        state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=NeedFacts(**said))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_retired_field_stays_where_it_is(session: Session, cast: Cast, finance: HelpField) -> None:
    need = state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=facts(finance))
    retire_field(session, cast.manager, now=NOW, field_id=finance.id)
    change_need(session, cast.founder_a, now=NOW, need_id=need.id, facts=facts(finance, urgency="low"))
    with pytest.raises(Refusal):
        state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=facts(finance))
    # with nothing to choose from, none has to be chosen
    state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=NeedFacts("别的"))


def test_a_need_ends_once(session: Session, cast: Cast, finance: HelpField) -> None:
    need = state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=facts(finance))
    with pytest.raises(Refusal):
        end_need(session, cast.founder_a, now=NOW, need_id=need.id, ending="forgotten")
    end_need(session, cast.member_a, now=NOW, need_id=need.id, ending="met")
    assert (need.ending, need.ended_by) == ("met", cast.member_a.person_id)
    for change in (lambda: end_need(session, cast.founder_a, now=NOW, need_id=need.id, ending="withdrawn"),
                   lambda: change_need(session, cast.founder_a, now=NOW, need_id=need.id, facts=facts(finance))):  # fmt: skip
        with pytest.raises(Conflict):
            change()


def test_there_is_an_end_of_open_needs(session: Session, cast: Cast, finance: HelpField) -> None:
    for _ in range(MOST_OPEN):
        need = state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=facts(finance))
    with pytest.raises(Conflict):
        state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=facts(finance))
    end_need(session, cast.founder_a, now=NOW, need_id=need.id, ending="withdrawn")
    state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=facts(finance))


def test_lists_show_the_urgent_first_and_only_ones_own(session: Session, cast: Cast, finance: HelpField) -> None:
    law = make_field(session, cast, "法务")
    add_mentor_at(session, cast, make_site(session, cast), fields=[law])
    said = [("旧的", "normal", finance), ("急的", "high", law), ("不急", "low", law)]
    needs = {
        title: state_need(session, cast.founder_a, now=NOW + timedelta(days=place), startup_id=cast.startup_a,
                          facts=NeedFacts(title, urgency=urgency, field_ids=(field.id,)))
        for place, (title, urgency, field) in enumerate(said)
    }  # fmt: skip
    state_need(session, cast.founder_b, now=NOW, startup_id=cast.startup_b, facts=facts(finance))
    end_need(session, cast.founder_a, now=NOW, need_id=needs["不急"].id, ending="met")
    own = list_own_needs(session, cast.member_a)
    assert [row.need.title for row in own.rows] == ["急的", "旧的"]
    assert [row.need.title for row in list_own_needs(session, cast.member_a, view="ended").rows] == ["不急"]
    assert count_needs(session, cast.auditor) == {"open": 3, "urgent": 1, "without": 3, "nobody": 2, "ended": 1}
    assert {row.need.title for row in list_needs(session, cast.auditor, view="nobody").rows} == {"旧的", "找天使投资"}
    found = list_needs(session, cast.auditor, search="乙科技", field_id=finance.id)
    assert [(row.startup.id, row.fields, row.sessions) for row in found.rows] == [(cast.startup_b, [finance], 0)]
    assert count_without_session(session, cast.manager) == 3
    with pytest.raises(Forbidden):
        list_needs(session, cast.founder_a)
    with pytest.raises(Forbidden):
        list_own_needs(session, cast.manager)


def test_settings_are_the_defaults_until_somebody_sets_them(session: Session, cast: Cast) -> None:
    assert numbers_of(get_settings(session)) == defaults()
    assert sum(list(defaults().values())[:9]) == 100
    kept = set_settings(session, cast.manager, now=NOW, numbers={"exploration": 0, "companies_per_mentor": 8})
    assert (kept.exploration, kept.companies_per_mentor, kept.expertise) == (0, 8, 40)
    set_settings(session, cast.manager, now=NOW, numbers={"exploration": 0})  # nothing new
    event = session.execute(select(AuditEvent).where(AuditEvent.action == "set_mentoring")).scalar_one()
    assert (event.before, event.after) == ({"exploration": 5, "companies_per_mentor": 10},
                                           {"exploration": 0, "companies_per_mentor": 8})  # fmt: skip


@pytest.mark.parametrize("numbers", [
    {"expertise": 101}, {"expertise": -1}, {"companies_per_mentor": 0}, dict.fromkeys(list(defaults())[:9], 0),
])  # fmt: skip
def test_settings_have_limits(session: Session, cast: Cast, numbers: dict[str, int]) -> None:
    with pytest.raises(Refusal):
        set_settings(session, cast.manager, now=NOW, numbers=numbers)
    with pytest.raises(Forbidden):
        set_settings(session, cast.front_desk, now=NOW, numbers={"expertise": 1})
