"""What the walks ask of frozen reports: who opens which page, and in how many statements."""

from __future__ import annotations

MONEY = {"owner", "manager", "finance", "auditor"}
PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/reports": (MONEY, set()),
    "/reports?site={site}": (MONEY, set()),
    "/reports/keys": (MONEY, set()),
    "/reports/frozen/subsidies/{site}/2026-10": (MONEY, set()),
    "/reports/frozen/mentoring/{site}/2026-10": (MONEY, set()),
    "/reports/frozen/qualification/all/2026-10": (MONEY, set()),
}
"""Address: who opens it, who must not know of it; all others are told that they may not."""

UNKNOWN = (
    "/reports/frozen/subsidies/{none}/2026-10", "/reports/frozen/mentoring/{site}/2026-13",
    "/reports/frozen/shells/{site}/2026-10", "/reports/frozen/subsidies/{site}/2026-10/export.pdf",
    "/verify/a3-00000000000000000000000000", "/verify/keys/zz",
)  # fmt: skip
STATEMENTS = [
    ("/reports", 8), ("/reports/keys", 6), ("/reports/frozen/subsidies/{site}/2026-10", 18),
    ("/reports/frozen/mentoring/{site}/2026-10", 12), ("/reports/frozen/qualification/all/2026-10", 12),
    ("/reports/occupancy/{site}/2026-10", 30), ("/reports/occupancy/{site}/2026-10/rows/time", 32),
    ("/reports/occupancy/{site}/2026-10/rows/area?only=left-out", 30),
]  # fmt: skip
