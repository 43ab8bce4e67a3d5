// The log as a window on lines first..last: more is fetched where one scrolls or jumps to, and what is far away is dropped.
(() => {
  const log = document.getElementById("log");
  if (!log) {
    // No line yet: the first one brings the whole page.
    document.addEventListener("lines", (event) => { if (event.detail) location.reload(); });
    return;
  }
  const STEP = 500, MOST = 5000;
  const { url } = log.dataset;
  let first = Number(log.dataset.first), last = Number(log.dataset.last), total = Number(log.dataset.total);
  let busy = Promise.resolve(), sought = "", hits = [], at = -1;
  const follow = document.getElementById("follow");
  const count = document.getElementById("count");
  const found = document.getElementById("found");
  for (const id of ["earlier", "later"]) document.getElementById(id)?.remove();
  document.getElementById("follow-label").hidden = false;

  const inTurn = (work) => (busy = busy.then(work, work));
  const rows = async (from, to) => {
    const answer = await fetch(`${url}/lines?from=${from}&to=${to}`);
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(`<pre>${await answer.text()}</pre>`, "text/html");
    return [...page.querySelectorAll(".row")];
  };
  const drop = (row) => row?.classList.contains("row") && row.remove();

  const earlier = async () => {
    if (first <= 1) return;
    const from = Math.max(1, first - STEP), fresh = await rows(from, first - 1);
    const height = log.scrollHeight;
    log.prepend(...fresh);
    log.scrollTop += log.scrollHeight - height;
    first = from;
    for (; last - first >= MOST; last--) drop(log.lastElementChild);
    paint();
  };
  const later = async () => {
    if (last >= total) return;
    const to = Math.min(total, last + STEP), fresh = await rows(last + 1, to);
    log.append(...fresh);
    last += fresh.length;
    const height = log.scrollHeight;
    for (; last - first >= MOST; first++) drop(log.firstElementChild);
    if (!follow.checked) log.scrollTop -= height - log.scrollHeight;
    paint();
  };
  const show = async (line) => {
    if (line < first || line > last) {
      first = Math.max(1, Math.min(line - STEP / 2, total - STEP + 1));
      const fresh = await rows(first, first + STEP - 1);
      log.replaceChildren(...fresh);
      last = first + fresh.length - 1;
      paint();
    }
    log.querySelector(".here")?.classList.remove("here");
    const row = document.getElementById(`L${line}`);
    row?.classList.add("here");
    if (row) log.scrollTop = row.offsetTop - log.offsetTop - log.clientHeight / 3;
  };
  const end = async () => {
    if (total - last > STEP) await show(total);
    while (last < total) {
      const before = last;
      await later();
      if (last === before) break;
    }
    log.scrollTop = log.scrollHeight;
  };
  const go = (line) => {
    follow.checked = false;
    history.replaceState(null, "", `#L${line}`);
    return inTurn(() => show(line));
  };

  // Find: the server looks through the whole log, the page marks the words in the lines it has.
  const paint = () => {
    if (!sought) return;
    const walker = document.createTreeWalker(log, NodeFilter.SHOW_TEXT), nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    for (const node of nodes) {
      const where = node.parentNode.nodeName === "MARK" ? -1 : node.data.toLowerCase().indexOf(sought);
      if (where < 0) continue;
      const mark = document.createElement("mark"), rest = node.splitText(where);
      rest.splitText(Math.min(sought.length, rest.length));
      rest.replaceWith(mark);
      mark.append(rest);
    }
  };
  const clear = () => { for (const mark of log.querySelectorAll("mark")) { const p = mark.parentNode; mark.replaceWith(...mark.childNodes); p.normalize(); } };
  const button = (text, label, step) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", () => hit(at + step));
    return made;
  };
  const words = document.createElement("span");
  const hit = (index) => {
    at = (index + hits.length) % hits.length;
    words.textContent = `${at + 1} of ${hits.total}`;
    return go(hits[at]);
  };
  document.getElementById("find").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = document.getElementById("find-text").value;
    if (text.toLowerCase() === sought && hits.length) { hit(at + 1); return; }
    clear();
    sought = text.toLowerCase();
    found.replaceChildren();
    document.getElementById("hits")?.remove();
    if (!text.trim()) { sought = ""; return; }
    const answer = await (await fetch(`${url}/find?find=${encodeURIComponent(text)}`)).json();
    hits = answer.lines;
    hits.total = answer.total;
    words.textContent = "not found";
    found.replaceChildren(words);
    if (!hits.length) return;
    found.append(button("↑", "Previous", -1), button("↓", "Next", 1));
    await hit(0);
    paint();
  });

  // Only a person ends the following; lines that arrive while the view moves do not.
  let touched = 0;
  for (const name of ["wheel", "touchmove", "keydown", "pointerdown"]) log.addEventListener(name, () => (touched = Date.now()), { passive: true });
  log.addEventListener("scroll", () => {
    const below = log.scrollHeight - log.scrollTop - log.clientHeight;
    if (below > 60 && Date.now() - touched < 1000) follow.checked = false;
    if (log.scrollTop < 600) inTurn(async () => { if (log.scrollTop < 600) await earlier(); });
    else if (below < 600 && last < total) inTurn(later);
  }, { passive: true });
  follow.addEventListener("change", () => { if (follow.checked) inTurn(end); });
  document.addEventListener("lines", (event) => {
    total = event.detail;
    count.textContent = total.toLocaleString("en");
    if (follow.checked) inTurn(end);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line], .row a");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(Number(link.dataset.line ?? link.dataset.n));
  });

  const wanted = Number(/^#L(\d+)$/.exec(location.hash)?.[1] ?? 0);
  if (wanted) go(Math.min(wanted, total));
  else log.scrollTop = log.scrollHeight;
})();
