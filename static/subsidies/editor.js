// The editor of a rule works without this script. With it, one goes on where a step ended, what is typed while a step
// is on its way is kept, and one is asked before what is typed is left behind.
(() => {
  "use strict";
  const editor = () => document.getElementById("editor");
  const isStep = (event) => event.detail.target?.id === "editor";
  const boxes = () => [...editor().querySelectorAll("input[id], textarea[id]")].filter((box) => box.type !== "hidden");
  let changed = editor()?.dataset.changed !== undefined;
  let sending = false;
  let sent = new Map();
  let late = new Map();

  const goOn = () => {
    const field = document.getElementById(editor()?.dataset.focus || "");
    if (field) { field.focus(); field.scrollIntoView({ block: "nearest" }); }
  };

  document.addEventListener("input", (event) => { if (editor()?.contains(event.target)) changed = true; });
  document.addEventListener("submit", (event) => { if (event.target === editor()) sending = true; });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isStep(event)) sent = new Map(boxes().map((box) => [box.id, box.value]));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (isStep(event)) late = new Map(boxes().filter((box) => sent.get(box.id) !== box.value).map((box) => [box.id, box.value]));
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "editor") return;
    const isTyping = late.size > 0;
    for (const box of boxes()) if (late.has(box.id)) box.value = late.get(box.id);
    late.clear();
    changed = true;
    if (!isTyping) goOn();
  });
  window.addEventListener("beforeunload", (event) => { if (changed && !sending) event.preventDefault(); });
  goOn();
})();
