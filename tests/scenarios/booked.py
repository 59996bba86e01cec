"""What the walks ask of the books: who opens which page, and in how many statements."""

from __future__ import annotations

MONEY, BILL = {"owner", "manager", "finance", "auditor"}, {"owner", "finance"}
PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/billing/desk": (MONEY, set()),
    "/billing/books": (MONEY, set()),
    "/billing/books?month=2026-10": (MONEY, set()),
    "/billing/books/entries": (MONEY, set()),
    "/billing/books/accounts/receivable": (MONEY, set()),
    "/billing/books/2026-10/kingdee.csv": (MONEY, set()),
    "/billing/books/chart": (MONEY, set()),
    "/billing/books/chart/new": (BILL, set()),
    "/billing/ageing": (MONEY, set()),
    "/billing/books/deferred": (MONEY, set()),
    "/billing/companies/{startup_a}": (MONEY | {"founder_a"}, {"founder_b"}),
    "/billing/companies/{startup_a}/offset": (BILL, set()),
    "/billing/companies/{startup_a}/statement.xlsx": (MONEY | {"founder_a"}, {"founder_b"}),
}
"""Address: who opens it, who must not know of it; all others are told that they may not."""

UNKNOWN = (
    "/billing/books?month=2026-13", "/billing/books/entries/{none}", "/billing/books/accounts/shells",
    "/billing/books/2026-10/kingdee.exe", "/billing/companies/{none}", "/billing/companies/{none}/statement.pdf",
    "/billing/companies/{startup_a}/statement.exe", "/billing/companies/{none}/offset",
)  # fmt: skip
STATEMENTS = [
    ("/billing/desk", 40), ("/billing/books", 15), ("/billing/books/entries", 8), ("/billing/ageing", 7),
    ("/billing/books/deferred", 8),
    ("/billing/books/accounts/receivable?month=2026-11", 10), ("/billing/companies/{startup_a}", 19),
]  # fmt: skip
