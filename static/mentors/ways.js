// Shows only what the chosen way of meeting asks for; without this script all of it is there.
for (const group of document.querySelectorAll("[data-ways]")) {
  const show = () => {
    const chosen = group.querySelector("input[name=way]:checked")?.value;
    for (const more of group.querySelectorAll("[data-way]")) more.hidden = more.dataset.way !== chosen;
  };
  group.addEventListener("change", show);
  show();
}
