/* One step at a time, sent in the background so that a fault loses nothing that was typed, the password included.
   Without this script the page is one long form that works. */
(() => {
  const wizard = document.querySelector("[data-wizard]");
  const form = wizard.querySelector("form");
  const steps = [...form.querySelectorAll("[data-step]")];
  const marks = [...wizard.querySelectorAll("[data-to]")];
  const back = form.querySelector("[data-back]");
  const next = form.querySelector("[data-next]");
  const finish = form.querySelector("[data-finish]");
  const faults = form.querySelector(".form-faults");
  let now = 0;

  const show = (index, focus = true) => {
    now = index;
    steps.forEach((step, i) => { step.hidden = i !== now; });
    marks.forEach((mark, i) => {
      mark.classList.toggle("is-done", i < now);
      if (i === now) mark.setAttribute("aria-current", "step"); else mark.removeAttribute("aria-current");
    });
    back.hidden = now === 0;
    next.hidden = now === steps.length - 1;
    finish.hidden = !next.hidden;
    if (focus) {
      steps[now].querySelector(".step-title").focus({ preventScroll: true });
      window.scrollTo({ top: 0 });
    }
  };

  // what the browser can see by itself; the server says the rest
  const mayLeave = (step) => {
    const wrong = [...step.querySelectorAll("input, select")].find((input) => input.offsetParent && !input.checkValidity());
    wrong?.reportValidity();
    return !wrong;
  };

  const inputOf = (name) => form.elements.namedItem(name);
  const clear = () => {
    faults.replaceChildren();
    for (const note of form.querySelectorAll(".invalid-feedback")) note.remove();
    for (const input of form.querySelectorAll(".is-invalid")) {
      input.classList.remove("is-invalid");
      input.removeAttribute("aria-invalid");
    }
    for (const mark of marks) mark.classList.remove("has-fault");
  };
  const sayOverForm = (sentence) => {
    const alert = document.createElement("div");
    alert.className = "alert alert-danger";
    alert.textContent = sentence;
    faults.append(alert);
  };
  const tell = (errors) => {
    let first = null;
    for (const [name, sentences] of Object.entries(errors)) {
      const input = name && inputOf(name);
      if (!input || !input.closest) { sentences.forEach(sayOverForm); continue; }
      const note = document.createElement("div");
      note.className = "invalid-feedback d-block";
      note.id = `${input.id}-error`;
      note.textContent = sentences.join(" ");
      input.classList.add("is-invalid");
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", note.id);
      (input.closest(".password-box") ?? input).after(note);
      input.closest("[data-row]")?.removeAttribute("hidden");
      const index = steps.indexOf(input.closest("[data-step]"));
      marks[index]?.classList.add("has-fault");
      if (!first || index < first.index) first = { index, input };
    }
    if (first) { show(first.index, false); first.input.focus(); }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!next.hidden) { next.click(); return; }
    if (!mayLeave(steps[now]) || finish.disabled) return;
    finish.disabled = true;
    finish.setAttribute("aria-busy", "true");
    clear();
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      const said = await answer.json();
      if (said.location) { window.location.assign(said.location); return; }
      if (said.errors) tell(said.errors); else sayOverForm(said.error);
    } catch {
      sayOverForm(form.dataset.failed);
    }
    finish.disabled = false;
    finish.removeAttribute("aria-busy");
  });
  next.addEventListener("click", () => { if (mayLeave(steps[now])) show(now + 1); });
  back.addEventListener("click", () => show(now - 1));
  marks.forEach((mark, i) => mark.addEventListener("click", () => { if (i < now) show(i); }));
  // Enter goes on, and sends on the last step only
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input") && !next.hidden) { event.preventDefault(); next.click(); }
  });

  for (const part of form.querySelectorAll("[data-shown-by]")) {
    const box = document.getElementById(part.dataset.shownBy);
    const follow = () => { part.hidden = !box.checked; };
    box.addEventListener("change", follow);
    follow();
  }
  const followChoice = () => {
    const chosen = form.querySelector("[name=floor_by]:checked")?.value;
    for (const part of form.querySelectorAll("[data-shown-by-value]")) part.hidden = part.dataset.shownByValue !== chosen;
  };
  for (const option of form.querySelectorAll("[name=floor_by]")) option.addEventListener("change", followChoice);
  followChoice();

  for (const group of form.querySelectorAll("[data-rows]")) {
    const rows = [...group.querySelectorAll("[data-row]")];
    const more = group.querySelector("[data-more]");
    const isEmpty = (row) => !row.querySelector("input").value && !row.querySelector(".is-invalid");
    rows.forEach((row, i) => { row.hidden = i > 0 && isEmpty(row); });
    const follow = () => { more.hidden = rows.every((row) => !row.hidden); };
    more.addEventListener("click", () => {
      const row = rows.find((each) => each.hidden);
      row.hidden = false;
      row.querySelector("input").focus();
      follow();
    });
    follow();
  }

  const wrong = steps.findIndex((step) => step.querySelector(".is-invalid"));
  show(Math.max(0, wrong), false);
})();
