// Rows of encrypted cases get the titles that only this device can read. A row that cannot be decrypted here,
// or must not be believed, keeps its neutral one: its page says why.

import { drawn } from "./agent-text.js";

const titles = new Map();

async function titleOf(row) {
  const { openCase } = await import("./sealed-open.js");
  const address = row.dataset.sealedRow;
  const opened = await openCase(address, address.split("/").pop(), { remembers: false });
  return opened.body.prompt;
}

async function name(row) {
  const { sealedRow: address } = row.dataset;
  if (!titles.has(address)) titles.set(address, titleOf(row).catch(() => null));
  const title = await titles.get(address);
  const link = row.querySelector(":is(h2, h3) a");
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
