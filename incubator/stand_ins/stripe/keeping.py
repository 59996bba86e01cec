"""The account in a file, so that what was paid in the demo stays paid when it is started again."""

from __future__ import annotations

import json
from pathlib import Path

from incubator.stand_ins.stripe.account import Account
from incubator.stand_ins.stripe.calls import KEYS_LIVE

KEPT_EVENTS = 200
"""Of those that have arrived."""


def keep(account: Account, path: Path) -> None:
    """Write it whole, or leave what was there."""
    with account.lock:
        gone = max(account.told - KEPT_EVENTS, 0)
        del account.events[:gone]
        account.told -= gone
        since = account.clock() - KEYS_LIVE
        answers = {key: known for key, known in account.answers.items() if known and known[1] > since}
        text = json.dumps({"things": account.things, "events": account.events, "told": account.told,
                           "answers": answers})  # fmt: skip
        draft = path.with_suffix(".draft")
        draft.write_text(text)
        draft.replace(path)


def load(account: Account, path: Path) -> None:
    """What was kept, if anything; pages that are open have their addresses at where the account is now."""
    if not path.exists():
        return
    kept = json.loads(path.read_text())
    account.things, account.events, account.told = kept["things"], kept["events"], kept["told"]
    account.answers = {key: (asked, at, status, body) for key, (asked, at, status, body) in kept["answers"].items()}
    for page in account.all_of("checkout.session"):
        page["url"] = f"{account.url}/standin/{page['id']}" if page["status"] == "open" else None
