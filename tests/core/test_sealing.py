"""Secrets at rest."""

from __future__ import annotations

import pytest

from incubator.core.sealing import Unreadable, last_four, seal, unseal


def test_what_is_sealed_says_nothing_and_is_read_again() -> None:
    sealed = seal("sk_live_4242", ["instance"], "stripe")
    assert "4242" not in sealed and sealed != seal("sk_live_4242", ["instance"], "stripe")
    assert unseal(sealed, ["instance"], "stripe") == "sk_live_4242"
    assert last_four("sk_live_4242") == "4242"


def test_a_key_that_was_changed_still_opens_what_it_sealed() -> None:
    sealed = seal("sk_live_4242", ["old"], "stripe")
    assert unseal(sealed, ["new", "old"], "stripe") == "sk_live_4242"
    with pytest.raises(Unreadable):
        unseal(seal("sk_live_4242", ["new", "old"], "stripe"), ["old"], "stripe")


@pytest.mark.parametrize(("secrets", "purpose"), [(["other"], "stripe"), (["instance"], "mail")])
def test_another_instance_or_purpose_opens_nothing(secrets: list[str], purpose: str) -> None:
    with pytest.raises(Unreadable):
        unseal(seal("sk_live_4242", ["instance"], "stripe"), secrets, purpose)


@pytest.mark.parametrize("garbage", ["", "x", "gAAAA", "汉字"])
def test_what_was_never_sealed_is_refused(garbage: str) -> None:
    with pytest.raises(Unreadable):
        unseal(garbage, ["instance"], "stripe")
