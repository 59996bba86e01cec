"""What the frame reads."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import Affiliation, Tenant
from incubator.database import INSTALLATION, as_operator


def list_other_operators(session: Session, identity_id: int, tenant_id: int) -> Sequence[Tenant]:
    """The operators, other than `tenant_id`, in which the identity is somebody."""
    with as_operator(session, INSTALLATION):
        return session.scalars(
            select(Tenant)
            .join(Affiliation, Affiliation.tenant_id == Tenant.tenant_id)
            .where(Affiliation.identity_id == identity_id, Tenant.tenant_id != tenant_id)
            .order_by(Tenant.tenant_id)
        ).all()
