"""Letters about mentoring: what a notice can be about, and who words it."""

from incubator.mentors.letters.rounds import write_mentorship, write_round
from incubator.notices.writing import Writer

WRITERS: dict[str, Writer] = {
    "mentoring_rounds": write_round,
    "mentorships": write_mentorship,
}
