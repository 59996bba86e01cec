// A site's day: another one as soon as it is chosen, and its list where there is no room for the picture.
(() => {
  "use strict";

  const choice = document.querySelector("[data-timeline-choice]");
  if (choice) choice.addEventListener("change", () => choice.requestSubmit());

  const link = document.querySelector("[data-day-list]");
  const narrow = window.matchMedia("(max-width: 47.99rem)");

  async function show() {
    if (!narrow.matches || !link.isConnected) return;
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const list = page.querySelector(".timeline-list");
      if (list) link.parentElement.replaceWith(list);
    } catch {
      // no network: the link stays, to be pressed later
    }
  }

  if (!link) return;
  narrow.addEventListener("change", show);
  show();
})();
