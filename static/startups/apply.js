// An application's form: a file is uploaded as soon as it is chosen, with all that is typed.
(() => {
  const form = document.querySelector("form[data-apply]");
  if (!form) return;
  document.getElementById("faults")?.focus();
  form.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file" || !input.files.length) return;
    const isTooLarge = input.files[0].size > Number(input.dataset.most);
    input.setCustomValidity(isTooLarge ? input.dataset.tooLarge : "");
    if (isTooLarge) {
      input.reportValidity();
      input.value = "";
      return;
    }
    form.requestSubmit(form.querySelector("button[value=save]"));
  });
})();
