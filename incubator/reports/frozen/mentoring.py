"""Mentor service of a site's month as a kind of report: the sessions that both sides have confirmed, and hours by
mentor and by startup.

What each side thought of the other is not in it: ratings are shown from five answers on, without names, and what is
frozen can't be taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.canonical import plain
from incubator.core.errors import N_
from incubator.documents.workbook import Column
from incubator.mentors.models import Mentor, SessionEvidence, SessionLog
from incubator.mentors.queries.figures import counts
from incubator.reports.content import Content, Report
from incubator.reports.frozen.kind import Figure, Kind, Presented, Question, Table
from incubator.reports.frozen.queries import heading
from incubator.startups.models import Startup

DEFINITION = "mentoring/1"


def _make(session: Session, actor: Actor, question: Question) -> Report:
    """Six statements. A session counts by its latest evidence, on the site's day on which it began."""
    actor.require(Action.SEE_REPORTS)
    period = question.period
    found = session.execute(
        select(SessionEvidence, SessionLog.version, Mentor.number, Person.name, Startup)
        .join(SessionLog, SessionLog.id == SessionEvidence.log_id)
        .join(Mentor, Mentor.id == SessionEvidence.mentor_id)
        .join(Person, Person.id == Mentor.person_id)
        .join(Startup, Startup.id == SessionEvidence.startup_id)
        .where(*counts(period.first, period.last, site_id=question.site_id))
        .order_by(SessionEvidence.on, SessionEvidence.session_id)
    ).all()  # fmt: skip
    rows = [
        {"key": evidence.session_id, "evidence": evidence.id, "version": version, "on": evidence.on,
         "minutes": evidence.minutes, "log_sha256": evidence.sha256,
         "mentor": {"id": evidence.mentor_id, "number": number, "name": name},
         "startup": {"id": startup.id, "code": startup.code, "name": startup.name, "name_en": startup.name_en}}
        for evidence, version, number, name, startup in found
    ]  # fmt: skip
    content: Content = plain({**heading(session, question, DEFINITION), "rows": rows})
    return Report(content | sums_of(content))


def sums_of(content: Content) -> dict[str, list[dict[str, Any]]]:
    """Figures, mentors and startups added up anew from the report's own sessions.

    Two sessions of 90 and 60 minutes with two mentors: 150 minutes.
    """
    rows = content["rows"]
    return {
        "figures": [
            {"key": "sessions", "count": len(rows)},
            {"key": "minutes", "count": sum(row["minutes"] for row in rows)},
            {"key": "mentors", "count": len({row["mentor"]["id"] for row in rows})},
            {"key": "startups", "count": len({row["startup"]["id"] for row in rows})},
        ],
        "mentors": _by(rows, "mentor"), "startups": _by(rows, "startup"),
    }  # fmt: skip


def _by(rows: Sequence[Mapping[str, Any]], who: str) -> list[dict[str, Any]]:
    grouped: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row[who]["id"]].append(row)
    other = "startup" if who == "mentor" else "mentor"
    found = [
        {"key": key, **mine[0][who], "sessions": len(mine), "minutes": sum(row["minutes"] for row in mine),
         "others": len({row[other]["id"] for row in mine})}
        for key, mine in grouped.items()
    ]  # fmt: skip
    return sorted(found, key=lambda each: (-each["minutes"], each["key"]))


def adds_up(content: Content) -> bool:
    """Whether all sums follow from the sessions."""
    return all(content[part] == made for part, made in sums_of(content).items())


def present(content: Content, locale: str) -> Presented:
    """By mentor, by startup, and every session."""
    figures = {each["key"]: each for each in content["figures"]}
    return Presented(
        figures=[
            Figure(gettext("Sessions held"), figures["sessions"]["count"]),
            Figure(gettext("Hours"), _hours(figures["minutes"]["count"]), "decimal"),
            Figure(gettext("Mentors"), figures["mentors"]["count"]),
            Figure(gettext("Startups"), figures["startups"]["count"]),
        ],
        tables=[
            _sums("mentors", gettext("By mentor"), gettext("Mentor"), gettext("Startups"), content["mentors"],
                  lambda each: [f"M-{each['number']:03}", each["name"]], "mentors.show_mentor", "mentor_id"),
            _sums("startups", gettext("By startup"), gettext("Startup"), gettext("Mentors"), content["startups"],
                  lambda each: [each["code"], _named(each, locale)], "startups.show", "startup_id"),
            _sessions(content, locale),
        ],
    )  # fmt: skip


def _sums(
    key: str, title: str, who: str, others: str, rows: Sequence[Mapping[str, Any]], name: Any, endpoint: str, value: str
) -> Table:
    total = [gettext("Together"), "", sum(row["sessions"] for row in rows), _hours(sum(row["minutes"] for row in rows)),
             None]  # fmt: skip
    return Table(
        key, title,
        [Column(gettext("Number"), width=10), Column(who, width=36), Column(gettext("Sessions"), "integer", 12),
         Column(gettext("Hours"), "decimal", 12), Column(others, "integer", 12)],
        [[*name(row), row["sessions"], _hours(row["minutes"]), row["others"]] for row in rows],
        total=total if rows else None, links=[(endpoint, {value: row["key"]}) for row in rows],
        empty=gettext("No session counts for this month."),
    )  # fmt: skip


def _sessions(content: Content, locale: str) -> Table:
    rows = content["rows"]
    return Table(
        "rows", gettext("Sessions"),
        [Column(gettext("Day"), "date", 14), Column(gettext("Mentor"), width=20), Column(gettext("Startup"), width=30),
         Column(gettext("Minutes"), "integer", 10), Column(gettext("Version of the log"), "integer", 10),
         Column(gettext("SHA-256 of the log"), width=40)],
        [[date.fromisoformat(row["on"]), row["mentor"]["name"], _named(row["startup"], locale), row["minutes"],
          row["version"], row["log_sha256"]] for row in rows],
        note=gettext("A session counts once both sides have confirmed its log; the latest version counts."),
        links=[("mentors.show_session", {"session_id": row["key"]}) for row in rows],
        empty=gettext("No session counts for this month."),
    )  # fmt: skip


def _hours(minutes: int) -> Decimal:
    """To two decimals, half up: 100 minutes are 1.67 h."""
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _named(thing: Mapping[str, Any], locale: str) -> str:
    found: str = (locale == "en" and thing["name_en"]) or thing["name"]
    return found


MENTORING = Kind(
    name="mentoring",
    title=N_("Mentor service report"),
    about=N_("The sessions of a month that both sides have confirmed: hours by mentor and by startup."),
    job=N_("Freeze the mentor service report"),
    rhythm="month",
    make=_make,
    present=present,
    adds_up=adds_up,
    ripe_days=5,
    parts={"rows": N_("Session"), "mentors": N_("Mentor"), "startups": N_("Startup"), "figure": N_("Figure")},
)
