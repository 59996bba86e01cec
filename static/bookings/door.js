// A door's page stays on for weeks: it looks again twice a minute, and says so where the house is out of reach.
(() => {
  "use strict";

  const EVERY = 30 * 1000;

  async function look() {
    try {
      const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
      if (!response.ok) throw new Error(String(response.status));
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector("[data-door]");
      if (fresh) document.querySelector("[data-door]").replaceWith(fresh);
      document.documentElement.classList.remove("door-lost");
    } catch {
      document.documentElement.classList.add("door-lost"); // what stands here is old: its code is hidden
    }
  }

  window.setInterval(look, EVERY);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look();
  });
})();
