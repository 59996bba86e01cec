"""What people see: the hosted page on which one pays, and the account's own page."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from incubator.stand_ins.stripe.account import DECLINED, GOOD, Account, Thing
from incubator.stand_ins.stripe.words import LANGUAGES, NO_STRIPE, say

SHOWN = 50
"""Of each kind, the newest first."""
ABOUT = "The account, as its owner sees it at Stripe. What is done here is told to the product by signed events."
MARKS = {"zh": "zh-Hans", "en": "en"}
STYLE = Path(__file__).with_name("style.css").read_text()


def money(amount: int, currency: str) -> str:
    return f"{currency.upper()} {amount // 100:,}.{amount % 100:02}"


def show_paying(page: Thing, language: str, said: str = "") -> str:
    """The hosted page of a checkout, or of a card to be saved."""
    if page["status"] != "open":
        why = _t(language, "It was paid, closed, or left open for too long.")
        back = f'<a class="back" href="{escape(page["cancel_url"])}">{_t(language, "Back")}</a>'
        return _sheet(language, "This page is over", f"<p>{why}</p>{back}")
    back = f'<a class="back" href="{escape(page["cancel_url"])}">{_t(language, "Back without paying")}</a>'
    setup = page["mode"] == "setup"
    sum_ = _t(language, "Nothing is taken now.") if setup else money(page["amount_total"], page["currency"])
    told = f'<p class="said" role="alert">{_t(language, said)}</p>' if said else ""
    methods = page.get("_methods") or ["card", "alipay", "wechat_pay"]
    more = {"alipay": "Pay by Alipay: arrives after 20 seconds", "wechat_pay": "Pay by WeChat Pay"}
    others = "" if setup else "".join(
        f'<button name="way" value="{way}">{_t(language, words)}</button>'
        for way, words in more.items() if way in methods
    )  # fmt: skip
    act = _t(language, "Save this card" if setup else "Pay by card")
    title = "Save a card at the stand-in for Stripe" if setup else "Pay at the stand-in for Stripe"
    return _sheet(language, title, f"""<p class="soft">{escape(page["_title"])}</p>
<p class="{"soft" if setup else "sum num"}">{sum_}</p>{told}
<form class="pay" method="post"><input type="hidden" name="lang" value="{language}">
<label for="last4">{_t(language, "Card")}</label><select id="last4" name="last4">
<option value="{GOOD}">{_t(language, "4242: goes through")}</option>
<option value="{DECLINED}">{_t(language, "0002: is declined")}</option></select>
<button class="first" name="way" value="card">{act}</button>{others}</form>{back}""")  # fmt: skip


def show_missing(language: str) -> str:
    return _sheet(language, "There is no such page", f'<a class="back" href="/">{_t(language, "Back")}</a>')


def show_account(account: Account, language: str, said: str = "") -> str:
    """What there is, and what can be brought about."""
    available = account.available()
    told = f'<p class="said" role="alert">{escape(said)}</p>' if said else ""
    events = say(language, "%(told)s told, %(waiting)s waiting.", told=account.told,
                 waiting=len(account.events) - account.told)  # fmt: skip
    parts = [
        f'<p class="soft">{_t(language, ABOUT)}</p>{told}',
        f'<p class="soft">{_t(language, "To be paid out")}</p><p class="sum num">{money(available, "cny")}</p>',
        _act(language, "pay_out", "", "Pay out", amount=available) if available else "",
    ]
    open_pages = [each for each in account.all_of("checkout.session") if each["status"] == "open"]
    lists = (
        ("Payments", [_payment(account, each, language) for each in account.all_of("payment_intent")]),
        ("Open pages", [_page(each, language) for each in open_pages]),
        ("Disputes", [_dispute(each, language) for each in account.all_of("dispute")]),
        ("Refunds", [_refund(each, language) for each in account.all_of("refund")]),
        ("Payouts", [_payout(each, language) for each in account.all_of("payout")]),
        ("Events", [_row(each["type"], "told" if place < account.told else "waits", each, language)
                    for place, each in reversed(list(enumerate(account.events)))]),
    )  # fmt: skip
    sheets = [f'<section class="sheet"><h2>{_t(language, title)}</h2>'
              + (f'<p class="soft">{events}</p>' if title == "Events" else "")
              + (f"<ul>{''.join(rows[:SHOWN])}</ul>" if rows else f'<p class="soft">{_t(language, "Nothing yet.")}</p>')
              + "</section>" for title, rows in lists]  # fmt: skip
    return _sheet(language, "Stand-in for Stripe", "".join(parts), "".join(sheets), wide=True)


def _payment(account: Account, intent: Thing, language: str) -> str:
    charge = account.things.get(intent["latest_charge"] or "")
    sums, acts = money(intent["amount"], intent["currency"]), ""
    if charge is not None:
        left = charge["amount"] - charge["amount_refunded"]
        if charge["amount_refunded"]:
            sums += f" · {_t(language, 'refunded')} {money(charge['amount_refunded'], intent['currency'])}"
        if left:
            acts = _act(language, "refund", intent["id"], "Give back", amount=left)
        if not any(each["payment_intent"] == intent["id"] for each in account.all_of("dispute")):
            acts += _act(language, "dispute", intent["id"], "Dispute it")
    return _row(sums, intent["status"], intent, language, acts)


def _page(page: Thing, language: str) -> str:
    sums = say(language, "saves a card") if page["mode"] == "setup" else money(page["amount_total"], page["currency"])
    look = f'<a class="back" href="{escape(page["url"])}">{_t(language, "Look at it")}</a>'
    return _row(sums, "open", page, language, look + _act(language, "expire", page["id"], "Close it"))


def _dispute(dispute: Thing, language: str) -> str:
    runs = dispute["status"] not in ("won", "lost")
    acts = (_act(language, "win", dispute["id"], "Decide: won") + _act(language, "lose", dispute["id"], "Decide: lost")
            if runs else "")  # fmt: skip
    return _row(money(dispute["amount"], dispute["currency"]), dispute["status"], dispute, language, acts)


def _refund(refund: Thing, language: str) -> str:
    acts = "" if refund["status"] == "failed" else _act(language, "fail_refund", refund["id"], "The bank sends it back")
    return _row(money(refund["amount"], refund["currency"]), refund["status"], refund, language, acts)


def _payout(payout: Thing, language: str) -> str:
    acts = "" if payout["status"] == "failed" else _act(language, "fail_payout", payout["id"], "The bank sends it back")
    return _row(money(payout["amount"], payout["currency"]), payout["status"], payout, language, acts)


def _row(first: str, status: str, thing: Thing, language: str, acts: str = "") -> str:
    when = datetime.fromtimestamp(thing["created"], UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    return (f'<li><div><span class="num">{escape(first)}</span> · {_t(language, status)}<br>'
            f'<span class="soft small">{when} · {escape(thing["id"])}</span></div>'
            f'<div class="acts">{acts}</div></li>')  # fmt: skip


def _act(language: str, verb: str, thing_id: str, words: str, amount: int | None = None) -> str:
    field = ""
    if amount is not None:
        named = f'name="amount" aria-label="{_t(language, "Amount")}"'
        value = f"{amount // 100}.{amount % 100:02}"
        field = f'<input {named} value="{value}" inputmode="decimal" autocomplete="off">'
    return f"""<form method="post" action="/do/{verb}?{urlencode({"lang": language})}">
<input type="hidden" name="thing" value="{escape(thing_id)}">{field}<button>{_t(language, words)}</button></form>"""


def _sheet(language: str, title: str, body: str, after: str = "", wide: bool = False) -> str:
    name = _t(language, title)
    [other] = set(LANGUAGES) - {language}
    note = "".join(f'<span lang="{MARKS[each]}">{NO_STRIPE[each]}</span>' for each in (language, other))
    return f"""<!doctype html><html lang="{MARKS[language]}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{name}</title>
<link rel="stylesheet" href="/style.css"></head><body><div class="note" role="note">{note}</div>
<main{' class="wide"' if wide else ""}><section class="sheet"><div class="top"><h1>{name}</h1>
<a href="?lang={other}" lang="{MARKS[other]}">{LANGUAGES[other]}</a></div>
{body}</section>{after}</main></body></html>"""


def _t(language: str, sentence: str) -> str:
    return escape(say(language, sentence))
