"""The evidence of a claim: what a scheme asks for, what is attached, and what the product has by itself.

A bounded number of statements, however many lines and startups a claim has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, any_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import Fapiao, FapiaoFile, OpenItem
from incubator.claims.models import Claim, ClaimEvidence, ClaimRequirement, ClaimStep
from incubator.claims.queries.claims import LineRow, get_claim, list_lines
from incubator.claims.rules.completeness import DOCUMENTS, Cell, Item, Need, Piece, assess, count_gaps
from incubator.core.clock import CHINA
from incubator.core.periods import Month
from incubator.database import id_array
from incubator.documents.models import Document, DocumentVersion, StoredFile
from incubator.mentors.models import Mentor, SessionEvidence
from incubator.startups.models import Acceptance, AgreementText, Residency

KINDS_OF = {document: evidence for evidence, document in DOCUMENTS.items()}


@dataclass(frozen=True, slots=True)
class Dossier:
    """A claim's lines with the evidence of each."""

    lines: tuple[LineRow, ...]
    needs: tuple[Need, ...]
    pieces: tuple[Piece, ...]
    cells: tuple[Cell, ...]

    @property
    def gaps(self) -> int:
        """How many required pieces are missing or not valid."""
        return count_gaps(self.cells)


def get_dossier(session: Session, actor: Actor, claim_id: int, *, now: datetime) -> Dossier:
    """The lines of a claim with all that proves them."""
    row = get_claim(session, actor, claim_id)
    return load_dossier(session, row.claim, list_lines(session, actor, claim_id), now=now)


def load_dossier(session: Session, claim: Claim, lines: Sequence[LineRow], *, now: datetime) -> Dossier:
    """The evidence of some lines of a claim; the caller has asked for the permission."""
    needs = list_needs(session, claim.scheme_id, claim.last_on)
    pieces = tuple(_pieces(session, claim, lines, {each.kind for each in needs}))
    items = [Item(each.line.id, each.startup.id if each.startup else None, Month.of(each.month).last)
             for each in lines]  # fmt: skip
    day = handed_in_on(session, claim, now)
    return Dossier(tuple(lines), tuple(needs), pieces,
                   tuple(assess(needs, items, pieces, last_on=claim.last_on, handed_in_on=day)))  # fmt: skip


def load_pieces(session: Session, claim: Claim, lines: Sequence[LineRow]) -> list[Piece]:
    """All evidence of some lines of a claim, and of the whole claim; the caller has asked for the permission."""
    needs = list_needs(session, claim.scheme_id, claim.last_on)
    return list(_pieces(session, claim, lines, {each.kind for each in needs}))


def handed_in_on(session: Session, claim: Claim, now: datetime) -> date:
    """The day on which it was handed in; before that the last on which it can be, or today."""
    found = session.execute(
        select(func.max(ClaimStep.on)).where(ClaimStep.claim_id == claim.id, ClaimStep.state == "submitted")
    ).scalar_one()
    return found or claim.due_on or now.astimezone(CHINA).date()


def list_needs(session: Session, scheme_id: int, on: date) -> list[Need]:
    """What a scheme asks for of claims whose last day is this one, in the order in which it was entered."""
    rows = session.execute(
        select(ClaimRequirement)
        .where(ClaimRequirement.scheme_id == scheme_id, ClaimRequirement.days.contains(on))
        .order_by(ClaimRequirement.id)
    ).scalars()
    return [Need(each.kind, each.per, each.is_required, each.valid_on, each.note) for each in rows]


def list_requirements(session: Session, actor: Actor, scheme_id: int) -> Sequence[ClaimRequirement]:
    """All that a scheme asks for or has asked for."""
    actor.require(Action.SEE_CLAIMS)
    return session.execute(
        select(ClaimRequirement).where(ClaimRequirement.scheme_id == scheme_id).order_by(ClaimRequirement.id)
    ).scalars().all()  # fmt: skip


def _pieces(session: Session, claim: Claim, lines: Sequence[LineRow], kinds: Collection[str]) -> Iterator[Piece]:
    startups = sorted({each.startup.id for each in lines if each.startup is not None})
    yield from _attached(session, claim, startups, [each.line.id for each in lines])
    # a text of an agreement is a document, too, be it signed or not: agreements are found by their texts
    wanted = [DOCUMENTS[kind] for kind in sorted(set(kinds) & DOCUMENTS.keys() - {"agreement"})]
    if wanted:
        yield from _documents(session, wanted, startups)
    if "agreement" in kinds:
        yield from _agreements(session, claim, startups)
    if "payment_proof" in kinds:
        yield from _payments(session, lines)
    if "fapiao" in kinds:
        yield from _fapiaos(session, lines)
    if "mentor_log" in kinds:
        yield from _logs(session, claim, startups)


def _with_file() -> Any:
    """A document with its newest version's file."""
    later = aliased(DocumentVersion)
    newest = (
        select(func.max(later.number)).where(later.document_id == Document.id).correlate(Document).scalar_subquery()
    )
    return (
        select(Document, StoredFile)
        .select_from(Document)
        .join(DocumentVersion, and_(DocumentVersion.document_id == Document.id, DocumentVersion.number == newest))
        .join(StoredFile, StoredFile.id == DocumentVersion.file_id)
        .where(Document.withdrawn_at.is_(None))
    )


def _attached(session: Session, claim: Claim, startups: Sequence[int], lines: Sequence[int]) -> Iterator[Piece]:
    """By hand: of the whole claim, of these startups and of these lines."""
    rows = session.execute(
        _with_file()
        .join(ClaimEvidence, ClaimEvidence.document_id == Document.id)
        .add_columns(ClaimEvidence)
        .where(ClaimEvidence.claim_id == claim.id, ClaimEvidence.removed_at.is_(None),
               or_(ClaimEvidence.line_id == any_(id_array(lines)), ClaimEvidence.startup_id == any_(id_array(startups)),
                   func.num_nonnulls(ClaimEvidence.startup_id, ClaimEvidence.line_id) == 0))
        .order_by(ClaimEvidence.id)
    ).all()  # fmt: skip
    for document, file, row in rows:
        yield _of_document(document, file, row.kind, row.startup_id, row.line_id, row.id)


def _documents(session: Session, kinds: Sequence[str], startups: Sequence[int]) -> Iterator[Piece]:
    """Of the startups, and the operator's own, which are for the whole claim."""
    rows = session.execute(
        _with_file()
        .where(Document.kind.in_(kinds),
               or_(Document.startup_id == any_(id_array(startups)), Document.startup_id.is_(None)))
        .order_by(Document.id)
    ).all()  # fmt: skip
    for document, file in rows:
        yield _of_document(document, file, KINDS_OF[document.kind], document.startup_id, None, None)


def _of_document(
    document: Document, file: StoredFile, kind: str, startup_id: int | None, line_id: int | None,
    attached_id: int | None,
) -> Piece:  # fmt: skip
    return Piece(kind, startup_id, line_id, ("documents", document.id), document.title, document.valid_from,
                 document.expires_on, file.sha256.hex(), document.id, file.id, attached_id)  # fmt: skip


def _agreements(session: Session, claim: Claim, startups: Sequence[int]) -> Iterator[Piece]:
    """Texts that stand: the scan of what was signed, or the text that both sides have taken."""
    sides = (
        select(func.count(func.distinct(Acceptance.side)))
        .where(Acceptance.text_id == AgreementText.id)
        .scalar_subquery()
    )
    wanted = [
        Residency.startup_id == any_(id_array(startups)), AgreementText.void_at.is_(None),
        or_(AgreementText.kind == "scan", sides == 2),
    ]  # fmt: skip
    if claim.site_id is not None:
        wanted.append(Residency.site_id == claim.site_id)
    rows = session.execute(
        select(AgreementText, Residency)
        .join(Residency, Residency.id == AgreementText.residency_id)
        .where(*wanted)
        .order_by(AgreementText.id)
    ).all()
    for text, residency in rows:
        yield Piece("agreement", residency.startup_id, None, ("agreement_texts", text.id), residency.number,
                    residency.starts_on, residency.ends_on, text.sha256.hex(), text.document_id,
                    text.file_id)  # fmt: skip


def _payments(session: Session, lines: Sequence[LineRow]) -> Iterator[Piece]:
    """Invoices of which nothing is open: the startup's part was paid, or there was none."""
    ids = {each.invoice.id for each in lines if each.invoice is not None}
    paid = set(session.execute(
        select(OpenItem.invoice_id).where(OpenItem.invoice_id == any_(id_array(ids)), OpenItem.open_minor == 0)
    ).scalars())  # fmt: skip
    for each in lines:
        if each.invoice is not None and each.invoice.id in paid:
            yield _of_line("payment_proof", each, ("invoices", each.invoice.id))


def _fapiaos(session: Session, lines: Sequence[LineRow]) -> Iterator[Piece]:
    """Blue ones that are issued, without those that a red-letter one takes back; the PDF where there is one."""
    ids = {each.invoice.id for each in lines if each.invoice is not None}
    red = aliased(Fapiao)
    rows = session.execute(
        select(Fapiao, StoredFile)
        .outerjoin(FapiaoFile, and_(FapiaoFile.fapiao_id == Fapiao.id, FapiaoFile.form == "pdf"))
        .outerjoin(StoredFile, StoredFile.id == FapiaoFile.file_id)
        .where(Fapiao.invoice_id == any_(id_array(ids)), Fapiao.reverses_id.is_(None), Fapiao.number.is_not(None),
               ~exists().where(red.reverses_id == Fapiao.id, red.number.is_not(None),
                               red.net_minor == Fapiao.net_minor))
        .order_by(Fapiao.id)
    ).all()  # fmt: skip
    by_invoice: dict[int, list[tuple[Fapiao, StoredFile | None]]] = {}
    for fapiao, file in rows:
        by_invoice.setdefault(fapiao.invoice_id, []).append((fapiao, file))
    for each in lines:
        for fapiao, pdf in by_invoice.get(each.invoice.id, []) if each.invoice is not None else []:
            yield Piece("fapiao", each.startup.id if each.startup else None, each.line.id, ("fapiaos", fapiao.id),
                        fapiao.number or "", sha256=pdf.sha256.hex() if pdf else "",
                        file_id=pdf.id if pdf else None)  # fmt: skip


def _of_line(kind: str, each: LineRow, source: tuple[str, int]) -> Piece:
    return Piece(kind, each.startup.id if each.startup else None, each.line.id, source, each.invoice_number or "")


def _logs(session: Session, claim: Claim, startups: Sequence[int]) -> Iterator[Piece]:
    """Sessions of the claim's months that both sides have confirmed."""
    later = aliased(SessionEvidence)
    rows = session.execute(
        select(SessionEvidence, Person.name)
        .join(Mentor, Mentor.id == SessionEvidence.mentor_id)
        .join(Person, Person.id == Mentor.person_id)
        .where(SessionEvidence.startup_id == any_(id_array(startups)),
               SessionEvidence.on.between(claim.first_on, claim.last_on),
               ~exists().where(later.session_id == SessionEvidence.session_id, later.id > SessionEvidence.id))
        .order_by(SessionEvidence.id)
    ).all()  # fmt: skip
    for each, mentor in rows:
        yield Piece("mentor_log", each.startup_id, None, ("session_logs", each.log_id), f"{each.on} {mentor}",
                    claim.first_on, claim.last_on, each.sha256.hex())  # fmt: skip
