"""The papers of a pack: covering letter, form and workbook, as an authority in China takes them; and its README."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from incubator.claims.pack.bundle import bundle_hash
from incubator.claims.pack.columns import COLUMNS
from incubator.claims.pack.layout import Contents
from incubator.documents import pdf
from incubator.documents.formats import day, money
from incubator.documents.rmb import rmb_capitals
from incubator.documents.workbook import Column, Workbook
from incubator.documents.workbook import Kind as CellKind

LOCALE = "zh_Hans"
ENCLOSED = (
    "申报表（form/form.pdf、form/form.xlsx）", "申报明细及汇总表（tables/）", "证明材料（evidence/）",
    "每笔金额的计算过程与政策规则（derivations/、rules/）",
    "清单、签名与核验程序（manifest.json、signature.json、verify.py）",
)  # fmt: skip
KINDS: dict[str, CellKind] = {"integer": "integer", "money": "money"}
SHEETS = {
    "companies": "企业汇总", "versions": "政策版本", "lines": "申报明细", "invoices": "账单", "evidence": "证明材料",
}  # fmt: skip


def make_papers(contents: Contents) -> dict[str, bytes]:
    """All of them, from the rows of the tables alone: the same rows give the same bytes."""
    return {
        "form/letter.pdf": pdf.render("claims/pack.typ", _letter(contents)),
        "form/form.pdf": pdf.render("claims/pack.typ", _form(contents)),
        "form/form.xlsx": _workbook(contents),
        "README.txt": _notes(contents).encode(),
    }


def _letter(contents: Contents) -> dict[str, Any]:
    claim, operator = contents.claim, contents.operator
    total, count = contents.total_minor, len(contents.tables["companies"])
    where = f"（{claim['site_name']}）" if claim["site_name"] else ""
    return {
        "part": "letter", "title": f"关于申报{claim['scheme_name']}的函", "number": claim["number"],
        "operator": operator["name"], "credit_code": operator["credit_code"] or "", "to": claim["issuer"] or "主管部门",
        "enclosed": list(ENCLOSED),
        "paragraphs": [
            f"根据{claim['scheme_name']}的有关规定，现就 {_days(claim)} 期间{where}{count} 家企业的补贴共 "
            f"{len(contents.tables['lines'])} 笔，申报人民币 {money(total, claim['currency'], LOCALE)}"
            f"（大写：{rmb_capitals(total)}），申报编号 {claim['number']}。",
            "所附材料中的每一笔金额均可追溯到账单、协议、占用记录与证明文件，并可用所附核验程序离线重新计算和验证。",
            "我单位对申报材料的真实性、完整性负责。请予审核。",
        ],
    }  # fmt: skip


def _form(contents: Contents) -> dict[str, Any]:
    claim, operator, lines = contents.claim, contents.operator, contents.rows("lines")
    return {
        "part": "form", "title": f"{claim['scheme_name']}申报表", "number": claim["number"],
        "operator": operator["name"],
        "facts": [
            ["申报单位", operator["name"]], ["统一社会信用代码", operator["credit_code"] or "—"],
            ["申报编号", claim["number"]], ["受理编号", claim["authority_number"] or "—"],
            ["补贴项目", f"{claim['scheme_name']}（{claim['scheme']}）"], ["主管部门", claim["issuer"] or "—"],
            ["申报期间", _days(claim)], ["场地", claim["site_name"] or "全部场地"],
        ],
        "total": money(contents.total_minor, claim["currency"], LOCALE), "capitals": rmb_capitals(contents.total_minor),
        "companies": [
            [each["name"] or "运营方自身", each["credit_code"] or "—", str(each["lines"]), _yuan(each["base"]),
             _yuan(each["amount"])] for each in contents.rows("companies")
        ],
        "versions": [
            [each["version"], each["source"], str(each["lines"]), _yuan(each["base"]), _yuan(each["amount"])]
            for each in contents.rows("versions")
        ],
        "lines": str(len(lines)), "base": _yuan(sum(int(each["base"] or 0) for each in lines)),
        "amount": _yuan(contents.total_minor),
    }  # fmt: skip


def _workbook(contents: Contents) -> bytes:
    book = Workbook()
    # its properties name a moment: the claim's, so that the same claim is the same file
    book.book.set_properties({"created": datetime.fromisoformat(contents.made_at).replace(tzinfo=None)})
    claim = contents.claim
    total = money(contents.total_minor, claim["currency"], LOCALE)
    notes = [f"{contents.operator['name']} {contents.operator['credit_code'] or ''}", f"期间 {_days(claim)}",
             f"合计 {total}（{rmb_capitals(contents.total_minor)}）"]  # fmt: skip
    for name, sheet in SHEETS.items():
        columns = [Column(each.title, KINDS.get(each.kind, "text"), 20) for each in COLUMNS[name]]
        book.add_sheet(sheet, columns, contents.tables[name], title=f"{claim['scheme_name']} {claim['number']} {sheet}",
                       notes=notes)  # fmt: skip
    return book.content()


def _notes(contents: Contents) -> str:
    """README in both languages, with the ways of Windows, too."""
    claim = contents.claim
    return f"""\
{claim["number"]} {claim["scheme_name"]} {claim["first"]} – {claim["last"]}

如何核验（离线，只需 Python 3.9 或更高版本）
    python verify.py            在已解压的文件夹内运行
    python verify.py pack.zip   核验原始压缩包，逐字节
核验程序检查签名、每个文件的哈希、表格的每个单元格，并按政策规则重新计算每一笔金额与合计；任何改动都会指明位置。
请从运营方的公开页面核对公钥；verify.py 的 SHA-256 为 {bundle_hash()}，也可单独取得。

    form/          申报函、申报表（PDF、Excel、数据）
    tables/        明细与汇总（CSV，UTF-8；tables.json 为同样的数据）
    derivations/   每笔补贴与每笔应收款项的计算过程
    rules/         政策规则
    evidence/      证明材料
    manifest.json  文件清单与哈希；signature.json 为其 Ed25519 签名

How to check it (offline, with Python 3.9 or later)
    python verify.py            in the folder that this was unpacked to
    python verify.py pack.zip   the file as it was handed in, byte by byte
It checks the signature, the hash of each file and each cell of each table, and recomputes every amount and sum by the
rules; whatever was changed is said with its place. Compare the public key with the operator's public page. The
SHA-256 of verify.py is {bundle_hash()}; it can be had by itself, too.
"""


def _days(claim: Any) -> str:
    first, last = (day(date.fromisoformat(claim[key]), LOCALE) for key in ("first", "last"))
    return f"{first}至{last}"


def _yuan(minor: Any) -> str:
    return f"{Decimal(int(minor or 0)).scaleb(-2):,.2f}"
