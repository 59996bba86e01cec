// The price beside a booking form: asked for whenever what it depends on changes.
(() => {
  "use strict";

  const ASKS = ["resource_id", "startup_id", "on", "start", "end", "attendees"];

  function watchPrice(form, url) {
    const shown = form.querySelector(".booking-dialog-price");
    const confirm = form.querySelector("[data-confirm]");
    let latest = 0;

    async function ask() {
      const query = new URLSearchParams();
      for (const name of ASKS) {
        const field = form.elements.namedItem(name);
        if (field && field.value) query.set(name, field.value);
      }
      if (!query.get("start") || !query.get("end") || !query.get("resource_id")) return;
      const mine = ++latest;
      shown.classList.remove("refused");
      shown.textContent = shown.dataset.wait;
      confirm.disabled = true;
      let answer;
      try {
        const response = await fetch(`${url}?${query}`, { headers: { Accept: "application/json" } });
        answer = await response.json();
      } catch {
        answer = { error: shown.dataset.lost };
      }
      if (mine !== latest) return; // a later question is on its way
      shown.textContent = answer.error || answer.price;
      shown.classList.toggle("refused", Boolean(answer.error));
      confirm.disabled = Boolean(answer.error);
    }

    form.addEventListener("change", (event) => {
      if (ASKS.includes(event.target.name)) ask();
    });
    return ask;
  }

  window.watchBookingPrice = watchPrice;
  const page = document.querySelector("[data-booking-form]");
  if (page) watchPrice(page, page.dataset.quote)();
})();
