// Keeps a page up to date: when the server says that something changed, the page is asked for again
// and every part marked data-live is replaced. What a person is doing meanwhile is left alone.
(() => {
  const source = document.querySelector("[data-events]");
  if (!source) return;
  const events = new EventSource(source.dataset.events);
  const version = () => document.querySelector("[data-version]")?.dataset.version;
  let busy = false, again = false;

  const isEditing = (part) => [...part.querySelectorAll("textarea, input[type=text]")].some((f) => f.value !== f.defaultValue);

  const swap = (old, fresh) => {
    if (isEditing(old)) return;
    const name = (each, index) => each.id || `${index} ${each.querySelector("summary")?.textContent}`;
    const open = new Set([...old.querySelectorAll("details")].map((each, index) => each.open && name(each, index)));
    const focus = old.contains(document.activeElement) ? document.activeElement.id : "";
    document.adoptNode(fresh);
    old.replaceWith(fresh);
    [...fresh.querySelectorAll("details")].forEach((each, index) => { if (open.has(name(each, index))) each.open = true; });
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  };

  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.title = page.title;
      for (const fresh of page.querySelectorAll("[data-live][id]")) {
        const old = document.getElementById(fresh.id);
        if (old) swap(old, fresh);
      }
      document.dispatchEvent(new CustomEvent("refreshed"));
    } catch { /* the server is away; the stream tells when it is back */ } finally {
      busy = false;
      if (again) { again = false; refresh(); }
    }
  };

  events.addEventListener("state", (event) => { if (event.data !== version()) refresh(); });
  events.addEventListener("lines", (event) => document.dispatchEvent(new CustomEvent("lines", { detail: Number(event.data) })));
  events.addEventListener("end", () => events.close());
  addEventListener("pagehide", () => events.close());
})();
