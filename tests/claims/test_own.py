"""What a founder is asked for over several claims: a page at a time, each as if alone, and by as many statements."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from incubator.claims.models import Claim
from incubator.claims.operations.evidence import bring_evidence, require_evidence, upload_evidence
from incubator.claims.operations.gathering import remove_line
from incubator.claims.queries import own
from incubator.claims.queries.claims import list_lines
from incubator.claims.queries.evidence import load_dossier, load_dossiers
from incubator.core.errors import NotFound
from tests.cast import Cast
from tests.claims.story import at, make
from tests.claims.test_tracing import counted
from tests.conftest import Browser
from tests.scenarios.october import October

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def claims(session: Session, cast: Cast, posted: October, scheme_id: int) -> list[Claim]:
    """Two of October: the second has the line that was taken out of the first, one of two of startup A's."""
    for kind, per in (("licence", "startup"), ("payment_proof", "line"), ("agreement", "startup"),
                      ("fapiao", "line"), ("mentor_log", "startup"), ("photograph", "claim")):  # fmt: skip
        require_evidence(session, cast.finance, now=at(1), scheme_id=scheme_id, kind=kind, per=per, is_required=True,
                         valid_on="period", first_on=date(2026, 1, 1))  # fmt: skip
    first = make(session, cast, scheme_id)
    line = next(each for each in list_lines(session, cast.finance, first.id)
                if each.startup and each.startup.id == cast.startup_a)  # fmt: skip
    remove_line(session, cast.finance, now=at(2), claim_id=first.id, line_id=line.line.id, reason="另行申报")
    return [first, make(session, cast, scheme_id)]


def test_each_claim_has_its_own_evidence_and_all_cost_as_much_as_one(
    session: Session, cast: Cast, claims: list[Claim]
) -> None:
    first, second = claims
    bring_evidence(session, cast.founder_a, now=at(3), claim_id=second.id, startup_id=cast.startup_a,
                   kind="payment_proof", title="付款凭证", name="a.pdf", content=PDF)  # fmt: skip
    upload_evidence(session, cast.finance, now=at(3), claim_id=first.id, kind="photograph", title="现场",
                    name="b.pdf", content=PDF + b"1")  # fmt: skip
    asked = [(claim, list_lines(session, cast.finance, claim.id)) for claim in claims]
    assert [len(lines) for _, lines in asked] == [3, 1]
    alone = [load_dossier(session, claim, lines, now=at(3)) for claim, lines in asked]
    assert load_dossiers(session, asked, now=at(3)) == alone
    assert alone[0] != alone[1]

    def cost(page_of: int) -> int:
        with pytest.MonkeyPatch.context() as patch, counted(session) as spent:
            patch.setattr(own, "TASKS_AT_ONCE", page_of)
            assert len(own.list_own_tasks(session, cast.founder_a, now=at(3)).rows) == page_of
        return spent["statements"]

    assert cost(2) == cost(1)


def test_what_is_on_the_second_page_can_be_brought_too(
    session: Session, cast: Cast, client: Browser, claims: list[Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "TASKS_AT_ONCE", 1)
    browser, (first, second) = client.sign_in(cast.founder_a), claims
    pages = [browser.get(f"/my/evidence?page={number}").text for number in (1, 2, 3)]
    assert [[f"/my/evidence/{claim.id}/" in page for claim in claims] for page in pages] == [
        [True, False], [False, True], [False, True]
    ]  # fmt: skip
    assert browser.get(f"/my/evidence/{second.id}/{cast.startup_a}/licence").status_code == 200
    with pytest.raises(NotFound):
        own.get_own_task(session, cast.founder_b, second.id, cast.startup_b, now=at(3))
    assert own.get_own_task(session, cast.founder_b, first.id, cast.startup_b, now=at(3)).claim == first
