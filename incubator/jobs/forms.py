"""Shape of what the run book's page takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField

from incubator.core.periods import Month
from incubator.documents.formats import month as written_month
from incubator.documents.formats import named
from incubator.jobs.job import Job
from incubator.spaces.models import Site

MONTHS_BACK = 24


class RunForm(FlaskForm):
    """A scheduled job, a site and one of the last 24 months."""

    job = SelectField(_l("Job"))
    site_id = SelectField(_l("Site"), coerce=int)
    month = SelectField(_l("Month"))

    def offer(self, jobs: Iterable[tuple[Job, str]], sites: Sequence[Site], last: Month, locale: str) -> None:
        """Fill the choices; `jobs` with their titles in the reader's language, months from `last` back."""
        self.job.choices = [(job.name, title) for job, title in jobs]
        self.site_id.choices = [(site.id, named(site, locale)) for site in sites]
        months = [last - back for back in range(MONTHS_BACK)]
        self.month.choices = [(str(month), written_month(month.first, locale)) for month in months]
        self.month.data = self.month.data or str(last - 1)
