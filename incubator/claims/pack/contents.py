"""A claim's basis as the contents of its pack: rows, derivations, rules and files, as plain values. Pure.

Of persons it says nothing that the form doesn't ask for: founders that a cap is for are left as initials.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from incubator.billing.models import InvoiceLine
from incubator.billing.queries.credit_notes import note_number
from incubator.billing.wording import line_title
from incubator.claims.pack.basis import Basis, ChargeRow, area_of, number_of
from incubator.claims.pack.columns import COLUMNS
from incubator.claims.pack.details import rows_of_charges, rows_of_stays
from incubator.claims.pack.layout import Cell, Contents, PackFile, Row
from incubator.claims.queries.claims import LineRow
from incubator.core.canonical import plain
from incubator.core.clock import CHINA
from incubator.core.periods import Month
from incubator.subsidies.models import SchemeVersion
from incubator.subsidies.rules.amounts import exact_text

LOCALE = "zh_Hans"


def contents_of(basis: Basis, papers: Mapping[str, bytes], read: Callable[[int], bytes]) -> Contents:
    """What the pack of a claim says; `papers` are added by whoever can make them, `read` gives a file's content."""
    numbers = {line.line.id: number for number, line in enumerate(basis.lines, start=1)}
    evidence, files = _evidence(basis, numbers, read)
    tables: dict[str, list[Row]] = {
        "lines": [_line(basis, line, numbers[line.line.id]) for line in basis.lines],
        "companies": _companies(basis), "versions": _versions(basis), "invoices": _invoices(basis),
        "charges": [_charge(basis, each) for each in basis.charges.values()], "decisions": _decisions(basis),
        "credits": _credits(basis), **rows_of_charges(basis.charges.values()), "stays": rows_of_stays(basis, numbers),
        "agreements": _agreements(basis),
        "allocations": _allocations(basis), "sessions": _sessions(basis), "limits": _limits(basis, numbers),
        "reports": _reports(basis), "evidence": evidence,
    }  # fmt: skip
    assert tables.keys() == COLUMNS.keys()
    records: dict[str, Any] = {_derivation_path(numbers[line.line.id]): _record(basis, line, numbers[line.line.id])
                               for line in basis.lines}  # fmt: skip
    records |= {_charge_path(each): plain(each.charge.derivation) for each in basis.charges.values()}
    records |= {_rule_path(basis, each): _rule(basis, each) for each in basis.versions.values()}
    return Contents(claim_data(basis), operator_data(basis), _moment(basis.step.created_at) or "", tables, records,
                    papers, files)  # fmt: skip


def claim_data(basis: Basis) -> dict[str, Any]:
    """What a claim is called and is about."""
    claim, scheme, site = basis.row.claim, basis.row.scheme, basis.row.site
    return {
        "number": basis.row.number, "scheme": scheme.code, "scheme_name": scheme.name, "scheme_name_en": scheme.name_en,
        "issuer": scheme.issuer, "site": site.code if site else None, "site_name": site.name if site else None,
        "first": claim.first_on.isoformat(), "last": claim.last_on.isoformat(), "currency": claim.currency,
        "authority_number": claim.authority_number, "state": basis.step.state,
    }  # fmt: skip


def operator_data(basis: Basis) -> dict[str, Any]:
    """Who claims."""
    each = basis.operator
    return {"name": each.name, "name_en": each.name_en, "credit_code": each.credit_code}


def company_of(line: LineRow) -> tuple[str, str, str, str | None]:
    """Code, names and credit code; the operator's own grants are of nobody: `-`."""
    each = line.startup
    return ("-", "", "", None) if each is None else (each.code, each.name, each.name_en, each.credit_code)


def _line(basis: Basis, line: LineRow, number: int) -> Row:
    code, name, _, credit = company_of(line)
    charge, decision = basis.charge_of(line), line.decision
    kind = charge.charge.kind if charge else line.grant.item_kind if line.grant else ""
    return (
        number, code, name, credit, line.month.isoformat(), charge.charge.id if charge else None, line.invoice_number,
        kind, _version_name(basis, basis.version_of(line)), line.outcome, line.base_minor, line.amount_minor,
        decision.adjusts_id if decision else None, decision.id if decision else None,
        line.instalment.number if line.instalment else None, _derivation_path(number),
    )  # fmt: skip


def _record(basis: Basis, line: LineRow, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "line": number, "kind": "decision" if line.decision else "instalment", "outcome": line.outcome,
        "base_minor": line.base_minor, "amount_minor": line.amount_minor, "item": _item(basis, line),
        "derivation": without_names(line.derivation),
    }  # fmt: skip
    if line.instalment is not None and line.grant is not None:
        found |= {"instalment": line.instalment.number, "grant_minor": line.grant.amount_minor}
    return dict(plain(found))


def _item(basis: Basis, line: LineRow) -> dict[str, Any] | None:
    """What was rated: days, area, hours and gross, as the engine was asked."""
    row, decision = basis.charge_of(line), line.decision
    if row is None or decision is None:
        return _grant_item(line)
    charge, area = row.charge, area_of(row.charge)
    borne = dict(basis.borne.get(decision.id, {}))
    if decision.outcome == "adjusted" and "now" in decision.derivation:
        # what others bear may have changed since: it is as the correction says
        borne = {"others": charge.gross_minor - decision.derivation["now"]["base_minor"]}
    return {
        "gross_minor": charge.gross_minor, "first": charge.starts_on, "last": charge.ends_on, "month": charge.month,
        "area_m2": _exact(area), "hours": _exact(charge.quantity) if charge.basis == "hour" else None, "borne": borne,
    }  # fmt: skip


def _grant_item(line: LineRow) -> dict[str, Any] | None:
    """Of a grant to the operator the days are the period's; area and hours as its derivation says them."""
    grant = line.grant
    if grant is None:
        return None
    said = grant.derivation.get("item")
    if said is not None:
        return {key: said[key] for key in ("gross_minor", "first", "last", "month", "area_m2")} | {
            "hours": None, "borne": {}}  # fmt: skip
    counted = grant.derivation.get("counted") or {}
    return {
        "gross_minor": grant.base_minor, "first": grant.period, "last": Month.of(grant.month).last,
        "month": grant.month, "area_m2": counted.get("area", {}).get("m2"), "hours": None, "borne": {},
    }  # fmt: skip


def without_names(data: Any) -> Any:
    """A derivation in which a person that a cap is for is an initial: 王小明 is 王**."""
    if isinstance(data, list):
        return [without_names(each) for each in data]
    if not isinstance(data, dict):
        return data
    found = {key: without_names(value) for key, value in data.items()}
    for key in ("of", "counted_already"):
        if isinstance(found.get(key), str) and found[key]:
            found[key] = f"{found[key][0]}**"
    return found


def _companies(basis: Basis) -> list[Row]:
    found: dict[str, list[LineRow]] = {}
    for line in basis.lines:
        found.setdefault(company_of(line)[0], []).append(line)
    return [(*company_of(lines[0]), len(lines), sum(each.base_minor for each in lines),
             sum(each.amount_minor for each in lines)) for lines in found.values()]  # fmt: skip


def _versions(basis: Basis) -> list[Row]:
    rows: list[Row] = []
    for version in sorted(basis.versions.values(), key=lambda each: each.version):
        lines = [each for each in basis.lines if basis.version_of(each).id == version.id]
        days = version.valid
        rows.append((_version_name(basis, version), version.source, _day(days.lower), _day(days.upper), len(lines),
                     sum(each.base_minor for each in lines), sum(each.amount_minor for each in lines),
                     _rule_path(basis, version)))  # fmt: skip
    return rows


def _rule(basis: Basis, version: SchemeVersion) -> dict[str, Any]:
    return {"version": _version_name(basis, version), "source": version.source, "rule": plain(version.rule)}


def _invoices(basis: Basis) -> list[Row]:
    return [
        (number_of(each), _code_of(basis, each.startup_id), each.month.isoformat(), each.issued_on.isoformat(),
         each.due_on.isoformat(), each.gross_minor, each.subsidy_minor, each.net_minor)
        for each in sorted(basis.invoices.values(), key=lambda each: each.id)
    ]  # fmt: skip


def _charge(basis: Basis, row: ChargeRow) -> Row:
    each, line = row.charge, row.invoice_line
    title = line_title(each.kind, row.invoice_line.description, LOCALE) if row.invoice_line else ""
    return (
        each.id, _code_of(basis, each.startup_id), row.invoice_number, each.kind, title, each.month.isoformat(),
        each.starts_on.isoformat(), each.ends_on.isoformat(), format(each.quantity, "f"), each.basis,
        format(each.unit_price, "f"), _exact(area_of(each)), _exact(each.quantity) if each.basis == "hour" else None,
        each.gross_minor, None if each.tax_rate is None else format(each.tax_rate, "f"), each.tax_minor,
        *(_parts_of(line) if line else (None, 0, each.gross_minor, None)),
        row.residency.number if row.residency else None, row.booking_id, _charge_path(row),
    )  # fmt: skip


def _parts_of(line: InvoiceLine) -> tuple[Cell, ...]:
    return line.line, line.subsidy_minor, line.net_minor, line.tax_minor


def _decisions(basis: Basis) -> list[Row]:
    return [
        (each.id, each.charge_id, each.version, each.bearer, each.goes_to, each.turn, each.outcome, each.why,
         each.adjusts_id, each.note, each.amount_minor, each.held_minor, _instant(each.created_at))
        for each in basis.decisions
    ]  # fmt: skip


def _credits(basis: Basis) -> list[Row]:
    """What each note takes off a charge, beside what those before it have left."""
    rows: list[Row] = []
    taken: dict[int, list[int]] = {}
    for each in basis.credits:
        charge, line = basis.charges[each.charge_id], each.line
        on_invoice = charge.invoice_line
        assert on_invoice is not None, "what is credited was posted"
        borne = sum(one["value_minor"] for one in charge.charge.derivation.get("paid", ()) if "voucher" in one)
        amounts = [line.gross_minor, line.subsidy_minor, line.tax_minor or 0, line.borne_minor]
        before = taken.setdefault(each.charge_id, [0] * len(amounts))
        whole = (on_invoice.gross_minor, on_invoice.subsidy_minor, on_invoice.tax_minor or 0, borne)
        gross, subsidy, tax, voucher = (one - other for one, other in zip(whole, before, strict=True))
        is_taxed = on_invoice.tax_minor is not None
        rows.append((
            note_number(each.note), charge.invoice_number, on_invoice.line, each.charge_id,
            each.note.issued_on.isoformat(), each.note.reason, gross, line.gross_minor, subsidy, line.subsidy_minor,
            line.net_minor, tax if is_taxed else None, line.tax_minor, voucher, line.borne_minor,
            _instant(each.note.posted_at),
        ))  # fmt: skip
        taken[each.charge_id] = [one + other for one, other in zip(before, amounts, strict=True)]
    return rows


def _agreements(basis: Basis) -> list[Row]:
    rows: list[Row] = []
    for each in sorted(basis.residencies.values(), key=lambda one: one.number):
        units = {one.unit.code: one.unit.area_m2 for one in basis.allocations if one.residency_id == each.id}
        rows.append((each.number, _code_of(basis, each.startup_id), each.starts_on.isoformat(), _day(each.ends_on),
                     "、".join(sorted(units)), format(sum(units.values(), Decimal(0)), "f")))  # fmt: skip
    return rows


def _allocations(basis: Basis) -> list[Row]:
    rows: list[Row] = []
    for row in basis.allocations:
        residency = basis.residencies.get(row.residency_id or 0)
        startup_id = residency.startup_id if residency else basis.bookings[row.booking_id or 0][0].startup_id
        period = row.allocation.period
        rows.append((row.allocation.id, row.unit.code, _code_of(basis, startup_id),
                     residency.number if residency else None, row.booking_id, _moment(period.lower),
                     _moment(period.upper)))  # fmt: skip
    return rows


def _sessions(basis: Basis) -> list[Row]:
    return [
        (each.id, _code_of(basis, each.startup_id), resource.name, _moment(each.period.lower),
         _moment(each.period.upper), _moment(each.arrived_at), _moment(each.left_at), each.price_minor)
        for each, resource in basis.bookings.values()
    ]  # fmt: skip


def _limits(basis: Basis, numbers: Mapping[int, int]) -> list[Row]:
    rows: list[Row] = []
    for line in basis.lines:
        said = line.derivation.get("now", {}).get("derivation", line.derivation)
        for cap in said.get("caps", ()):
            minors = (cap[f"{key}_minor"] for key in ("amount", "used_before", "left_before", "left_after"))
            rows.append((numbers[line.line.id], cap["per"], cap["window"], *minors))
    return rows


def _reports(basis: Basis) -> list[Row]:
    return [
        (f"{report.kind}-{site.code}-{report.month:%Y-%m}-v{report.version}", report.kind, f"{report.month:%Y-%m}",
         report.version, report.sha256.hex())
        for report, site in basis.reports
    ]  # fmt: skip


def _evidence(
    basis: Basis, numbers: Mapping[int, int], read: Callable[[int], bytes]
) -> tuple[list[Row], list[PackFile]]:  # fmt: skip
    """Each piece with its file, which is in the pack once however many pieces it proves."""
    rows: list[Row] = []
    files: dict[int, PackFile] = {}
    for number, piece in enumerate(basis.pieces, start=1):
        stored = basis.files.get(piece.file_id or 0)
        if stored is not None and stored.id not in files:
            path = f"evidence/{len(files) + 1:04}-{piece.kind}{_extension(stored.name)}"
            files[stored.id] = PackFile(path, stored.size, stored.sha256.hex(), _reader(read, stored.id))
        file = files.get(stored.id) if stored else None
        rows.append((
            number, piece.kind, _code_of(basis, piece.startup_id) if piece.startup_id else None,
            numbers.get(piece.line_id or 0), piece.title, _day(piece.first_on), _day(piece.last_on),
            file.path if file else None, file.sha256 if file else None,
        ))  # fmt: skip
    return rows, list(files.values())


def _reader(read: Callable[[int], bytes], file_id: int) -> Callable[[], bytes]:
    return lambda: read(file_id)


def _extension(name: str) -> str:
    """Of a name that somebody gave: a short plain one, else none."""
    _, dot, extension = name.rpartition(".")
    is_plain = bool(dot) and extension.isascii() and extension.isalnum() and len(extension) <= 5
    return f".{extension.lower()}" if is_plain else ""


def _code_of(basis: Basis, startup_id: int | None) -> str:
    found = basis.startups.get(startup_id or 0)
    return found.code if found is not None else "-"


def _version_name(basis: Basis, version: SchemeVersion) -> str:
    return f"{basis.row.scheme.code}-{version.version}"


def _derivation_path(number: int) -> str:
    return f"derivations/{number:05}.json"


def _charge_path(row: ChargeRow) -> str:
    return f"derivations/charge-{row.charge.id}.json"


def _rule_path(basis: Basis, version: SchemeVersion) -> str:
    return f"rules/{version.version:03}.json"


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else exact_text(Fraction(value))


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _instant(value: datetime) -> str:
    """To the microsecond: so that what was written before and after can be told apart."""
    return value.astimezone(CHINA).isoformat(timespec="microseconds")


def _moment(value: datetime | None) -> str | None:
    """In China's time, as the papers have it."""
    return None if value is None else value.astimezone(CHINA).isoformat(timespec="seconds")
