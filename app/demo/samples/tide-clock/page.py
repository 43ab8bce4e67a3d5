"""Makes the page of the clock, and what tells whether it is well: page.py FOLDER."""

import json
import os
import sys
from html import escape
from pathlib import Path
from string import Template

from tide import PERIOD, height

DAY = 24 * 60
WIDE, HIGH = 720, 200

PAGE = Template("""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Tide clock · $short</title>
<style>
  :root { --sky: #eef5f8; --ink: #10303f; --soft: #4a6674; --sea: #2b7a9b; --deep: #1d5d79; --line: #c4dbe5; --bad: #a3261b; }
  @media (prefers-color-scheme: dark) {
    :root { --sky: #0c1a21; --ink: #dcecf3; --soft: #93afbc; --sea: #2f83a6; --deep: #1b5670; --line: #223a46; --bad: #f08d80; }
  }
  * { box-sizing: border-box; margin: 0; }
  body { min-height: 100vh; display: flex; flex-direction: column; background: var(--sky); color: var(--ink);
         font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
  main { padding: 1.6rem clamp(1rem, 5vw, 2.5rem) 1.2rem; }
  h1 { font-size: 1.6rem; letter-spacing: -.01em; line-height: 1.2; }
  p { color: var(--soft); margin-top: .3rem; }
  dl { display: flex; flex-wrap: wrap; gap: .8rem 2.2rem; margin-top: 1.2rem; }
  dt { font-size: .85rem; color: var(--soft); }
  dd { font-size: 1.3rem; font-weight: 600; font-variant-numeric: tabular-nums; }
  .bad dd.state { color: var(--bad); }
  .bad :is(svg, footer) { opacity: .3; margin-bottom: 0; }
  code { font: inherit; font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
  svg { display: block; width: 100%; height: auto; margin: auto 0 -1px; }
  .water { fill: var(--sea); } .hours { stroke: var(--line); }
  footer { background: var(--deep); height: 1.6rem; }
</style>
<body class="$mood">
<main>
  <h1>Tide clock</h1>
  <p>A day of water between $low m and $high m, high at midnight.</p>
  <dl>
    <div><dt>Version</dt><dd><code>$short</code></dd></div>
    <div><dt>Health</dt><dd class="state">$status</dd></div>
    <div><dt>High water every</dt><dd>$period</dd></div>
  </dl>
</main>
<svg viewBox="0 0 $wide $tall" role="img" aria-label="Two high waters a day">
  <path class="hours" d="$hours"/>
  <path class="water" d="$water"/>
</svg>
<footer></footer>
</body>
</html>
""")


def page(version: str, status: str) -> str:
    heights = [height(minute) for minute in range(0, DAY + 1, 15)]
    top = max(heights) * 1.15
    step = WIDE / (len(heights) - 1)
    points = [f"{number * step:.1f} {HIGH * (1 - each / top):.1f}" for number, each in enumerate(heights)]
    return PAGE.substitute(
        short=version[:7],
        status=escape(status),
        mood="good" if status == "ok" else "bad",
        period=f"{PERIOD // 60} h {PERIOD % 60} min",
        low=f"{min(heights):.1f}",
        high=f"{max(heights):.1f}",
        wide=WIDE,
        tall=HIGH,
        hours=" ".join(f"M{hour * WIDE / 24:.0f} 0V{HIGH}" for hour in range(3, 24, 3)),
        water=f"M0 {HIGH}L{'L'.join(points)}L{WIDE} {HIGH}Z",
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    health = json.loads(Path("health.json").read_text()) | {"version": os.environ.get("PRX_COMMIT", "unknown")}
    (folder / "health.json").write_text(json.dumps(health))
    (folder / "index.html").write_text(page(health["version"], health["status"]))
