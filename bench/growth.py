"""`python -m bench.growth`: how work grows with ten times the data: the exponent of size in time, below 1.2."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

from bench import importing, occupancy, posting, rating

MOST = 1.2
WORKS: tuple[tuple[str, Callable[[int], float], int], ...] = (
    ("companies rated", lambda count: rating.measure(count).seconds, 500),
    ("invoices posted", lambda count: posting.measure(count).seconds, 1_000),
    ("bookings imported", lambda count: importing.measure(count)[0], 2_000),
    ("allocations in a month's occupancy", occupancy.month_seconds, 100_000),
)


def main() -> int:
    """Fails where one grows faster."""
    print("| work | size | seconds | size | seconds | exponent |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    worst = 0.0
    for name, measure, size in WORKS:
        small, large = measure(size), measure(10 * size)
        exponent = math.log10(large / small)
        worst = max(worst, exponent)
        print(f"| {name} | {size:,} | {small:.2f} | {10 * size:,} | {large:.2f} | {exponent:.2f} |", flush=True)
    return int(worst >= MOST)


if __name__ == "__main__":
    sys.exit(main())
