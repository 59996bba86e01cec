"""The pages of calls and applications: staff's, everybody's, and an applicant's own."""

from __future__ import annotations

import io
import re
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.clock import CHINA, utc_now
from incubator.startups.models import Application, Call, CallQuestion
from incubator.startups.operations import add_programme
from incubator.startups.operations.calls import CallFacts, add_call, close_call, publish_call
from tests.cast import Cast
from tests.conftest import Browser
from tests.startups.applying import address, begin, ids
from tests.startups.test_applications import GOOD, PDF

A_DAY = timedelta(days=1)


def test_from_the_open_calls_to_a_number(client: Browser, session: Session, cast: Cast, call: Call) -> None:
    listed = client.get(f"/apply/{cast.operator_id:x}")
    assert "2027 春季" in listed.text and "无需账号" in listed.text
    page = client.get(address(call)).text
    assert "问题long_text" in page and "90" in page
    assert client.post(address(call), data={"email": "nobody"}).status_code == 422
    here, asked = begin(client, call), ids(session, call)
    faulty = GOOD | {"do": "send", "credit_code": "123", f"q{asked['long_text']}": "我们的故事"}
    refused = client.post(here, data=faulty)
    assert refused.status_code == 422 and "统一社会信用代码为 18 位" in refused.text and "我们的故事" in refused.text
    again = client.get(here)
    assert "我们的故事" in again.text and 'value="123"' in again.text
    more = client.post(here, data=GOOD | {"do": "more"})
    assert 'name="founders-3-name"' in client.get(more.location.partition("#")[0]).text
    upload = GOOD | {"do": "save", f"q{asked['file']}": (io.BytesIO(PDF), "计划.pdf")}
    assert client.post(here, data=upload, content_type="multipart/form-data").status_code == 303
    assert "计划.pdf" in client.get(here).text
    got = client.get(f"{here}/files/{asked['file']}")
    assert got.data == PDF and got.headers["Content-Disposition"].startswith("attachment")
    for nobodys in ("q²", f"q{10**30}", "qx"):
        assert client.post(here, data=GOOD | {"do": "save", nobodys: (io.BytesIO(PDF), "x.pdf")}).status_code == 303
    wrong = GOOD | {"do": "save", f"q{asked['file']}": (io.BytesIO(b"\x00\x01"), "x.pdf")}
    assert client.post(here, data=wrong, content_type="multipart/form-data").status_code == 422
    assert "计划.pdf" in client.get(here).text
    assert client.post(here, data=GOOD | {"do": "send", f"q{asked['yes_no']}": "yes"}).status_code == 303
    sent = client.get(here).text
    assert "AP-20" in sent and "芯翼科技有限公司" in sent and "计划.pdf" in sent
    assert 'name="founders-0-name"' in client.get(here + "?change=1").text
    assert client.post(f"{here}/withdraw").status_code == 303
    assert "已撤回" in client.get(here).text
    assert client.post(here, data=GOOD).status_code == 303  # nothing is changed any more
    assert session.execute(select(Application.withdrawn_at)).scalar_one() is not None


def test_what_is_not_there_is_not_told_apart(client: Browser, session: Session, cast: Cast, call: Call) -> None:
    here = begin(client, call)
    hidden = add_call(session, cast.manager, now=utc_now(), programme_id=call.programme_id,
                      facts=CallFacts("秘密", "secret", utc_now()))  # fmt: skip
    for path in (f"/apply/{cast.other_operator_id:x}", "/apply/ffffff", "/apply/0", "/apply/zz", "/apply/-1",
                 address(hidden), f"/apply/{cast.other_operator_id:x}/{call.slug}", here[:-1] + "!", "/application/1",
                 f"/application/{cast.other_operator_id:x}-{here.partition('-')[2]}", "/application/a-b"):  # fmt: skip
        assert client.get(path).status_code == 404, path
    application = session.execute(select(Application)).scalar_one()
    for actor in (cast.founder_a, cast.owner, cast.other_owner):
        client.sign_in(actor)
        assert client.get(f"/application/{application.id}").status_code in (403, 404)
    client.sign_in(cast.other_owner)
    assert client.get(f"/calls/{call.id}").status_code == 404
    client.sign_in(cast.finance)
    assert client.get(f"/calls/{call.id}/applications").status_code == 403


def test_a_closed_and_a_coming_call_say_so(client: Browser, session: Session, cast: Cast, call: Call) -> None:
    here = begin(client, call)
    coming = add_call(session, cast.manager, now=utc_now(), programme_id=call.programme_id,
                      facts=CallFacts("秋季", "autumn", utc_now() + A_DAY))  # fmt: skip
    publish_call(session, cast.manager, now=utc_now(), call_id=coming.id)
    assert "尚未开放" in client.get(address(coming)).text
    assert client.post(address(coming), data={"email": "a@example.com"}).status_code == 409
    close_call(session, cast.manager, now=utc_now(), call_id=call.id)
    assert "已截止" in client.get(address(call)).text
    assert "已截止" in client.get(here).text
    assert "秋季" in client.get(f"/apply/{cast.operator_id:x}").text


def test_a_founder_applies_from_the_portal(client: Browser, session: Session, cast: Cast, call: Call) -> None:
    client.sign_in(cast.founder_a)
    assert "甲科技有限公司" in client.get(address(call)).text
    assert "2027 春季" in client.get("/my/applications").text
    begun = client.post("/my/applications", data={"call_id": call.id, "startup_id": cast.startup_a})
    form = client.get(begun.location).text
    assert 'value="甲科技有限公司"' in form and 'value="2026-01-05"' in form
    assert client.post("/my/applications", data={"call_id": call.id, "startup_id": cast.startup_b}).status_code == 404
    wanted = {"name": "甲科技有限公司", "kind": "company", "do": "send"}
    assert client.post(begun.location, data=GOOD | wanted).status_code == 303
    assert "AP-20" in client.get("/my/applications").text
    client.sign_in(cast.founder_b)
    assert client.get(begun.location).status_code == 404
    client.sign_in(cast.member_a)
    assert client.get("/my/applications").status_code == 403


def test_staff_make_a_call_and_read_what_comes(client: Browser, session: Session, cast: Cast) -> None:
    client.sign_in(cast.manager)
    assert "先有计划" in client.get("/calls/new").text
    programme = add_programme(session, cast.manager, now=utc_now(), kind="programme", name="孵化计划")
    assert client.get("/calls").status_code == 200
    today = utc_now().astimezone(CHINA).date().isoformat()
    data = {"programme_id": programme.id, "name": "常年招募", "slug": "all-year", "opens_on": today}
    assert client.post("/calls/new", data=data | {"slug": "All Year"}).status_code == 422
    here = str(client.post("/calls/new", data=data).location)
    assert client.post(f"{here}/questions/new", data={"kind": "one_choice", "label": "阶段", "options": "一"}).status_code == 422
    made = client.post(f"{here}/questions/new", data={"kind": "one_choice", "label": "阶段", "options": "种子\nA轮", "options_en": "Seed"})
    assert made.status_code == 303
    client.post(f"{here}/questions/new", data={"kind": "number", "label": "人数", "is_required": "y"})
    (first, second) = session.execute(select(CallQuestion.id).order_by(CallQuestion.id)).scalars()
    page = client.get(f"{here}/questions/{first}").text
    assert "种子\nA轮" in page and "Seed" in page
    assert client.post(f"{here}/questions/{first}", data={"label": "轮次", "options": "种子\nA轮\nB轮"}).status_code == 303
    client.post(f"{here}/questions/{second}/earlier")
    text = client.get(here).text
    assert text.index("人数") < text.rindex("轮次")
    client.post(f"{here}/questions/{first}/retire")
    assert "不再询问" in client.get(here).text
    client.post(f"{here}/questions/{first}/restore")
    for language, word in (("en", "Who applies"), ("zh_Hans", "申请方")):
        preview = client.get(f"{here}/preview?language={language}").text
        assert word in preview and "人数" in preview
    assert client.post(f"{here}/publish").status_code == 303
    assert client.post(f"{here}/edit", data={"name": "常年招募", "slug": "moved", "opens_on": today}).status_code == 303
    assert session.execute(select(Call.slug)).scalar_one() == "all-year"  # published: it stays
    copied = client.post(f"/calls/new?copy={here.rpartition('/')[2]}", data={"name": "下一期", "slug": "next", "opens_on": today})
    assert copied.status_code == 303 and "人数" in client.get(copied.location).text
    for verb in ("close", "reopen"):
        assert client.post(f"{here}/{verb}").status_code == 303
    call = session.execute(select(Call).where(Call.slug == "all-year")).scalar_one()
    assert "暂无申请" in client.get(f"{here}/applications").text
    draft = begin(client, call)
    send = GOOD | {"do": "send", f"q{second}": "12", f"q{first}": ""}
    assert client.post(draft, data=send).status_code == 303
    listed = client.get(f"{here}/applications").text
    assert "芯翼科技有限公司" in listed
    (path,) = set(re.findall(r"/applications/\d+", listed))
    shown = client.get(path).text
    assert "12" in shown and "没有其他" in shown
    assert "芯翼" not in client.get(f"{here}/applications?q=nothing").text
    assert client.get(f"{here}/applications?q=林晓&state=sent&kind=company").text.count("row-name") == 1
    csv = client.get(f"{here}/applications.csv").data.decode()
    assert "芯翼科技有限公司" in csv and ",12," in csv
    assert client.get(f"{here}/applications.xlsx").data[:2] == b"PK"
    client.sign_in(cast.auditor)
    assert client.get(here).status_code == 200
    assert client.post(f"{here}/close").status_code == 403
