"""Statements as the four banks' corporate e-banking writes them: their column layouts, with invented companies."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import xlsxwriter

ACCOUNT = "4000023009200123456"

ICBC_HEADER = ["[HISTORYDETAIL]凭证号", "本方账号", "对方账号", "交易时间", "借/贷", "借方发生额", "贷方发生额", "对方行号", "摘要", "用途",
               "对方单位名称", "余额", "个性化信息"]  # fmt: skip
ICBC_ROWS = [
    ["0", ACCOUNT, "4000021109200555001", "2026-11-02-10.22.33.123456", "贷", "0.00", "2,430.00", "102584002354", "转账",
     "10月房租 INV-2026-000001", "甲科技有限公司", "102,430.00", ""],
    ["0", ACCOUNT, "", "2026-11-03-09.00.01.000000", "借", "35.00", "0.00", "", "手续费", "", "", "102,395.00", ""],
    ["0", ACCOUNT, "755900011110302", "2026-11-05-16.40.12.000000", "贷", "0.00", "1,060.00", "308584001032", "汇款", "租金",
     "乙科技有限责任公司", "103,455.00", ""],
]  # fmt: skip

CCB_HEADER = ["账号", "账户名称", "交易时间", "借方发生额（支取）", "贷方发生额（收入）", "余额", "币种", "对方户名", "对方账号", "对方开户机构",
              "记账日期", "摘要", "备注", "账户明细编号-交易流水号", "企业流水号", "凭证种类", "凭证号", "关联账户"]  # fmt: skip
CCB_ROWS = [
    [ACCOUNT, "南山创客空间", "20261105 16:40:12", "0.00", "1060.00", "103455.00", "人民币元", "乙科技有限公司", "755900011110302",
     "招商银行深圳分行", "20261105", "电子汇入", "租金", "128-44030011", "", "", "", ""],
    [ACCOUNT, "南山创客空间", "20261103 09:00:01", "35.00", "0.00", "102395.00", "人民币元", "", "", "", "20261103", "收费", "账户管理费",
     "127-44030010", "", "", "", ""],
    [ACCOUNT, "南山创客空间", "20261102 10:22:33", "0.00", "2430.00", "102430.00", "人民币元", "甲科技有限公司", "4000021109200555001",
     "工行南山支行", "20261102", "电子汇入", "INV 2026 000001", "126-44030009", "", "", "", ""],
]  # fmt: skip
"""The newest first, as CCB gives them."""

BOC_HEADER = [
    "交易类型[ Transaction Type ]", "业务类型[ Business type ]", "付款人开户行号[ Account holding bank number of payer ]",
    "付款人开户行名[ Payer account bank ]", "付款人账号[ Debit Account No. ]", "付款人名称[ Payer's Name ]",
    "收款人开户行行号[ Account holding bank number of beneficiary ]", "收款人开户行名[ Beneficiary account bank ]",
    "收款人账号[ Payee's Account Number ]", "收款人名称[ Payee's Name ]", "交易日期[ Transaction Date ]",
    "交易时间[ Transaction time ]", "交易货币[ Trade Currency ]", "交易金额[ Trade Amount ]",
    "交易后余额[ After-transaction balance ]", "起息日期[ Value Date ]", "汇率[ Exchange rate ]",
    "交易流水号[ Transaction reference number ]", "客户申请号[ Online Banking Transaction Ref.(Bank Ref.) ]",
    "客户业务编号[ Customer Transaction Ref.(Customer Ref.) ]", "凭证类型[ Voucher type ]", "凭证号码[ Voucher number ]",
    "记录标识号[ Record ID ]", "摘要[ Reference ]", "用途[ Purpose ]", "交易附言[ Remark ]", "备注[ Remarks ]",
]  # fmt: skip
BOC_ROWS = [
    ["来账", "汇款", "102584002354", "工行南山支行", "4000021109200555001", "甲科技有限公司", "104584000018", "中行深圳", ACCOUNT, "南山创客空间",
     "20261102", "10:22:33", "CNY", "2,430.00", "102,430.00", "20261102", "", "2026110200118842", "", "", "", "", "", "", "房租",
     "ＩＮＶ２０２６００００01", ""],
    ["往账", "收费", "104584000018", "中行深圳", ACCOUNT, "南山创客空间", "", "", "", "中国银行深圳分行", "20261103", "09:00:01", "CNY",
     "-35.00", "102,395.00", "20261103", "", "2026110300100771", "", "", "", "", "", "手续费", "", "", ""],
    ["来账", "汇款", "308584001032", "招商银行", "755900011110302", "乙科技有限公司", "104584000018", "中行深圳", ACCOUNT, "南山创客空间",
     "20261105", "16:40:12", "CNY", "1,060.00", "103,455.00", "20261105", "", "2026110500133377", "", "", "", "", "", "", "租金", "", ""],
]  # fmt: skip

CMB_HEADER = ["交易日", "交易时间", "起息日", "交易类型", "借方金额", "贷方金额", "余额", "摘要", "流水号", "流程实例号", "业务名称", "用途", "业务参考号",
              "业务摘要", "其它摘要", "收/付方分行名", "收/付方名称", "收/付方账号", "收/付方开户行行号", "收/付方开户行名", "收/付方开户行地址",
              "母/子公司账号分行名", "母/子公司账号", "母/子公司名称", "信息标志", "有否附件信息", "冲账标志", "扩展摘要", "交易分析码", "票据号",
              "商务支付订单号", "内部编号"]  # fmt: skip


def cmb_row(on: date, out: Any, came: Any, balance: Any, text: str, serial: str, name: str, account: str) -> list[Any]:
    row: list[Any] = [on, "10:22:33", on, "DCTD", out, came, balance, text, serial] + [""] * 7
    return [*row, name, account] + [""] * 14


CMB_ROWS = [
    cmb_row(date(2026, 11, 2), "", 2430.0, 102430.0, "INV2026-000001", "C0812A1", "甲科技有限公司", "4000021109200555001"),
    cmb_row(date(2026, 11, 3), 35.0, "", 102395.0, "账户管理费", "C0812B7", "", ""),
    cmb_row(date(2026, 11, 5), "", 1060.0, 103455.0, "租金", "C0813C2", "乙科技有限公司", "755900011110302"),
]

LINES = [("2026-11-02", 243_000, "甲科技有限公司"), ("2026-11-03", -3_500, ""), ("2026-11-05", 106_000, "乙科技有限公司")]
"""What each of the four tells: 102,430.00 − 35.00 + 1,060.00 = 103,455.00."""


def as_csv(header: Sequence[Any], rows: Sequence[Sequence[Any]], *, above: Sequence[Sequence[Any]] = (),
           below: Sequence[Sequence[Any]] = (), encoding: str = "utf-8-sig") -> bytes:  # fmt: skip
    """A file as a bank exports it: notes above its titles, sums below its lines."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerows([*above, header, *rows, *below])
    return file.getvalue().encode(encoding)


def as_xlsx(header: Sequence[Any], rows: Sequence[Sequence[Any]], *, above: Sequence[Sequence[Any]] = (),
            below: Sequence[Sequence[Any]] = ()) -> bytes:  # fmt: skip
    """The same as a workbook, days as days and amounts as numbers."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
    for number, row in enumerate([*above, header, *rows, *below]):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, column, value, day)  # type: ignore[arg-type] # it takes days, too
            else:
                sheet.write(number, column, value)
    book.close()
    return file.getvalue()


def icbc() -> tuple[str, bytes]:
    return "historydetail1234.csv", as_csv(ICBC_HEADER, ICBC_ROWS, encoding="gb18030")


def ccb() -> tuple[str, bytes]:
    below = [["合计", "", "", "35.00", "3490.00"]]
    above = [["中国建设银行账户明细信息"], ["查询时间：", "2026-11-01 至 2026-11-05"]]
    return "ccb.xlsx", as_xlsx(CCB_HEADER, CCB_ROWS, above=above, below=below)


def boc() -> tuple[str, bytes]:
    above = [["查询账号[ Inquirer account number ]", ACCOUNT], ["借方发生总笔数[ Total Numbers of Debited Payments ]", "1"], []]
    return "boc.csv", as_csv(BOC_HEADER, BOC_ROWS, above=above, encoding="gb18030")


def cmb() -> tuple[str, bytes]:
    above = [["招商银行交易查询"], ["账号：", ACCOUNT[-4:]], []]
    return "cmb.xlsx", as_xlsx(CMB_HEADER, CMB_ROWS, above=above, below=[[], ["借方合计", "", "", "", 35.0], ["总笔数：3"]])


BANKS = {"icbc": icbc, "ccb": ccb, "boc": boc, "cmb": cmb}


def camt(version: int = 2, namespace: str = "", entries: str | None = None, account: str = ACCOUNT,
         closing: str = "103455.00") -> bytes:  # fmt: skip
    """A CAMT.053 of the same three lines."""
    party = "<Pty><Nm>{}</Nm></Pty>" if version >= 8 else "<Nm>{}</Nm>"
    status = "<Sts><Cd>BOOK</Cd></Sts>" if version >= 8 else "<Sts>BOOK</Sts>"

    def entry(amount: str, way: str, on: str, ref: str, details: str) -> str:
        return (f'<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>{status}<BookgDt><Dt>{on}</Dt></BookgDt>'
                f"<AcctSvcrRef>{ref}</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>")  # fmt: skip

    if entries is None:
        paid = (f"<TxDtls><RltdPties><Dbtr>{party.format('甲科技有限公司')}</Dbtr><DbtrAcct><Id><Othr><Id>4000021109200555001</Id>"
                "</Othr></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>INV-2026-000001</Ustrd></RmtInf></TxDtls>")  # fmt: skip
        other = f"<TxDtls><RltdPties><Dbtr>{party.format('乙科技有限公司')}</Dbtr></RltdPties><RmtInf><Ustrd>租金</Ustrd></RmtInf></TxDtls>"
        entries = (entry("2430.00", "CRDT", "2026-11-02", "A1", paid) + entry("35.00", "DBIT", "2026-11-03", "A2", "")
                   + entry("1060.00", "CRDT", "2026-11-05", "A3", other))  # fmt: skip

    def balance(code: str, amount: str) -> str:
        return (f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{amount}</Amt>'
                "<CdtDbtInd>CRDT</CdtDbtInd></Bal>")  # fmt: skip

    space = namespace or f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}"
    return (f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{space}"><BkToCstmrStmt><Stmt><Acct><Id><Othr><Id>{account}'
            f"</Id></Othr></Id></Acct>{balance('OPBD', '100000.00')}{balance('CLBD', closing)}{entries}</Stmt></BkToCstmrStmt>"
            "</Document>").encode()  # fmt: skip
