"""The tables of `startups`, a file for each subject."""

from incubator.startups.models.announcements import Announcement, AnnouncementReading, AnnouncementTarget
from incubator.startups.models.directory import DirectoryEntry
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
from incubator.startups.models.residencies import Residency, ResidencyPrice

__all__ = [
    "Announcement",
    "AnnouncementReading",
    "AnnouncementTarget",
    "DirectoryEntry",
    "Enrolment",
    "Individual",
    "Post",
    "Programme",
    "RegisteredAddress",
    "Request",
    "RequestCategory",
    "RequestMessage",
    "RequestPhoto",
    "Residency",
    "ResidencyPrice",
    "ServiceLevel",
    "Standing",
    "Startup",
]
