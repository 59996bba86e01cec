"""Reads of agreements' texts: which stands, who has accepted it, what waits for whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from msgspec import Struct
from sqlalchemy import Select, any_, exists, func, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Action, Role
from incubator.accounts.queries import get_operator
from incubator.core.errors import N_, Forbidden, NotFound
from incubator.database import id_array
from incubator.spaces.models import Site
from incubator.startups.drafting import Parties
from incubator.startups.models import (
    Acceptance,
    AgreementTemplate,
    AgreementText,
    Residency,
    ResidencyAmendment,
    Startup,
)
from incubator.startups.queries.residencies import get_residency
from incubator.startups.rules.agreements import text_state

MOST_TEMPLATES = 30


class TextRow(Struct, frozen=True):
    """An agreement (no amendment) or an amendment, with its text, its scan and who has accepted it."""

    amendment: ResidencyAmendment | None
    text: AgreementText | None
    scan: AgreementText | None
    accepted: dict[str, Acceptance]

    @property
    def state(self) -> str:
        return text_state(has_text=self.text is not None, by_startup="startup" in self.accepted,
                          by_operator="operator" in self.accepted, has_scan=self.scan is not None)  # fmt: skip


def current_template(session: Session, kind: str) -> AgreementTemplate | None:
    """The operator's clauses as they are used today; None: it has adopted none."""
    return session.execute(
        select(AgreementTemplate)
        .where(AgreementTemplate.kind == kind)
        .order_by(AgreementTemplate.number.desc())
        .limit(1)
    ).scalar_one_or_none()


def list_templates(
    session: Session, actor: Actor, kind: str
) -> Sequence[tuple[AgreementTemplate, str | None, int]]:
    """The latest versions, each with who kept it and how many texts were made of it."""
    actor.require(Action.MANAGE_RESIDENCIES)
    used = select(func.count()).where(AgreementText.template_id == AgreementTemplate.id).correlate(AgreementTemplate)
    rows = session.execute(
        select(AgreementTemplate, Person.name, used.scalar_subquery())
        .outerjoin(Person, Person.id == AgreementTemplate.created_by)
        .where(AgreementTemplate.kind == kind)
        .order_by(AgreementTemplate.number.desc())
        .limit(MOST_TEMPLATES)
    ).all()
    return [(template, by, uses) for template, by, uses in rows]


def get_text(session: Session, actor: Actor, text_id: int) -> tuple[AgreementText, Residency]:
    """A text with its agreement, for staff and for the startup's people; NotFound for others."""
    text = session.execute(select(AgreementText).where(AgreementText.id == text_id)).scalar_one_or_none()
    if text is None:
        raise NotFound(N_("There is no such agreement."))
    return text, get_residency(session, actor, text.residency_id)


def get_amendment(session: Session, residency: Residency, amendment_id: int | None) -> ResidencyAmendment | None:
    """An amendment of this agreement; None where none is asked for."""
    if amendment_id is None:
        return None
    found = session.execute(
        select(ResidencyAmendment).where(
            ResidencyAmendment.id == amendment_id, ResidencyAmendment.residency_id == residency.id
        )
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such amendment."))
    return found


def list_text_rows(session: Session, residency: Residency) -> list[TextRow]:
    """The agreement and its amendments in order, each with where its text stands; three statements."""
    amendments = session.execute(
        select(ResidencyAmendment)
        .where(ResidencyAmendment.residency_id == residency.id)
        .order_by(ResidencyAmendment.number)
    ).scalars()
    texts = list(
        session.execute(
            select(AgreementText)
            .where(AgreementText.residency_id == residency.id, AgreementText.void_at.is_(None))
            .execution_options(populate_existing=True)
        ).scalars()
    )
    standing = {(text.amendment_id, text.kind): text for text in texts}
    accepted: dict[int, dict[str, Acceptance]] = {}
    for each in list_acceptances(session, [text.id for text in texts]):
        accepted.setdefault(each.text_id, {})[each.side] = each
    rows = []
    for amendment in (None, *amendments):
        of = None if amendment is None else amendment.id
        text = standing.get((of, "made"))
        rows.append(
            TextRow(amendment, text, standing.get((of, "scan")), accepted.get(text.id, {}) if text is not None else {})
        )
    return rows


def list_acceptances(session: Session, text_ids: Collection[int]) -> Sequence[Acceptance]:
    """Who accepted these texts."""
    if not text_ids:
        return []
    found = select(Acceptance).where(Acceptance.text_id.in_(text_ids)).order_by(Acceptance.accepted_at, Acceptance.id)
    return session.execute(found).scalars().all()


def list_waiting_texts(
    session: Session, startup_ids: Collection[int], most: int = 10
) -> Sequence[tuple[AgreementText, Residency]]:
    """The texts that wait for one of these startups to accept them, the oldest first; one statement."""
    rows = session.execute(
        waiting_texts().where(Residency.startup_id.in_(startup_ids), ~_accepted_by("startup")).limit(most)
    ).all()
    return [(text, residency) for text, residency in rows]


def waiting_texts() -> Select[AgreementText, Residency]:
    """Texts that stand and have no signed scan, with their agreements."""
    scan = aliased(AgreementText)
    scanned = exists().where(
        scan.residency_id == AgreementText.residency_id, scan.kind == "scan", scan.void_at.is_(None),
        scan.amendment_id.is_not_distinct_from(AgreementText.amendment_id),
    )  # fmt: skip
    return (
        select(AgreementText, Residency)
        .join(Residency, Residency.id == AgreementText.residency_id)
        .where(AgreementText.kind == "made", AgreementText.void_at.is_(None), ~scanned)
        .order_by(AgreementText.made_at, AgreementText.id)
    )


def _accepted_by(side: str):  # type: ignore[no-untyped-def] # an EXISTS of SQLAlchemy's, whose class has no public name
    return exists().where(Acceptance.text_id == AgreementText.id, Acceptance.side == side)


def parties_of(session: Session, residency: Residency) -> Parties:
    """Whom an agreement is between, and where."""
    operator = get_operator(session)
    startup, site = session.execute(
        select(Startup, Site)
        .select_from(Residency)
        .join(Startup, Startup.id == Residency.startup_id)
        .join(Site, Site.id == Residency.site_id)
        .where(Residency.id == residency.id)
    ).one()
    return Parties(operator, startup, site)


def is_founder_of(session: Session, actor: Actor, startup_id: int) -> bool:
    """Whether the actor is a founder of this very startup: a member of it who founded another is not."""
    return actor.person_id is not None and session.execute(
        select(
            exists().where(
                RoleGrant.person_id == actor.person_id, RoleGrant.role == Role.FOUNDER.value,
                RoleGrant.startup_id == startup_id,
            )
        )
    ).scalar_one()  # fmt: skip


def require_founder(session: Session, actor: Actor, startup_id: int) -> None:
    """NotFound for others' startups, Forbidden for whoever is no founder of this one."""
    actor.require_startup(startup_id)
    if not is_founder_of(session, actor, startup_id):
        raise Forbidden(N_("Only a founder of the startup can do this."))


def list_founder_ids(session: Session, startup_id: int) -> list[int]:
    """The startup's founders who can sign in still."""
    return _people(session, [Role.FOUNDER.value], startup_id)


def list_founders_of(session: Session, startup_ids: Collection[int]) -> dict[int, list[int]]:
    """The founders, who can sign in still, of each of many startups; one statement."""
    found: dict[int, list[int]] = defaultdict(list)
    for startup_id, person_id in session.execute(
        select(RoleGrant.startup_id, RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role == Role.FOUNDER.value, RoleGrant.startup_id == any_(id_array(startup_ids)),
               Person.left_at.is_(None))
        .distinct()
        .order_by(RoleGrant.person_id)
    ):  # fmt: skip
        found[startup_id or 0].append(person_id)
    return found


def list_manager_ids(session: Session) -> list[int]:
    """The operator's managers, or its owners where it has none."""
    return _people(session, [Role.MANAGER.value]) or _people(session, [Role.OWNER.value])


def _people(session: Session, roles: list[str], startup_id: int | None = None) -> list[int]:
    query = (
        select(RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role.in_(roles), Person.left_at.is_(None))
        .distinct()
    )
    if startup_id is not None:
        query = query.where(RoleGrant.startup_id == startup_id)
    return list(session.execute(query).scalars())
