// A modal takes the keyboard, a link that is a button is told of, and a refusal closes its question.
(() => {
  const showModal = () => {
    const dialog = document.querySelector("#modal dialog");
    if (!dialog || dialog.matches(":modal")) return;
    const held = dialog.contains(document.activeElement) ? document.activeElement : null;
    dialog.close();
    dialog.showModal();
    const field = held ?? dialog.querySelector("[aria-invalid]") ?? dialog.querySelector("input[type=text]:not(.touched), textarea, select");
    field?.focus();
    field?.setSelectionRange?.(field.value.length, field.value.length);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      dialog.querySelector("[formaction='/-/close']").click();
    });
  };

  // What somebody chose is as worth keeping as what they wrote; live.js looks at texts.
  document.addEventListener("change", (event) => {
    const touched = event.target.closest("dialog")?.querySelector(".touched");
    if (touched) touched.value = "yes";
  });

  document.addEventListener("click", (event) => {
    const deny = event.target.closest("[data-close]");
    if (deny) {
      event.preventDefault();
      const asked = document.getElementById(deny.dataset.close);
      asked.open = false;
      asked.querySelector("summary").focus();
      return;
    }
    const link = event.target.closest("a[data-ts]");
    if (link) {
      const { ts, block, action } = link.dataset;
      fetch("/-/press", { method: "POST", body: new URLSearchParams({ ts, block, action, to: location.pathname }), redirect: "manual", keepalive: true }).catch(() => {});
    }
  });

  document.addEventListener("refreshed", showModal);
  showModal();
})();
