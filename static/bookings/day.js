// A site's day: another one as soon as it is chosen; where there is no room for the picture, its list, and no more is loaded.
(() => {
  "use strict";

  const choice = document.querySelector("[data-timeline-choice]");
  if (choice) choice.addEventListener("change", () => choice.requestSubmit());

  const picture = document.getElementById("timeline");
  const link = document.querySelector("[data-day-list]");
  const narrow = window.matchMedia("(max-width: 47.99rem)");
  let drawn = false;

  function draw() {
    drawn = true;
    for (const address of picture.dataset.scripts.split(" ")) {
      const script = document.createElement("script");
      script.src = address;
      script.async = false; // one after the other
      document.head.append(script);
    }
  }

  async function list() {
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const rows = page.querySelector(".timeline-list");
      if (rows) link.parentElement.replaceWith(rows);
    } catch {
      // no network: the link stays, to be pressed later
    }
  }

  function fit() {
    if (!narrow.matches && !drawn) draw();
    if (narrow.matches && link.isConnected) list();
  }

  if (!picture) return;
  narrow.addEventListener("change", fit);
  fit();
})();
