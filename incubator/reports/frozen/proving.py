"""Whether a frozen report is what it says it is: its content, its statement, its place in the chain, its signature,
and whether the rows that it was made from still say the same."""

from __future__ import annotations

import hashlib
import json

from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.canonical import canonical_json
from incubator.documents.signing import fingerprint
from incubator.reports.content import Report
from incubator.reports.frozen.chain import Fault, Link, check_chain, check_link
from incubator.reports.frozen.kind import Kind, Question
from incubator.reports.frozen.queries import (
    Version,
    get_head,
    get_link,
    get_stamp,
    get_version,
    list_links,
    measure,
)
from incubator.reports.models import FrozenReport
from incubator.reports.verification import MAX_DIFFERENCES, Difference, Verification
from incubator.startups.rules.periods import Period

AT_ONCE = 200
"""Contents that the database hashes in one statement."""


class Proof(Struct, frozen=True):
    """What the chain and the signature say of one report."""

    faults: tuple[Fault, ...]
    """Of the report itself."""
    elsewhere: tuple[Fault, ...]
    """Of the others in the chain."""
    length: int
    """How many reports the chain has."""
    keys: tuple[str, ...]
    """Fingerprints of the keys whose signatures it has."""

    @property
    def holds(self) -> bool:
        """Statement, link and signature of this report are as they were made."""
        return not self.faults

    @property
    def chain_holds(self) -> bool:
        """Nothing in the whole chain was changed, removed or put in."""
        return not self.faults and not self.elsewhere


def prove(session: Session, actor: Actor, report_id: int) -> Proof:
    """The report in its chain; contents of others are left to the nightly check."""
    actor.require(Action.SEE_REPORTS)
    link, before = get_link(session, report_id)
    faults = tuple(check_link(link, before))
    if before is None:
        faults = (*faults, Fault("missing", link.number - 1))
    links = list_links(session)
    elsewhere = tuple(each for each in check_chain(links, get_head(session)) if each.number != link.number)
    return Proof(faults, elsewhere, len(links), tuple(fingerprint(key) for key, _ in link.signatures))


def verify_content(session: Session, actor: Actor, kind: Kind, frozen: FrozenReport) -> Verification:
    """The content's hash anew, its canonical form, its sums, and what the rows say now."""
    question = Question(Period(frozen.rhythm, frozen.month), frozen.site_id, frozen.subject)
    return check_content(kind, frozen.content, frozen.sha256, measure(session, actor, kind, question))


def check_content(kind: Kind, text: str, sha256: bytes, live: Report) -> Verification:
    """Change one digit of `text` and it is not intact. A text that was changed is compared with nothing."""
    found = text.encode()
    recomputed = hashlib.sha256(found).digest()
    if recomputed != sha256:
        return Verification(sha256.hex(), recomputed.hex(), False, False, (), 0)
    content = json.loads(text)
    differences = kind.compare(content, live.as_defined(content["definition"]).content)
    return Verification(
        stored=sha256.hex(), recomputed=recomputed.hex(), canonical=canonical_json(content) == found,
        adds_up=kind.adds_up(content), differences=tuple(differences[:MAX_DIFFERENCES]), total=len(differences),
    )  # fmt: skip


class Standing(Struct, frozen=True):
    """What a page says of a frozen version, beside its figures."""

    stamp: Version
    changes: tuple[Difference, ...]
    """Against the version before it."""
    verification: Verification | None
    proof: Proof | None
    """None: not asked for."""


def stand(session: Session, actor: Actor, kind: Kind, frozen: FrozenReport, *, verify: bool) -> Standing:
    """What is known of a frozen version; `verify`: all of it computed anew."""
    changes: tuple[Difference, ...] = ()
    if frozen.version > 1:
        question = Question(Period(frozen.rhythm, frozen.month), frozen.site_id, frozen.subject)
        before = get_version(session, actor, kind, question, frozen.version - 1)
        changes = tuple(kind.compare(json.loads(before.content), json.loads(frozen.content))[:MAX_DIFFERENCES])
    return Standing(
        get_stamp(session, actor, frozen.id), changes,
        verify_content(session, actor, kind, frozen) if verify else None,
        prove(session, actor, frozen.id) if verify else None,
    )  # fmt: skip


def check_all(session: Session, actor: Actor) -> tuple[int, list[Fault]]:
    """The whole chain with every content: how many reports there are, and all that does not hold."""
    actor.require(Action.SEE_REPORTS)
    head, rows = get_head(session), list[Link]()
    while batch := list_links(session, after=rows[-1].number if rows else 0, most=AT_ONCE, with_content=True):
        rows += batch
    return len(rows), check_chain(rows, head)
