"""The import as a job of the run book."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_
from incubator.documents.operations import content_of, get_file
from incubator.jobs.job import Job, JobFailed, Progress, Run
from incubator.jobs.workbook.importing import Importer
from incubator.jobs.workbook.reading import Fault, read_workbook
from incubator.jobs.workbook.sheets import ORDER
from incubator.jobs.written import written_values

MOST_FAULTS = 5_000
"""So many are kept with the run; a file with more is mended in several rounds."""


def import_workbook(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
    """Import the file that the run names; JobFailed with every fault where there is any, and nothing is written."""
    actor.require(Action.IMPORT)
    contents = read_workbook(content_of(session, get_file(session, int(run.arguments["file_id"]))))
    total = max(contents.count, 1)
    progress(0, total)
    importer = Importer(session, actor, run.now, contents, lambda done: progress(done, total))
    importer.run()
    if importer.faults:
        found = sorted(importer.faults, key=lambda fault: (ORDER[fault.sheet], fault.row, _place(fault.letter)))
        raise JobFailed(
            N_("%(count)s faults; nothing was imported."),
            {"faults": [_as_data(fault) for fault in found[:MOST_FAULTS]], "count": len(found)},
            count=len(found),
        )
    progress(total, total)
    return {"outcome": "imported", "counts": importer.counts, "rows": contents.count}


def _place(letter: str) -> tuple[int, str]:
    return len(letter), letter  # Z stands before AA


def _as_data(fault: Fault) -> dict[str, Any]:
    return {
        "sheet": fault.sheet, "row": fault.row, "column": fault.column, "letter": fault.letter,
        "message": fault.refusal.message, "values": written_values(fault.refusal.values),
    }  # fmt: skip


IMPORT_WORKBOOK = Job(
    "import_workbook",
    N_("Import of a workbook"),
    import_workbook,
    about=N_("Reads a workbook's sheets and writes all of its rows, or none."),
    attempts=2,
    results={"imported": N_("%(rows)s rows imported")},
)
