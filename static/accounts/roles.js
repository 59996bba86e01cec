/* The startup is asked for only where the chosen role holds for one, a member's rights only for a member. */
(() => {
  for (const part of document.querySelectorAll("[data-of-member]")) {
    const role = document.getElementById(part.dataset.ofMember);
    if (!role) continue;
    const show = () => { part.hidden = role.value !== "member"; };
    role.addEventListener("change", show);
    show();
  }
  for (const part of document.querySelectorAll("[data-of-startup]")) {
    const role = document.getElementById(part.dataset.ofStartup);
    if (!role) continue;
    const show = () => { part.hidden = !["founder", "member"].includes(role.value); };
    role.addEventListener("change", show);
    show();
  }
})();
