"""Pages of rounds and mentorships: from an empty list to a published round, and what goes wrong on the way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.mentors.models import MentorConflict, MentoringRound, Mentorship, RoundWish
from incubator.mentors.operations import assigning, rounds
from incubator.mentors.queries.rounds import read_desk
from incubator.mentors.rules.assignment import Limits
from incubator.startups.models import Enrolment
from incubator.startups.operations import add_programme
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.mentors.rounds_world import FIRST, LAST, World, make_world


@pytest.fixture
def staff(client: Browser, cast: Cast) -> Browser:
    client.sign_in(cast.manager)
    client.get("/?lang=en")
    return client


@pytest.fixture
def world(session: Session, cast: Cast) -> World:
    world = make_world(session, cast, startups=Limits(1, 1), mentors=Limits(0, 1))
    rank = world.rank([900, 890, None], [880, None, None], [None, None, 300])
    assigning.propose_round(session, cast.manager, now=NOW, round_id=world.round.id, rank=rank)
    return world


def page(client: Browser, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, f"{path}: {answer.status_code}"
    return answer.text


def post(client: Browser, path: str, status: int = 303, **data: Any) -> str:
    answer = client.post(path, data=data)
    assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:2000]}"
    return answer.text


def test_from_an_empty_list_to_mentorships(staff: Browser, session: Session, cast: Cast) -> None:
    draft = make_world(session, cast)  # makes mentors; its round is not used
    rounds.discard_round(session, cast.manager, now=NOW, round_id=draft.round.id)
    programme = add_programme(session, cast.manager, now=NOW, kind="programme", name="加速营")
    for startup_id in draft.startups:
        session.add(Enrolment(programme_id=programme.id, startup_id=startup_id, created_at=NOW, days=Range(FIRST, LAST)))
    post(staff, "/rounds/new", 422, name="", first="2026-10-01", last="2027-03-31")
    post(staff, "/rounds/new", 422, name="秋", first="2026-10-01", last="2026-09-01")
    post(staff, "/rounds/new", name="2026 秋季", name_en="", first="2026-10-01", last="2027-03-31")
    round_id = session.execute(select(MentoringRound.id).where(MentoringRound.discarded_at.is_(None))).scalar_one()
    here = f"/rounds/{round_id}"
    page(staff, here)
    found = page(staff, f"{here}/startups/add?programme={programme.id}")
    assert "甲科技有限公司" in found and "丙智能装备" in found
    post(staff, f"{here}/startups/add?programme={programme.id}", 422, least="1", most="2", some="1")
    post(staff, f"{here}/startups/add?programme={programme.id}", 422, ids=[draft.startups[0]], least="3", most="2", some="1")
    post(staff, f"{here}/startups/add?programme={programme.id}&q=甲", least="1", most="1", all="1")
    post(staff, f"{here}/startups/add?programme={programme.id}", ids=list(draft.startups[1:]), least="1", most="1", some="1")
    page(staff, here)
    post(staff, f"{here}/mentors/add", least="0", most="2", all="1")
    post(staff, f"{here}/mentors", **{f"least-{draft.mentors[0]}": "0", f"most-{draft.mentors[0]}": "1"})
    desk = read_desk(session, cast.manager, round_id)
    assert [each.limits for each in desk.startups.values()] == [Limits(1, 1)] * 3
    assert [each.limits for each in desk.mentors.values()] == [Limits(0, 1), Limits(0, 2), Limits(0, 2)]
    page(staff, f"{here}/mentors")
    post(staff, f"{here}/propose")
    assert "proven" in page(staff, here) or "已证明" in page(staff, here)
    page(staff, f"{here}/publish")
    post(staff, f"{here}/publish")
    assert len(session.execute(select(Mentorship)).all()) == 3
    page(staff, f"/mentorships?round={round_id}")
    assert staff.post(f"{here}/publish").status_code == 409


def test_what_is_typed_wrongly_is_said_and_changes_nothing(staff: Browser, session: Session, cast: Cast, world: World) -> None:
    here, a = f"/rounds/{world.round.id}", world.startups[0]
    for least, most in (("x", "1"), ("2", "1"), ("-1", "1"), ("0", "1001"), ("", "")):
        post(staff, f"{here}/startups", 422, **{f"least-{a}": least, f"most-{a}": most})
    post(staff, f"{here}/wishes", 422, startup_id=a, mentor_id=world.mentors[0], wish="pin", reason="")
    post(staff, f"{here}/wishes", 422, startup_id=a, mentor_id=10**9, wish="pin", reason="x")
    post(staff, f"{here}/edit", 422, name="x", first="2026-13-01", last="2027-03-31")
    desk = read_desk(session, cast.manager, world.round.id)
    assert desk.startups[a].limits == Limits(1, 1) and not desk.wishes


def test_wishes_are_kept_and_taken_back(staff: Browser, session: Session, world: World) -> None:
    here, pair = f"/rounds/{world.round.id}", {"startup_id": world.startups[0], "mentor_id": world.mentors[0]}
    page(staff, f"{here}/wishes")
    post(staff, f"{here}/wishes", **pair, wish="exclude", reason="去年合作过")
    assert "去年合作过" in page(staff, f"{here}/wishes")
    assert "alert-warning" in page(staff, here)
    post(staff, f"{here}/wishes/drop", **pair)
    post(staff, f"{here}/wishes/drop", 404, **pair)
    post(staff, f"{here}/wishes/drop", 404, startup_id="x")
    assert not session.execute(select(RoundWish)).all()


def test_a_pair_is_moved_with_its_cost_shown_before(staff: Browser, session: Session, cast: Cast, world: World) -> None:
    (a, b, c), (x, y, z) = world.startups, world.mentors
    here = f"/rounds/{world.round.id}"
    shown = page(staff, f"{here}/change?startup={b}&mentor={x}")
    assert "−880" in shown and "is-missing" not in shown
    moving = page(staff, f"{here}/change?startup={a}&mentor={y}")
    assert "−890" in moving and re.findall(r'name="to" value="([^"]*)"', moving) == [""]
    post(staff, f"{here}/change?startup={b}&mentor={x}", to="")
    assert "+10" in page(staff, f"{here}/change?startup={a}&mentor={y}")
    post(staff, f"{here}/change?startup={a}&mentor={y}", to=str(x))
    assert read_desk(session, cast.manager, world.round.id).chosen == {(a, x), (c, z)}
    by_startup = page(staff, here)
    assert by_startup.index("乙科技有限公司") < by_startup.rindex("甲科技有限公司")  # who is short stands first
    page(staff, f"{here}?by=mentors")
    page(staff, f"{here}/change?startup={a}&mentor={y}", 404)  # no pair any more
    for path in (f"startup={a}&mentor={10**9}", "startup=x", "", f"startup={10**9}"):
        page(staff, f"{here}/change?{path}", 404)
    post(staff, f"{here}/change?startup={a}&mentor={x}", 404, to="x-y")
    post(staff, f"{here}/change?startup={a}&mentor={x}", to=str(z))  # full: said over the page
    assert read_desk(session, cast.manager, world.round.id).chosen == {(a, x), (c, z)}


def test_an_exchange_is_offered_and_done_as_one_change(staff: Browser, session: Session, cast: Cast) -> None:
    world = make_world(session, cast, startups=Limits(1, 1), mentors=Limits(0, 1))
    (a, b, _c), (x, y, _z) = world.startups, world.mentors
    assigning.propose_round(session, cast.manager, now=NOW, round_id=world.round.id,
                            rank=world.rank([720, 685, None], [700, 800, None], [None, None, 1]))  # fmt: skip
    here = f"/rounds/{world.round.id}/change?startup={a}&mentor={x}"
    assert f'value="{y}-{b}"' in page(staff, here) and "−135" in page(staff, here)
    post(staff, here, to=f"{y}-{b}")
    assert {(a, y), (b, x)} < read_desk(session, cast.manager, world.round.id).chosen


def test_who_is_short_must_be_meant(staff: Browser, session: Session, cast: Cast) -> None:
    world = make_world(session, cast, startups=Limits(1, 1), mentors=Limits(0, 1))
    assigning.propose_round(session, cast.manager, now=NOW, round_id=world.round.id,
                            rank=world.rank([900, None, None], [880, None, None], [None, None, 5]))  # fmt: skip
    shown = page(staff, f"/rounds/{world.round.id}")
    assert "unmet" in shown
    post(staff, f"/rounds/{world.round.id}/publish", 422)
    post(staff, f"/rounds/{world.round.id}/publish", despite_shortages="y")


@pytest.mark.parametrize("what", ["nobody", "few", "full", "together"])
def test_each_wish_that_cannot_be_has_its_sentence(staff: Browser, session: Session, cast: Cast, what: str) -> None:
    least = Limits(2, 2) if what == "few" else Limits(1, 1)
    tables: dict[str, Any] = {
        "nobody": ([None] * 3, [1, 2, None], [1, 2, 3]),
        "few": ([1, None, None], [1, 2, 3], [1, 2, 3]),
        "full": ([5, None, None], [6, 2, 3], [1, 2, 3]),
        "together": ([5, None, None], [6, None, None], [1, 2, 3]),
    }
    for turned in (False, True):
        world = make_world(session, cast, startups=Limits(0, 3), mentors=Limits(0, 3), name=f"{what} {turned}")
        table = [list(column) for column in zip(*tables[what], strict=True)] if turned else tables[what]
        side, other = ("mentors", "startups") if turned else ("startups", "mentors")
        ids, others = getattr(world, side), getattr(world, other)
        at = {"now": NOW, "round_id": world.round.id}
        short = ids[:2] if what == "together" else ids[:1]
        rounds.set_round_limits(session, cast.manager, side=side, limits=dict.fromkeys(short, least), **at)
        rounds.set_round_limits(session, cast.manager, side=other, limits={each: Limits(0, 1) for each in others}, **at)
        if what == "full":
            pair = (ids[1], others[0]) if not turned else (others[0], ids[1])
            rounds.wish_pair(session, cast.manager, startup_id=pair[0], mentor_id=pair[1], wish="pin", reason="约定", **at)
        assigning.propose_round(session, cast.manager, rank=world.rank(*table), **at)
        (sentence,) = re.findall(r"<li><svg.*?</svg><span>(.*?)</span>", page(staff, f"/rounds/{world.round.id}"))
        assert ("max" if turned else "甲科技有限公司") in sentence


def test_mentorships_are_found_and_ended(staff: Browser, session: Session, cast: Cast, world: World) -> None:
    post(staff, f"/rounds/{world.round.id}/publish")
    of_b = session.execute(select(Mentorship).where(Mentorship.startup_id == cast.startup_b)).scalar_one()
    for query in ("", "?q=甲", "?state=current", "?state=ended", f"?startup={cast.startup_a}", "?state=nonsense", "?page=9"):
        page(staff, f"/mentorships{query}")
    page(staff, f"/mentorships/{of_b.id}/end")
    post(staff, f"/mentorships/{of_b.id}/end", 422, last="2026-12-31", reason="")
    post(staff, f"/mentorships/{of_b.id}/end", 422, last="x", reason="x")
    post(staff, f"/mentorships/{of_b.id}/end", last="2026-12-31", reason="导师出国")
    assert "导师出国" in page(staff, "/mentorships")
    staff.sign_in(cast.founder_a)
    own = page(staff, "/mentorships")
    assert "甲科技有限公司" in own and "乙科技有限公司" not in own
    staff.sign_in(cast.mentor)
    assert "乙科技有限公司" in page(staff, "/mentorships")


def test_a_founders_home_names_the_mentors_of_the_startup(staff: Browser, session: Session, cast: Cast, world: World) -> None:
    staff.sign_in(cast.founder_a)
    assert "mentorships-title" not in page(staff, "/")
    staff.sign_in(cast.manager)
    post(staff, f"/rounds/{world.round.id}/publish")
    staff.sign_in(cast.founder_a)
    own = page(staff, "/")
    assert 'id="mentorships-title"' in own and "林晓岚" in own and "/mentorships" in own
    staff.sign_in(cast.manager)
    startup, mentor = page(staff, f"/startups/{cast.startup_a}"), page(staff, f"/mentors/{world.mentors[1]}")
    assert f"/mentorships?startup={cast.startup_a}" in startup and "林晓岚" in startup
    assert f"/mentorships?mentor={world.mentors[1]}" in mentor and "甲科技有限公司" in mentor
    staff.sign_in(cast.founder_b)
    assert "甲科技有限公司" not in page(staff, f"/mentors/{world.mentors[1]}")


def test_a_conflict_declared_meanwhile_is_said_and_nothing_is_published(
    staff: Browser, session: Session, cast: Cast, world: World
) -> None:
    session.add(MentorConflict(mentor_id=world.mentors[1], startup_id=world.startups[0], kind="family", declared_at=NOW))
    post(staff, f"/rounds/{world.round.id}/publish", 422)
    assert not session.execute(select(Mentorship)).all()


def test_a_round_is_edited_and_discarded(staff: Browser, session: Session, world: World) -> None:
    here = f"/rounds/{world.round.id}"
    page(staff, f"{here}/edit")
    post(staff, f"{here}/edit", name="另一个名字", name_en="Another", first="2026-11-01", last="2027-03-31")
    post(staff, f"{here}/discard")
    page(staff, here)
    page(staff, f"{here}/edit")
    for path in ("propose", "discard"):
        post(staff, f"{here}/{path}")  # over, and said so
    post(staff, f"{here}/edit", 409, name="x", first="2026-11-01", last="2027-03-31")
    page(staff, "/rounds")
