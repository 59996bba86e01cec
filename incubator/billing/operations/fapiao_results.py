"""Papers are issued: their numbers and files come in one by one, or many at once out of a table or an archive."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import Fapiao, FapiaoFile, FapiaoImport, FapiaoRequest
from incubator.billing.operations.fapiao_requests import note_event, tell
from incubator.billing.queries.fapiao import get_paper, get_request
from incubator.billing.rules.fapiao import check_number
from incubator.billing.rules.fapiao_results import ResultsRefused, Row, Waiting, check_file, match_rows
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.documents.models import StoredFile
from incubator.documents.operations import store_file
from incubator.spaces.operations.words import unique

MEDIA = {"pdf": "application/pdf", "ofd": "application/ofd", "xml": "application/xml"}
STANDS = Conflict(N_("This number stands on another fapiao already."), field="number")


class PaperFile(Struct, frozen=True):
    """A file of a paper, as it came."""

    form: str
    name: str
    content: bytes


def enter_result(
    session: Session, actor: Actor, *, now: datetime, fapiao_id: int, number: str, issued_on: date,
    confirmation: str = "", files: Sequence[PaperFile] = (),
) -> Fapiao:  # fmt: skip
    """A paper was issued: its number and day, of a red-letter one the confirmation form's number, and its files."""
    actor.require(Action.POST_INVOICES)
    paper = get_paper(session, actor, fapiao_id)
    request, papers = lock_papers(session, actor, paper.request_id)
    paper = next(each for each in papers if each.id == fapiao_id)
    found = check_number(number)
    if issued_on > now.astimezone(CHINA).date():
        raise Refusal(N_("This day has not come yet."), field="issued_on")
    for file in files:
        check_file(file.form, file.content)
    if paper.number is None:
        issue(session, actor, now, request, papers, paper, found, issued_on, confirmation)
    elif (paper.number, paper.issued_on) != (found, issued_on):
        raise Conflict(N_("This fapiao is entered with another number or day already."), field="number")
    for file in files:
        keep_file(session, actor, now, paper, file)
    return paper


def issue(
    session: Session, actor: Actor, now: datetime, request: FapiaoRequest, papers: Sequence[Fapiao], paper: Fapiao,
    number: str, issued_on: date, confirmation: str = "",
) -> None:  # fmt: skip
    """Write a number down, on papers that are locked by their request; the last one ends the request's waiting."""
    if paper.is_red:
        typed = "".join(confirmation.split())
        if not (typed.isascii() and typed.isalnum() and len(typed) <= 32):
            raise Refusal(N_("Give the number of the confirmation form for red-letter information."),
                          field="confirmation")  # fmt: skip
        if paper.given_up_at is not None:
            raise Conflict(N_("This red-letter fapiao was given up."))
        paper.confirmation = typed
    elif request.state != "batched":
        raise Conflict(N_("Put the request into a batch first: what is issued has its codes and address from it."))
    with unique(session, "fapiaos_operator_id_number_key", STANDS):
        paper.number, paper.issued_on = number, issued_on
    blue = [each for each in papers if not each.is_red]
    what = "red_issued" if paper.is_red else "issued"
    facts = {"number": number, "issued_on": issued_on.isoformat(), "net_minor": paper.net_minor}
    note_event(session, actor, now, request.id, what, facts, paper.id)
    if request.state == "batched" and all(each.number for each in blue):
        request.state = "issued"
        tell(session, now, request, "issued")
    if request.state == "issued" and _is_reversed(papers):
        request.state = "reversed"
    session.flush()
    after = {"number": number, "issued_on": issued_on, "net_minor": paper.net_minor, "serial": paper.serial}
    action = "issue_red_letter" if paper.is_red else "issue_fapiao"
    record(session, actor, action, ("fapiao_requests", request.id), now=now, after=after)


def _is_reversed(papers: Sequence[Fapiao]) -> bool:
    """Whether issued red-letter papers have taken all of the blue ones back."""
    blue = sum(each.net_minor for each in papers if not each.is_red)
    return blue == sum(each.net_minor for each in papers if each.is_red and each.number)


def keep_file(session: Session, actor: Actor, now: datetime, paper: Fapiao, file: PaperFile) -> bool:
    """Keep a paper's file; the same once more changes nothing, another one of that form is refused."""
    check_file(file.form, file.content)
    there = session.execute(
        select(StoredFile.sha256).join(FapiaoFile, FapiaoFile.file_id == StoredFile.id)
        .where(FapiaoFile.fapiao_id == paper.id, FapiaoFile.form == file.form)
    ).scalar_one_or_none()  # fmt: skip
    if there is not None:
        if sha256(file.content).digest() != there:
            raise Conflict(N_("Another file of this fapiao is kept already; files don't change."), field="file")
        return False
    kept = store_file(session, actor, now=now, name=f"{paper.number or paper.serial}.{file.form}",
                      media_type=MEDIA[file.form], content=file.content)  # fmt: skip
    row = FapiaoFile(fapiao_id=paper.id, form=file.form, file_id=kept.id, operator_id=paper.operator_id)
    with unique(session, "fapiao_files_pkey", Conflict(N_("Somebody has just sent this file."), field="file")):
        session.add(row)
    facts = {"form": file.form.upper(), "number": paper.number}
    note_event(session, actor, now, paper.request_id, "filed", facts, paper.id)
    return True


def import_results(
    session: Session, actor: Actor, *, now: datetime, name: str, content: bytes, media_type: str,
    rows: Sequence[Row], skip_others: bool = False,
) -> int:  # fmt: skip
    """Take the platform's list in, all of it or nothing; how many papers have got their number by it.

    A row names our serial (in its column, or in the note that we had printed), or else fits one waiting paper alone by
    buyer and amount. What is entered with the same number and day already is left as it is.
    """
    actor.require(Action.POST_INVOICES)
    waiting, issued = _lock_waiting(session), _issued(session, [row.number for row in rows])
    matches, faults = match_rows(rows, waiting, issued, now.astimezone(CHINA).date(), skip_others=skip_others)
    if faults:
        raise ResultsRefused(faults)
    for match in matches:
        request, papers = lock_papers(session, actor, match.paper.request_id)
        paper = next(each for each in papers if each.id == match.paper.fapiao_id)
        if paper.number is None:
            issue(session, actor, now, request, papers, paper, match.row.number, match.row.issued_on,
                  match.row.confirmation)  # fmt: skip
    if matches:
        _note_import(session, actor, now, name, content, media_type, len(matches))
    return len(matches)


def import_files(
    session: Session, actor: Actor, *, now: datetime, name: str, content: bytes,
    files: Mapping[str, Sequence[PaperFile]],
) -> int:  # fmt: skip
    """Keep the files of an archive by the papers' numbers; how many were not there yet."""
    actor.require(Action.POST_INVOICES)
    owners = select(Fapiao.request_id).where(Fapiao.number.in_(files))
    requests = select(FapiaoRequest.id).where(FapiaoRequest.id.in_(owners)).order_by(FapiaoRequest.id)
    session.execute(requests.with_for_update())
    query = select(Fapiao).where(Fapiao.number.in_(files)).order_by(Fapiao.id)
    found = session.execute(query.execution_options(populate_existing=True)).scalars().all()
    kept = sum(keep_file(session, actor, now, paper, file) for paper in found for file in files[paper.number or ""])
    if kept:
        _note_import(session, actor, now, name, content, "application/zip", kept)
    return kept


def known_numbers(session: Session, numbers: Collection[str]) -> set[str]:
    """Which of these numbers stand on papers of ours."""
    query = select(Fapiao.number).where(Fapiao.number.in_(numbers))
    return {each for each in session.execute(query).scalars() if each}


def _note_import(
    session: Session, actor: Actor, now: datetime, name: str, content: bytes, media_type: str, count: int
) -> None:
    file = store_file(session, actor, now=now, name=name, media_type=media_type, content=content, largest=len(content))
    row = FapiaoImport(file_id=file.id, sha256=file.sha256, papers=count, imported_at=now, imported_by=actor.person_id)
    session.add(row)
    session.flush()
    after = {"file": file.name, "papers": count, "sha256": file.sha256}
    record(session, actor, "import_fapiao_results", ("fapiao_imports", row.id), now=now, after=after)


def lock_papers(session: Session, actor: Actor, request_id: int) -> tuple[FapiaoRequest, Sequence[Fapiao]]:
    """A request with its papers, locked: what is issued at once for one request waits here."""
    request = get_request(session, actor, request_id, for_update=True).request
    query = select(Fapiao).where(Fapiao.request_id == request_id, Fapiao.given_up_at.is_(None)).order_by(Fapiao.id)
    return request, session.execute(query.execution_options(populate_existing=True)).scalars().all()


def _lock_waiting(session: Session) -> list[Waiting]:
    """The papers that a list can bring numbers for, with their requests locked, the lowest number first."""
    wanted = (Fapiao.number.is_(None), Fapiao.given_up_at.is_(None))
    owners = select(Fapiao.request_id).where(*wanted)
    requests = session.execute(
        select(FapiaoRequest)
        .where(FapiaoRequest.id.in_(owners), FapiaoRequest.state.in_(("batched", "issued")))
        .order_by(FapiaoRequest.id).with_for_update().execution_options(populate_existing=True)
    ).scalars()  # fmt: skip
    titles = {each.id: each.title["name"] for each in requests}
    blue = aliased(Fapiao)
    rows = session.execute(
        select(Fapiao, blue.number).outerjoin(blue, blue.id == Fapiao.reverses_id)
        .where(*wanted, Fapiao.request_id.in_(titles)).order_by(Fapiao.id)
        .execution_options(populate_existing=True)
    ).all()  # fmt: skip
    return [
        Waiting(each.id, each.request_id, each.serial, titles[each.request_id], each.net_minor, each.is_red,
                number or "")
        for each, number in rows
    ]  # fmt: skip


def _issued(session: Session, numbers: Collection[str]) -> dict[str, date]:
    query = select(Fapiao.number, Fapiao.issued_on).where(Fapiao.number.in_(numbers))
    return {number: on for number, on in session.execute(query).all() if number and on}
