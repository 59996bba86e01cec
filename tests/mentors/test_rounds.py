"""Rounds: who is in them, what is wished, the proposal, changes by hand, publishing, and mentorships that end."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.mentors.letters import WRITERS
from incubator.mentors.models import Mentor, MentorConflict, Mentorship, RoundPair, RoundWish
from incubator.mentors.operations import assigning, rounds
from incubator.mentors.operations.mentorships import end_mentorship
from incubator.mentors.queries.candidates import Wanted, list_candidate_ids, list_candidates
from incubator.mentors.queries.mentorships import get_mentorship, list_mentorships, list_mentorships_of
from incubator.mentors.queries.rounds import compare, list_rounds, read_desk
from incubator.mentors.rules.assignment import Limits, Solution, check
from incubator.mentors.rules.changes import list_changes
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.writing import write_notices
from incubator.startups.models import Enrolment
from incubator.startups.operations import add_programme
from tests.cast import NOW, Cast
from tests.mentors.rounds_world import FIRST, LAST, World, make_mentor, make_startup, make_world

TRAP = ([900, 890, None], [880, None, None], [None, None, 0])
"""A with X, A with Y, B with X: greed takes the first and leaves the better total. C can only have Z."""


@pytest.fixture
def world(session: Session, cast: Cast) -> World:
    return make_world(session, cast, startups=Limits(0, 1), mentors=Limits(0, 1))


def propose(session: Session, cast: Cast, world: World, table: Any = TRAP) -> Solution:
    return assigning.propose_round(session, cast.manager, now=NOW, round_id=world.round.id, rank=world.rank(*table))


def publish(session: Session, cast: Cast, world: World, **more: Any) -> list[Mentorship]:
    return assigning.publish_round(session, cast.manager, now=NOW, round_id=world.round.id, **more)


def last_action(session: Session) -> str:
    return session.execute(select(AuditEvent.action).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()


def test_a_proposal_has_the_best_total_and_greed_stands_beside(session: Session, cast: Cast, world: World) -> None:
    solution = propose(session, cast, world)
    (a, b, _c), (x, y, _z) = world.startups, world.mentors
    desk = read_desk(session, cast.manager, world.round.id)
    assert desk.chosen == desk.proposal == {(a, y), (b, x)}
    assert desk.greedy == {(a, x)}
    assert (solution.total, solution.bound, desk.round.figures["greedy"]) == (1770, 1770, 900)
    assert (desk.state, desk.is_stale, last_action(session)) == ("proposed", False, "propose_round")
    (present, proposal, greedy), last = compare(session, desk)
    assert (present.total, proposal.shared, greedy.behind(1770), last) == (1770, 2, 870, None)
    stored = session.execute(select(RoundPair.score, RoundPair.parts).where(RoundPair.in_proposal)
                             .order_by(RoundPair.score)).all()  # fmt: skip
    assert [(score, sum(parts)) for score, parts in stored] == [(880, 880), (890, 890)]


def test_wishes_that_cannot_all_be_are_named(session: Session, cast: Cast) -> None:
    world = make_world(session, cast, startups=Limits(1, 1), mentors=Limits(0, 1))
    solution = propose(session, cast, world, ([900, None, None], [880, None, None], [None, None, 5]))
    a, b, _c = world.startups
    assert [(each.side, each.ones, each.others, each.wanted, each.possible) for each in solution.shortages] == [
        ("startups", (a, b), (world.mentors[0],), 2, 1)
    ]
    desk = read_desk(session, cast.manager, world.round.id)
    assert desk.shortages == list(solution.shortages)
    assert [(each.kind, each.startup) for each in desk.breaches] == [("startup_under", b)]


def test_pins_and_exclusions_are_kept_and_change_what_is_proposed(session: Session, cast: Cast, world: World) -> None:
    (a, b, _c), (x, y, _z) = world.startups, world.mentors
    wish = {"now": NOW, "round_id": world.round.id, "reason": "去年合作得好"}
    rounds.wish_pair(session, cast.manager, startup_id=a, mentor_id=x, wish="pin", **wish)
    propose(session, cast, world)
    assert read_desk(session, cast.manager, world.round.id).chosen == {(a, x)}
    rounds.wish_pair(session, cast.manager, startup_id=a, mentor_id=x, wish="exclude", **wish)
    assert read_desk(session, cast.manager, world.round.id).is_stale
    with pytest.raises(Refusal, match="exclusion"):
        publish(session, cast, world)
    propose(session, cast, world)
    assert read_desk(session, cast.manager, world.round.id).chosen == {(a, y), (b, x)}
    rounds.drop_wish(session, cast.manager, now=NOW, round_id=world.round.id, startup_id=a, mentor_id=x)
    assert not session.execute(select(RoundWish)).all()
    with pytest.raises(NotFound):
        rounds.drop_wish(session, cast.manager, now=NOW, round_id=world.round.id, startup_id=a, mentor_id=x)


def test_a_wish_that_cannot_be_is_refused_when_it_is_made(session: Session, cast: Cast, world: World) -> None:
    (a, b, _c), (x, y, _z) = world.startups, world.mentors
    wish = {"now": NOW, "round_id": world.round.id, "startup_id": a, "wish": "pin", "reason": "约定"}
    session.add(MentorConflict(mentor_id=y, startup_id=a, kind="invested", declared_at=NOW))
    with pytest.raises(Refusal, match="conflict of interest"):
        rounds.wish_pair(session, cast.manager, mentor_id=y, **wish)
    with pytest.raises(Refusal, match="why"):
        rounds.wish_pair(session, cast.manager, mentor_id=x, **(wish | {"reason": " "}))
    with pytest.raises(Refusal, match="not to be"):
        rounds.wish_pair(session, cast.manager, mentor_id=x, **(wish | {"wish": "perhaps"}))
    with pytest.raises(NotFound):
        rounds.wish_pair(session, cast.manager, mentor_id=make_mentor(session, cast, 4).id, **wish)
    rounds.wish_pair(session, cast.manager, mentor_id=x, **wish)
    with pytest.raises(Refusal, match="Pinned to 2, where at most 1"):
        rounds.wish_pair(session, cast.manager, mentor_id=x, **(wish | {"startup_id": b}))


def test_a_pin_in_conflict_by_now_is_named_when_one_proposes(session: Session, cast: Cast, world: World) -> None:
    a, x = world.startups[0], world.mentors[0]
    rounds.wish_pair(session, cast.manager, now=NOW, round_id=world.round.id, startup_id=a, mentor_id=x, wish="pin", reason="约定")
    with pytest.raises(Refusal, match="are pinned, and can't be a pair") as refused:
        propose(session, cast, world, ([None, 890, None], [880, None, None], [None, None, 0]))
    assert refused.value.values["startup"].name == "甲科技有限公司"


def test_fewer_than_are_pinned_are_refused_and_who_leaves_takes_their_wishes_with_them(
    session: Session, cast: Cast, world: World
) -> None:
    a, x = world.startups[0], world.mentors[0]
    at = {"now": NOW, "round_id": world.round.id}
    rounds.wish_pair(session, cast.manager, startup_id=a, mentor_id=x, wish="pin", reason="约定", **at)
    propose(session, cast, world)
    with pytest.raises(Refusal, match="Pinned to 1"), session.begin_nested():
        rounds.set_round_limits(session, cast.manager, side="mentors", limits={x: Limits(0, 0)}, **at)
    session.expire_all()
    rounds.set_round_limits(session, cast.manager, side="mentors", limits={x: Limits(0, 3)}, **at)
    rounds.set_round_limits(session, cast.manager, side="startups", limits={}, dropped=[a], **at)
    desk = read_desk(session, cast.manager, world.round.id, every_score=True)
    assert a not in desk.startups and not desk.wishes and not any(pair[0] == a for pair in desk.scores)
    assert desk.mentors[x].limits == Limits(0, 3) and desk.is_stale
    with pytest.raises(NotFound):
        rounds.set_round_limits(session, cast.manager, side="startups", limits={a: Limits(0, 1)}, **at)


def test_a_pair_is_moved_by_hand_and_says_what_it_cost(session: Session, cast: Cast, world: World) -> None:
    propose(session, cast, world)
    (a, b, c), (x, y, z) = world.startups, world.mentors
    hand = {"now": NOW, "round_id": world.round.id}
    assert assigning.change_pairs(session, cast.manager, taken=[(b, x)], given=[], **hand) == -880
    assert assigning.change_pairs(session, cast.manager, taken=[(a, y)], given=[(a, x)], **hand) == 10
    desk = read_desk(session, cast.manager, world.round.id)
    assert (desk.chosen, desk.proposal, last_action(session)) == ({(a, x)}, {(a, y), (b, x)}, "change_round_pairs")
    with pytest.raises(Conflict, match="meanwhile"):
        assigning.change_pairs(session, cast.manager, taken=[(b, x)], given=[], **hand)
    with pytest.raises(Conflict, match="meanwhile"):
        assigning.change_pairs(session, cast.manager, taken=[], given=[(a, x)], **hand)
    with pytest.raises(Refusal, match="at most"):
        assigning.change_pairs(session, cast.manager, taken=[], given=[(b, x)], **hand)
    with pytest.raises(Refusal, match="no score"):
        assigning.change_pairs(session, cast.manager, taken=[], given=[(c, y)], **hand)
    with pytest.raises(NotFound):
        assigning.change_pairs(session, cast.manager, taken=[], given=[(10**9, y)], **hand)
    session.add(MentorConflict(mentor_id=z, startup_id=c, kind="invested", declared_at=NOW))
    with pytest.raises(Refusal, match="conflict of interest"):
        assigning.change_pairs(session, cast.manager, taken=[], given=[(c, z)], **hand)


def test_whatever_hands_do_maxima_pins_and_exclusions_hold(session: Session, cast: Cast) -> None:
    chance = random.Random(7)
    world = make_world(session, cast, startups=Limits(1, 2), mentors=Limits(0, 2))
    (a, b, _c), (x, y, _z) = world.startups, world.mentors
    for pair, wish in (((a, x), "pin"), ((b, y), "exclude")):
        rounds.wish_pair(session, cast.manager, now=NOW, round_id=world.round.id, startup_id=pair[0], mentor_id=pair[1],
                         wish=wish, reason="约定")  # fmt: skip
    propose(session, cast, world, [[chance.randint(0, 1000) for _ in range(3)] for _ in range(3)])
    for _ in range(12):
        desk = read_desk(session, cast.manager, world.round.id, every_score=True)
        startup = chance.choice(world.startups)
        has = [pair[1] for pair in desk.chosen if pair[0] == startup]
        offered = list_changes(desk.problem, desk.chosen, startup, chance.choice([None, *has]))
        if offered:
            change = chance.choice(offered)
            assigning.change_pairs(session, cast.manager, now=NOW, round_id=world.round.id, taken=change.taken, given=change.given)
        desk = read_desk(session, cast.manager, world.round.id)
        assert not [each for each in check(desk.problem, desk.chosen) if each.is_hard]


def test_publishing_makes_mentorships_and_tells_both_sides_once(session: Session, cast: Cast, world: World) -> None:
    propose(session, cast, world)
    made = publish(session, cast, world)
    (a, b, _c), (x, y, _z) = world.startups, world.mentors
    assert [(each.startup_id, each.mentor_id, each.first, each.last, each.round_id) for each in made] == [
        (a, y, FIRST, LAST, world.round.id), (b, x, FIRST, LAST, world.round.id)
    ]  # fmt: skip
    told = session.execute(select(Notice.person_id).where(Notice.kind == "mentoring")).scalars().all()
    person_y = session.execute(select(Mentor.person_id).where(Mentor.id == y)).scalar_one()
    assert sorted(told) == sorted([cast.founder_a.person_id, cast.founder_b.person_id, cast.mentor.person_id, person_y])
    with pytest.raises(Conflict, match="published"):
        publish(session, cast, world)
    with pytest.raises(Conflict, match="published"):
        rounds.discard_round(session, cast.manager, now=NOW, round_id=world.round.id)


def test_who_has_too_few_is_published_only_where_it_is_meant(session: Session, cast: Cast) -> None:
    world = make_world(session, cast, startups=Limits(1, 1), mentors=Limits(0, 1))
    propose(session, cast, world, ([900, None, None], [880, None, None], [None, None, 5]))
    with pytest.raises(Refusal, match="fewer"):
        publish(session, cast, world)
    assert len(publish(session, cast, world, despite_shortages=True)) == 2


@pytest.mark.parametrize("what", ["conflict", "ended"])
def test_what_has_become_impossible_since_is_not_published(session: Session, cast: Cast, world: World, what: str) -> None:
    propose(session, cast, world)
    if what == "conflict":
        session.add(MentorConflict(mentor_id=world.mentors[1], startup_id=world.startups[0], kind="family", declared_at=NOW))
    else:
        session.get_one(Mentor, (cast.operator_id, world.mentors[1])).ended_at = NOW
    with pytest.raises(Refusal, match="by now" if what == "conflict" else "any more"):
        publish(session, cast, world)


def test_nothing_is_published_before_it_is_proposed(session: Session, cast: Cast, world: World) -> None:
    with pytest.raises(Refusal, match="no proposal"):
        publish(session, cast, world)
    with pytest.raises(Refusal, match="no proposal"):
        assigning.change_pairs(session, cast.manager, now=NOW, round_id=world.round.id, taken=[], given=[(1, 2)])
    propose(session, cast, world, ([None] * 3, [None] * 3, [None] * 3))
    with pytest.raises(Refusal, match="no pair"):
        publish(session, cast, world)


def test_a_pair_that_goes_on_begins_anew_when_the_earlier_one_ends(session: Session, cast: Cast, world: World) -> None:
    propose(session, cast, world)
    publish(session, cast, world)
    second = make_world(session, cast, startups=Limits(0, 1), mentors=Limits(0, 1), name="2027 春季")
    (a, b, _c), (x, y, _z) = world.startups, world.mentors
    rounds.edit_round(session, cast.manager, now=NOW, round_id=second.round.id, name="2027 春季", first=date(2027, 1, 1), last=date(2027, 6, 30))
    propose(session, cast, second)
    tallies, last = compare(session, read_desk(session, cast.manager, second.round.id))
    assert last is not None and last.id == world.round.id
    assert [(each.key, each.pairs, each.total, each.shared) for each in tallies][-1] == ("last", 2, 1770, 2)
    made = publish(session, cast, second)
    assert [(each.startup_id, each.mentor_id, each.first, each.last) for each in made] == [
        (a, y, date(2027, 4, 1), date(2027, 6, 30)), (b, x, date(2027, 4, 1), date(2027, 6, 30))
    ]  # fmt: skip
    third = make_world(session, cast, startups=Limits(0, 1), mentors=Limits(0, 1), name="三")
    propose(session, cast, third)
    assert publish(session, cast, third) == []


def test_a_round_that_was_changed_while_it_was_solved_is_proposed_anew(session: Session, cast: Cast, world: World) -> None:
    def meanwhile(_problem: object) -> Solution:
        rounds.set_round_limits(session, cast.manager, now=NOW, round_id=world.round.id, side="startups",
                                limits={world.startups[0]: Limits(0, 2)})  # fmt: skip
        return Solution((), 0, 0)

    with pytest.raises(Conflict, match="was changed while"):
        assigning.propose_round(session, cast.manager, now=NOW, round_id=world.round.id, rank=world.rank(*TRAP), solve=meanwhile)


def test_a_mentorship_ends_early_once_and_both_sides_are_told(session: Session, cast: Cast, world: World) -> None:
    propose(session, cast, world)
    mentorship = publish(session, cast, world)[1]
    end = {"now": NOW, "mentorship_id": mentorship.id}
    for last, reason, says in ((FIRST - timedelta(days=1), "x", "can't end before"), (LAST, "x", "anyway"), (FIRST, " ", "why")):
        with pytest.raises(Refusal, match=says):
            end_mentorship(session, cast.manager, last=last, reason=reason, **end)
    end_mentorship(session, cast.manager, last=date(2026, 12, 31), reason="导师出国", **end)
    assert (mentorship.last, mentorship.end_reason, last_action(session)) == (date(2026, 12, 31), "导师出国", "end_mentorship")
    told = session.execute(select(Notice.person_id).where(Notice.subject_kind == "mentorships")).scalars().all()
    assert sorted(told) == sorted([cast.founder_b.person_id, cast.mentor.person_id])
    with pytest.raises(Conflict, match="already"):
        end_mentorship(session, cast.manager, last=date(2026, 11, 30), reason="x", **end)


def test_each_sees_the_mentorships_that_are_theirs(session: Session, cast: Cast, world: World) -> None:
    propose(session, cast, world)
    of_a, of_b = publish(session, cast, world)
    today = FIRST
    seen = {
        name: [row.mentorship.id for row in list_mentorships(session, getattr(cast, name), today=today).rows]
        for name in ("manager", "auditor", "founder_a", "member_a", "founder_b", "mentor", "front_desk")
    }
    assert seen == {"manager": [of_a.id, of_b.id], "auditor": [of_a.id, of_b.id], "founder_a": [of_a.id],
                    "member_a": [of_a.id], "founder_b": [of_b.id], "mentor": [of_b.id], "front_desk": []}  # fmt: skip
    with pytest.raises(NotFound):
        get_mentorship(session, cast.founder_b, of_a.id)
    with pytest.raises(NotFound):
        end_mentorship(session, cast.manager, now=NOW, mentorship_id=10**9, last=today, reason="x")
    for states, on in ((1, FIRST), (0, LAST + timedelta(days=1))):
        assert len(list_mentorships_of(session, cast.founder_a, today=on, startup_ids=[cast.startup_a])) == states
    (row,) = list_mentorships_of(session, cast.manager, today=today, mentor_id=world.mentors[0])
    assert [row.state(on) for on in (FIRST - timedelta(days=1), FIRST, LAST, LAST + timedelta(days=1))] == [
        "coming", "current", "current", "ended"
    ]  # fmt: skip
    by_state = {state: list_mentorships(session, cast.manager, today=today, state=state).total for state in ("current", "coming", "ended")}
    assert by_state == {"current": 2, "coming": 0, "ended": 0}
    assert list_mentorships(session, cast.manager, today=today, search="甲科技").total == 1
    assert list_mentorships(session, cast.manager, today=today, search="max").total == 1


@pytest.mark.parametrize("name", ["front_desk", "finance", "auditor", "mentor", "founder_a"])
def test_who_may_not_manage_mentors_changes_nothing(session: Session, cast: Cast, world: World, name: str) -> None:
    actor, at = getattr(cast, name), {"now": NOW, "round_id": world.round.id}
    for forbidden in (
        lambda: rounds.open_round(session, actor, now=NOW, name="x", first=FIRST, last=LAST),
        lambda: rounds.edit_round(session, actor, name="x", first=FIRST, last=LAST, **at),
        lambda: rounds.discard_round(session, actor, **at),
        lambda: rounds.add_to_round(session, actor, side="startups", ids=[1], **at),
        lambda: rounds.set_round_limits(session, actor, side="startups", limits={}, **at),
        lambda: rounds.wish_pair(session, actor, startup_id=1, mentor_id=1, wish="pin", reason="x", **at),
        lambda: rounds.drop_wish(session, actor, startup_id=1, mentor_id=1, **at),
        lambda: assigning.propose_round(session, actor, rank=world.rank(*TRAP), **at),
        lambda: assigning.change_pairs(session, actor, taken=[], given=[], **at),
        lambda: assigning.publish_round(session, actor, **at),
        lambda: end_mentorship(session, actor, now=NOW, mentorship_id=1, last=LAST, reason="x"),
    ):
        with pytest.raises(Forbidden):
            forbidden()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"name": " "}, "name"), ({"last": date(2026, 9, 1)}, "before the first"), ({"last": date(2036, 9, 1)}, "three years"),
     ({"first": date(1900, 1, 1)}, "can be meant"), ({"name": "x" * 101}, "at most 100")],
)  # fmt: skip
def test_a_round_has_a_name_and_days(session: Session, cast: Cast, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(Refusal, match=says):
        rounds.open_round(session, cast.manager, now=NOW, **({"name": "秋", "first": FIRST, "last": LAST} | wrong))


def test_who_is_added_is_there_and_can_mentor(session: Session, cast: Cast, world: World) -> None:
    at = {"now": NOW, "round_id": world.round.id}
    paused = make_mentor(session, cast, 4)
    paused.paused_at = NOW
    for side, ids, error in (("mentors", [paused.id], NotFound), ("startups", [10**9], NotFound), ("startups", [], Refusal)):
        with pytest.raises(error):
            rounds.add_to_round(session, cast.manager, side=side, ids=ids, **at)
    assert rounds.add_to_round(session, cast.manager, side="startups", ids=[cast.startup_a], **at) == 0


def test_candidates_are_those_who_are_here_or_in_a_programme(session: Session, cast: Cast, world: World) -> None:
    in_programme = make_startup(session, "S-D", "丁生物")
    programme = add_programme(session, cast.manager, now=NOW, kind="programme", name="加速营")
    session.add(Enrolment(programme_id=programme.id, startup_id=in_programme.id, created_at=NOW, days=Range(FIRST, LAST)))
    free = make_mentor(session, cast, 4)
    look = {"round_id": world.round.id, "now": NOW}

    def found(side: str, **wanted: Any) -> list[str]:
        return [each.label for each in list_candidates(session, cast.manager, side=side, wanted=Wanted(**wanted), **look).rows]

    assert found("startups") == []  # nobody has an agreement
    assert found("startups", programme_id=programme.id) == ["S-D"]
    assert found("startups", programme_id=programme.id, search="别的") == []
    assert found("startups", programme_id=programme.id, site_id=1) == []
    assert found("mentors") == ["M-004"]
    assert found("mentors", search="nobody") == [] and found("mentors", search="montgomery") == ["M-004"]
    assert list_candidate_ids(session, cast.manager, side="mentors", wanted=Wanted(), **look) == [free.id]


def test_lists_take_few_statements(session: Session, cast: Cast, world: World) -> None:
    propose(session, cast, world)
    session.flush()
    (row,) = list_rounds(session, cast.manager).rows
    assert (row.startups, row.mentors, row.pairs, row.total, row.state) == (3, 3, 2, 1770, "proposed")
    statements: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    for read in (lambda: list_rounds(session, cast.manager), lambda: read_desk(session, cast.manager, world.round.id),
                 lambda: list_mentorships(session, cast.manager, today=FIRST)):  # fmt: skip
        statements.clear()
        read()
        counts.append(len(statements))
    assert counts == [2, 5, 2]


def test_each_side_gets_one_letter_with_all_that_is_theirs(session: Session, cast: Cast) -> None:
    world = make_world(session, cast, startups=Limits(0, 2), mentors=Limits(0, 2))
    propose(session, cast, world, ([900, 890, None], [880, None, None], [None, None, None]))
    publish(session, cast, world)
    write_notices(session, now=NOW, base_url="https://x.example", writers=WRITERS)
    mails = {mail.to_address: mail for mail in session.execute(select(OutboxMail)).scalars()}
    of_a, of_mentor = mails["anna@example.com"], mails["max@example.com"]
    assert "2026 秋季" in of_a.subject and "https://x.example/mentorships" in of_a.text_body
    assert "甲科技有限公司 · max" in of_a.text_body and "林晓岚" in of_a.text_body and "乙科技有限公司" not in of_a.text_body
    assert "甲科技有限公司 · max" in of_mentor.text_body and "乙科技有限公司 · max" in of_mentor.text_body
    assert "andy@example.com" not in mails  # a member is not written to
    mentorship_id = session.execute(select(Mentorship.id).where(Mentorship.startup_id == cast.startup_b)).scalar_one()
    end_mentorship(session, cast.manager, now=NOW, mentorship_id=mentorship_id, last=date(2026, 12, 31), reason="导师出国")
    write_notices(session, now=NOW, base_url="", writers=WRITERS)
    bodies = session.execute(select(OutboxMail.to_address, OutboxMail.text_body).where(OutboxMail.text_body.contains("导师出国"))).all()
    assert sorted(to for to, _body in bodies) == ["bob@example.com", "max@example.com"]


def test_a_letter_that_is_not_true_any_more_is_not_written(session: Session, cast: Cast, world: World) -> None:
    propose(session, cast, world)
    publish(session, cast, world)
    write_notices(session, now=datetime(2027, 5, 1, tzinfo=UTC), base_url="", writers=WRITERS)
    assert not session.execute(select(OutboxMail).where(OutboxMail.about_kind == "mentoring_rounds")).all()
