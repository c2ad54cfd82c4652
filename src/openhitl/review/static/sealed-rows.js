// Rows of encrypted cases get the titles that only this device can read. A row that cannot be decrypted here,
// or must not be believed, keeps its neutral one: its page says why.

import { drawn } from "./agent-text.js";

const titles = new Map();

async function titleOf(row) {
  const { openCase } = await import("./sealed-open.js");
  const opened = await openCase(row.dataset.sealedRow, row.id.slice(4), { remembers: false });
  return opened.body.prompt;
}

async function name(row) {
  if (!titles.has(row.id)) titles.set(row.id, titleOf(row).catch(() => null));
  const title = await titles.get(row.id);
  const link = row.querySelector("h3 a");
  if (title !== null && row.isConnected && !link.dataset.named) {
    link.replaceChildren(drawn(title));
    link.dataset.named = "1";
  }
}

function nameAll() {
  for (const row of document.querySelectorAll("[data-sealed-row]")) name(row);
}
document.addEventListener("drawn", nameAll);
nameAll();
