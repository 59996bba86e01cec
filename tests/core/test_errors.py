"""Refusals: a sentence with its values, a field, a status."""

from __future__ import annotations

import pytest

from incubator.core.errors import N_, Conflict, Forbidden, NotFound, Refusal


@pytest.mark.parametrize(("kind", "status"), [(Refusal, 422), (Conflict, 409), (Forbidden, 403), (NotFound, 404)])
def test_each_has_its_status_and_keeps_what_it_was_given(kind: type[Refusal], status: int) -> None:
    refusal = kind(N_("%(unit)s is taken."), field="unit", unit="R1")
    assert refusal.status == status
    assert (refusal.field, refusal.values, str(refusal)) == ("unit", {"unit": "R1"}, "R1 is taken.")


def test_a_per_cent_sign_without_values_is_left_alone() -> None:
    assert str(Refusal("At most 60 % is paid.")) == "At most 60 % is paid."


def test_a_value_may_be_called_message() -> None:
    assert str(Refusal("%(message)s!", message="Stop")) == "Stop!"


def test_another_s_thing_looks_like_none() -> None:
    assert str(NotFound()) == "There is nothing here for you."
