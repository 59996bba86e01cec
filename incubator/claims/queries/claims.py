"""Claims and their lines: everything shown of a line is read from what it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import Charge, Invoice, InvoiceLine
from incubator.billing.queries.runs import correction_taken_back
from incubator.billing.rules.invoicing import ADJUSTMENT, invoice_number
from incubator.claims.models import Claim, ClaimLine, ClaimRuling, ClaimStep
from incubator.core.errors import N_, NotFound
from incubator.spaces.models import Site
from incubator.startups.models import Startup
from incubator.subsidies.models import Decision, GrantInstalment, OperatorGrant, Scheme

SERIES = "CLM"


def claim_number(claim: Claim) -> str:
    """As printed: CLM-2026-000003."""
    return invoice_number(SERIES, claim.year, claim.number)


class ClaimRow(Struct, frozen=True):
    """A claim with what it is about."""

    claim: Claim
    scheme: Scheme
    site: Site | None

    @property
    def number(self) -> str:
        return claim_number(self.claim)


class LineRow(Struct, frozen=True):
    """A line with all that it stands for. Of a grant's instalment there is no charge and no invoice."""

    line: ClaimLine
    decision: Decision | None
    instalment: GrantInstalment | None
    grant: OperatorGrant | None
    startup: Startup | None
    site: Site
    charge: Charge | None
    """What the subsidy was decided for; of a correction: the charge that carries it."""
    invoice: Invoice | None
    invoice_line: InvoiceLine | None
    ruling: ClaimRuling | None

    @property
    def amount_minor(self) -> int:
        """The decision's, instalment's or grant's, with its sign."""
        source = self.decision or self.instalment or self.grant
        assert source is not None, "a named CHECK of the table"
        return source.amount_minor

    @property
    def base_minor(self) -> int:
        """What the subsidy is of; 0 where an earlier line has claimed the base already."""
        if self.decision is not None:
            return 0 if self.decision.adjusts_id is not None else self.decision.base_minor
        return self.grant.base_minor if self.grant is not None else 0

    @property
    def outcome(self) -> str:
        source = self.decision or self.grant
        assert source is not None, "a named CHECK of the table"
        return source.outcome

    @property
    def month(self) -> date:
        source = self.decision or self.grant
        assert source is not None, "a named CHECK of the table"
        return source.month

    @property
    def derivation(self) -> dict[str, Any]:
        source = self.decision or self.grant
        assert source is not None, "a named CHECK of the table"
        found: dict[str, Any] = source.derivation
        return found

    @property
    def budget_id(self) -> int | None:
        source = self.decision or self.grant
        assert source is not None, "a named CHECK of the table"
        return source.budget_id

    @property
    def invoice_number(self) -> str | None:
        each = self.invoice
        return None if each is None else invoice_number(each.series, each.year, each.number)

    @property
    def is_released(self) -> bool:
        return self.line.released_at is not None


def get_claim(session: Session, actor: Actor, claim_id: int) -> ClaimRow:
    """One claim with its scheme and site; NotFound otherwise. One statement."""
    actor.require(Action.SEE_CLAIMS)
    row = session.execute(
        select(Claim, Scheme, Site)
        .join(Scheme, Scheme.id == Claim.scheme_id)
        .outerjoin(Site, Site.id == Claim.site_id)
        .where(Claim.id == claim_id)
    ).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such claim."))
    return ClaimRow(*row)


def list_lines(session: Session, actor: Actor, claim_id: int, *, released: bool = False) -> list[LineRow]:
    """The lines of a claim by company, month and id, the operator's own last; with `released` those that it had, too.
    One statement, however many there are."""
    actor.require(Action.SEE_CLAIMS)
    wanted = [ClaimLine.claim_id == claim_id]
    return load_lines(session, wanted if released else [*wanted, ClaimLine.released_at.is_(None)])


def get_line(session: Session, actor: Actor, claim_id: int, line_id: int) -> LineRow:
    """One line of a claim; NotFound otherwise."""
    actor.require(Action.SEE_CLAIMS)
    found = load_lines(session, [ClaimLine.claim_id == claim_id, ClaimLine.id == line_id])
    if not found:
        raise NotFound(N_("There is no such line in this claim."))
    return found[0]


def load_lines(
    session: Session, wanted: Iterable[Any], *, limit: int | None = None, offset: int | None = None
) -> list[LineRow]:
    """Lines with what they stand for; the caller has asked for the permission."""
    own = aliased(Charge)
    rows = session.execute(
        select(ClaimLine, Decision, GrantInstalment, OperatorGrant, Startup, Site, Charge, Invoice, InvoiceLine,
               ClaimRuling)
        .outerjoin(Decision, Decision.id == ClaimLine.decision_id)
        .outerjoin(GrantInstalment, GrantInstalment.id == ClaimLine.instalment_id)
        .outerjoin(OperatorGrant, OperatorGrant.id == func.coalesce(GrantInstalment.grant_id, ClaimLine.grant_id))
        .outerjoin(Startup, Startup.id == func.coalesce(Decision.startup_id, OperatorGrant.startup_id))
        .join(Site, Site.id == func.coalesce(Decision.site_id, OperatorGrant.site_id))
        .outerjoin(own, and_(Decision.outcome == "adjusted", own.source_kind == ADJUSTMENT,
                             own.source_id == Decision.id, ~correction_taken_back(own)))
        .outerjoin(Charge, Charge.id == func.coalesce(own.id, Decision.charge_id))
        .outerjoin(InvoiceLine, InvoiceLine.charge_id == Charge.id)
        .outerjoin(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .outerjoin(ClaimRuling, ClaimRuling.line_id == ClaimLine.id)
        .where(*wanted)
        .order_by(Startup.code.asc().nulls_last(), func.coalesce(Decision.month, OperatorGrant.month), ClaimLine.id)
        .limit(limit).offset(offset)
    ).all()  # fmt: skip
    return [
        LineRow(line, decision, instalment, grant, startup, site, charge, invoice, on_invoice, ruling)
        for line, decision, instalment, grant, startup, site, charge, invoice, on_invoice, ruling in rows
    ]


class Group(Struct, frozen=True):
    """A company's lines, as the forms want them; None: the operator's own grants."""

    startup: Startup | None
    lines: tuple[LineRow, ...]

    @property
    def amount_minor(self) -> int:
        return sum(each.amount_minor for each in self.lines)

    @property
    def base_minor(self) -> int:
        return sum(each.base_minor for each in self.lines)

    @property
    def granted_minor(self) -> int:
        return sum(each.ruling.granted_minor for each in self.lines if each.ruling is not None)


def group_lines(lines: Sequence[LineRow]) -> list[Group]:
    """By company, in the order that the lines have."""
    found: dict[int | None, list[LineRow]] = {}
    for each in lines:
        found.setdefault(each.startup.id if each.startup else None, []).append(each)
    return [Group(group[0].startup, tuple(group)) for group in found.values()]


class StepRow(Struct, frozen=True):
    """A step with who took it."""

    step: ClaimStep
    person: Person | None


def list_steps(session: Session, actor: Actor, claim_id: int) -> list[StepRow]:
    """What became of a claim, in order; one statement."""
    actor.require(Action.SEE_CLAIMS)
    rows = session.execute(
        select(ClaimStep, Person)
        .outerjoin(Person, Person.id == ClaimStep.created_by)
        .where(ClaimStep.claim_id == claim_id)
        .order_by(ClaimStep.number)
    ).all()
    return [StepRow(*row) for row in rows]
