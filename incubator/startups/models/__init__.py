"""The tables of `startups`, a file for each subject."""

from incubator.startups.models.achievements import Achievement
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
from incubator.startups.models.parties import RegisteredAddress, Startup
from incubator.startups.models.people import Individual, Post, Standing
from incubator.startups.models.programmes import Enrolment, Programme
from incubator.startups.models.residencies import Residency, ResidencyPrice

__all__ = [
    "Achievement",
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
    "Indicator",
    "Individual",
    "Post",
    "Programme",
    "RegisteredAddress",
    "Residency",
    "ResidencyPrice",
    "Standing",
    "Startup",
]
