"""What cannot be: each form of the bank answers with its sentence, keeps what was typed and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from markupsafe import escape
from sqlalchemy import func, select

from incubator.audit.models import AuditEvent
from tests.billing.bank.making import Bank
from tests.browser import Browser
from tests.cast import Cast

ACCOUNT = {"name": "南山创客空间", "bank": "招商银行深圳科苑支行", "number": "755900001234", "site_id": ""}
BEYOND = str(2**63)

FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "new account": ("/billing/bank/accounts/new", ACCOUNT),
    "edit account": ("/billing/bank/accounts/{account}", ACCOUNT),
    "leave aside": ("/billing/bank/lines/{line}/ignore", {"reason": "结息"}),
    "undo": ("/billing/bank/lines/{line}/undo", {"reason": "看错了"}),
    "assign": ("/billing/bank/lines/{line}/assign", {"startup": "{a}", "how": "oldest"}),
}

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("new account", {"name": ""}, "请填写此项。"),
    ("new account", {"name": "南" * 101}, "字段长度不能超过 100 个字符。"),
    ("new account", {"bank": " "}, "请填写此项。"),
    ("new account", {"number": "12 34"}, "账号由 6 至 34 位数字或字母组成。"),
    ("new account", {"number": "账号一二三四五六"}, "账号由 6 至 34 位数字或字母组成。"),
    ("new account", {"site_id": BEYOND}, "选择无效"),
    ("new account", {"site_id": "x"}, "选择无效"),
    ("edit account", {"number": ""}, "请填写此项。"),
    ("leave aside", {"reason": ""}, "请说明原因。"),
    ("leave aside", {"reason": "\u202e"}, "请说明原因。"),
    ("leave aside", {"reason": "长" * 1001}, "个字符。"),
    ("undo", {"reason": "x"}, "该流水尚未处理。"),
    ("assign", {"startup": ""}, "请选择企业。"),
    ("assign", {"startup": BEYOND}, "请选择企业。"),
    ("assign", {"how": "other"}, "不是有效的选择。"),
    ("assign", {"how": "chosen"}, "请至少选择一张账单。"),
    ("assign", {"how": "chosen", "invoices": "x"}, "选择无效"),
    ("assign", {"how": "chosen", "pays-{invoice}": "一百"}, "请填写金额（元）"),
    ("assign", {"how": "chosen", "pays-{invoice}": "0"}, "请填写大于零的金额。"),
    ("assign", {"how": "chosen", "pays-{invoice}": "1000.01"}, "超过了到账金额。"),
    ("assign", {"startup": ["{a}", "{b}"]}, "请填写每家企业各占多少。"),
    ("assign", {"startup": ["{a}", "{b}"], "share-{a}": "999", "share-{b}": "2"}, "合计须等于到账的"),
]


@pytest.mark.parametrize(("form", "change", "sentence"), WRONG)
def test_a_wrong_form(
    client: Browser, bank: Bank, cast: Cast, form: str, change: dict[str, Any], sentence: str
) -> None:
    invoice = bank.invoice(cast.startup_a, 90_000)
    line = bank.line("2026-11-10", 100_000, "某人")
    places = {"account": bank.account.id, "line": line.id, "a": cast.startup_a, "b": cast.startup_b, "invoice": invoice.id}
    path, values = FORMS[form]

    def put(value: Any) -> Any:
        return [put(each) for each in value] if isinstance(value, list) else value.format(**places)

    client.sign_in(cast.finance)
    client.get("/?locale=zh_Hans")
    bank.session.commit()
    events = select(func.count()).select_from(AuditEvent)
    before = bank.session.execute(events).scalar_one()
    sent = {put(name): put(value) for name, value in (values | change).items()}
    answer = client.post(put(path), data=sent, headers={"Accept-Language": "zh-CN"}, follow_redirects=True)
    assert sentence in answer.text or str(escape(sentence)) in answer.text, answer.text[-3000:]
    assert answer.status_code in (200, 404, 409, 422) and line.state == "open"
    assert bank.session.execute(events).scalar_one() == before
    if form.endswith("account") and "name" not in change:
        assert 'value="南山创客空间"' in answer.text


@pytest.mark.parametrize("number", ["0", BEYOND, "x"])
def test_ids_that_are_none(client: Browser, bank: Bank, cast: Cast, number: str) -> None:
    line = bank.line("2026-11-10", 100_000, "某人")
    client.sign_in(cast.finance)
    for end, data in (("payout", {"payout": number}), ("refund", {"refund": number})):
        assert client.post(f"/billing/bank/lines/{line.id}/{end}", data=data).status_code in (303, 404)
    assert line.state == "open"
    assert client.post(f"/billing/bank/lines/{number}/assign", data={"startup": cast.startup_a, "how": "oldest"}).status_code == 404
    confirmed = client.post("/billing/bank/confirm", data={"line": f"{number}:x"})
    assert confirmed.status_code in (303, 404)
