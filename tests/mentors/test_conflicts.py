"""Conflicts of interest: who declares, sees and ends them."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.mentors.operations.conflicts import declare_conflict, end_conflict
from incubator.mentors.queries.conflicts import conflicting_mentors, find_startup, get_conflict, list_conflicts
from incubator.spaces.models import Site
from tests.cast import NOW, Cast
from tests.mentors.build import add_mentor_at, make_site


@pytest.fixture
def site(session: Session, cast: Cast) -> Site:
    return make_site(session, cast)


def test_each_side_declares_and_staff_end(session: Session, cast: Cast, site: Site) -> None:
    mentor, max_ = add_mentor_at(session, cast, site)
    a, b = cast.startup_a, cast.startup_b
    own = declare_conflict(session, max_, now=NOW, mentor_id=mentor.id, startup_id=a, kind="invested", note="天使轮 5%")
    by_founder = declare_conflict(session, cast.founder_a, now=NOW, mentor_id=mentor.id, startup_id=a, kind="family")
    declare_conflict(session, cast.manager, now=NOW, mentor_id=mentor.id, startup_id=b, kind="competes")
    assert conflicting_mentors(session, [a, b]) == {a: {mentor.id}, b: {mentor.id}}
    with pytest.raises(Conflict):
        declare_conflict(session, max_, now=NOW, mentor_id=mentor.id, startup_id=a, kind="invested")
    with pytest.raises(Forbidden):
        end_conflict(session, max_, now=NOW, conflict_id=by_founder.id, reason="不属实")
    with pytest.raises(Forbidden):
        end_conflict(session, cast.founder_a, now=NOW, conflict_id=by_founder.id, reason="误报")
    with pytest.raises(Refusal) as refused:
        end_conflict(session, max_, now=NOW, conflict_id=own.id, reason=" ")
    assert refused.value.field == "reason"
    end_conflict(session, max_, now=NOW, conflict_id=own.id, reason="已退出")
    with pytest.raises(Conflict):
        end_conflict(session, max_, now=NOW, conflict_id=own.id, reason="已退出")
    assert conflicting_mentors(session, [a]) == {a: {mentor.id}}
    end_conflict(session, cast.manager, now=NOW, conflict_id=by_founder.id, reason="核实为误报")
    assert conflicting_mentors(session, [a]) == {a: set()}
    declare_conflict(session, max_, now=NOW, mentor_id=mentor.id, startup_id=a, kind="invested")


@pytest.mark.parametrize(("kind", "note", "field"), [("envy", "", "kind"), ("other", "", "note"), ("invested", "长" * 301, "note")])
def test_conflicts_that_can_not_be(session: Session, cast: Cast, site: Site, kind: str, note: str, field: str) -> None:
    mentor, max_ = add_mentor_at(session, cast, site)
    with pytest.raises(Refusal) as refused:
        declare_conflict(session, max_, now=NOW, mentor_id=mentor.id, startup_id=cast.startup_a, kind=kind, note=note)
    assert refused.value.field == field


def test_everybody_sees_their_own(session: Session, cast: Cast, site: Site) -> None:
    mentor, max_ = add_mentor_at(session, cast, site)
    other, lin = add_mentor_at(session, cast, site, name="lin")
    of_a = declare_conflict(session, max_, now=NOW, mentor_id=mentor.id, startup_id=cast.startup_a, kind="invested")
    of_b = declare_conflict(session, cast.manager, now=NOW, mentor_id=other.id, startup_id=cast.startup_b, kind="competes")
    seen = {
        actor.name: [row.conflict.id for row in list_conflicts(session, actor).rows]
        for actor in (max_, lin, cast.founder_a, cast.member_a, cast.founder_b)
    }
    assert seen == {"max": [of_a.id], "lin": [of_b.id], "anna": [of_a.id], "andy": [of_a.id], "bob": [of_b.id]}
    assert {row.conflict.id for row in list_conflicts(session, cast.auditor).rows} == {of_a.id, of_b.id}
    assert list_conflicts(session, cast.founder_b, mentor_id=mentor.id).rows == []
    for actor in (lin, cast.founder_b):
        with pytest.raises(NotFound):
            get_conflict(session, actor, of_a.id)
        with pytest.raises(NotFound):
            end_conflict(session, actor, now=NOW, conflict_id=of_a.id, reason="x")


def test_nobody_speaks_for_another(session: Session, cast: Cast, site: Site) -> None:
    mentor, _ = add_mentor_at(session, cast, site)
    _, lin = add_mentor_at(session, cast, site, name="lin")
    for actor in (cast.founder_b, lin):
        with pytest.raises(NotFound):
            declare_conflict(session, actor, now=NOW, mentor_id=mentor.id, startup_id=cast.startup_a, kind="competes")
    for actor in (cast.front_desk, cast.finance):
        with pytest.raises(Forbidden):
            declare_conflict(session, actor, now=NOW, mentor_id=mentor.id, startup_id=cast.startup_a, kind="competes")


@pytest.mark.parametrize("words", ["甲科技有限公司", " 甲科技有限公司 ", "s-a", "91440300MA5ABCDE1"])
def test_a_startup_is_found_by_its_whole_name(session: Session, cast: Cast, words: str) -> None:
    found = find_startup(session, words)
    code = words.startswith("9144")
    assert (found.id if found else None) == (None if code else cast.startup_a)


@pytest.mark.parametrize("words", ["", "科技", "%", "甲科技"])
def test_a_part_of_a_name_tells_nothing(session: Session, cast: Cast, words: str) -> None:
    assert find_startup(session, words) is None
