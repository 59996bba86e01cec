"""Subsidies of a month as a kind of report: what each scheme gave whom on the posted invoices, what it refused and why,
what credit notes took back, and that the books say the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import JournalEntry, Posting
from incubator.billing.queries.credit_notes import CreditedDecision, list_credited, note_number
from incubator.billing.queries.invoices import PostedInvoice, PostedLine, list_posted
from incubator.core.canonical import plain
from incubator.core.errors import N_
from incubator.core.periods import Month
from incubator.documents.workbook import Column
from incubator.reports.content import Content, Report
from incubator.reports.frozen.kind import Figure, Kind, Presented, Question, Table
from incubator.reports.frozen.queries import heading
from incubator.subsidies.explain import explain
from incubator.subsidies.models import Decision
from incubator.subsidies.wording import charge_kind

DEFINITION = "subsidies/1"
GIVEN = ("granted", "capped", "adjusted", "credited", "ruled")
"""Outcomes with an amount: what is given, and what is given back or late, with its sign."""
RECEIVABLE = "government"
"""Who bears what the books have as subsidy_receivable."""
OUTCOME_WORDS = {
    "granted": N_("granted"), "capped": N_("granted up to a cap"), "adjusted": N_("corrected"),
    "credited": N_("taken back"), "ruled": N_("not borne by the authority"), "refused": N_("refused"),
    "nothing": N_("comes to nothing"),
    "displaced": N_("another scheme gives more"), "held": N_("waits for its budget"),
}  # fmt: skip
BEARER_WORDS = {
    "government": N_("Government"), "sponsor": N_("Sponsor"), "voucher": N_("Vouchers"), "operator": N_("Operator"),
}  # fmt: skip


def _make(session: Session, actor: Actor, question: Question) -> Report:
    """A dozen statements, however many invoices there are."""
    actor.require(Action.SEE_REPORTS)
    assert question.site_id is not None
    month = Month.of(question.period.first)
    posted = list_posted(session, actor, question.site_id, month)
    credited = list_credited(session, actor, question.site_id, month)
    rows, not_covered = [], 0
    for each in posted:
        for line in each.lines:
            for decision in line.decisions:
                if decision.outcome == "not_covered":
                    not_covered += 1
                else:
                    rows.append(_row(each, line, decision))
    rows += [_credit(taken, taken.decision) for taken in credited if taken.decision is not None]
    notes = {each.note.id for each in credited}
    books = _booked(session, [each.invoice.id for each in posted], sorted(notes))
    content: Content = plain({
        **heading(session, question, DEFINITION),
        "currency": posted[0].invoice.currency if posted else "CNY",
        "invoices": len(posted), "notes": len(notes), "not_covered": not_covered,
        "rows": sorted(rows, key=lambda row: (row["scheme"], row["startup"]["code"], row["key"])),
        "books": {"receivable_minor": books},
    })  # fmt: skip
    content["schemes"] = schemes_of(content)
    content["figures"] = figures_of(content)
    return Report(content)


def _row(each: PostedInvoice, line: PostedLine, decision: Decision) -> dict[str, Any]:
    base_minor = 0 if decision.adjusts_id is not None else decision.base_minor  # it stood with the first
    return _said(f"decision-{decision.id}", each.invoice.id, each.number, each.invoice.startup_id,
                 each.invoice.parties["startup"], line.charge.kind, line.charge.starts_on, line.charge.ends_on,
                 base_minor, decision.amount_minor, decision.outcome, decision.bearer,
                 decision.derivation)  # fmt: skip


def _credit(taken: CreditedDecision, decision: Decision) -> dict[str, Any]:
    number = note_number(taken.note)
    derivation = decision.derivation | {"credit_note_number": number, "reason": taken.note.reason}
    return _said(f"credit-{taken.note.id}-{decision.id}", taken.invoice.id, number, taken.invoice.startup_id,
                 taken.invoice.parties["startup"], taken.charge.kind, taken.charge.starts_on, taken.charge.ends_on,
                 0, taken.amount_minor, "credited", decision.bearer, derivation)  # fmt: skip


def _said(
    key: str, invoice_id: int, paper: str, startup_id: int, party: Mapping[str, Any], kind: str, starts_on: date,
    ends_on: date, base_minor: int, amount_minor: int, outcome: str, bearer: str, derivation: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    return {
        "key": key, "scheme": derivation["scheme"], "bearer": bearer, "invoice": invoice_id, "paper": paper,
        "startup": {"id": startup_id, "code": party["code"], "name": party["name"], "name_en": party["name_en"]},
        "charge_kind": kind, "starts_on": starts_on, "ends_on": ends_on, "base_minor": base_minor,
        "amount_minor": amount_minor, "outcome": outcome, "derivation": dict(derivation),
    }  # fmt: skip


def _booked(session: Session, invoice_ids: Sequence[int], note_ids: Sequence[int]) -> int:
    """What the entries of these invoices and credit notes moved on subsidy_receivable."""
    account = "subsidy_receivable"
    signed = case((Posting.debit == account, Posting.amount_minor), else_=-Posting.amount_minor)
    found = session.execute(
        select(func.coalesce(func.sum(signed), 0))
        .select_from(Posting)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(
            or_(Posting.debit == account, Posting.credit == account),
            or_(
                and_(JournalEntry.kind == "invoice", JournalEntry.source_id.in_(invoice_ids)),
                and_(JournalEntry.kind == "credit_note", JournalEntry.source_id.in_(note_ids)),
            ),
        )
    ).scalar_one()
    return int(found)


def schemes_of(content: Content) -> list[dict[str, Any]]:
    """Each scheme's sums, added up anew from the report's own rows."""
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in content["rows"]:
        grouped[row["scheme"]].append(row)
    found = []
    for code, rows in sorted(grouped.items()):
        given = [row for row in rows if row["outcome"] in GIVEN]
        told = rows[-1]["derivation"]
        found.append({
            "key": code, "name": told["scheme_name"], "name_en": told["scheme_name_en"],
            "versions": sorted({row["derivation"]["version"] for row in rows}),
            "sources": list(dict.fromkeys(row["derivation"]["source"] for row in rows)),
            "startups": len({row["startup"]["id"] for row in given}),
            "base_minor": sum(row["base_minor"] for row in given),
            "granted_minor": _sum(row for row in given if row["outcome"] != "credited"),
            "credited_minor": _sum(row for row in given if row["outcome"] == "credited"),
            "amount_minor": _sum(given), "refused": sum(row["outcome"] == "refused" for row in rows),
        })  # fmt: skip
    return found


def figures_of(content: Content) -> list[dict[str, Any]]:
    """The figures added up anew from the report's own rows, as an outsider would."""
    given = [row for row in content["rows"] if row["outcome"] in GIVEN]
    return [
        {"key": "granted", "minor": _sum(row for row in given if row["outcome"] != "credited")},
        {"key": "credited", "minor": _sum(row for row in given if row["outcome"] == "credited")},
        {"key": "subsidy", "minor": _sum(given)},
        {"key": "receivable", "minor": _sum(row for row in given if row["bearer"] == RECEIVABLE)},
        {"key": "startups", "count": len({row["startup"]["id"] for row in given})},
        {"key": "refused", "count": sum(row["outcome"] == "refused" for row in content["rows"])},
    ]


def adds_up(content: Content) -> bool:
    """Figures and schemes follow from the rows, and the books have what government owes by them."""
    receivable = next(each["minor"] for each in content["figures"] if each["key"] == "receivable")
    return (
        figures_of(content) == content["figures"] and schemes_of(content) == content["schemes"]
        and receivable == content["books"]["receivable_minor"]
        and not any(row["amount_minor"] for row in content["rows"] if row["outcome"] not in GIVEN)
    )  # fmt: skip


def _sum(rows: Iterable[Mapping[str, Any]]) -> int:
    return sum(row["amount_minor"] for row in rows)


def present(content: Content, locale: str) -> Presented:
    """The schemes, then by startup, then every line with the reason for its amount."""
    figures = {each["key"]: each for each in content["figures"]}
    booked = content["books"]["receivable_minor"]
    fits = booked == figures["receivable"]["minor"]
    note = gettext("The books have the same.") if fits else gettext("The books have another amount.")
    return Presented(
        figures=[
            Figure(gettext("Subsidies (yuan)"), figures["subsidy"]["minor"], "money"),
            Figure(gettext("Of which government bears (yuan)"), figures["receivable"]["minor"], "money", note),
            Figure(gettext("Startups subsidised"), figures["startups"]["count"]),
            Figure(gettext("Lines refused"), figures["refused"]["count"]),
        ],
        tables=[_schemes(content, locale), _startups(content, locale), _given(content, locale),
                _refused(content, locale)],
        facts=[
            (gettext("Invoices"), str(content["invoices"])), (gettext("Credit notes"), str(content["notes"])),
            (gettext("Charges that no scheme covers"), str(content["not_covered"])),
        ],
        notes=[] if fits else [gettext("Subsidies receivable in the books differ from the decisions of this report.")],
    )  # fmt: skip


def _schemes(content: Content, locale: str) -> Table:
    rows = content["schemes"]
    total = [gettext("Together"), "", "", None, *(sum(row[name] for row in rows)
             for name in ("base_minor", "granted_minor", "credited_minor", "amount_minor", "refused"))]  # fmt: skip
    return Table(
        "schemes", gettext("By scheme"),
        [Column(gettext("Code"), width=10), Column(gettext("Scheme"), width=30), Column(gettext("Versions"), width=10),
         Column(gettext("Startups"), "integer", 10), Column(gettext("Base (yuan)"), "money", 14),
         Column(gettext("Granted (yuan)"), "money", 14), Column(gettext("Taken back (yuan)"), "money", 14),
         Column(gettext("Subsidy (yuan)"), "money", 14), Column(gettext("Lines refused"), "integer", 10)],
        [[row["key"], _named(row, locale), ", ".join(map(str, row["versions"])), row["startups"], row["base_minor"],
          row["granted_minor"], row["credited_minor"], row["amount_minor"], row["refused"]] for row in rows],
        total=total if rows else None, empty=gettext("No scheme gave or refused anything in this month."),
    )  # fmt: skip


def _startups(content: Content, locale: str) -> Table:
    sums: dict[tuple[str, str], list[Any]] = {}
    for row in content["rows"]:
        if row["outcome"] in GIVEN:
            who = row["startup"]
            begun = [who["code"], _named(who, locale), row["scheme"], 0, 0]
            found = sums.setdefault((row["scheme"], who["code"]), begun)
            found[3] += row["base_minor"]
            found[4] += row["amount_minor"]
    rows = [sums[key] for key in sorted(sums)]
    ids = {row["startup"]["code"]: row["startup"]["id"] for row in content["rows"]}
    return Table(
        "startups", gettext("By startup"),
        [Column(gettext("Startup's code"), width=12), Column(gettext("Startup"), width=34),
         Column(gettext("Scheme"), width=12), Column(gettext("Base (yuan)"), "money", 16),
         Column(gettext("Subsidy (yuan)"), "money", 16)],
        rows,
        total=[gettext("Together"), "", "", sum(row[3] for row in rows), sum(row[4] for row in rows)] if rows else None,
        links=[("startups.show", {"startup_id": ids[row[0]]}) for row in rows],
    )  # fmt: skip


def _given(content: Content, locale: str) -> Table:
    rows = [row for row in content["rows"] if row["outcome"] in GIVEN]
    return Table(
        "rows", gettext("What was given, line by line"),
        [*_line_columns(), Column(gettext("Base (yuan)"), "money", 14), Column(gettext("Rate"), "percent", 9),
         Column(gettext("Subsidy (yuan)"), "money", 14), Column(gettext("Borne by"), width=10),
         Column(gettext("How it came about"), width=46)],
        [[*_line_cells(row, locale), row["base_minor"], _rate(row), row["amount_minor"],
          _word(BEARER_WORDS, row, "bearer"), _why(row, content, locale)] for row in rows],
        total=[gettext("Together"), *[None] * 6, sum(row["base_minor"] for row in rows), None, _sum(rows), None, None]
        if rows else None,
        links=_links(rows),
    )  # fmt: skip


def _refused(content: Content, locale: str) -> Table:
    rows = [row for row in content["rows"] if row["outcome"] not in GIVEN]
    return Table(
        "refused", gettext("What was not given, and why"),
        [*_line_columns(), Column(gettext("Base (yuan)"), "money", 14), Column(gettext("State"), width=14),
         Column(gettext("Why"), width=46)],
        [[*_line_cells(row, locale), row["base_minor"], _word(OUTCOME_WORDS, row, "outcome"),
          _why(row, content, locale)] for row in rows],
        links=_links(rows), empty=gettext("Nothing was refused."),
    )  # fmt: skip


def _line_columns() -> list[Column]:
    return [Column(gettext("Invoice or credit note"), width=18), Column(gettext("Scheme"), width=10),
            Column(gettext("Startup's code"), width=10), Column(gettext("Startup"), width=24),
            Column(gettext("Charge"), width=12), Column(gettext("From"), "date", 12),
            Column(gettext("To"), "date", 12)]  # fmt: skip


def _line_cells(row: Mapping[str, Any], locale: str) -> list[Any]:
    return [row["paper"], row["scheme"], row["startup"]["code"], _named(row["startup"], locale),
            charge_kind(row["charge_kind"]), date.fromisoformat(row["starts_on"]),
            date.fromisoformat(row["ends_on"])]  # fmt: skip


def _links(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    return [("billing.show_invoice", {"invoice_id": row["invoice"]}) for row in rows]


def _word(words: Mapping[str, str], row: Mapping[str, Any], field: str) -> str:
    word = words[row[field]]
    return gettext(word)


def _rate(row: Mapping[str, Any]) -> Decimal | None:
    rate = row["derivation"].get("rate")
    return None if rate is None else Decimal(rate)


def _why(row: Mapping[str, Any], content: Content, locale: str) -> str:
    amounts = row["base_minor"], row["amount_minor"], content["currency"]
    return " ".join(explain(row["outcome"], *amounts, row["derivation"], locale))


def _named(thing: Mapping[str, Any], locale: str) -> str:
    found: str = (locale == "en" and thing["name_en"]) or thing["name"]
    return found


SUBSIDIES = Kind(
    name="subsidies",
    title=N_("Subsidy report"),
    about=N_("What each scheme gave whom on the posted invoices of a month, what it refused and why, and what credit "
             "notes took back."),
    job=N_("Freeze the subsidy report"),
    rhythm="month",
    make=_make,
    present=present,
    adds_up=adds_up,
    ripe_days=9,
    parts={"rows": N_("Line"), "schemes": N_("Scheme"), "books": N_("Books"), "figure": N_("Figure")},
)  # fmt: skip
