"""`python -m bench.pages`: Chromium's own measurements of the demo's pages on a mid-range telephone.

Largest contentful paint and layout shift, by the browser's observers, on 390 × 844 points with a processor four times
slower and a 4G line (10 Mbit/s, 40 ms); the first page with an empty cache, the others as one goes on, each
three times.
"""

from __future__ import annotations

import sys
import time

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bench.databases import durable
from bench.serving import PORT, SECRET, serving
from incubator.core import sealing
from incubator.core.clock import utc_now
from incubator.jobs.demo.loading import PASSWORD, load_demo

LCP_MS, SHIFT = 1200, 0.05
LOOKS, PATIENCE = 3, 10
"""How often each page is looked at (the middle one counts), and for how many seconds."""
SLOWER = 4
BYTES_A_SECOND, LATENCY_MS = 10_000_000 // 8, 40
PHONE = {"width": 390, "height": 844}
WALKS = {
    "founder": ("/", "/timeline", "/bookings/find", "/bookings", "/invoices", "/my/startup"),
    "manager": ("/", "/timeline", "/startups", "/sites", "/reports", "/reports/use"),
    "finance": ("/", "/billing", "/billing/desk", "/claims", "/subsidies"),
}
OBSERVE = """
window.seen = {paint: 0, shift: 0};
new PerformanceObserver((list) => { for (const each of list.getEntries()) window.seen.paint = each.startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.seen.shift += each.value;
}).observe({type: "layout-shift", buffered: true});
"""


def measure(page: Page, path: str) -> tuple[float, float, int]:
    """Milliseconds to the largest paint, the shift, and the bytes that came."""
    came = 0

    def count(event: dict[str, float]) -> None:
        nonlocal came
        came += int(event["encodedDataLength"])

    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.on("Network.loadingFinished", count)
    line.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": LATENCY_MS, "downloadThroughput": BYTES_A_SECOND,
        "uploadThroughput": BYTES_A_SECOND,
    })  # fmt: skip
    line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(f"http://127.0.0.1:{PORT}{path}", wait_until="networkidle")
    seen = page.evaluate("window.seen")
    until = time.monotonic() + PATIENCE
    while not seen["paint"] and time.monotonic() < until:  # the line is still before the screen is painted
        page.wait_for_timeout(50)
        seen = page.evaluate("window.seen")
    line.detach()
    assert seen["paint"], f"nothing was painted at {path}"
    return seen["paint"], seen["shift"], came


def main() -> int:
    """A line for each page; fails where one is slower, or moves more, than it may."""
    failed = 0
    with durable("pages").copy() as database:
        sealing.use([SECRET])  # the demo's reports are signed
        engine = create_engine(database.settings().database_url)
        with Session(engine) as session:
            sign_ins = load_demo(session, now=utc_now())
            session.commit()
        engine.dispose()
        print("| who | page | largest paint ms | layout shift | KB |\n| --- | --- | ---: | ---: | ---: |")
        with serving(database), sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for role, paths in WALKS.items():
                context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=3)  # type: ignore[arg-type]  # a plain dictionary
                context.add_init_script(OBSERVE)
                page = context.new_page()
                rows = [("nobody", "/sign-in", *measure(page, "/sign-in"))]
                page.fill("input[name=email]", sign_ins[role])
                page.fill("input[name=password]", PASSWORD)
                page.click("form:has(input[name=password]) button[type=submit]")
                page.wait_for_url(lambda url: "/sign-in" not in url)
                rows += [(role, path, *sorted(measure(page, path) for _ in range(LOOKS))[LOOKS // 2]) for path in paths]
                for who, path, paint, shift, came in rows:
                    print(f"| {who} | {path} | {paint:.0f} | {shift:.3f} | {came / 1024:.0f} |", flush=True)
                    failed |= paint > LCP_MS or shift > SHIFT
                context.close()
            browser.close()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
