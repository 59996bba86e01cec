"""Lists of claims: with filters, totals and deadlines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.claims.models import Claim, ClaimClawback, ClaimLetter, ClaimPayment
from incubator.claims.queries.claims import ClaimRow, claim_number
from incubator.claims.queries.money import load_sums
from incubator.claims.rules.money import Sums
from incubator.claims.rules.states import DECIDED, ENDED, INNER, OUTER
from incubator.core.paging import PAGE_SIZE, Page
from incubator.documents.models import Document, DocumentVersion, StoredFile
from incubator.spaces.models import Site
from incubator.subsidies.models import Scheme

GROUPS: dict[str, tuple[str, ...]] = {
    "working": INNER, "away": OUTER, "decided": DECIDED, "ended": ENDED, "": (),
}  # fmt: skip
"""What one filters the list by; empty: all."""

SOON = timedelta(days=14)
"""How long before its deadline a claim is said to be due soon."""


class Listed(Struct, frozen=True):
    """A claim in the list."""

    row: ClaimRow
    sums: Sums
    pressing: str
    """`late`, `soon`, or empty: how its deadline stands."""


def pressing(claim: Claim, today: date) -> str:
    """How the deadline of a claim that is not handed in stands on a day.

    With the 20th as its last day it is `soon` from the 6th on and `late` on the 21st.
    """
    if claim.due_on is None or claim.state not in INNER:
        return ""
    return _pressing(claim.due_on, today)


def _pressing(due_on: date, today: date) -> str:
    return "late" if due_on < today else "soon" if due_on - today <= SOON else ""


def list_claims(
    session: Session, actor: Actor, *, today: date, group: str = "", scheme_id: int | None = None, page: int = 1
) -> Page[Listed]:
    """A page of claims, the newest first, with their money; six statements."""
    actor.require(Action.SEE_CLAIMS)
    wanted = _wanted(group, scheme_id)
    total = session.execute(select(func.count()).select_from(Claim).where(*wanted)).scalar_one()
    rows = session.execute(
        _rows().where(*wanted).order_by(Claim.year.desc(), Claim.number.desc())
        .limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    found = [ClaimRow(*row) for row in rows]
    sums = load_sums(session, [row.claim.id for row in found])
    return Page([Listed(row, sums[row.claim.id], pressing(row.claim, today)) for row in found], page, total)


def total_claims(session: Session, actor: Actor, *, group: str = "", scheme_id: int | None = None) -> Sums:
    """What all claims of a filter come to; those that have ended are left out."""
    actor.require(Action.SEE_CLAIMS)
    ids = session.execute(
        select(Claim.id).where(Claim.state.not_in(ENDED), *_wanted(group, scheme_id))
    ).scalars().all()  # fmt: skip
    return add_up(list(load_sums(session, ids).values()))


def add_up(sums: Sequence[Sums]) -> Sums:
    """The money of several claims."""
    return Sums(
        sum(each.claimed_minor for each in sums), sum(each.granted_minor for each in sums),
        sum(each.lost_minor for each in sums), sum(each.again_minor for each in sums),
        sum(each.paid_minor for each in sums), sum(each.clawed_back_minor for each in sums),
        sum(each.returned_minor for each in sums),
    )  # fmt: skip


def _wanted(group: str, scheme_id: int | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if GROUPS.get(group):
        wanted.append(Claim.state.in_(GROUPS[group]))
    if scheme_id is not None:
        wanted.append(Claim.scheme_id == scheme_id)
    return wanted


def _rows() -> Select[Claim, Scheme, Site]:
    return (
        select(Claim, Scheme, Site)
        .join(Scheme, Scheme.id == Claim.scheme_id)
        .outerjoin(Site, Site.id == Claim.site_id)
    )


def list_schemes_claimed(session: Session, actor: Actor) -> Sequence[Scheme]:
    """Every scheme, by its code: what a claim can be of."""
    actor.require(Action.SEE_CLAIMS)
    return session.execute(select(Scheme).order_by(Scheme.code)).scalars().all()


class Deadlines(Struct, frozen=True):
    """What presses: claims to hand in, and money to pay back."""

    late: int
    soon: int
    back_late: int
    """Claims of which money is wanted back and the day is over."""

    @property
    def count(self) -> int:
        return self.late + self.soon + self.back_late


def count_deadlines(session: Session, actor: Actor, today: date) -> Deadlines:
    """How many claims are late or due soon, and how many repayments are late."""
    actor.require(Action.SEE_CLAIMS)
    inner = Claim.state.in_(INNER)
    late, soon = session.execute(
        select(func.count().filter(inner, Claim.due_on < today),
               func.count().filter(inner, Claim.due_on.between(today, today + SOON)))
    ).one()  # fmt: skip
    ids = session.execute(
        select(ClaimClawback.claim_id).where(ClaimClawback.due_on < today).distinct()
    ).scalars().all()  # fmt: skip
    owed = load_sums(session, ids) if ids else {}
    return Deadlines(late, soon, sum(each.owed_back_minor > 0 for each in owed.values()))


class NextDue(Struct, frozen=True):
    """What of a claim is due next: it is to be handed in, from the state that it is in, or money to be paid back."""

    claim: Claim
    scheme: Scheme
    what: str
    """Its state, or `returned`."""
    due_on: date
    pressing: str
    """`late`, `soon`, or empty."""

    @property
    def number(self) -> str:
        return claim_number(self.claim)


def list_next_due(session: Session, actor: Actor, today: date, most: int) -> list[NextDue]:
    """The next deadlines of claims, the first first: what has none is not listed. One statement.

    Of money that is wanted back in several demands, what was paid back settles the first to be due first.
    """
    actor.require(Action.SEE_CLAIMS)
    demanded = select(
        ClaimClawback.claim_id, ClaimClawback.due_on,
        func.sum(ClaimClawback.amount_minor)
        .over(partition_by=ClaimClawback.claim_id, order_by=(ClaimClawback.due_on, ClaimClawback.id)).label("until"),
    ).subquery()  # fmt: skip
    returned = (
        select(func.coalesce(func.sum(ClaimPayment.amount_minor), 0))
        .where(ClaimPayment.claim_id == demanded.c.claim_id, ClaimPayment.kind == "returned",
               ClaimPayment.undone_at.is_(None))
        .scalar_subquery()
    )  # fmt: skip
    owed = (
        select(demanded.c.claim_id, func.min(demanded.c.due_on).label("due_on"))
        .where(demanded.c.until > returned)
        .group_by(demanded.c.claim_id)
        .subquery()
    )
    due_on = func.coalesce(owed.c.due_on, Claim.due_on)
    rows = session.execute(
        select(Claim, Scheme, due_on, owed.c.due_on.is_not(None))
        .join(Scheme, Scheme.id == Claim.scheme_id)
        .outerjoin(owed, owed.c.claim_id == Claim.id)
        .where(or_(owed.c.due_on.is_not(None), and_(Claim.state.in_(INNER), Claim.due_on.is_not(None))))
        .order_by(due_on, Claim.id)
        .limit(most)
    ).all()
    return [
        NextDue(claim, scheme, "returned" if is_owed else claim.state, due, _pressing(due, today))
        for claim, scheme, due, is_owed in rows
    ]  # fmt: skip


class LetterRow(Struct, frozen=True):
    """A letter with who filed it and its file."""

    letter: ClaimLetter
    person: Person | None
    file: StoredFile | None


def list_letters(session: Session, actor: Actor, claim_id: int) -> list[LetterRow]:
    """The correspondence of a claim, in order."""
    actor.require(Action.SEE_CLAIMS)
    rows = session.execute(
        select(ClaimLetter, Person, StoredFile)
        .outerjoin(Person, Person.id == ClaimLetter.created_by)
        .outerjoin(Document, Document.id == ClaimLetter.document_id)
        .outerjoin(DocumentVersion, (DocumentVersion.document_id == Document.id) & (DocumentVersion.number == 1))
        .outerjoin(StoredFile, StoredFile.id == DocumentVersion.file_id)
        .where(ClaimLetter.claim_id == claim_id)
        .order_by(ClaimLetter.on, ClaimLetter.id)
    ).all()
    return [LetterRow(*row) for row in rows]
