"""`python -m bench.growth`: how work grows with ten times the data: the exponent of size in time, below 1.2.

From a tenth of the sizes that the goals name to those; `BENCH_GROWTH=5` takes five times as much of each, which is the
most: a workbook has 100,000 rows at most.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence

from bench import importing, occupancy, posting, rating

MOST = 1.2
TIMES = float(os.environ.get("BENCH_GROWTH", "1"))
WORKS: tuple[tuple[tuple[str, ...], Callable[[int], Sequence[float]], int], ...] = (
    (("companies rated",), lambda count: [rating.measure(count).seconds], 500),
    (("invoices posted",), lambda count: [posting.measure(count).seconds], 1_000),
    (("bookings imported",), lambda count: importing.measure(count)[:1], 2_000),
    (("allocations in a month's main figures", "allocations in a month's report"), occupancy.month_seconds, 100_000),
)


def main() -> int:
    """Fails where one grows faster."""
    print("| work | size | seconds | size | seconds | exponent |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    worst = 0.0
    for names, measure, usual in WORKS:
        size = round(usual * TIMES)
        for name, small, large in zip(names, measure(size), measure(10 * size), strict=True):
            exponent = math.log10(large / small)
            worst = max(worst, exponent)
            print(f"| {name} | {size:,} | {small:.2f} | {10 * size:,} | {large:.2f} | {exponent:.2f} |", flush=True)
    return int(worst >= MOST)


if __name__ == "__main__":
    sys.exit(main())
