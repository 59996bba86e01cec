/* The weekly hours: one more time of a day, one less, and a day's times for all workdays. Without this script all
   times that a day can have are there to be filled in. */
(() => {
  "use strict";
  const editor = document.querySelector("[data-week]");
  if (!editor) return;
  const days = [...editor.querySelectorAll("[data-weekday]")];
  const slotsOf = (day) => [...day.querySelectorAll(".week-slot")];
  const inputs = (slot) => [...slot.querySelectorAll("input")];
  const isEmpty = (slot) => inputs(slot).every((input) => !input.value);

  function tidy(day) {
    const slots = slotsOf(day);
    const shown = slots.filter((slot) => !slot.hidden);
    day.querySelector("[data-away]").hidden = shown.length > 0;
    day.querySelector("[data-add]").hidden = shown.length === slots.length;
  }

  function show(day, focus) {
    const next = slotsOf(day).find((slot) => slot.hidden);
    if (!next) return;
    next.hidden = false;
    tidy(day);
    if (focus) inputs(next)[0].focus();
  }

  function drop(day, slot) {
    inputs(slot).forEach((input) => { input.value = ""; });
    slot.hidden = true;
    slot.parentElement.append(slot);
    tidy(day);
    day.querySelector("[data-add]").focus();
  }

  function copy(from, to) {
    const times = slotsOf(from).filter((slot) => !slot.hidden).map((slot) => inputs(slot).map((input) => input.value));
    slotsOf(to).forEach((slot, place) => {
      inputs(slot).forEach((input, end) => { input.value = place < times.length ? times[place][end] : ""; });
      slot.hidden = place >= times.length;
    });
    tidy(to);
  }

  days.forEach((day) => {
    slotsOf(day).forEach((slot) => {
      slot.hidden = isEmpty(slot);
      const remove = slot.querySelector("[data-drop]");
      remove.hidden = false;
      remove.addEventListener("click", () => drop(day, slot));
    });
    day.querySelector("[data-add]").addEventListener("click", () => show(day, true));
    const all = day.querySelector("[data-copy]");
    if (all) {
      all.hidden = false;
      all.addEventListener("click", () => {
        days.filter((other) => other !== day && Number(other.dataset.weekday) <= 5).forEach((other) => copy(day, other));
        editor.querySelector("[data-said]").textContent = all.dataset.done;
      });
    }
    tidy(day);
  });
})();
