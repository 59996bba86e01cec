// Of a pool one may choose which one: the list shows those of the resource that is chosen, and is gone for all others.
(() => {
  "use strict";

  for (const part of document.querySelectorAll("[data-pool]")) {
    const units = part.querySelector("select");
    const resource = units.form.elements.namedItem("resource_id");
    const any = units.options[0];
    const groups = [...units.querySelectorAll("optgroup")].map((group) => ({ group, of: group.querySelector("option").dataset.resource }));

    const look = () => {
      const mine = groups.filter((each) => each.of === resource.value).map((each) => each.group);
      const chosen = units.selectedOptions[0];
      units.replaceChildren(any, ...mine);
      units.value = chosen && mine.includes(chosen.parentElement) ? chosen.value : any.value;
      part.hidden = !mine.length;
    };

    resource.addEventListener("change", look); // before the price is asked for: that listens on the form
    look();
  }
})();
