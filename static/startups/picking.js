// Units chosen on a floor plan: the boxes in the list are the truth, the shapes follow them and set them.
(() => {
  "use strict";

  const picker = document.querySelector("[data-plan-picker]");
  if (!picker) return;
  const shapes = [...picker.querySelectorAll("[data-pick]")];
  const boxOf = (shape) => document.querySelector(`input[data-unit="${shape.dataset.pick}"]`);
  const [free, taken] = picker.dataset.words.split("|");

  const show = () => shapes.forEach((shape) => {
    const box = boxOf(shape);
    shape.toggleAttribute("hidden", !box);
    if (!box) return;
    const isTaken = Boolean(document.getElementById(`held-${shape.dataset.pick}`)?.querySelector(".unit-taken"));
    const polygon = shape.querySelector("polygon");
    polygon.classList.toggle("pick-chosen", box.checked);
    polygon.classList.toggle("pick-taken", isTaken && !box.checked);
    shape.setAttribute("aria-checked", String(box.checked));
    const code = shape.querySelector("title")?.textContent ?? shape.getAttribute("aria-label");
    shape.dataset.code ??= code;
    shape.setAttribute("aria-label", (isTaken ? taken : free).replace("*", shape.dataset.code));
  });

  const toggle = (shape) => {
    const box = boxOf(shape);
    if (!box) return;
    box.checked = !box.checked;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    show();
  };

  shapes.forEach((shape) => {
    shape.addEventListener("click", () => toggle(shape));
    shape.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      toggle(shape);
    });
  });
  picker.closest("form").addEventListener("input", show);
  document.addEventListener("htmx:afterSettle", show);
  document.addEventListener("htmx:oobAfterSwap", show);
  picker.hidden = false;
  show();
})();
