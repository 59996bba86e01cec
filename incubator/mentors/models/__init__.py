"""The tables of `mentors`, a file for each subject."""

from incubator.mentors.models.needs import MentoringNeed, MentoringSettings, NeedField
from incubator.mentors.models.profiles import (
    HelpField,
    Mentor,
    MentorAppointment,
    MentorConflict,
    MentorDay,
    MentorField,
    MentorHours,
    MentorProposal,
    MentorSite,
)
from incubator.mentors.models.rounds import (
    MentoringRound,
    Mentorship,
    RoundMentor,
    RoundPair,
    RoundStartup,
    RoundWish,
)
from incubator.mentors.models.sessions import (
    HoursCertificate,
    LogConfirmation,
    MentorSession,
    SessionEvidence,
    SessionFeedback,
    SessionLog,
    SessionLogField,
    SessionNote,
    SessionTask,
)

__all__ = [
    "HelpField", "HoursCertificate", "LogConfirmation", "Mentor", "MentorAppointment", "MentorConflict", "MentorDay",
    "MentorField", "MentorHours", "MentorProposal", "MentorSession", "MentorSite", "MentoringNeed", "MentoringRound",
    "MentoringSettings", "Mentorship", "NeedField", "RoundMentor", "RoundPair", "RoundStartup", "RoundWish",
    "SessionEvidence", "SessionFeedback", "SessionLog", "SessionLogField", "SessionNote", "SessionTask",
]  # fmt: skip
