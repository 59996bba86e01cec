"""October as posted, and a card desk over the stand-in."""

from tests.billing.conftest import counter, fake, posted

__all__ = ["counter", "fake", "posted"]
