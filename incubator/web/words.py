"""The words of the home pages: first steps, states, and the lists behind the figures."""

from __future__ import annotations

from msgspec import Struct

from incubator.accounts.permissions import Action
from incubator.core.errors import N_
from incubator.web.today import BOOKED, CLOSED, FREE, LET


class Step(Struct, frozen=True):
    """A first step: what to do, why, and on which page; one `of_site` is taken on the page of the first site."""

    title: str
    why: str
    endpoint: str
    action: Action
    of_site: bool = False


STEPS: dict[str, Step] = {
    "site": Step(
        N_("Add your first site"), N_("With its address, time zone and opening hours."), "spaces.list_sites",
        Action.MANAGE_SPACES,
    ),
    "unit": Step(
        N_("Draw up its units"), N_("Floors, desks, offices and rooms, with their area."), "spaces.list_sites",
        Action.MANAGE_SPACES, of_site=True,
    ),
    "resource": Step(
        N_("Say what can be booked"), N_("Meeting rooms, halls, or any desk of a pool."), "spaces.list_sites",
        Action.MANAGE_SPACES, of_site=True,
    ),
    "tariff": Step(
        N_("Set the prices"), N_("A tariff per site, valid from a date."), "pricing.list_tariffs", Action.MANAGE_PRICES
    ),
    "startup": Step(
        N_("Register your startups"), N_("Teams and companies, and the agreements they sit under."),
        "startups.list_startups", Action.MANAGE_STARTUPS,
    ),
    "booking": Step(
        N_("Make a first booking"), N_("On the timeline, by dragging over a free hour."), "bookings.timeline",
        Action.BOOK,
    ),
    "team": Step(
        N_("Invite your team"), N_("Front desk, finance, founders: each sees what is theirs."), "accounts.team",
        Action.MANAGE_TEAM,
    ),
}  # fmt: skip

UNIT_STATES = {LET: N_("Let"), BOOKED: N_("Booked"), CLOSED: N_("Closed"), FREE: N_("Free")}
UNIT_TONES = {LET: "teal", BOOKED: "azure", CLOSED: "secondary", FREE: "green"}
UNIT_KINDS = {
    "desk": N_("Desk"), "office": N_("Office"), "room": N_("Room"), "hall": N_("Hall"),
    "instrument": N_("Instrument"), "parking": N_("Parking bay"),
}  # fmt: skip


class RowsOf(Struct, frozen=True):
    """A list behind a figure: its title, what it holds, and what an empty one says."""

    title: str
    subtitle: str
    empty: str


ROWS: dict[str, RowsOf] = {
    "desks": RowsOf(
        N_("Desks now"), N_("Desks of the incubation area in service today, and who holds each at this moment."),
        N_("No such desk."),
    ),
    "area": RowsOf(
        N_("Area now"), N_("Units of the incubation area in service today, and who holds each at this moment."),
        N_("No such unit."),
    ),
    "bookings": RowsOf(N_("Bookings today"), "", N_("Nothing is booked today.")),
    "arrivals": RowsOf(
        N_("Arrivals"), N_("Agreements that start today or in the six days after."), N_("Nobody arrives this week."),
    ),
    "ending": RowsOf(
        N_("Ending soon"), N_("Agreements whose last day is within 30 days."), N_("No agreement ends soon."),
    ),
    "overstaying": RowsOf(
        N_("Ended, units still held"), N_("Agreements that are over while the ledger still shows their units as held."),
        N_("Every ended agreement has given back its units."),
    ),
}  # fmt: skip
