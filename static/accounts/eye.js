/* A button in each password field that shows what was typed. */
(() => {
  const { words } = document.currentScript.dataset;
  const sprite = document.querySelector("svg use")?.getAttribute("href")?.split("#")[0];
  for (const group of document.querySelectorAll(".with-eye")) {
    const input = group.querySelector("input[type=password]");
    if (!input || !sprite) continue;
    const box = document.createElement("div");
    box.className = "password-box";
    input.replaceWith(box);
    const eye = document.createElement("button");
    eye.type = "button";
    eye.className = "eye";
    eye.title = words;
    eye.setAttribute("aria-label", words);
    eye.setAttribute("aria-pressed", "false");
    eye.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${sprite}#eye"></use></svg>`;
    eye.addEventListener("click", () => {
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      eye.setAttribute("aria-pressed", String(!shown));
      input.focus();
    });
    box.append(input, eye);
  }
})();
