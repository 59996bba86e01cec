"""The tables of `startups`, a file for each subject."""

from incubator.startups.models.applications import (
    Application,
    ApplicationAnswer,
    ApplicationFounder,
    Call,
    CallQuestion,
    DraftFile,
    QuestionOption,
)
from incubator.startups.models.parties import RegisteredAddress, Startup
from incubator.startups.models.people import Individual, Post, Standing
from incubator.startups.models.programmes import Enrolment, Programme
from incubator.startups.models.residencies import Residency, ResidencyPrice
from incubator.startups.models.selection import (
    PlaceOffer,
    Review,
    ReviewScore,
    RubricLine,
    SelectionDecision,
    SelectionStage,
)

__all__ = [
    "Application",
    "ApplicationAnswer",
    "ApplicationFounder",
    "Call",
    "CallQuestion",
    "DraftFile",
    "Enrolment",
    "Individual",
    "PlaceOffer",
    "Post",
    "Programme",
    "QuestionOption",
    "RegisteredAddress",
    "Residency",
    "ResidencyPrice",
    "Review",
    "ReviewScore",
    "RubricLine",
    "SelectionDecision",
    "SelectionStage",
    "Standing",
    "Startup",
]
