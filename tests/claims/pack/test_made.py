"""Packs of real claims: October 2026 of the example, from the posted month to a verified file."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from incubator.billing.models import Invoice, InvoiceLine
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.posting import post_month, rerate_startup
from incubator.claims.models import Claim, ClaimPack
from incubator.claims.operations.gathering import create_claim
from incubator.claims.operations.packs import make_pack
from incubator.claims.operations.rulings import rule_claim
from incubator.claims.operations.steps import approve_claim, check_claim, publicise_claim, submit_claim
from incubator.claims.pack.basis import load_basis
from incubator.claims.pack.contents import without_names
from incubator.claims.pack.verifier.command import verify
from incubator.claims.queries.claims import list_lines
from incubator.claims.rules.money import Answer
from incubator.core.errors import Conflict, Forbidden
from incubator.documents.operations.files import content_of, get_file
from incubator.documents.signing import public_keys
from incubator.startups.operations import edit_startup
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October

NOW = AFTER_OCTOBER + timedelta(days=1)


@pytest.fixture
def claim(session: Session, cast: Cast, posted: October, scheme_id: int) -> Claim:
    return create_claim(session, cast.finance, now=NOW, scheme_id=scheme_id, site_id=posted.site.id,
                        first_on=date(2026, 10, 1), last_on=date(2026, 10, 31))  # fmt: skip


@pytest.fixture
def approved(session: Session, cast: Cast, claim: Claim) -> Claim:
    check_claim(session, cast.finance, now=NOW, claim_id=claim.id, note="先行申报")
    approve_claim(session, cast.owner, now=NOW, claim_id=claim.id)
    return claim


def content(session: Session, pack: ClaimPack) -> bytes:
    return content_of(session, get_file(session, pack.file_id))


def test_october_is_packed_and_verified(session: Session, cast: Cast, approved: Claim, tmp_path: Path) -> None:
    pack = make_pack(session, cast.finance, now=NOW, claim_id=approved.id)
    whole = content(session, pack)
    path = tmp_path / "pack.zip"
    path.write_bytes(whole)
    report = verify(str(path), public_keys(session)[0].public_key.hex())
    assert report.findings == [] and report.notes == []
    assert report.counts == {"lines": 4, "lines_recomputed": 4, "charges": 4, "charges_recomputed": 4, "total_minor": 305_458}
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        form = json.loads(file.read("form/form.json"))
        names = set(file.namelist())
    assert (form["total_minor"], form["capitals"]) == (305_458, "叁仟零伍拾肆元伍角捌分")
    assert {"form/letter.pdf", "form/form.pdf", "form/form.xlsx", "README.txt", "verify.py", "rules/001.json"} <= names


def test_what_was_credited_and_corrected_is_recomputed(
    session: Session, cast: Cast, posted: October, scheme_id: int, tmp_path: Path
) -> None:
    """Of each subsidised line of an invoice a third is credited, then of the first all that is left; what each note takes of the
    subsidy stands in the pack with what it left, and nothing is taken on trust."""
    subsidised = select(Invoice).where(Invoice.subsidy_minor > 0).order_by(Invoice.id).limit(1)
    invoice = session.execute(subsidised).scalar_one()
    given = select(InvoiceLine.line, InvoiceLine.gross_minor).where(
        InvoiceLine.invoice_id == invoice.id, InvoiceLine.gross_minor > 0, InvoiceLine.subsidy_minor > 0)
    lines = {row.line: row.gross_minor for row in session.execute(given)}
    credit_invoice(session, cast.finance, now=NOW, invoice_id=invoice.id, reason="面积核减",
                   amounts={line: gross // 3 for line, gross in lines.items()})  # fmt: skip
    first = min(lines)
    credit_invoice(session, cast.finance, now=NOW + timedelta(hours=1), invoice_id=invoice.id, reason="退回",
                   amounts={first: lines[first] - lines[first] // 3})  # fmt: skip
    claim = create_claim(session, cast.finance, now=NOW + timedelta(hours=2), scheme_id=scheme_id, site_id=posted.site.id,
                         first_on=date(2026, 10, 1), last_on=date(2026, 10, 31))  # fmt: skip
    check_claim(session, cast.finance, now=NOW, claim_id=claim.id, note="先行申报")
    approve_claim(session, cast.owner, now=NOW, claim_id=claim.id)
    path = tmp_path / "pack.zip"
    path.write_bytes(content(session, make_pack(session, cast.finance, now=NOW, claim_id=claim.id)))
    report = verify(str(path))
    assert report.findings == [] and report.notes == []
    assert report.counts["lines"] == report.counts["lines_recomputed"] == 4 + len(lines) + 1
    with zipfile.ZipFile(path) as file:
        credits = file.read("tables/credits.csv").decode("utf-8-sig").splitlines()
    assert len(credits) == 1 + len(lines) + 1 and "CN-2026-000002" in credits[-1]


def test_what_corrects_october_is_recomputed_wherever_it_stands(
    session: Session, cast: Cast, posted: October, scheme_id: int, tmp_path: Path
) -> None:
    """A was no company yet in October: −1,620.00 with November's invoice, which the claim of both months has. Then that
    invoice is credited as a whole, so that the correction waits, and stands on December's: the pack is whole each time."""
    later = AFTER_OCTOBER.replace(year=2027)
    edit_startup(session, cast.manager, now=NOW, startup=posted.a, name=posted.a.name, kind="company",
                 credit_code=posted.a.credit_code, registered_on=date(2026, 11, 2))  # fmt: skip
    rerate_startup(session, cast.finance, now=NOW, startup_id=posted.a.id, reason="登记日期有误")
    november = post_month(session, cast.finance, now=later, site_id=posted.site.id, month=OCTOBER + 1)
    carrying = next(each for each in november if each.startup_id == posted.a.id)
    claim = create_claim(session, cast.finance, now=later, scheme_id=scheme_id, site_id=posted.site.id,
                         first_on=date(2026, 10, 1), last_on=date(2026, 11, 30))  # fmt: skip
    check_claim(session, cast.finance, now=later, claim_id=claim.id, note="先行申报")
    approve_claim(session, cast.owner, now=later, claim_id=claim.id)

    def packed(after: timedelta) -> set[str]:
        """By the pack, on which invoices the corrections stand."""
        path = tmp_path / "pack.zip"
        path.write_bytes(content(session, make_pack(session, cast.finance, now=later + after, claim_id=claim.id)))
        report = verify(str(path))
        assert report.findings == [] and report.counts["lines"] == report.counts["lines_recomputed"]
        with zipfile.ZipFile(path) as file:
            rows = list(csv.reader(io.StringIO(file.read("tables/lines.csv").decode("utf-8-sig"))))
        columns = {head.split()[-1]: number for number, head in enumerate(rows[0])}
        adjusted = [row for row in rows if row[columns["outcome"]] == "adjusted"]
        assert sorted(row[columns["amount"]] for row in adjusted) == ["-1440.00", "-180.00"]
        return {row[columns["invoice"]] for row in adjusted}

    assert packed(timedelta()) == {"INV-2027-000002"}
    submit_claim(session, cast.finance, now=later, claim_id=claim.id, on=later.date())
    credit_invoice(session, cast.finance, now=later, invoice_id=carrying.id, reason="免租一月")
    assert packed(timedelta(hours=1)) == {"INV-2026-000002"}, "October's own, while they wait"
    post_month(session, cast.finance, now=later, site_id=posted.site.id, month=OCTOBER + 2)
    publicise_claim(session, cast.finance, now=later, claim_id=claim.id, on=later.date(), note="公示")
    assert packed(timedelta(hours=2)) == {"INV-2027-000005"}


def test_what_a_startup_bears_stands_among_the_decisions(
    session: Session, cast: Cast, approved: Claim, tmp_path: Path
) -> None:
    """The authority refuses a line and the startup bears it: the pack of the claim says so and is recomputed."""
    submit_claim(session, cast.finance, now=NOW, claim_id=approved.id, on=NOW.date())
    publicise_claim(session, cast.finance, now=NOW, claim_id=approved.id, on=NOW.date(), note="公示")
    line = list_lines(session, cast.finance, approved.id)[0]
    rule_claim(session, cast.finance, now=NOW, claim_id=approved.id, on=NOW.date(),
               answers={line.line.id: Answer(line.amount_minor // 3, "面积不符", "startup")})  # fmt: skip
    path = tmp_path / "pack.zip"
    path.write_bytes(content(session, make_pack(session, cast.finance, now=NOW, claim_id=approved.id)))
    report = verify(str(path))
    assert report.findings == [] and report.notes == []
    with zipfile.ZipFile(path) as file:
        decisions = file.read("tables/decisions.csv").decode("utf-8-sig")
    assert decisions.count("ruling") == 1


def test_the_same_state_is_packed_once_and_a_later_one_anew(session: Session, cast: Cast, approved: Claim) -> None:
    first = make_pack(session, cast.finance, now=NOW, claim_id=approved.id)
    assert make_pack(session, cast.owner, now=NOW + timedelta(hours=5), claim_id=approved.id).id == first.id
    submit_claim(session, cast.finance, now=NOW, claim_id=approved.id, on=NOW.date())
    second = make_pack(session, cast.finance, now=NOW + timedelta(days=2), claim_id=approved.id)
    assert (first.number, second.number) == (1, 2) and first.manifest_sha256 != second.manifest_sha256
    assert content(session, first) != content(session, second)


def test_who_may_and_when(session: Session, cast: Cast, claim: Claim) -> None:
    with pytest.raises(Conflict):
        make_pack(session, cast.finance, now=NOW, claim_id=claim.id)
    for actor in (cast.auditor, cast.front_desk, cast.founder_a):
        with pytest.raises(Forbidden):
            make_pack(session, actor, now=NOW, claim_id=claim.id)


def test_a_bounded_number_of_statements(session: Session, cast: Cast, approved: Claim) -> None:
    seen: list[str] = []

    def note(_c: object, _k: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(session.connection(), "before_cursor_execute", note)
    load_basis(session, cast.finance, approved.id, now=NOW)
    event.remove(session.connection(), "before_cursor_execute", note)
    assert len(seen) <= 20, "\n".join(seen)


def test_a_person_is_an_initial() -> None:
    said = {"caps": [{"per": "person", "of": "王小明", "amount_minor": 5}], "facts": {"of": ""}, "counted_already": "李华"}
    assert without_names(said) == {"caps": [{"per": "person", "of": "王**", "amount_minor": 5}], "facts": {"of": ""}, "counted_already": "李**"}
