"""Pages of payments by Stripe, and the address at which its events arrive."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.billing.models import CardPayment, Invoice, StripeEvent, StripeSettings
from incubator.billing.operations.card_booking import find
from incubator.billing.operations.payments import undo_clearing
from incubator.core import sealing
from tests.billing.cards.counter import Counter, first_clearing, pay
from tests.cast import Cast
from tests.conftest import Browser
from tests.stripe_fake import KEY, WEBHOOK_SECRET, Thing

Posted = dict[str, Invoice]
NEW_KEY = "rk_test_51QabcdefSECRETtail"

BUTTON = 'action="/pay/begin"'


def address(session: Session) -> str:
    return f"/stripe/webhooks/{session.execute(select(StripeSettings.webhook_token)).scalar_one()}"


def send(client: Browser, path: str, counter: Counter, event: Thing, **how: object) -> int:
    body, signature = counter.fake.signed(event, **how)  # type: ignore[arg-type]
    return client.post(path, data=body, headers={"Stripe-Signature": signature}).status_code


def test_keys_are_kept_encrypted_and_never_shown_again(
    session: Session, cast: Cast, client: Browser, counter: Counter
) -> None:
    client.sign_in(cast.finance)
    given = {"secret_key": NEW_KEY, "webhook_secret": "whsec_NEWSECRETtail", "methods": ["card"], "is_on": "y"}
    assert client.post("/billing/stripe/keep", data=given).status_code == 303
    settings = session.execute(select(StripeSettings)).scalar_one()
    assert (settings.secret_ends, settings.webhook_ends, settings.methods) == ("tail", "tail", ["card"])
    page = client.get("/billing/stripe").text
    kept = json.dumps([settings.secret_key, settings.webhook_secret])
    trail = json.dumps([[event.before, event.after] for event in session.execute(select(AuditEvent)).scalars()])
    for secret in (NEW_KEY, "whsec_NEWSECRETtail", "SECRET"):
        assert secret not in page and secret not in kept and secret not in trail
    assert "tail" in page and "tail" in trail
    sealed = settings.secret_key
    assert client.post("/billing/stripe/keep", data={"is_on": "y"}).status_code == 303, "empty keys stay as they are"
    session.expire_all()
    assert session.execute(select(StripeSettings.secret_key)).scalar_one() == sealed


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"secret_key": "pk_test_0123456789"}, "以 sk_ 或 rk_ 开头"),
        ({"secret_key": "sk_short"}, "以 sk_ 或 rk_ 开头"),
        ({"secret_key": "sk_test_汉字0123456789"}, "以 sk_ 或 rk_ 开头"),
        ({"webhook_secret": "sk_test_0123456789"}, "以 whsec_ 开头"),
        ({"secret_key": "sk_" + "x" * 300}, "255"),
        ({"methods": ["bitcoin"]}, "bitcoin"),
    ],
)
def test_what_is_no_key_is_refused_at_its_field(
    cast: Cast, client: Browser, counter: Counter, given: dict[str, object], said: str
) -> None:
    answer = client.sign_in(cast.finance).post("/billing/stripe/keep", data=given)
    assert answer.status_code == 422 and said in answer.text


def test_a_key_is_tried(
    cast: Cast, client: Browser, counter: Counter, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.sign_in(cast.finance)
    assert "接受该密钥" in client.post("/billing/stripe/try", follow_redirects=True).text
    client.post("/billing/stripe/keep", data={"secret_key": NEW_KEY, "is_on": "y"})
    assert "不接受该密钥" in client.post("/billing/stripe/try", follow_redirects=True).text
    counter.fake.away = True
    assert "暂时无法连接" in client.post("/billing/stripe/try", follow_redirects=True).text
    monkeypatch.setattr(sealing._Instance, "keys", ("another SECRET_KEY",))
    assert "没有可读取的密钥" in client.post("/billing/stripe/try", follow_redirects=True).text
    assert "支付所选账单" not in client.sign_in(cast.founder_a).get("/pay").text


def test_without_keys_no_button_is_shown(cast: Cast, client: Browser, posted: Posted) -> None:
    client.sign_in(cast.founder_a)
    page = client.get(f"/invoices/{posted['A'].id}")
    assert page.status_code == 200 and BUTTON not in page.text
    assert "未开通在线支付" in client.get("/pay").text
    refused = client.post("/pay/begin", data={"invoices": posted["A"].id}, follow_redirects=True)
    assert "未开通银行卡付款" in refused.text


def test_an_event_is_checked_kept_once_and_answered(
    session: Session, cast: Cast, client: Browser, counter: Counter, posted: Posted
) -> None:
    row = counter.checkout(cast.founder_a, posted["A"].id)
    counter.fake.pay(str(row.stripe_session))
    [paid, completed] = counter.fake.events
    path = address(session)
    before = len(counter.fake.calls)
    assert send(client, path, counter, completed) == 200
    assert send(client, path, counter, completed) == 200
    assert (
        send(
            client,
            path,
            counter,
            paid
            | {"type": "customer.created", "id": "evt_x", "data": {"object": {"object": "customer", "id": "cus_1"}}},
        )
        == 200
    )
    assert len(counter.fake.calls) == before, "answered without asking anybody"
    kept = session.execute(select(StripeEvent.type, StripeEvent.outcome).order_by(StripeEvent.id)).all()
    assert [tuple(each) for each in kept] == [("checkout.session.completed", ""), ("customer.created", "ignored")]
    counter.now = counter.now.replace(year=2100)
    counter.work()
    assert counter.row(row.id).state == "paid"


def test_what_stripe_did_not_sign_is_not_kept(session: Session, cast: Cast, client: Browser, counter: Counter) -> None:
    event = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded",
             "data": {"object": {"object": "payment_intent", "id": "pi_1"}}}  # fmt: skip
    path = address(session)
    assert send(client, path, counter, event, secret="whsec_of_somebody_else") == 400
    assert send(client, path, counter, event, at=1_700_000_000) == 400, "signed too long ago"
    assert client.post(path, data=b"{}").status_code == 400
    body, signature = counter.fake.signed(event)
    assert client.post(path, data=body + b" ", headers={"Stripe-Signature": signature}).status_code == 400
    body, signature = counter.fake.signed([1])  # type: ignore[arg-type]
    assert client.post(path, data=body, headers={"Stripe-Signature": signature}).status_code == 400
    for wrong in ("/stripe/webhooks/x", path[:-1], path + "x", f"/stripe/webhooks/{cast.other_operator_id:x}-abc"):
        assert send(client, wrong, counter, event) == 404
    assert client.get(path).status_code in (404, 405)
    assert session.execute(select(StripeEvent)).first() is None


def test_a_founder_is_led_to_stripe_and_told_the_truth_on_return(
    session: Session, cast: Cast, client: Browser, counter: Counter, posted: Posted
) -> None:
    client.sign_in(cast.founder_a)
    assert BUTTON in client.get(f"/invoices/{posted['A'].id}").text
    led = client.post("/pay/begin", data={"invoices": posted["A"].id}, follow_redirects=True)
    row = session.execute(select(CardPayment)).scalar_one()
    assert f'content="0;url={row.page_url}"' in led.text
    assert "正在等待 Stripe 确认" in client.get(f"/pay/{row.id}?back=paid").text
    assert "尚未付款" in client.get(f"/pay/{row.id}?back=left").text
    assert "正在通过 Stripe 支付" in client.get(f"/invoices/{posted['A'].id}").text
    counter.fake.pay(str(row.stripe_session))
    session.execute(select(CardPayment)).scalar_one().looked_at = None
    session.flush()
    counter.fake.away = True
    assert "款项不会丢失" in client.get(f"/pay/{row.id}?back=paid").text
    counter.fake.away = False
    session.execute(select(CardPayment)).scalar_one().looked_at = None
    session.flush()
    assert "付款成功" in client.get(f"/pay/{row.id}?back=paid").text
    assert BUTTON not in client.get(f"/invoices/{posted['A'].id}").text
    for stranger in (cast.founder_b, cast.member_a, cast.mentor):
        client.sign_in(stranger)
        assert client.get(f"/pay/{row.id}").status_code in (403, 404)
        assert client.get(f"/card-payments/{row.id}").status_code == 403


def test_finance_gives_back_settles_and_asks(
    session: Session, cast: Cast, client: Browser, counter: Counter, posted: Posted
) -> None:
    row = pay(counter, posted["A"], cast)
    undo_clearing(session, cast.finance, now=counter.now, clearing_id=first_clearing(session), reason="moved out")
    find(session, now=counter.now, kind="mismatch", stripe_id="pi_9", card_payment_id=row.id,
         facts={"asked_minor": 100, "found_minor": 90})  # fmt: skip
    session.commit()
    client.sign_in(cast.finance)
    page = client.get(f"/card-payments/{row.id}").text
    assert "¥1,155.00" in page and "请求：¥1.00" in page and "Stripe：¥0.90" in page
    too_much = client.post(f"/card-payments/{row.id}/refund", data={"amount": "2000", "reason": "x"})
    assert too_much.status_code == 409 and "¥1,155.00" in too_much.text
    for amount in ("0", "-1", "NaN", "1.001", "x", ""):
        refused = client.post(f"/card-payments/{row.id}/refund", data={"amount": amount, "reason": "x"})
        assert refused.status_code == 422, amount
    assert (
        client.post(f"/card-payments/{row.id}/refund", data={"amount": "155.00", "reason": "搬走"}).status_code == 303
    )
    counter.now = counter.now.replace(year=2100)
    counter.work()
    assert counter.fake.things[str(row.stripe_charge)]["amount_refunded"] == 155_00
    [event, *_] = session.execute(select(StripeEvent.id)).scalars().all()
    assert client.post(f"/card-payments/events/{event}/replay", data={"of": row.id}).status_code == 303
    assert client.post(f"/card-payments/{row.id}/look").status_code == 303
    findings = client.get("/card-payments/findings").text
    assert "金额与请求的不一致" in findings
    assert client.post("/card-payments/findings/1/settle", data={"note": ""}).status_code in (404, 422)
    finding_id = findings.split("/card-payments/findings/")[1].split("/settle")[0]
    assert client.post(f"/card-payments/findings/{finding_id}/settle", data={"note": "核对无误"}).status_code == 303
    assert client.post(f"/card-payments/findings/{finding_id}/settle", data={"note": "再次"}).status_code == 409
    assert "核对无误" in client.get("/card-payments/findings?settled=1").text
    for reader, status in ((cast.auditor, 200), (cast.manager, 200), (cast.front_desk, 403), (cast.founder_a, 403)):
        client.sign_in(reader)
        assert client.get("/card-payments?state=paid&search=甲").status_code == status
        assert client.get("/billing/stripe").status_code == 403
        assert client.post(f"/card-payments/{row.id}/refund", data={"amount": "1", "reason": "x"}).status_code == 403


def test_no_secret_is_in_the_settings_repr(counter: Counter, client: Browser) -> None:
    said = repr(client.application.config["SETTINGS"])
    assert KEY not in said and WEBHOOK_SECRET not in said and "former_secret_keys" not in said


def test_one_that_is_not_paid_is_shown_as_well(cast: Cast, client: Browser, counter: Counter, posted: Posted) -> None:
    row = counter.checkout(cast.founder_a, posted["A"].id)
    page = client.sign_in(cast.auditor).get(f"/card-payments/{row.id}")
    assert page.status_code == 200 and "尚未付款" in page.text and "退款" not in page.text
