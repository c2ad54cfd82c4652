// Single keys in the inbox, for whoever has switched them on. None of them answers. WCAG 2.2 SC 2.1.4.

const list = document.querySelector("[data-inbox]");
const help = document.getElementById("keys");
const titles = () => [...list.querySelectorAll("[data-version] h3 a")];
const rowOf = (element) => element?.closest?.("[data-version]");

function move(step) {
  const all = titles();
  const at = all.findIndex((title) => rowOf(title) === rowOf(document.activeElement));
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
  next?.focus();
}

function pick() {
  const box = rowOf(document.activeElement)?.querySelector("[data-pick]");
  if (!box) return;
  box.click();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  x: pick,
  "/": () => document.querySelector('input[type="search"]')?.focus(),
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

// What is picked together is of one agent and one type; the bar that answers it is there while something is.
function tally() {
  const boxes = [...list.querySelectorAll("[data-pick]")];
  const picked = boxes.filter((box) => box.checked);
  for (const box of boxes) box.disabled = picked.length > 0 && box.dataset.pick !== picked[0].dataset.pick;
  const bar = document.getElementById("picked");
  bar.hidden = !picked.length;
  bar.querySelector("[data-picked]").textContent = bar.dataset.text.replace("{count}", picked.length);
}
list.addEventListener("change", tally);
document.addEventListener("drawn", tally);
tally();
