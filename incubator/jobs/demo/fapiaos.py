"""The demo's fapiaos: all of them by the local stand-in's numbers and papers, which say that they are none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.billing.fapiao_provider import write_demo_pdf
from incubator.billing.fapiao_wording import DEMO_PREFIX
from incubator.billing.models import Fapiao, FapiaoRequest, Invoice
from incubator.billing.operations.fapiao_batches import make_batch
from incubator.billing.operations.fapiao_reds import ask_red_letter
from incubator.billing.operations.fapiao_requests import ask_fapiao, return_fapiao
from incubator.billing.operations.fapiao_results import PaperFile, enter_result
from incubator.billing.operations.fapiao_titles import save_place, save_settings, save_title
from incubator.billing.rules.fapiao import PROPOSED, Title
from incubator.core.clock import CHINA
from incubator.spaces.models import Site
from incubator.startups.models import Startup

OWN_CODE = "3040801990000000000"
"""What the demo's operator has chosen where nothing is proposed."""
REASON = "抬头名称与营业执照不一致，请核对后重新申请"


def issue_fapiaos(
    session: Session, actor: Actor, startups: Sequence[Startup], sites: Sequence[Site], now: datetime
) -> None:
    """Settings and addresses; of the first companies' last invoices, two are issued, one partly taken back, one is in a
    batch, two wait, and one came back to be mended."""
    codes = {kind: (code or OWN_CODE, name) for kind, (code, name) in PROPOSED.items()}
    save_settings(session, actor, now=now, timing="posting", provider="demo", codes=codes)
    for site in sites:
        region = "广东省深圳市南山区" if "深圳" in site.address else "湖北省武汉市洪山区"
        save_place(session, actor, now=now, site_id=site.id, region=region, address=site.address, certificate="无",
                   is_other_city="深圳" not in site.address)  # fmt: skip
    companies = (_ask(session, actor, each, now) for each in startups if each.credit_code)
    requests = list(islice((found for found in companies if found), 6))
    if len(requests) < 6:
        return
    make_batch(session, actor, now=now, request_ids=[each.id for each in requests[:2]])
    papers = [_issue(session, actor, request, now) for request in requests[:2]]
    make_batch(session, actor, now=now, request_ids=[requests[2].id])
    return_fapiao(session, actor, now=now, request_id=requests[5].id, reason=REASON)
    paper = papers[1]
    ask_red_letter(session, actor, now=now, fapiao_id=paper.id, amount_minor=paper.net_minor // 10, reason="allowance",
                   note="会议室停用两日的费用减免")  # fmt: skip


def _ask(session: Session, actor: Actor, startup: Startup, now: datetime) -> FapiaoRequest | None:
    """A company with an invoice enters its title, and asks for the last one's fapiao."""
    invoice = session.execute(
        select(Invoice).where(Invoice.startup_id == startup.id, Invoice.net_minor > 0)
        .order_by(Invoice.month.desc(), Invoice.id.desc()).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    if invoice is None:
        return None
    title = Title("company", "ordinary", startup.name, startup.credit_code or "", email=startup.contact_email)
    if startup.id % 2:
        title = replace(title, general_taxpayer=True, address="科技园路 1 号", phone="0755-26000000",
                        bank="招商银行科技园支行", account=f"7559 0000 {startup.id:04} 001")  # fmt: skip
    save_title(session, actor, now=now, startup_id=startup.id, title=title)
    return ask_fapiao(session, actor, now=now, invoice_id=invoice.id, kind="ordinary")


def _issue(session: Session, actor: Actor, request: FapiaoRequest, now: datetime) -> Fapiao:
    """Each paper gets the stand-in's number; the first its file."""
    today, seller = now.astimezone(CHINA).date(), session.execute(select(Operator.name)).scalar_one()
    papers = session.execute(select(Fapiao).where(Fapiao.request_id == request.id).order_by(Fapiao.id)).scalars().all()
    for place, paper in enumerate(papers):
        number = f"{DEMO_PREFIX}{int(paper.serial[2:]):012}"
        content = {"rows": paper.content["rows"], "buyer": request.title["name"], "kind": paper.kind,
                   "seller": seller, "tax_number": request.title["tax_number"], "net_minor": paper.net_minor,
                   "blue_number": ""}  # fmt: skip
        files = [PaperFile("pdf", f"{number}.pdf", write_demo_pdf(number, today, content))] if place == 0 else []
        enter_result(session, actor, now=now, fapiao_id=paper.id, number=number, issued_on=today, files=files)
    return papers[0]
