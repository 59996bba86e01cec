"""The events of a site's month as a kind of report: what was held, who came, what proves it and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.event_forms import AUDIENCE_NAMES, KIND_NAMES
from incubator.bookings.event_queries import Held, list_held
from incubator.bookings.event_rules import EVENT_KINDS
from incubator.core.canonical import plain
from incubator.core.errors import N_
from incubator.documents import formats
from incubator.reports.content import Content, Report
from incubator.reports.frozen.exports import said_name
from incubator.reports.frozen.kind import Column, Figure, Kind, Presented, Question, Table
from incubator.reports.frozen.queries import heading

DEFINITION = "events/1"
NOTHING = N_("No event of this month was held: there is nothing to freeze.")


def make_events(session: Session, actor: Actor, question: Question) -> Report:
    """The held events of a site that began in the period, by their newest counts."""
    assert question.site_id is not None
    held = list_held(session, actor, [question.site_id], question.period.first, question.period.last)
    content: Content = plain({**heading(session, question, DEFINITION), "rows": [_row(each) for each in held]})
    content["figures"] = figures_of(content["rows"])
    return Report(content)


def _row(each: Held) -> dict[str, Any]:
    event = each.event
    return {
        "id": event.id, "on": each.on, "kind": event.kind, "name": event.title, "name_en": event.title_en,
        "from": event.start, "to": event.end, "audience": event.audience, "organiser": event.organiser,
        "participants": each.result.participants, "counted_from": each.result.counted_from,
        "count": each.result.number, "startups": each.startups, "mentors": each.mentors, "photos": each.photos,
        "papers": each.papers, "spent_minor": each.spent_minor,
    }  # fmt: skip


def figures_of(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Events, people and spending of each kind and in all, added up from the rows.

    A roadshow with 46 people and a training with 30: 2 events, 76 people.
    """
    found = []
    for kind in ("", *EVENT_KINDS):
        mine = [row for row in rows if kind in ("", row["kind"])]
        if mine or not kind:
            found.append({
                "key": kind or "all", "events": len(mine), "participants": sum(row["participants"] for row in mine),
                "startups": sum(row["startups"] for row in mine),
                "spent_minor": sum(row["spent_minor"] for row in mine),
                "unproved": sum(not row["photos"] and not row["papers"] for row in mine),
            })  # fmt: skip
    return found


def present_events(content: Content, locale: str) -> Presented:
    """The few numbers, a table by kind and the events themselves."""
    whole, *by_kind = content["figures"]
    unproved = [gettext("%(count)s without photos or papers", count=formats.number(whole["unproved"], locale))]
    return Presented(
        tables=[
            Table(
                "kinds", gettext("By kind"),
                [Column(gettext("Kind")), *_sums()],
                [[str(KIND_NAMES[each["key"]]), *_numbers(each)] for each in by_kind],
                total=[gettext("Total"), *_numbers(whole)],
            ),
            Table(
                "events", gettext("Events held"),
                [Column(gettext("Day"), "date"), Column(gettext("Event"), width=30), Column(gettext("Kind")),
                 Column(gettext("Meant for")), Column(gettext("People who came"), "integer"),
                 Column(gettext("Basis of the count"), width=20), Column(gettext("Startups"), "integer"),
                 Column(gettext("Mentors"), "integer"),
                 Column(gettext("Photos"), "integer"), Column(gettext("Papers kept"), "integer"),
                 Column(gettext("Spent"), "money")],
                [[date.fromisoformat(row["on"]), said_name(row, locale), str(KIND_NAMES[row["kind"]]),
                  str(AUDIENCE_NAMES[row["audience"]]), row["participants"], row["counted_from"], row["startups"],
                  row["mentors"], row["photos"], row["papers"], row["spent_minor"]] for row in content["rows"]],
                note=gettext("People are counted afterwards; the newest count holds. Spending is the costs of the site "
                             "that were assigned to the event."),
                links=[("bookings.show_event", {"event_id": row["id"]}) for row in content["rows"]],
            ),
        ],
        figures=[
            Figure(gettext("Events held"), whole["events"]),
            Figure(gettext("People who came"), whole["participants"]),
            Figure(gettext("Spent on events"), whole["spent_minor"], "money"),
        ],
        notes=unproved if whole["unproved"] else (),
    )  # fmt: skip


def _sums() -> list[Column]:
    return [Column(gettext("Events"), "integer"), Column(gettext("People who came"), "integer"),
            Column(gettext("Startups"), "integer"), Column(gettext("Spent"), "money")]  # fmt: skip


def _numbers(each: Mapping[str, Any]) -> list[int]:
    return [each["events"], each["participants"], each["startups"], each["spent_minor"]]


EVENTS = Kind(
    name="events",
    title=N_("Report of events"),
    about=N_("Events that a site held in the month: who came, what proves it and what it cost."),
    job=N_("Freeze the report of events"),
    rhythm="month",
    make=make_events,
    present=present_events,
    adds_up=lambda content: figures_of(content["rows"]) == content["figures"],
    ripe_days=10,
    refuses=lambda content: "" if content["rows"] else NOTHING,
)
