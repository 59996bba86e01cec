// The price beside a booking form: asked for whenever what it depends on changes.
(() => {
  "use strict";

  const ASKS = ["resource_id", "unit_id", "startup_id", "on", "start", "end", "attendees", "voucher_id"];

  function ruleItem(rule) {
    const item = document.createElement("li");
    const name = document.createElement("b");
    name.textContent = rule.name;
    item.append(name, ` ${rule.asks}`);
    return item;
  }

  // another time or room, one press away
  function insteadItem(form, choice) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const time = document.createElement("span");
    button.type = "button";
    button.className = "btn";
    time.className = "num";
    time.textContent = choice.time;
    button.append(choice.name, " ", time);
    button.addEventListener("click", () => {
      for (const [name, value] of Object.entries(choice.fields)) {
        const field = form.elements.namedItem(name);
        if (field) field.value = value;
      }
      form.elements.namedItem("resource_id").dispatchEvent(new Event("change")); // of another pool one chooses anew
      form.dispatchEvent(new CustomEvent("chosen", { detail: choice }));
      form.elements.namedItem("start").dispatchEvent(new Event("change", { bubbles: true }));
      form.querySelector("[data-confirm]").focus();
    });
    item.append(button);
    return item;
  }

  function watchPrice(form, url) {
    const status = form.querySelector("[data-price]");
    const shown = form.querySelector("[data-price-shown]");
    const formula = form.querySelector("[data-price-formula]");
    const rules = form.querySelector("[data-price-rules]");
    const instead = form.querySelector("[data-price-instead]");
    const agreed = form.elements.namedItem("agreed_minor");
    const confirm = form.querySelector("[data-confirm]");
    let latest = 0;
    let asking = null; // the question that is on its way
    let seen = ""; // the last price that stood here

    async function ask() {
      const query = new URLSearchParams();
      for (const name of ASKS) {
        const field = form.elements.namedItem(name);
        if (field && field.value) query.set(name, field.value);
      }
      if (!query.get("start") || !query.get("end") || !query.get("resource_id")) return;
      const mine = ++latest;
      seen = agreed.value || seen;
      tell({ price: status.dataset.wait }, false);
      asking = answerTo(query, mine);
      await asking;
    }

    async function answerTo(query, mine) {
      let answer;
      try {
        const response = await fetch(`${url}?${query}`, { headers: { Accept: "application/json" } });
        answer = await response.json();
      } catch {
        answer = { error: status.dataset.lost };
      }
      if (mine !== latest) return; // a later question is on its way
      asking = null;
      tell(answer, !answer.error);
    }

    // what is agreed to is what stands here
    function tell(answer, priced) {
      status.classList.toggle("refused", Boolean(answer.error));
      status.classList.toggle("priced", priced);
      shown.textContent = answer.error || answer.price;
      formula.textContent = answer.formula || "";
      rules.hidden = !(answer.rules && answer.rules.length);
      rules.replaceChildren(...(answer.rules || []).map(ruleItem));
      instead.hidden = !(answer.instead && answer.instead.length);
      instead.replaceChildren(...(answer.instead || []).map((choice) => insteadItem(form, choice)));
      agreed.value = priced ? answer.price_minor : "";
      confirm.setAttribute("aria-disabled", String(!priced));
    }

    // a press while the price is asked for anew is not lost; it agrees to no other price than the one that stood there
    form.addEventListener("submit", async (event) => {
      if (!asking) return;
      event.preventDefault();
      const agreedTo = seen;
      while (asking) await asking;
      if (agreed.value && agreed.value === agreedTo) form.requestSubmit(confirm);
    });

    form.addEventListener("change", (event) => {
      if (ASKS.includes(event.target.name)) ask();
    });
    return ask;
  }

  window.watchBookingPrice = watchPrice;
  const page = document.querySelector("[data-booking-form]");
  if (page) watchPrice(page, page.dataset.quote)();
})();
