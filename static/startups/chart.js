// The rent-control chart by keyboard: one stop for Tab, arrows go from bar to bar and from unit to unit.
(() => {
  "use strict";

  const chart = document.querySelector("[data-chart]");
  if (!chart) return;
  const rows = () => [...chart.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
  const bars = (row) => [...row.querySelectorAll("a.chart-box")];
  const all = [...chart.querySelectorAll("a.chart-box")];
  const middle = (bar) => { const box = bar.getBoundingClientRect(); return box.left + box.width / 2; };

  const enter = (bar) => {
    if (!bar) return;
    all.forEach((each) => each.setAttribute("tabindex", "-1"));
    bar.setAttribute("tabindex", "0");
    bar.focus();
    bar.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  const beside = (bar, step) => {
    const mine = bars(bar.closest("[data-row]"));
    return mine[mine.indexOf(bar) + step];
  };

  const across = (bar, step) => {
    const shown = rows();
    const at = middle(bar);
    for (let n = shown.indexOf(bar.closest("[data-row]")) + step; n >= 0 && n < shown.length; n += step) {
      const there = bars(shown[n]);
      if (there.length) return there.reduce((best, each) => (Math.abs(middle(each) - at) < Math.abs(middle(best) - at) ? each : best));
    }
    return null;
  };

  all.forEach((bar, n) => bar.setAttribute("tabindex", n ? "-1" : "0"));
  chart.addEventListener("focusin", (event) => {
    const bar = event.target.closest("a.chart-box");
    if (!bar) return;
    all.forEach((each) => each.setAttribute("tabindex", each === bar ? "0" : "-1"));
  });
  chart.addEventListener("keydown", (event) => {
    const bar = event.target.closest("a.chart-box");
    if (!bar) return;
    const moves = {
      ArrowRight: () => beside(bar, 1), ArrowLeft: () => beside(bar, -1),
      ArrowDown: () => across(bar, 1), ArrowUp: () => across(bar, -1),
      Home: () => bars(bar.closest("[data-row]"))[0], End: () => bars(bar.closest("[data-row]")).at(-1),
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    enter(moves[event.key]());
  });
})();
