/* A box that ticks all units of a floor; without script each is ticked by itself. */
(() => {
  for (const floor of document.querySelectorAll(".unit-boxes-floor")) {
    const line = floor.querySelector(".unit-boxes-all");
    const units = [...floor.querySelectorAll("input[name]")];
    if (!line || units.length < 2) continue;
    const all = line.querySelector("input");
    const look = () => {
      const ticked = units.filter((unit) => unit.checked).length;
      all.checked = ticked === units.length;
      all.indeterminate = ticked > 0 && ticked < units.length;
    };
    all.addEventListener("change", () => { for (const unit of units) unit.checked = all.checked; });
    floor.addEventListener("change", look);
    look();
    line.hidden = false;
  }
})();
