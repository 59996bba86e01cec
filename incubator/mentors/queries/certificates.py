"""Reads of certificates of hours."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.mentors.models import HoursCertificate, Mentor
from incubator.mentors.queries.sessions import mentors_of


class CertificateRow(Struct, frozen=True):
    """A certificate and whose it is."""

    certificate: HoursCertificate
    mentor: Mentor
    person: Person


def list_certificates(session: Session, actor: Actor, *, page: int = 1) -> Page[CertificateRow]:
    """A page of the certificates that the actor may see, the latest first."""
    total = session.execute(select(func.count()).select_from(HoursCertificate).where(_sees(actor))).scalar_one()
    rows = session.execute(
        select(HoursCertificate, Mentor, Person)
        .join(Mentor, Mentor.id == HoursCertificate.mentor_id)
        .join(Person, Person.id == Mentor.person_id)
        .where(_sees(actor))
        .order_by(HoursCertificate.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([CertificateRow(*row) for row in rows], page, total)


def get_certificate(session: Session, actor: Actor, certificate_id: int) -> HoursCertificate:
    """A certificate, for staff who see mentoring and for whose it is; NotFound for others."""
    found = session.execute(
        select(HoursCertificate).where(HoursCertificate.id == certificate_id, _sees(actor))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such certificate."))
    return found


def _sees(actor: Actor) -> ColumnElement[bool]:
    if actor.can(Action.SEE_MENTORING):
        return HoursCertificate.id.is_not(None)
    return HoursCertificate.mentor_id.in_(mentors_of(actor.person_id))
