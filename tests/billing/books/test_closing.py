"""A month is closed: in order, for good, with what deposits and vouchers did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.billing.models import ClosedMonth, Invoice, JournalEntry, OpenItem
from incubator.billing.operations.catching_up import catch_up, count_behind
from incubator.billing.operations.closing import close_month, map_account
from incubator.billing.operations.journal import open_day, post_entries
from incubator.billing.queries.books import find_differences, list_months, name_accounts, trial_balance
from incubator.billing.rules.accounts import CHART, Account
from incubator.billing.rules.journal import Entry, Posting
from incubator.core.errors import Conflict, Forbidden, Refusal
from incubator.core.periods import Month
from incubator.startups.models import Residency
from incubator.startups.operations.deposits import move_deposit
from tests.billing.stage import OCTOBER_POSTING, Stage
from tests.cast import Cast
from tests.database import TestDatabase
from tests.racing import race
from tests.scenarios.october import AFTER_OCTOBER

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
DECEMBER = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
