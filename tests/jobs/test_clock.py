"""A machine's clock that is set is noticed: APScheduler, left alone, would sleep through an hour set back."""

from __future__ import annotations

import time

import pytest

from incubator.jobs.worker import Clock


@pytest.mark.parametrize(("seconds", "jumped"), [(0, False), (4, False), (6, True), (-6, True), (-3600, True)])
def test_a_jump_is_noticed_once(monkeypatch: pytest.MonkeyPatch, seconds: float, jumped: bool) -> None:
    clock, wall = Clock(), time.time
    monkeypatch.setattr(time, "time", lambda: wall() + seconds)
    assert clock.jumped() is jumped
    assert not clock.jumped()
