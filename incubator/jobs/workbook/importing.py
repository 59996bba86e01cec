"""Writing a workbook's rows by the operations that people use: everything or nothing, every fault at once.

Of each row, also of one with a fault of form, every reference is looked up first. Then it is tried in a savepoint of
its own; what an operation refuses becomes the row's fault, and with a harmless value in the place of what is wrong it
is tried again, until nothing more is refused. The caller rolls the whole transaction back where there is any fault,
so that nothing of a faulty workbook stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.operations import BookingRequest, ManyRefusals, book_many
from incubator.core.errors import N_, Refusal
from incubator.core.periods import local_instant
from incubator.jobs.workbook.mending import REFERENCES, put_aside, with_stand_ins
from incubator.jobs.workbook.reading import Contents, Fault, Line
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.pricing.rules import Unpriced, check_price
from incubator.pricing.rules.proposals import Proposals
from incubator.spaces.models import Floor, Resource, Site, Unit
from incubator.spaces.operations import Taken, add_floor, add_resource, add_unit, create_site
from incubator.startups.models import Startup
from incubator.startups.operations import UnitTerms, register_startup, sign_residency
from incubator.startups.rules import FEN_PER_WAN

Made = TypeVar("Made")
Tell = Callable[[int], None]

NAMES = {"sites": ("code",), "units": ("code",), "resources": ("code",), "companies": ("code", "name", "credit_code"),
         "tariffs": ("site",)}  # fmt: skip
"""By what other rows refer to a sheet's rows."""


DEPENDS: dict[str, frozenset[str]] = {
    "closes": frozenset({"opens"}), "rest_closes": frozenset({"rest_opens"}), "credit_code": frozenset({"kind"}),
    "registered_on": frozenset({"kind", "credit_code"}), "capital": frozenset({"kind"}),
    "paid_in": frozenset({"kind", "capital"}),
}  # fmt: skip
"""What an operation says of a column means nothing where one of these was wrong as well."""
MOST_TRIES = 8
PROPOSED = ("proration", "step_percent", "step_months", "deposit_months")
"""What a tariff proposes to agreements beside prices: columns of one of its rows, or of each."""


class Importer:
    """One import: what is there by code, what was made, and what went wrong."""

    def __init__(self, session: Session, actor: Actor, now: datetime, contents: Contents, tell: Tell) -> None:
        self.session, self.actor, self.now, self.contents, self.tell = session, actor, now, contents, tell
        self.faults: list[Fault] = list(contents.faults)
        self.done = 0
        self.counts: dict[str, int] = {}
        self.sites = {site.code: site for site in session.execute(select(Site)).scalars()}
        self.floors = {(row.site_id, row.name): row for row in session.execute(select(Floor)).scalars()}
        self.units = {(row.site_id, row.code): row for row in session.execute(select(Unit)).scalars()}
        self.resources = {(row.site_id, row.code): row for row in session.execute(select(Resource)).scalars()}
        self.startups: dict[str, Startup] = {}
        for startup in session.execute(select(Startup)).scalars():
            self._know(startup)
        self.lost: set[tuple[str, str]] = set()
        """Sheet and name of what a faulty row was to make: rows that refer to it are no faults of their own."""
        self.broken: dict[str, list[Line]] = defaultdict(list)
        for line in contents.broken:
            self._lose(line)
            self.broken[line.sheet].append(line)
            if not any(line.cells.get(key) for key in NAMES.get(line.sheet, ("",))):
                contents.unread.add(line.sheet)  # what it would have been called, nobody knows

    def run(self) -> None:
        """All sheets, in the order in which they stand on one another."""
        self._each("sites", self._site)
        self._floors()
        self._each("units", self._unit)
        self._each("resources", self._resource)
        self._groups("tariffs", ("site", "name"), self._tariff)
        self._each("companies", self._company)
        self._groups("residencies", ("number",), self._residency)
        self._bookings()

    # the walk

    def _lines(self, sheet: str) -> list[Line]:
        return self.contents.lines.get(sheet, [])

    def _each(self, sheet: str, write: Callable[[Line], object]) -> None:
        for line in self._lines(sheet):
            self._try([line], lambda lines: write(lines[0]))
        for line in self.broken[sheet]:
            if not self._refer([line]):
                self._go_on(line, lambda lines: write(lines[0]))
        self.counts[sheet] = len(self._lines(sheet))

    def _groups(self, sheet: str, keys: Sequence[str], write: Callable[[list[Line]], object]) -> None:
        groups: dict[tuple[object, ...], list[Line]] = defaultdict(list)
        for line in self._lines(sheet):
            groups[tuple(line.cells[key] for key in keys)].append(line)
        for lines in groups.values():
            self._try(lines, write)
        self._refer(self.broken[sheet])
        self.counts[sheet] = len(groups)

    def _try(self, lines: list[Line], write: Callable[[list[Line]], object]) -> None:
        refused: Exception | None = None
        if self._refer(lines):
            refused = _Lost()
            if lines[0].sheet == "resources":
                self._go_on(put_aside(lines[0], "units"), write)
        else:
            savepoint = self.session.begin_nested()
            try:
                write(lines)
                savepoint.commit()
            except (_At, _Lost, Refusal) as error:
                savepoint.rollback()
                refused = error
        if refused is not None:
            for line in lines:
                self._lose(line)
            self._note(lines[0], refused)
            if isinstance(refused, Refusal) and len(lines) == 1:
                self._go_on(put_aside(lines[0], refused.field), write)
        self.done += len(lines)
        self.tell(self.done)

    def _go_on(self, line: Line | None, write: Callable[[list[Line]], object]) -> None:
        """What else an operation refuses of a row, what is wrong already put aside; nothing of it stays."""
        for _ in range(MOST_TRIES):
            if line is None:
                return
            wrong = line.mended
            line = with_stand_ins(line, f"~{line.row}", self._any_unit(line))
            if line is None:
                return
            savepoint = self.session.begin_nested()
            known: list[dict[Any, Any]] = [self.sites, self.units, self.resources, self.startups]
            sizes = [len(each) for each in known]
            try:
                write([line])
                return
            except (_At, _Lost):
                return
            except Refusal as refusal:
                field = refusal.field or ""
                if field not in line.cells or field in wrong or DEPENDS.get(field, frozenset()) & wrong:
                    return
                self._note(line, refusal)
                line = put_aside(line, field)
            finally:
                savepoint.rollback()
                for each, size in zip(known, sizes, strict=True):
                    while len(each) > size:  # what was added last goes first
                        each.popitem()

    def _any_unit(self, line: Line) -> str | None:
        """A unit of the row's site, to stand in for one that is not there."""
        site = self.sites.get(_str(line.cells.get("site")))
        return next((code for site_id, code in self.units if site is not None and site_id == site.id), None)

    def _refer(self, lines: Sequence[Line]) -> bool:
        """Look up all that the rows refer to, each at its own column; whether anything is missing."""
        missing = False
        for line in lines:
            for column in REFERENCES.get(line.sheet, ()):
                for refusal in self._unknown(line, column):
                    missing = True
                    if refusal is not None:
                        self.faults.append(line.fault(refusal, column))
        return missing

    def _unknown(self, line: Line, column: str) -> Iterator[Refusal | None]:
        """What speaks against a reference; None: it is missing only because another row is faulty."""
        value, site = line.cells.get(column), self.sites.get(_str(line.cells.get("site")))
        if value is None or (column != "site" and column != "company" and site is None):
            return
        for code in value if isinstance(value, list) else [_str(value)]:
            sheet, refusal = self._look_up(column, code, site)
            if refusal is not None:
                yield None if (sheet, code) in self.lost or sheet in self.contents.unread else refusal

    def _look_up(self, column: str, code: str, site: Site | None) -> tuple[str, Refusal | None]:
        """The sheet that a reference leads to, and what is said where nothing is there."""
        if column == "site":
            return "sites", None if code in self.sites else Refusal(N_("There is no site %(code)s."), code=code)
        if column == "company":
            known = code in self.startups
            return "companies", None if known else Refusal(N_("There is no company %(name)s."), name=code)
        assert site is not None  # asked for before
        if column == "resource":
            known = (site.id, code) in self.resources
            message = N_("There is no resource %(code)s at this site.")
            return "resources", None if known else Refusal(message, code=code)
        known = (site.id, code) in self.units
        return "units", None if known else Refusal(N_("There is no unit %(code)s at this site."), code=code)

    def _note(self, line: Line, error: Exception) -> None:
        if isinstance(error, _At):
            self.faults.append(error.line.fault(error.refusal, error.column))
        elif isinstance(error, Refusal):
            self.faults.append(line.fault(error, error.field if error.field in line.cells else None))

    def _lose(self, line: Line) -> None:
        for key in NAMES.get(line.sheet, ()):
            if line.cells.get(key):
                self.lost.add((line.sheet, _str(line.cells[key])))

    # the sheets

    def _floors(self) -> None:
        wanted = {(_str(line.cells["site"]), _str(line.cells["floor"])) for line in self._lines("units")}
        for code, name in sorted(wanted):
            site = self.sites.get(code)
            if site is not None and (site.id, name) not in self.floors:
                self.floors[site.id, name] = add_floor(self.session, self.actor, now=self.now, site=site, name=name)

    def _site(self, line: Line) -> None:
        cells: Mapping[str, Any] = line.cells
        hours = [("workday", cells["opens"], cells["closes"])]
        if cells["rest_opens"] is not None and cells["rest_closes"] is not None:
            hours.append(("restday", cells["rest_opens"], cells["rest_closes"]))
        site = create_site(
            self.session, self.actor, now=self.now, code=_str(cells["code"]), name=_str(cells["name"]),
            name_en=_str(cells["name_en"]), address=_str(cells["address"]),
            zone=_str(cells["zone"]) or "Asia/Shanghai", calendar=_str(cells["calendar"]) or "CN", hours=hours,
            open_from=cells["open_from"],
        )  # fmt: skip
        self.sites[site.code] = site

    def _unit(self, line: Line) -> None:
        site = self._site_of(line)
        name = _str(line.cells["floor"])
        floor = self.floors.get((site.id, name))
        if floor is None:  # of a row that is only tried
            floor = add_floor(self.session, self.actor, now=self.now, site=site, name=name)
        values: dict[str, Any] = {key: line.cells[key] for key in
                                  ("code", "kind", "purpose", "area_m2", "in_service_from")}  # fmt: skip
        unit = add_unit(self.session, self.actor, now=self.now, floor=floor, **values)
        self.units[site.id, unit.code] = unit

    def _resource(self, line: Line) -> None:
        site = self._site_of(line)
        cells: Mapping[str, Any] = line.cells
        units = [self._unit_of(site, code) for code in cells["units"]]
        resource = add_resource(
            self.session, self.actor, now=self.now, site=site, code=_str(cells["code"]), name=_str(cells["name"]),
            name_en=_str(cells["name_en"]), kind=_str(cells["kind"]), takes=_str(cells["takes"]) or "all",
            capacity=cells["capacity"] or 1, granularity_minutes=cells["granularity_minutes"] or 15, units=units,
        )  # fmt: skip
        self.resources[site.id, resource.code] = resource

    def _tariff(self, lines: list[Line]) -> None:
        site, first = self._site_of(lines[0]), lines[0].cells
        items = []
        proposed: dict[str, Any] = {}
        for line in lines:
            if line.cells["valid_from"] != first["valid_from"]:
                raise _At(line, "valid_from", Refusal(N_("One tariff has one first day.")))
            for key in PROPOSED:
                value = line.cells[key]
                if value is not None and proposed.setdefault(key, value) != value:
                    raise _At(line, key, Refusal(N_("The rows of one tariff say the same here, or nothing.")))
            booking = line.cells["charge"] == "booking"
            items.append(
                TariffLine(
                    _str(line.cells["charge"]), _str(line.cells["basis"]), _price(line, "price"),
                    unit_kind=None if booking else _str(line.cells["priced"]),
                    resource_kind=_str(line.cells["priced"]) if booking else None,
                )
            )  # fmt: skip
        create_tariff(self.session, self.actor, now=self.now, site=site, name=_str(first["name"]),
                      valid_from=first["valid_from"], items=items,  # type: ignore[arg-type]
                      proposals=Proposals(**proposed))  # fmt: skip

    def _company(self, line: Line) -> None:
        values: dict[str, Any] = {key: value if value is not None else "" for key, value in line.cells.items()}
        values["registered_on"] = line.cells["registered_on"]
        values["code"], values["credit_code"] = values["code"] or None, values["credit_code"] or None
        for key in ("capital", "paid_in"):
            del values[key]
            amount = line.cells[key]
            values[f"{key}_minor"] = int(amount * FEN_PER_WAN) if isinstance(amount, Decimal) else None
        self._know(register_startup(self.session, self.actor, now=self.now, **values))

    def _residency(self, lines: list[Line]) -> None:
        first = lines[0]
        site, startup = self._site_of(first), self._startup_of(first)
        for line in lines:
            for key in ("company", "site", "starts_on", "ends_on", "proration"):
                if line.cells[key] != first.cells[key]:
                    raise _At(line, key, Refusal(N_("The rows of one agreement say the same here.")))
        terms = [
            UnitTerms(
                self._unit_of(site, _str(line.cells["unit"])), _str(line.cells["rent_basis"]),
                _price(line, "rent"), _price(line, "property_fee"), _price(line, "service_fee"),
                _str(line.cells["service_basis"]) or "unit_month",
            )
            for line in lines
        ]  # fmt: skip
        try:
            sign_residency(
                self.session, self.actor, now=self.now, startup=startup, site=site, units=terms,
                starts_on=first.cells["starts_on"], ends_on=first.cells["ends_on"],  # type: ignore[arg-type]
                number=_str(first.cells["number"]), proration=_str(first.cells["proration"]) or None,
                tax_included=True,
            )  # fmt: skip
        except Taken as taken:
            line = next(line for line, each in zip(lines, terms, strict=True) if each.unit.id == taken.unit_id)
            raise _At(line, "unit", taken) from taken

    def _bookings(self) -> None:
        lines, requests = [], []
        self._refer(self.broken["bookings"])
        for line in self._lines("bookings"):
            if not self._refer([line]):
                requests.append(self._booking(line))
                lines.append(line)
        self.counts["bookings"] = len(lines)
        before = self.done
        try:
            with self.session.begin_nested():
                book_many(self.session, self.actor, now=self.now, requests=requests,
                          on_progress=lambda count: self.tell(before + count))  # fmt: skip
        except ManyRefusals as many:
            for index, refusal in many.found:
                if isinstance(refusal, Unpriced) and any(sheet == "tariffs" for sheet, _name in self.lost):
                    continue
                column = {"end": "end", "start": "start", "attendees": "attendees"}.get(refusal.field or "", "start")
                self.faults.append(lines[index].fault(refusal, column))
        except Refusal as refusal:
            self.faults.append(Fault("bookings", 0, None, "", refusal))
        self.done = before + len(lines)

    def _booking(self, line: Line) -> BookingRequest:
        site, cells = self._site_of(line), line.cells
        resource = self.resources[site.id, _str(cells["resource"])]
        startup = self._startup_of(line) if cells["company"] else None
        zone = ZoneInfo(site.zone)
        on: Any = cells["on"]
        start, end = local_instant(on, cells["start"], zone), _end(on, cells["start"], cells["end"], zone)  # type: ignore[arg-type]
        return BookingRequest(resource.id, start, end, startup.id if startup else None, _str(cells["title"]),
                              cells["attendees"])  # type: ignore[arg-type] # fmt: skip

    # what rows refer to

    def _know(self, startup: Startup) -> None:
        for name in (startup.code, startup.credit_code, startup.name):
            if name:
                self.startups.setdefault(name, startup)

    def _site_of(self, line: Line) -> Site:
        return self.sites[_str(line.cells["site"])]

    def _unit_of(self, site: Site, code: str) -> Unit:
        return self.units[site.id, code]

    def _startup_of(self, line: Line) -> Startup:
        return self.startups[_str(line.cells["company"])]


class _Lost(Exception):
    """What a row refers to is missing only because another row is faulty."""


class _At(Exception):
    """A refusal, with the line and column that it belongs to."""

    def __init__(self, line: Line, column: str, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.line, self.column, self.refusal = line, column, refusal


def _price(line: Line, column: str) -> Any:
    """The cell's price, or None; out of bounds it is a fault of its own row, though a whole list is entered at once."""
    price: Any = line.cells[column]
    try:
        if price is not None:
            check_price(price)
    except Refusal as refusal:
        raise _At(line, column, refusal) from refusal
    return price


def _str(value: object) -> str:
    return "" if value is None else str(value)


def _end(on: date, start: int, end: int, zone: ZoneInfo) -> datetime:
    """The end of a booking; one that is not after its start is left to the rules to refuse."""
    return local_instant(on + timedelta(days=1), 0, zone) if end == 1440 else local_instant(on, end, zone)
