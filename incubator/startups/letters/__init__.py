"""Letters about startups: what a notice can be about, and who words it."""

from incubator.notices.writing import Writer
from incubator.startups.letters.facts import write_document, write_figures
from incubator.startups.letters.requests import write_announcement, write_request

WRITERS: dict[str, Writer] = {
    "announcements": write_announcement,
    "documents": write_document,
    "figure_sheets": write_figures,
    "requests": write_request,
}
