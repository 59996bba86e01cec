"""A round of mentors that is published, and what came of it for startup A: a mentorship that ended early."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.mentors.models import Mentorship
from incubator.mentors.operations.assigning import propose_round, publish_round
from incubator.mentors.operations.mentorships import end_mentorship
from incubator.mentors.operations.rounds import wish_pair
from incubator.mentors.rules.assignment import Limits
from incubator.mentors.solving import solve
from tests.cast import NOW, Cast
from tests.mentors.rounds_world import make_world

MARKS = {"mentorship": "甲的导师出国了", "pin": "甲想要这位导师"}
"""What only A's own rows say."""


def match(session: Session, cast: Cast) -> tuple[dict[str, object], dict[str, object]]:
    """The round, which is the operator's; and A's mentorship, with somebody who is not the cast's mentor."""
    world = make_world(session, cast, startups=Limits(0, 1), mentors=Limits(0, 1), with_others=True)
    (a, _b, _c), (_x, y, _z) = world.startups, world.mentors
    at = {"now": NOW, "round_id": world.round.id}
    wish_pair(session, cast.manager, startup_id=a, mentor_id=y, wish="pin", reason=MARKS["pin"], **at)
    propose_round(session, cast.manager, rank=world.rank([1, 2, None], [3, None, None], [None, None, None]), solve=solve, **at)
    publish_round(session, cast.manager, **at)
    mentorship_id = session.execute(select(Mentorship.id).where(Mentorship.startup_id == a)).scalar_one()
    end_mentorship(session, cast.manager, now=NOW, mentorship_id=mentorship_id, last=date(2026, 12, 31), reason=MARKS["mentorship"])
    return {"round_id": world.round.id}, {"mentorship_id": mentorship_id}
