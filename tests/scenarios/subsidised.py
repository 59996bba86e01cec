"""What the walks need of subsidies: a fact and a cost, a budget with a reservation, a grant in instalments, a draft."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.periods import Month
from incubator.jobs.demo.policies import P9
from incubator.spaces.models import Site
from incubator.subsidies.models import GrantInstalment
from incubator.subsidies.operations.budgets import add_budget, create_pool, reserve
from incubator.subsidies.operations.evidence import Proof, record_cost, record_fact
from incubator.subsidies.operations.grants import record_grants
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from tests.cast import NOW, Cast

NEW_YEAR = datetime(2027, 1, 4, 1, 0, tzinfo=UTC)

MONEY, BILL = {"owner", "manager", "finance", "auditor"}, {"owner", "finance"}
PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/schemes": (MONEY, set()),
    "/schemes/{scheme}": (MONEY, set()),
    "/schemes/new": (BILL, set()),
    "/schemes/{scheme}/drafts/new": (BILL, set()),
    "/schemes/drafts/{draft}": (MONEY, set()),
    "/schemes/drafts/{draft}/change": (BILL, set()),
    "/schemes/compare?left=draft-{draft}&right=draft-{draft}": (MONEY, set()),
    "/schemes/try/draft-{draft}?site={site}&first=2026-10&last=2026-10": (MONEY, set()),
    "/schemes/facts": (MONEY, set()),
    "/schemes/facts?withdrawn=1": (MONEY, set()),
    "/schemes/facts/new": (BILL, set()),
    "/schemes/facts/new?name=startup.credit": (BILL, set()),
    "/schemes/facts/new?name=site.recognised": (BILL, set()),
    "/schemes/costs": (MONEY, set()),
    "/schemes/costs/new": (BILL, set()),
    "/schemes/budgets": (MONEY, set()),
    "/schemes/budgets/{budget}": (MONEY, set()),
    "/schemes/budgets/{budget}/reserve": (BILL, set()),
    "/schemes/pools/new": (BILL, set()),
    "/schemes/pools/{pool}/budgets/new": (BILL, set()),
    "/schemes/pools/{pool}/schemes": (BILL, set()),
    "/grants?every=year&month=2026-12": (MONEY, set()),
    "/billing/corrections": (MONEY, set()),
    "/billing/corrections/{startup_a}": (MONEY, set()),
}
"""Address: who opens it, who must not know of it; all others are told that they may not."""

UNKNOWN = (
    "/schemes/{none}", "/schemes/{none}/drafts/new", "/schemes/drafts/{none}", "/schemes/drafts/{none}/change",
    "/schemes/compare?left=draft-{none}&right=version-{none}", "/schemes/try/draft-{none}", "/schemes/codes/NONE?version=1",
    "/schemes/budgets/{none}", "/schemes/budgets/{none}/reserve", "/schemes/pools/{none}/budgets/new",
    "/schemes/pools/{none}/schemes", "/grants?site={none}", "/billing/corrections/{none}",
)  # fmt: skip
STATEMENTS = [
    ("/schemes", 9), ("/schemes/facts", 7), ("/schemes/costs", 8), ("/schemes/budgets", 10), ("/schemes/budgets/{budget}", 10),
    ("/grants?site={site}&every=year&month=2026-12", 17), ("/billing/corrections", 26),
]  # fmt: skip


def subsidise(session: Session, cast: Cast, site: Site) -> tuple[dict[str, object], dict[str, object]]:
    """By place of an address: what is the house's, and what is A's."""
    finance = cast.finance
    pool = create_pool(session, finance, now=NOW, code="RS", name="预留资金")
    budget = add_budget(session, finance, now=NOW, pool_id=pool.id, first=date(2026, 1, 1), last=date(2026, 12, 31),
                        mode="reserved", amount_minor=100_000)  # fmt: skip
    reservation = reserve(session, finance, now=NOW, budget_id=budget.id, startup_id=cast.startup_a, amount_minor=60_000)
    fact = record_fact(session, finance, now=NOW, name="startup.credit", value="good", first=date(2026, 1, 1),
                       proof=Proof("信用报告"), startup_id=cast.startup_a)  # fmt: skip
    cost = record_cost(session, finance, now=NOW, site_id=site.id, kind="fit_out", title="装修", first=date(2026, 3, 1),
                       last=date(2026, 4, 30), amount_minor=1_000_000, proof=Proof("决算书"))  # fmt: skip
    scheme = create_scheme(session, finance, now=NOW, code=P9.code, name=P9.name)
    add_scheme_version(session, finance, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1), source=P9.source,
                       rule=P9.rule | {"how": {"share": "0.50"}})  # fmt: skip
    record_grants(session, finance, now=NEW_YEAR, site_id=site.id, every="year", month=Month(2026, 12))
    instalment_id = session.execute(select(GrantInstalment.id).order_by(GrantInstalment.number).limit(1)).scalar_one()
    house = {"pool_id": pool.id, "budget_id": budget.id, "cost_id": cost.id, "instalment_id": instalment_id}
    return house, {"fact_id": fact.id, "reservation_id": reservation.id}
