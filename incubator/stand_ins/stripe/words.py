"""What the pages say, in English and Chinese."""

from __future__ import annotations

LANGUAGES = {"zh": "中文", "en": "English"}
ZH = {
    "Stand-in for Stripe": "Stripe 模拟服务",
    "Pay at the stand-in for Stripe": "在 Stripe 模拟服务上付款",
    "Save a card at the stand-in for Stripe": "在 Stripe 模拟服务上保存银行卡",
    "Nothing is taken now.": "现在不扣款。",
    "Card": "银行卡",
    "4242: goes through": "尾号 4242：付款成功",
    "0002: is declined": "尾号 0002：余额不足，被拒绝",
    "Pay by card": "银行卡付款",
    "Save this card": "保存此卡",
    "Pay by Alipay: arrives after 20 seconds": "支付宝付款（20 秒后到账）",
    "Pay by WeChat Pay": "微信支付",
    "Back without paying": "返回，不付款",
    "The card was declined. Choose another one, or go back.": "银行卡被拒绝。请换一张卡，或返回。",
    "This page is over": "此页面已失效",
    "It was paid, closed, or left open for too long.": "款项已付、页面已关闭，或等待时间过长。",
    "Back": "返回",
    "There is no such page": "没有此页面",
    "The account, as its owner sees it at Stripe. What is done here is told to the product by signed events.":
        "相当于运营方在 Stripe 后台看到的账户。此处的操作会以签名事件通知系统。",
    "To be paid out": "可提现",
    "Pay out": "提现",
    "Amount": "金额",
    "Payments": "付款",
    "Nothing yet.": "暂无记录。",
    "succeeded": "成功",
    "processing": "处理中",
    "canceled": "已取消",
    "requires_payment_method": "未付",
    "open": "等待付款",
    "needs_response": "待回应",
    "won": "胜诉",
    "lost": "败诉",
    "paid": "已到账",
    "failed": "失败",
    "refunded": "已退",
    "left": "剩余",
    "Give back": "退款",
    "Dispute it": "发起争议",
    "Disputes": "争议",
    "Decide: won": "判定胜诉",
    "Decide: lost": "判定败诉",
    "Refunds": "退款",
    "The bank sends it back": "银行退回",
    "Payouts": "提现记录",
    "Open pages": "未付款的页面",
    "Close it": "关闭页面",
    "Look at it": "查看",
    "Events": "事件",
    "told": "已通知",
    "waits": "待通知",
    "%(told)s told, %(waiting)s waiting.": "已通知 %(told)s 条，等待 %(waiting)s 条。",
    "That can't be done: %(why)s": "无法操作：%(why)s",
    "saves a card": "保存银行卡",
}  # fmt: skip
NO_STRIPE = {
    "en": "This is a stand-in, not Stripe. No money moves.",
    "zh": "这是模拟服务，不是 Stripe，不会发生任何资金往来。",
}


def say(language: str, sentence: str, **given: object) -> str:
    """The sentence in a language; a Stripe word that is not listed stays as it is."""
    found = ZH.get(sentence, sentence) if language == "zh" else sentence.replace("_", " ")
    return found % given if given else found


def language_of(asked: str, accepted: str) -> str:
    """The one that is asked for, else the browser's first if it is Chinese, else English."""
    if asked in LANGUAGES:
        return asked
    return "zh" if accepted.lower().startswith("zh") else "en"
