// The floor plan at a time: what is chosen is shown at once, and the time of day can be slid along.
(() => {
  "use strict";

  const form = document.querySelector("[data-floor-choice]");
  if (!form) return;
  const pad = (number) => String(number).padStart(2, "0");
  const time = form.elements.namedItem("time");
  form.addEventListener("change", (event) => { if (event.target !== time) form.requestSubmit(); });
  time.addEventListener("blur", () => { if (time.value && time.value !== time.defaultValue) form.requestSubmit(); });

  const part = document.querySelector("[data-floor-slider]");
  const slider = part.querySelector("input");
  part.hidden = false;
  const clock = () => `${pad(Math.floor(slider.value / 60))}:${pad(slider.value % 60)}`;
  const tell = () => { slider.setAttribute("aria-valuetext", clock()); };
  slider.addEventListener("input", () => { time.value = clock(); tell(); });
  slider.addEventListener("change", () => form.requestSubmit());
  tell();
})();
