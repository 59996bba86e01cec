"""Letters about mentoring: what a notice can be about, and who words it."""

from incubator.mentors.letters.needs import write_need
from incubator.mentors.letters.profiles import write_appointment, write_proposal
from incubator.mentors.letters.rounds import write_mentorship, write_round
from incubator.mentors.letters.sessions import write_session
from incubator.notices.writing import Writer

WRITERS: dict[str, Writer] = {
    "mentor_appointments": write_appointment,
    "mentor_proposals": write_proposal,
    "mentoring_needs": write_need,
    "mentor_sessions": write_session,
    "mentoring_rounds": write_round,
    "mentorships": write_mentorship,
}
