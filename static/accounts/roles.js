/* The startup is asked for only where the chosen role holds for one. */
(() => {
  for (const part of document.querySelectorAll("[data-of-startup]")) {
    const role = document.getElementById(part.dataset.ofStartup);
    if (!role) continue;
    const show = () => { part.hidden = !["founder", "member"].includes(role.value); };
    role.addEventListener("change", show);
    show();
  }
})();
