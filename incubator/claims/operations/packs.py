"""A claim's pack: made of the state that it is in, signed by the operator's key, and kept as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from tempfile import SpooledTemporaryFile

from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.claims.models import Claim, ClaimPack
from incubator.claims.operations.locking import lock_claim
from incubator.claims.pack.basis import load_basis
from incubator.claims.pack.contents import contents_of
from incubator.claims.pack.layout import lay_out, write_pack
from incubator.claims.pack.papers import make_papers
from incubator.claims.rules.states import INNER
from incubator.core.errors import N_, Conflict, Refusal
from incubator.documents import signing
from incubator.documents.operations.files import content_of, get_file, store_file

LARGEST = 2 * 1024**3
MEMORY = 16 * 1024**2
ZIP = "application/zip"


def _unsaid(_done: int, _total: int) -> None:
    """Nobody asks how far it is."""


def check_packable(actor: Actor, claim: Claim) -> None:
    """Whether somebody may have a pack made of a claim now."""
    actor.require(Action.MANAGE_CLAIMS)
    if claim.state in INNER and claim.state != "approved":
        raise Conflict(N_("A pack is made of a claim that is approved: check and approve it first."))


def make_pack(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, progress: Callable[[int, int], None] = _unsaid
) -> ClaimPack:
    """The pack of a claim as it stands, once it is approved; one that says the same is there already, it is that.

    What it says follows from the claim alone: the same state is the same manifest, whoever makes it and when.
    `progress(done, total)` is told of files while they are written.
    """
    actor.require(Action.MANAGE_CLAIMS)
    row = lock_claim(session, actor, claim_id)
    check_packable(actor, row.claim)
    progress(0, 1)
    basis = load_basis(session, actor, claim_id, now=now)
    size = sum(each.size for each in basis.files.values())
    if size > LARGEST:
        raise Refusal(N_("The evidence is larger than a pack can be (2 GB): take large files off."))
    contents = contents_of(basis, {}, lambda file_id: content_of(session, get_file(session, file_id)))
    contents = replace(contents, papers=make_papers(contents))
    laid = lay_out(contents)
    digest = bytes.fromhex(laid.sha256)
    made = session.execute(
        select(ClaimPack).where(ClaimPack.claim_id == claim_id, ClaimPack.manifest_sha256 == digest)
    ).scalar_one_or_none()
    if made is not None:
        return made
    signature = signing.sign(session, actor, now=now, message=laid.to_sign)
    last = session.execute(select(func.max(ClaimPack.number)).where(ClaimPack.claim_id == claim_id)).scalar_one() or 0
    with SpooledTemporaryFile(max_size=MEMORY) as stream:
        write_pack(laid, signing.get_public_key(session, signature.key_id), signature.value, stream,
                   progress)
        file = store_file(session, actor, now=now, name=f"{row.number}-pack-{last + 1}.zip", media_type=ZIP,
                          content=stream, largest=LARGEST)  # fmt: skip
    pack = ClaimPack(claim_id=claim_id, number=last + 1, file_id=file.id, manifest_sha256=digest,
                     signing_key_id=signature.key_id, created_at=now, created_by=actor.person_id)  # fmt: skip
    session.add(pack)
    session.flush()
    after = {"number": row.number, "pack": pack.number, "files": len(laid.files), "amount_minor": contents.total_minor,
             "sha256": laid.sha256}  # fmt: skip
    record(session, actor, "make_pack", ("claims", claim_id), now=now, after=after)
    return pack
