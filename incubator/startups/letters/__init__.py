"""Letters about startups: what a notice can be about, and who words it."""

from incubator.notices.writing import Writer
from incubator.startups.letters.agreements import write_agreement_text, write_handover
from incubator.startups.letters.exits import write_exit
from incubator.startups.letters.facts import write_document, write_figures
from incubator.startups.letters.limits import write_limit
from incubator.startups.letters.lost_links import write_new_links
from incubator.startups.letters.requests import write_announcement, write_request
from incubator.startups.letters.selection import write_decision, write_offer, write_to_reviewer

WRITERS: dict[str, Writer] = {
    "agreement_texts": write_agreement_text,
    "announcements": write_announcement,
    "calls": write_new_links,
    "documents": write_document,
    "exits": write_exit,
    "figure_sheets": write_figures,
    "handovers": write_handover,
    "place_offers": write_offer,
    "requests": write_request,
    "selection_decisions": write_decision,
    "selection_stages": write_to_reviewer,
    "startups": write_limit,
}
