"""Which evidence is there, valid on its day, or missing: the pure rules, and what is found by itself."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice, OpenItem
from incubator.billing.operations.payments import clear_oldest, receive_payment
from incubator.claims.operations.evidence import end_requirement, require_evidence
from incubator.claims.operations.steps import check_claim
from incubator.claims.queries.evidence import get_dossier
from incubator.claims.rules.completeness import (
    MISSING,
    NOT_VALID,
    PRESENT,
    Item,
    Need,
    Piece,
    assess,
    count_gaps,
    matrix,
)
from incubator.documents.operations import add_document
from tests.cast import Cast
from tests.claims.story import at, make
from tests.scenarios.october import October

OCTOBER_31 = date(2026, 10, 31)
ITEMS = [Item(1, 7, OCTOBER_31), Item(2, 7, OCTOBER_31), Item(3, 8, OCTOBER_31), Item(4, None, OCTOBER_31)]


def states(need: Need, pieces: list[Piece]) -> list[tuple[int | None, int | None, str]]:
    cells = assess([need], ITEMS, pieces, last_on=OCTOBER_31, handed_in_on=date(2026, 11, 10))
    return [(each.startup_id, each.line_id, each.state) for each in cells]


def licence(startup_id: int | None, first: date | None, last: date | None) -> Piece:
    return Piece("licence", startup_id, None, ("documents", 1), "执照", first, last)


def test_a_licence_is_valid_on_the_last_day_of_the_months() -> None:
    need = Need("licence", "startup", True, "period")
    assert states(need, []) == [(7, None, MISSING), (8, None, MISSING)]
    assert states(need, [licence(7, None, OCTOBER_31)]) == [(7, None, PRESENT), (8, None, MISSING)]
    assert states(need, [licence(7, None, date(2026, 10, 30))])[0] == (7, None, NOT_VALID)
    assert states(need, [licence(7, date(2026, 11, 1), None)])[0] == (7, None, NOT_VALID)
    later = Need("licence", "startup", True, "submission")
    assert states(later, [licence(7, date(2026, 11, 1), None)])[0] == (7, None, PRESENT)
    assert states(later, [licence(7, None, OCTOBER_31)])[0] == (7, None, NOT_VALID)


def test_what_is_found_line_by_line_is_there_when_each_line_has_it() -> None:
    paid = [Piece("payment_proof", 7, line, ("invoices", 5), "INV") for line in (1, 2)]
    need = Need("payment_proof", "startup", True, "period")
    assert states(need, paid[:1]) == [(7, None, MISSING), (8, None, MISSING)]
    assert states(need, paid) == [(7, None, PRESENT), (8, None, MISSING)]
    by_line = Need("payment_proof", "line", True, "period")
    assert states(by_line, paid[:1]) == [(7, 1, PRESENT), (7, 2, MISSING), (8, 3, MISSING)]
    whole = Piece("payment_proof", 7, None, ("documents", 9), "付款凭证")
    assert states(by_line, [whole]) == [(7, 1, PRESENT), (7, 2, PRESENT), (8, 3, MISSING)]


def test_what_is_of_a_startup_is_not_of_the_claim() -> None:
    need = Need("photograph", "claim", False, "period")
    assert states(need, [Piece("photograph", 7, None, ("documents", 1), "照片")]) == [(None, None, MISSING)]
    assert states(need, [Piece("photograph", None, None, ("documents", 1), "照片")]) == [(None, None, PRESENT)]


def test_only_what_is_required_stands_in_the_way_and_the_matrix_shows_the_worst() -> None:
    required, wanted = Need("fapiao", "line", True, "period"), Need("photograph", "startup", False, "period")
    pieces = [Piece("fapiao", 7, 1, ("fapiaos", 1), "1")]
    cells = assess([required, wanted], ITEMS, pieces, last_on=OCTOBER_31, handed_in_on=OCTOBER_31)
    assert count_gaps(cells) == 2
    square = matrix(cells)[7][required]
    assert (square.state, square.present, square.wanted) == (MISSING, 1, 2)


def test_a_paid_invoice_and_a_document_are_found_by_themselves(
    session: Session, cast: Cast, posted: October, scheme_id: int
) -> None:
    for kind, per in (("payment_proof", "line"), ("social_insurance", "startup"), ("agreement", "startup")):
        require_evidence(session, cast.finance, now=at(1), scheme_id=scheme_id, kind=kind, per=per, is_required=True,
                         valid_on="period", first_on=date(2026, 1, 1))  # fmt: skip
    claim = make(session, cast, scheme_id)
    assert get_dossier(session, cast.finance, claim.id, now=at(3)).gaps == 4 + 2 + 2
    check = check_claim(session, cast.finance, now=at(3), claim_id=claim.id, note="随后补交")
    add_document(session, cast.founder_a, now=at(3), kind="social_insurance", title="10月社保", startup_id=posted.a.id,
                 audience="startup", name="a.pdf", content=b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n",
                 valid_from=date(2026, 10, 1), expires_on=OCTOBER_31)  # fmt: skip
    invoice = session.execute(select(Invoice).where(Invoice.startup_id == posted.a.id)).scalar_one()
    owed = session.execute(select(OpenItem.open_minor).where(OpenItem.invoice_id == invoice.id)).scalar_one()
    payment = receive_payment(session, cast.finance, now=at(3), startup_id=posted.a.id, way="cash", amount_minor=owed,
                              received_on=date(2026, 11, 3))  # fmt: skip
    clear_oldest(session, cast.finance, now=at(3), payment_id=payment.id)
    dossier = get_dossier(session, cast.finance, claim.id, now=at(3))
    assert dossier.gaps == 2 + 1 + 2
    again = check_claim(session, cast.finance, now=at(3), claim_id=claim.id, note="随后补交")
    assert again.fingerprint != check.fingerprint, "evidence that came makes another claim of it"


def test_a_scheme_asks_for_something_on_some_days_only(
    session: Session, cast: Cast, posted: October, scheme_id: int
) -> None:
    row = require_evidence(session, cast.finance, now=at(1), scheme_id=scheme_id, kind="licence", per="startup",
                           is_required=True, valid_on="period", first_on=date(2026, 1, 1))  # fmt: skip
    claim = make(session, cast, scheme_id)
    assert len(get_dossier(session, cast.finance, claim.id, now=at(3)).needs) == 1
    end_requirement(session, cast.finance, now=at(3), requirement_id=row.id, from_on=date(2026, 10, 1))
    assert get_dossier(session, cast.finance, claim.id, now=at(3)).needs == ()
