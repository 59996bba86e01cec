"""The evidence of a claim: what a scheme asks for, what is attached, and what the product has by itself.

A bounded number of statements, however many claims, lines and startups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, any_, exists, func, or_, select
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


class Dossier(Struct, frozen=True):
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
    return load_dossiers(session, [(claim, lines)], now=now)[0]


def load_dossiers(
    session: Session, asked: Sequence[tuple[Claim, Sequence[LineRow]]], *, now: datetime
) -> list[Dossier]:
    """The same of some lines of several claims, in their order and by as many statements as of one."""
    wanted = _wanted(session, asked)
    days, found = _handed_in(session, [each.claim for each in wanted], now), _pieces(session, wanted)
    return [_dossier(each, pieces, days[each.claim.id]) for each, pieces in zip(wanted, found, strict=True)]


def load_pieces(session: Session, claim: Claim, lines: Sequence[LineRow]) -> list[Piece]:
    """All evidence of some lines of a claim, and of the whole claim; the caller has asked for the permission."""
    return _pieces(session, _wanted(session, [(claim, lines)]))[0]


class _Wanted(Struct, frozen=True, eq=False):
    """Some lines of a claim, and what its scheme asks for on its last day, in the order in which it was entered."""

    claim: Claim
    lines: Sequence[LineRow]
    needs: tuple[Need, ...]
    startup_ids: frozenset[int]
    line_ids: frozenset[int]
    invoice_ids: frozenset[int]
    kinds: frozenset[str]


def _wanted(session: Session, asked: Sequence[tuple[Claim, Sequence[LineRow]]]) -> list[_Wanted]:
    schemes = id_array({claim.scheme_id for claim, _ in asked})
    rows = session.execute(
        select(ClaimRequirement).where(ClaimRequirement.scheme_id == any_(schemes)).order_by(ClaimRequirement.id)
    ).scalars().all()  # fmt: skip
    found = []
    for claim, lines in asked:
        needs = tuple(
            Need(each.kind, each.per, each.is_required, each.valid_on, each.note) for each in rows
            if each.scheme_id == claim.scheme_id and each.days.contains(claim.last_on)
        )  # fmt: skip
        found.append(_Wanted(
            claim, lines, needs, frozenset(each.startup.id for each in lines if each.startup is not None),
            frozenset(each.line.id for each in lines),
            frozenset(each.invoice.id for each in lines if each.invoice is not None),
            frozenset(each.kind for each in needs),
        ))  # fmt: skip
    return found


def _dossier(wanted: _Wanted, pieces: Sequence[Piece], handed_in_on: date) -> Dossier:
    items = [Item(each.line.id, each.startup.id if each.startup else None, Month.of(each.month).last)
             for each in wanted.lines]  # fmt: skip
    cells = assess(wanted.needs, items, pieces, last_on=wanted.claim.last_on, handed_in_on=handed_in_on)
    return Dossier(tuple(wanted.lines), wanted.needs, tuple(pieces), tuple(cells))


def _handed_in(session: Session, claims: Sequence[Claim], now: datetime) -> dict[int, date]:
    """By claim the day on which it was handed in; before that the last on which it can be, or today."""
    submitted = dict(session.execute(
        select(ClaimStep.claim_id, func.max(ClaimStep.on))
        .where(ClaimStep.claim_id == any_(id_array({each.id for each in claims})), ClaimStep.state == "submitted")
        .group_by(ClaimStep.claim_id)
    ).all())  # fmt: skip
    today = now.astimezone(CHINA).date()
    return {each.id: submitted.get(each.id) or each.due_on or today for each in claims}


def list_requirements(session: Session, actor: Actor, scheme_id: int) -> Sequence[ClaimRequirement]:
    """All that a scheme asks for or has asked for."""
    actor.require(Action.SEE_CLAIMS)
    return session.execute(
        select(ClaimRequirement).where(ClaimRequirement.scheme_id == scheme_id).order_by(ClaimRequirement.id)
    ).scalars().all()  # fmt: skip


Finding = Iterator[tuple[_Wanted, Piece]]


def _pieces(session: Session, wanted: Sequence[_Wanted]) -> list[list[Piece]]:
    """Of each its own: what was attached first, then what is found, kind by kind."""
    found: dict[_Wanted, list[Piece]] = {each: [] for each in wanted}
    for each, piece in _found(session, wanted):
        found[each].append(piece)
    return list(found.values())


def _found(session: Session, wanted: Sequence[_Wanted]) -> Finding:
    yield from _attached(session, wanted)
    yield from _documents(session, wanted)
    for kind, finder in (("agreement", _agreements), ("payment_proof", _payments), ("fapiao", _fapiaos),
                         ("mentor_log", _logs)):  # fmt: skip
        if those := [each for each in wanted if kind in each.kinds]:
            yield from finder(session, those)


def _all_of(ids: Iterable[frozenset[int]]) -> ColumnElement[Any]:
    return any_(id_array(frozenset[int]().union(*ids)))


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


def _attached(session: Session, wanted: Sequence[_Wanted]) -> Finding:
    """By hand: of the whole claim, of these startups and of these lines."""
    rows = session.execute(
        _with_file()
        .join(ClaimEvidence, ClaimEvidence.document_id == Document.id)
        .add_columns(ClaimEvidence)
        .where(ClaimEvidence.claim_id == any_(id_array({each.claim.id for each in wanted})),
               ClaimEvidence.removed_at.is_(None),
               or_(ClaimEvidence.line_id == _all_of(each.line_ids for each in wanted),
                   ClaimEvidence.startup_id == _all_of(each.startup_ids for each in wanted),
                   func.num_nonnulls(ClaimEvidence.startup_id, ClaimEvidence.line_id) == 0))
        .order_by(ClaimEvidence.id)
    ).all()  # fmt: skip
    for document, file, row in rows:
        piece = _of_document(document, file, row.kind, row.startup_id, row.line_id, row.id)
        for each in wanted:
            is_whole = row.startup_id is None and row.line_id is None
            is_theirs = row.startup_id in each.startup_ids or row.line_id in each.line_ids
            if row.claim_id == each.claim.id and (is_whole or is_theirs):
                yield each, piece


def _documents(session: Session, wanted: Sequence[_Wanted]) -> Finding:
    """Of the startups, and the operator's own, which are for the whole claim."""
    # a text of an agreement is a document, too, be it signed or not: agreements are found by their texts
    kinds = [DOCUMENTS[kind] for kind in sorted(DOCUMENTS.keys() - {"agreement"})
             if any(kind in each.kinds for each in wanted)]  # fmt: skip
    if not kinds:
        return
    rows = session.execute(
        _with_file()
        .where(Document.kind.in_(kinds),
               or_(Document.startup_id == _all_of(each.startup_ids for each in wanted), Document.startup_id.is_(None)))
        .order_by(Document.id)
    ).all()  # fmt: skip
    for document, file in rows:
        kind, owner_id = KINDS_OF[document.kind], document.startup_id
        piece = _of_document(document, file, kind, owner_id, None, None)
        for each in wanted:
            if kind in each.kinds and (owner_id is None or owner_id in each.startup_ids):
                yield each, piece


def _of_document(
    document: Document, file: StoredFile, kind: str, startup_id: int | None, line_id: int | None,
    attached_id: int | None,
) -> Piece:  # fmt: skip
    return Piece(kind, startup_id, line_id, ("documents", document.id), document.title, document.valid_from,
                 document.expires_on, file.sha256.hex(), document.id, file.id, attached_id)  # fmt: skip


def _agreements(session: Session, wanted: Sequence[_Wanted]) -> Finding:
    """Texts that stand: the scan of what was signed, or the text that both sides have taken."""
    sides = (
        select(func.count(func.distinct(Acceptance.side)))
        .where(Acceptance.text_id == AgreementText.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(AgreementText, Residency)
        .join(Residency, Residency.id == AgreementText.residency_id)
        .where(Residency.startup_id == _all_of(each.startup_ids for each in wanted), AgreementText.void_at.is_(None),
               or_(AgreementText.kind == "scan", sides == 2))
        .order_by(AgreementText.id)
    ).all()  # fmt: skip
    for text, residency in rows:
        piece = Piece("agreement", residency.startup_id, None, ("agreement_texts", text.id), residency.number,
                      residency.starts_on, residency.ends_on, text.sha256.hex(), text.document_id,
                      text.file_id)  # fmt: skip
        for each in wanted:
            if residency.startup_id in each.startup_ids and each.claim.site_id in (None, residency.site_id):
                yield each, piece


def _payments(session: Session, wanted: Sequence[_Wanted]) -> Finding:
    """Invoices of which nothing is open: the startup's part was paid, or there was none."""
    ids = _all_of(each.invoice_ids for each in wanted)
    paid = set(session.execute(
        select(OpenItem.invoice_id).where(OpenItem.invoice_id == ids, OpenItem.open_minor == 0)
    ).scalars())  # fmt: skip
    for each in wanted:
        for line in each.lines:
            if line.invoice is not None and line.invoice.id in paid:
                yield each, Piece("payment_proof", line.startup.id if line.startup else None, line.line.id,
                                  ("invoices", line.invoice.id), line.invoice_number or "")  # fmt: skip


def _fapiaos(session: Session, wanted: Sequence[_Wanted]) -> Finding:
    """Blue ones that are issued, without those that a red-letter one takes back; the PDF where there is one."""
    red = aliased(Fapiao)
    rows = session.execute(
        select(Fapiao, StoredFile)
        .outerjoin(FapiaoFile, and_(FapiaoFile.fapiao_id == Fapiao.id, FapiaoFile.form == "pdf"))
        .outerjoin(StoredFile, StoredFile.id == FapiaoFile.file_id)
        .where(Fapiao.invoice_id == _all_of(each.invoice_ids for each in wanted), Fapiao.reverses_id.is_(None),
               Fapiao.number.is_not(None),
               ~exists().where(red.reverses_id == Fapiao.id, red.number.is_not(None),
                               red.net_minor == Fapiao.net_minor))
        .order_by(Fapiao.id)
    ).all()  # fmt: skip
    by_invoice: dict[int, list[tuple[Fapiao, StoredFile | None]]] = {}
    for fapiao, file in rows:
        by_invoice.setdefault(fapiao.invoice_id, []).append((fapiao, file))
    for each in wanted:
        for line in each.lines:
            for fapiao, pdf in by_invoice.get(line.invoice.id, []) if line.invoice is not None else []:
                yield each, Piece("fapiao", line.startup.id if line.startup else None, line.line.id,
                                  ("fapiaos", fapiao.id), fapiao.number or "", sha256=pdf.sha256.hex() if pdf else "",
                                  file_id=pdf.id if pdf else None)  # fmt: skip


def _logs(session: Session, wanted: Sequence[_Wanted]) -> Finding:
    """Sessions of the claims' months that both sides have confirmed."""
    later = aliased(SessionEvidence)
    rows = session.execute(
        select(SessionEvidence, Person.name)
        .join(Mentor, Mentor.id == SessionEvidence.mentor_id)
        .join(Person, Person.id == Mentor.person_id)
        .where(SessionEvidence.startup_id == _all_of(each.startup_ids for each in wanted),
               SessionEvidence.on.between(min(each.claim.first_on for each in wanted),
                                          max(each.claim.last_on for each in wanted)),
               ~exists().where(later.session_id == SessionEvidence.session_id, later.id > SessionEvidence.id))
        .order_by(SessionEvidence.id)
    ).all()  # fmt: skip
    for row, mentor in rows:
        for each in wanted:
            claim = each.claim
            if row.startup_id in each.startup_ids and claim.first_on <= row.on <= claim.last_on:
                yield each, Piece("mentor_log", row.startup_id, None, ("session_logs", row.log_id),
                                  f"{row.on} {mentor}", claim.first_on, claim.last_on, row.sha256.hex())  # fmt: skip
