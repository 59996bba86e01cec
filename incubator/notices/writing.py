"""Letters out of notices: what was said in a transaction, in its reader's language, if they want to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor, system_actor
from incubator.accounts.models import Person
from incubator.accounts.queries import get_actor
from incubator.core.errors import NotFound
from incubator.database import current_operator
from incubator.notices.languages import translations
from incubator.notices.letters import Letter, post_letter
from incubator.notices.models import Notice, NoticeChoice

MOST_AT_ONCE = 200


class Reader(Struct, frozen=True):
    """Who a letter is for: a person by their own rights, or an address that sees what the notice says."""

    address: str
    locale: str
    base_url: str
    actor: Actor

    def say(self, message: str, **values: object) -> str:
        """A sentence in the reader's language."""
        said = translations(self.locale).gettext(message)
        return said % values if values else said

    def link(self, path: str) -> str:
        """The address of a page."""
        return self.base_url + path


Writer = Callable[[Session, Notice, Reader, datetime], Letter | None]
"""Words a notice as it stands now; None: it is no longer true."""


def write_notices(session: Session, *, now: datetime, base_url: str, writers: Mapping[str, Writer]) -> int:
    """Write the letters of the operator's notices into the outbox, the oldest first; how many were looked at.

    `writers` is by what a notice is about (`bookings`). Who calls commits: letter and settled notice stand together or
    not at all, so a worker that is killed writes it again, and none twice. Any number of workers may do this at once.
    """
    rows = session.execute(
        select(Notice, Person, NoticeChoice.wanted)
        .outerjoin(Person, Person.id == Notice.person_id)
        .outerjoin(
            NoticeChoice, and_(NoticeChoice.person_id == Notice.person_id, NoticeChoice.kind == Notice.kind)
        )
        .where(Notice.settled_at.is_(None), Notice.subject_kind.in_(writers))
        .order_by(Notice.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(of=Notice, skip_locked=True)
    ).all()
    for row in rows:
        notice, person, wanted = row
        notice.outcome = _write(session, notice, person, wanted, now, base_url, writers)
        notice.settled_at, notice.to_address = now, None
    session.flush()
    return len(rows)


def _write(
    session: Session, notice: Notice, person: Person | None, wanted: bool | None, now: datetime, base_url: str,
    writers: Mapping[str, Writer],
) -> str:  # fmt: skip
    if wanted is False:
        return "unwanted"
    reader = _reader(session, notice, person, base_url)
    if reader is None:
        return "stale"
    try:
        letter = writers[notice.subject_kind](session, notice, reader, now)
    except NotFound:  # not theirs any more
        letter = None
    if letter is None:
        return "stale"
    about = (notice.subject_kind, notice.subject_id)
    post_letter(session, now=now, to=reader.address, letter=letter, about=about)
    return "written"


def _reader(session: Session, notice: Notice, person: Person | None, base_url: str) -> Reader | None:
    if person is None:
        operator = system_actor(current_operator(session))
        return Reader(notice.to_address or "", notice.locale, base_url, operator)
    actor = get_actor(session, person.id)
    return None if actor is None else Reader(person.email, person.locale, base_url, actor)
