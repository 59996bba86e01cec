/* The shell's own behaviour: CSRF for htmx, and forms that wait for their answer once sent. */
(() => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = token;
  });

  // a long navigation stands where one is
  const place = document.querySelector(".sidebar-nav [aria-current]");
  const list = place?.closest(".sidebar-nav");
  if (list) {
    const hidden = place.getBoundingClientRect().bottom - list.getBoundingClientRect().bottom;
    if (hidden > 0) list.scrollTop += hidden + list.clientHeight / 3;
  }

  // a form sent twice by an impatient finger: the second press does nothing until the page answers
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.dataset.again !== undefined) return;
    if (form.dataset.sent !== undefined) { event.preventDefault(); return; }
    form.dataset.sent = "";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  });
  // a download leaves the page standing: its form may be sent again
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.download !== undefined) setTimeout(() => delete form.dataset.sent, 1500);
  });
})();
