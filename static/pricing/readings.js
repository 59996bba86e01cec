// What was used since the last reading, as one types; the server counts again and has the last word.
(() => {
  "use strict";

  const form = document.querySelector("form[data-readings]");
  if (!form) return;
  const shown = new Intl.NumberFormat(document.documentElement.lang || undefined, { maximumFractionDigits: 3 });

  const show = (row) => {
    const input = row.querySelector("input.form-control");
    const output = row.querySelector("output");
    const value = Number(input.value.replace(/[,，\s]/g, ""));
    const last = Number(row.dataset.last);
    if (!input.value.trim() || !Number.isFinite(value) || row.dataset.last === "") {
      output.value = "";
      return;
    }
    const used = (value - last) * Number(row.dataset.factor);
    output.value = `${used >= 0 ? "+" : ""}${shown.format(used)} ${row.dataset.unit}`;
  };

  form.querySelectorAll("[data-meter]").forEach(show);
  form.addEventListener("input", (event) => {
    const row = event.target.closest("[data-meter]");
    if (row) show(row);
  });
})();
