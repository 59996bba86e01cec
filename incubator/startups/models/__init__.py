"""The tables of `startups`, a file for each subject."""

from incubator.startups.models.achievements import Achievement
from incubator.startups.models.agreements import Acceptance, AgreementTemplate, AgreementText, DepositEntry
from incubator.startups.models.announcements import Announcement, AnnouncementReading, AnnouncementTarget
from incubator.startups.models.applications import (
    Application,
    ApplicationAnswer,
    ApplicationFounder,
    Call,
    CallQuestion,
    DraftFile,
    QuestionOption,
)
from incubator.startups.models.booking_limits import BookingLimit
from incubator.startups.models.directory import DirectoryEntry
from incubator.startups.models.exits import Exit, ExitItem
from incubator.startups.models.figures import (
    Figure,
    FigureCheck,
    FigureLock,
    FigureRhythm,
    FigureSheet,
    FigureVersion,
    Indicator,
)
from incubator.startups.models.graduation import GraduationCriterion, GraduationRule
from incubator.startups.models.handovers import Handover, HandoverItem, HandoverPhoto
from incubator.startups.models.holds import UnitHold
from incubator.startups.models.parties import RegisteredAddress, Startup
from incubator.startups.models.people import Individual, Post, Standing
from incubator.startups.models.programmes import Enrolment, Programme
from incubator.startups.models.requests import (
    Request,
    RequestCategory,
    RequestMessage,
    RequestPhoto,
    ServiceLevel,
)
from incubator.startups.models.residencies import Residency, ResidencyAmendment, ResidencyPrice
from incubator.startups.models.selection import (
    PlaceOffer,
    Review,
    ReviewScore,
    RubricLine,
    SelectionDecision,
    SelectionStage,
)

__all__ = [
    "Acceptance",
    "Achievement",
    "AgreementTemplate",
    "AgreementText",
    "Announcement",
    "AnnouncementReading",
    "AnnouncementTarget",
    "Application",
    "ApplicationAnswer",
    "ApplicationFounder",
    "BookingLimit",
    "Call",
    "CallQuestion",
    "DepositEntry",
    "DirectoryEntry",
    "DraftFile",
    "Enrolment",
    "Exit",
    "ExitItem",
    "Figure",
    "FigureCheck",
    "FigureLock",
    "FigureRhythm",
    "FigureSheet",
    "FigureVersion",
    "GraduationCriterion",
    "GraduationRule",
    "Handover",
    "HandoverItem",
    "HandoverPhoto",
    "Indicator",
    "Individual",
    "PlaceOffer",
    "Post",
    "Programme",
    "QuestionOption",
    "RegisteredAddress",
    "Request",
    "RequestCategory",
    "RequestMessage",
    "RequestPhoto",
    "Residency",
    "ResidencyAmendment",
    "ResidencyPrice",
    "Review",
    "ReviewScore",
    "RubricLine",
    "SelectionDecision",
    "SelectionStage",
    "ServiceLevel",
    "Standing",
    "Startup",
    "UnitHold",
]
