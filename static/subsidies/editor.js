// The editor of a rule works without this script. With it, one goes on where a step ended, and is asked before what
// is typed is left behind.
(() => {
  "use strict";
  const editor = () => document.getElementById("editor");
  let changed = editor()?.dataset.changed !== undefined;
  let sending = false;

  const goOn = () => {
    const field = document.getElementById(editor()?.dataset.focus || "");
    if (field) { field.focus(); field.scrollIntoView({ block: "nearest" }); }
  };

  document.addEventListener("input", (event) => { if (editor()?.contains(event.target)) changed = true; });
  document.addEventListener("submit", (event) => { if (event.target === editor()) sending = true; });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "editor") { changed = true; goOn(); }
  });
  window.addEventListener("beforeunload", (event) => { if (changed && !sending) event.preventDefault(); });
  goOn();
})();
