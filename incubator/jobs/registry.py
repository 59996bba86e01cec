"""Every job of the product. The run book shows them, the timetable and the worker go by them."""

from __future__ import annotations

from incubator.jobs.cards import CHARGE_SAVED, RECONCILE_STRIPE
from incubator.jobs.freezing import CHECK_REPORTS, FREEZING_JOBS
from incubator.jobs.job import Job
from incubator.jobs.packing import MAKE_PACK
from incubator.jobs.posting import POST_MONTH
from incubator.jobs.reminding import DUN
from incubator.jobs.reporting import FREEZE_STATISTICS, MAKE_REPORTS
from incubator.jobs.workbook.job import IMPORT_WORKBOOK

ALL: tuple[Job, ...] = (
    *FREEZING_JOBS, CHECK_REPORTS, IMPORT_WORKBOOK, CHARGE_SAVED, RECONCILE_STRIPE, DUN, POST_MONTH, MAKE_REPORTS,
    FREEZE_STATISTICS, MAKE_PACK,
)  # fmt: skip

JOBS: dict[str, Job] = {job.name: job for job in ALL}
