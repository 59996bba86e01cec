"""Letters about runs that failed or are late, and sweeps that fail, if it is still so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.errors import N_, NotFound, Refusal
from incubator.documents.formats import named, sentence
from incubator.jobs.models import SweepState
from incubator.jobs.queries import RunLine, get_run
from incubator.notices.languages import speaking
from incubator.notices.letters import Letter
from incubator.notices.models import Notice
from incubator.notices.writing import Reader, Writer


def job_writers(titles: Mapping[str, str]) -> dict[str, Writer]:
    """The writers; `titles` of jobs and sweeps by name, translatable."""

    def write_run(session: Session, notice: Notice, reader: Reader, now: datetime) -> Letter | None:
        line = get_run(session, reader.actor, notice.subject_id)
        title = reader.say(titles.get(line.run.job, line.run.job))
        if notice.facts.get("what") == "failed":
            return _failed(line, title, reader) if line.run.state == "failed" else None
        return _late(line, title, reader) if line.is_late(now) else None

    def write_sweep(session: Session, notice: Notice, reader: Reader, _now: datetime) -> Letter | None:
        kept = session.execute(select(SweepState).where(SweepState.id == notice.subject_id)).scalar_one_or_none()
        if kept is None:
            raise NotFound
        if not kept.failures:
            return None
        title = reader.say(titles.get(kept.sweep, kept.sweep))
        said = reader.say(N_("It failed %(count)s times in a row and is tried again by itself. The log has it under "
                             "%(reference)s."), count=kept.failures, reference=kept.reference)  # fmt: skip
        return _letter(reader, reader.say(N_("The system can’t do this: %(title)s"), title=title), [said], "/jobs")

    return {"job_runs": write_run, "job_sweeps": write_sweep}


def _failed(line: RunLine, title: str, reader: Reader) -> Letter:
    with speaking(reader.locale):
        cause = sentence(Refusal(line.run.error or "", **line.run.error_values), reader.locale)
    said = reader.say(N_("%(title)s for %(period)s at %(site)s has failed and is not tried again by itself:"),
                      title=title, period=line.run.period, site=_site(line, reader))  # fmt: skip
    subject = reader.say(N_("Failed: %(title)s, %(period)s"), title=title, period=line.run.period)
    return _letter(reader, subject, [said, cause], f"/jobs/{line.run.id}")


def _late(line: RunLine, title: str, reader: Reader) -> Letter:
    said = reader.say(N_("%(title)s for %(period)s at %(site)s should have begun more than an hour ago. Look whether "
                         "the worker runs, and whether an earlier run is in its way."),
                      title=title, period=line.run.period, site=_site(line, reader))  # fmt: skip
    subject = reader.say(N_("Late: %(title)s, %(period)s"), title=title, period=line.run.period)
    return _letter(reader, subject, [said], f"/jobs/{line.run.id}")


def _site(line: RunLine, reader: Reader) -> str:
    return named(line.site, reader.locale) if line.site else "–"


def _letter(reader: Reader, subject: str, said: list[str], path: str) -> Letter:
    hello = reader.say(N_("Hello %(name)s,"), name=reader.actor.name)
    small = [reader.say(N_("Which mails you get, you choose here: %(link)s"), link=reader.link("/profile/mails"))]
    return Letter(reader.locale, subject, [hello, *said],
                  (reader.say(N_("Open the run book")), reader.link(path)), small)  # fmt: skip
