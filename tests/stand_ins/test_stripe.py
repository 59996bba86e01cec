"""The stand-in for Stripe by itself: what it forgets and what not, what its pages say, and who may come to them."""

from __future__ import annotations

from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from sqlalchemy.orm import Session

from incubator.billing import card_keys
from incubator.billing.models import Invoice
from incubator.billing.operations.card_settings import keep_stripe_settings
from incubator.core.errors import Refusal
from incubator.jobs.demo.stand_in import known_things
from incubator.stand_ins.stripe import KEY, WEBHOOK_SECRET, keeping
from incubator.stand_ins.stripe.account import Account, Fault
from incubator.stand_ins.stripe.calls import answer
from incubator.stand_ins.stripe.words import ZH
from tests.billing.cards.counter import Counter, pay
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER
from tests.stripe_fake import StripeFake

Posted = dict[str, Invoice]
PAGE = {"mode": "payment", "expires_at": "1800000000", "success_url": "http://x/paid", "cancel_url": "http://x/left",
        "line_items": {"0": {"price_data": {"unit_amount": "115500", "currency": "cny",
                                            "product_data": {"name": "<b>INV-1</b>"}}}}}  # fmt: skip


def ask(url: str, language: str = "zh-CN", origin: str = "", **form: str) -> tuple[int, str]:
    headers = {"Accept-Language": language} | ({"Origin": origin} if origin else {})
    try:
        with urlopen(Request(url, urlencode(form).encode() if form else None, headers)) as found:
            return found.status, found.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    """A page that is open is open at the new address; the same key still has the same answer; what was told is not told
    again, and what was not, is."""
    first, second = Account(url="http://old"), Account(url="http://new")
    page = answer(first, "POST", "/v1/checkout/sessions", PAGE, "key 1")
    paid = answer(first, "POST", "/v1/checkout/sessions", PAGE, "key 2")
    first.pay(paid["id"])
    first.told = 1
    keeping.keep(first, tmp_path / "kept.json")
    keeping.load(second, tmp_path / "kept.json")
    assert second.get(page["id"])["url"] == f"http://new/standin/{page['id']}"
    assert answer(second, "POST", "/v1/checkout/sessions", PAGE, "key 2")["id"] == paid["id"]
    told = second.next_to_tell()
    assert told is not None and told["type"] == "checkout.session.completed"
    with pytest.raises(Fault, match="session_over"):
        second.pay(paid["id"])


def test_a_file_that_is_lost_is_made_up_for_by_the_books(
    counter: Counter,
    cast: Cast,
    posted: Posted,
    fake: StripeFake,
) -> None:
    """1,155.00 paid, 200.00 disputed, 500.00 paid out; then the stand-in forgets all. What the books know is enough: the
    night finds nothing to mend and nothing that it can't explain, and 155.00 can be given back."""
    row = pay(counter, posted["A"], cast)
    fake.dispute(str(row.stripe_intent), 200_00)
    fake.pay_out(500_00)
    counter.hear_all()
    left = counter.checkout(cast.founder_b, posted["B"].id)
    fake.things.clear()
    fake.adopt(known_things(counter.session))
    done = counter.reconcile()
    assert (done["mended"], done["unexplained"]) == (1, 0), "the page that nobody paid is over"
    assert counter.row(left.id).state == "expired"
    assert fake.available() == 1_155_00 - 35_49 - 200_00 - 500_00, "its fee is booked when the case ends"
    fake.refund(str(row.stripe_intent), 155_00)
    assert counter.checkout(cast.founder_b, posted["B"].id).state == "open"


@pytest.mark.parametrize("is_stand_in", [True, False])
def test_neither_key_goes_to_the_other(session: Session, cast: Cast, is_stand_in: bool) -> None:
    """A key for real money is not kept where a stand-in is called, a stand-in's not where Stripe is; and one that was kept
    while it was otherwise is not sent: founders have no button."""

    def keep(key: str) -> None:
        keep_stripe_settings(session, cast.finance, now=AFTER_OCTOBER, secret_key=key, webhook_secret=WEBHOOK_SECRET, methods=[],
                             is_on=True)  # fmt: skip

    here, there = ("http://127.0.0.1:9", "") if is_stand_in else ("", "http://127.0.0.1:9")
    right, wrong = (KEY, "sk_live_0123456789ab") if is_stand_in else ("sk_live_0123456789ab", KEY)
    try:
        card_keys.use(here)
        with pytest.raises(Refusal):
            keep(wrong)
        session.rollback()
        keep(right)
        assert card_keys.is_offered(session) and card_keys.open_provider(session)
        card_keys.use(there)
        assert not card_keys.is_offered(session) and card_keys.open_provider(session) is None
    finally:
        card_keys.use("")


def test_every_page_says_that_it_is_no_stripe(fake: StripeFake) -> None:
    open_, over = (answer(fake, "POST", "/v1/checkout/sessions", PAGE, "") for _ in range(2))
    setup = answer(fake, "POST", "/v1/checkout/sessions", PAGE | {"mode": "setup"}, "")
    fake.expire(over["id"])
    for path in (
        "/",
        f"/standin/{open_['id']}",
        f"/standin/{over['id']}",
        f"/standin/{setup['id']}",
        "/standin/cs_none",
    ):
        for language, mark in (("zh-CN,en;q=0.5", "zh-Hans"), ("en-GB", "en"), ("", "en")):
            status, page = ask(fake.url + path, language)
            assert status == (404 if path.endswith("none") else 200)
            assert f'<html lang="{mark}">' in page
            assert "This is a stand-in, not Stripe. No money moves." in page
            assert "这是模拟服务，不是 Stripe，不会发生任何资金往来。" in page
    page = ask(open_["url"])[1]
    assert "CNY 1,155.00" in page and "&lt;b&gt;INV-1&lt;/b&gt;" in page and "<b>INV" not in page


def test_the_accounts_page_brings_things_about(fake: StripeFake) -> None:
    """1,155.00 less 35.49 are there. 155.00 go back and 500.00 out; more than is left does not; the rest is disputed."""
    page = answer(fake, "POST", "/v1/checkout/sessions", PAGE, "")
    fake.pay(page["id"])
    intent = fake.last("payment_intent")["id"]

    def do(verb: str, thing: str = "", amount: str = "") -> int:
        return ask(f"{fake.url}/do/{verb}?lang=en", thing=thing, amount=amount)[0]

    assert do("refund", intent, "155.00") == 200 and do("refund", intent, "1000.01") == 409
    assert [do("refund", intent, amount) for amount in ("", "x", "0", "-1", "NaN", "1.001", "Infinity")] == [409] * 7
    assert do("pay_out", amount="500") == 200 and fake.available() == 1_155_00 - 35_49 - 155_00 - 500_00
    assert do("dispute", intent) == 200 and fake.available() == 0
    assert do("win", fake.last("dispute")["id"]) == 200 and fake.available() == 464_51
    assert do("fail_refund", fake.last("refund")["id"]) == 200 and fake.available() == 619_51
    assert do("fail_payout", fake.last("payout")["id"]) == 200 and fake.available() == 1_119_51
    assert "charge.refunded" in ask(fake.url, "en")[1]
    assert ask(f"{fake.url}/do/pay_out", origin="https://elsewhere.example", amount="1")[0] == 403


def test_words_have_their_values_in_both_languages() -> None:
    def holes(text: str) -> set[str]:
        return {each.split(")")[0] for each in text.split("%(")[1:]}

    assert all(holes(english) == holes(chinese) for english, chinese in ZH.items())
