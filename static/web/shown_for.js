/* What belongs to one choice of a list is shown only while it is chosen. */
(() => {
  for (const part of document.querySelectorAll("[data-shown-for]")) {
    const choice = document.getElementById(part.dataset.shownFor);
    if (!choice) continue;
    const show = () => { part.hidden = choice.value !== part.dataset.value; };
    choice.addEventListener("change", show);
    show();
  }
})();
