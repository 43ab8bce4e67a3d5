// Copies what is typed in Slack, and takes the code away once it counts no more.
(() => {
  const counts = document.getElementById("counts"), say = document.getElementById("say");
  const copy = document.getElementById("copy"), copied = document.getElementById("copied");

  copy.hidden = !navigator.clipboard; // which there is over HTTPS alone
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(say.textContent);
      copied.textContent = "Copied: paste it in Slack.";
    } catch {
      getSelection().selectAllChildren(say);
      copied.textContent = "Selected: copy it with the keyboard.";
    }
  });

  // Timers stand still while a phone sleeps, so the clock is asked.
  const end = Date.now() + Number(counts.dataset.seconds) * 1000;
  const ticking = setInterval(() => {
    if (Date.now() < end) return;
    clearInterval(ticking);
    counts.hidden = true;
    document.getElementById("over").hidden = false;
  }, 500);
})();
