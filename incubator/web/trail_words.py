"""The trail in words: what was done, to what, and what was different before and after."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from msgspec import Struct

from incubator.accounts.words import ROLE_NAMES
from incubator.audit.models import AuditEvent
from incubator.documents import formats
from incubator.jobs.registry import JOBS
from incubator.web.trail_actions import ACTIONS
from incubator.web.trail_fields import FIELDS, VALUES
from incubator.web.trail_names import SUBJECTS

ROLE_WORDS = {role.value: name for role, name in ROLE_NAMES.items()}
Names = Mapping[tuple[str, int], str]
"""What the ids in an event stand for: ("startup_id", 7) → its name."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*")
DATES = frozenset({
    "at", "end", "ends_on", "expires_on", "from", "in_service_from", "in_service_until", "last_on", "on",
    "registered_on", "signed_on", "start", "starts_on", "valid_from", "valid_until",
    "effective_on", "rent_free", "held_from", "held_until", "overdue_from", "overdue_until", "up_to",
})  # fmt: skip
"""The fields whose text is a day or an instant, and is written as one."""
NOTHING = "—"


class Row(Struct, frozen=True):
    """One field of an event, as it was and as it is now."""

    label: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def say_action(action: str) -> str:
    """What was done; an action that has no words yet by its own name."""
    return gettext(ACTIONS[action]) if action in ACTIONS else action.replace("_", " ")


def say_subject(kind: str) -> str:
    return gettext(SUBJECTS[kind]) if kind in SUBJECTS else kind.replace("_", " ")


def list_ids(event: AuditEvent, name: str) -> set[int]:
    """The ids that a field of the event holds, before and after: one, or a list of them."""
    found = [_flat(state).get(name) for state in (event.before, event.after)]
    values = [value for each in found for value in (each if isinstance(each, list) else [each])]
    return {value for value in values if isinstance(value, int)}


def say_changes(event: AuditEvent, locale: str, zone: str, names: Names) -> list[Row]:
    """The event's fields before and after, in words, in the order in which they were written."""
    before, after = _flat(event.before), _flat(event.after)
    write = _writer(locale, zone, names)
    return [
        Row(_label(name), write(name, before.get(name)), write(name, after.get(name)))
        for name in dict.fromkeys([*before, *after])
    ]


def say_briefly(event: AuditEvent, locale: str, zone: str) -> str:
    """The two or three fields that tell events of one kind apart in a list."""
    state = _flat(event.after) or _flat(event.before)
    write = _writer(locale, zone, {})
    telling = [name for name in ("number", "code", "name", "email", "role", "month", "job", "period", "on", "title",
                                 "reason", "browser", "count") if state.get(name)]  # fmt: skip
    return " · ".join(write(name, state[name]) for name in telling[:3])


def _label(name: str) -> str:
    return gettext(FIELDS[name]) if name in FIELDS else name.replace("_", " ")


def _flat(state: Any) -> dict[str, Any]:
    if isinstance(state, dict):
        return state
    return {} if state is None else {"result": state}


def _writer(locale: str, zone: str, names: Names) -> Callable[[str, Any], str]:
    def write(name: str, value: Any) -> str:
        if value is None or value == "" or value == []:
            return NOTHING
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if isinstance(value, int):
            if (name, value) in names:
                return names[name, value]
            return formats.money(value, "CNY", locale) if name.endswith("_minor") else str(value)
        if isinstance(value, list):
            comma = gettext(", ")
            return comma.join(write(name, item) for item in value)
        if isinstance(value, dict):
            pairs = (gettext("%(label)s: %(value)s", label=_label(key), value=write(key, item))
                     for key, item in value.items())  # fmt: skip
            return gettext("; ").join(pairs)
        return _write_text(name, str(value), locale, zone)

    return write


def _write_text(name: str, value: str, locale: str, zone: str) -> str:
    if (name, value) in VALUES:
        return gettext(VALUES[name, value])
    if name == "job" and value in JOBS:
        return gettext(JOBS[value].title)
    if name in ("role", "roles") and value in ROLE_WORDS:
        return gettext(ROLE_WORDS[value])
    if name not in DATES:  # a floor may be called 2026-11-24: the trail shows what was stored
        return value
    try:
        if _DAY.fullmatch(value):
            return formats.day(date.fromisoformat(value), locale)
        if _INSTANT.fullmatch(value):
            return formats.moment(datetime.fromisoformat(value), zone, locale)
    except (ValueError, OverflowError):
        return value
    return value
