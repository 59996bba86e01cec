"""A settlement as its papers have it: in Chinese, for the provider, finance and the issuer."""

from __future__ import annotations

from datetime import date
from typing import Any

from incubator.documents.formats import day, money
from incubator.documents.rmb import rmb_capitals
from incubator.documents.workbook import Column, Workbook
from incubator.subsidies.models import VoucherSettlement

PAPER = "zh_Hans"


def settlement_data(settlement: VoucherSettlement) -> dict[str, Any]:
    """What the template prints: only what is settled, and its hash."""
    content = settlement.content
    texts = ("number", "operator", "operator_code", "provider", "provider_code", "bank", "account")
    return {name: content[name] for name in texts} | {
        "first": _day(content["first"]), "last": _day(content["last"]), "on": _day(content["on"]),
        "total": money(content["total_minor"], "CNY", PAPER), "capitals": rmb_capitals(content["total_minor"]),
        "count": len(content["lines"]), "sha256": settlement.sha256.hex(),
        "lines": [
            [line["on"], line["order"], line["voucher"], line["startup"], line["title"],
             money(line["gross_minor"], "CNY", PAPER), money(line["amount_minor"], "CNY", PAPER),
             line["evidence"], line["sha256"][:12]]
            for line in content["lines"]
        ],
        "deductions": [
            [line["on"], line["settlement"], line["order"], line["voucher"], line["startup"], line["reason"],
             money(-line["amount_minor"], "CNY", PAPER)]
            for line in content.get("deductions", [])
        ],
    }  # fmt: skip


def write_settlement(content: dict[str, Any], sha256: str) -> bytes:
    """The same as a workbook: amounts as numbers, days as days, each line with the full hash of its evidence."""
    book = Workbook()
    title = f"创新券结算清单 {content['number']} {content['provider']}"
    book.add_sheet(
        "结算清单",
        [Column("核销日期", "date", 12), Column("订单", width=15), Column("券号", width=13), Column("券种", width=24),
         Column("企业", width=30), Column("服务内容", width=30), Column("服务金额", "money", 14),
         Column("券承担", "money", 14), Column("凭证", width=30), Column("凭证 SHA-256", width=66)],
        [[date.fromisoformat(line["on"]), line["order"], line["voucher"], line["series"], line["startup"],
          line["title"], line["gross_minor"], line["amount_minor"], line["evidence"], line["sha256"]]
         for line in content["lines"]],
        title=title,
        notes=[f"{content['operator']} {content['operator_code']}",
               f"期间 {content['first']} 至 {content['last']}，共 {len(content['lines'])} 笔，合计 "
               f"{money(content['total_minor'], 'CNY', PAPER)}（{rmb_capitals(content['total_minor'])}）",
               f"收款账户 {content['bank']} {content['account']}", f"SHA-256 {sha256}"],
    )  # fmt: skip
    if content.get("deductions"):
        book.add_sheet(
            "扣回",
            [Column("扣回日期", "date", 12), Column("原结算清单", width=15), Column("核销日期", "date", 12),
             Column("订单", width=15), Column("券号", width=13), Column("企业", width=30), Column("服务内容", width=30),
             Column("扣回金额", "money", 14), Column("原因", width=40)],
            [[date.fromisoformat(line["on"]), line["settlement"], date.fromisoformat(line["redeemed_on"]),
              line["order"], line["voucher"], line["startup"], line["title"], -line["amount_minor"], line["reason"]]
             for line in content["deductions"]],
            title=title,
        )  # fmt: skip
    return book.content()


def _day(text: str) -> str:
    return day(date.fromisoformat(text), PAPER)
