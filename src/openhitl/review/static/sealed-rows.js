// Rows of encrypted cases get the titles that only this device can read, and what the answers of ended ones
// were. A row that cannot be decrypted here, or must not be believed, keeps its neutral words: its page says why.

import { drawn } from "./agent-text.js";

const read = new Map();

async function open(row, lists) {
  const { openAnswer, openCase } = await import("./sealed-open.js");
  const address = row.dataset.sealedRow;
  const opened = await openCase(address, address.split("/").pop(), { remembers: false, lists });
  const answer = await openAnswer(opened).catch(() => undefined);
  // The older program says in words what it was told, and not what kind of answer that is.
  const isEdited = answer?.action === "edit" && answer.data.edits?.content !== undefined;
  return { title: opened.body.prompt, verdict: opened.version > 1 && (isEdited ? "edited" : answer?.action) };
}

async function name(row, lists) {
  // A case that has ended since is read again.
  const key = `${row.dataset.sealedRow} ${row.dataset.version}`;
  if (!read.has(key)) read.set(key, open(row, lists).catch(() => null));
  const found = await read.get(key);
  const link = row.querySelector(":is(h2, h3) a");
  if (!found || !row.isConnected || link.dataset.named) return;
  link.replaceChildren(drawn(found.title));
  link.dataset.named = "1";
  const known = [...document.querySelectorAll("template[data-verdict-of]")].find((one) => one.dataset.verdictOf === found.verdict);
  if (known) row.querySelector("[data-verdict]")?.replaceWith(known.content.cloneNode(true));
}

function nameAll() {
  const lists = {}; // fetched and verified once for all rows
  for (const row of document.querySelectorAll("[data-sealed-row]")) name(row, lists);
}
document.addEventListener("drawn", nameAll);
nameAll();

// A browser that was never a device has none of these keys, and hands nothing over.
async function handOverQuietly({ base, csrf }) {
  const known = (await globalThis.indexedDB?.databases?.()) ?? [];
  if (!known.some(({ name }) => name === "openhitl")) return;
  const [{ handOver }, { Api }] = await Promise.all([import("./hand-over.js"), import("./own-list.js")]);
  await handOver(new Api({ base, csrf }));
}

const hands = document.querySelector("[data-hands-over]");
if (hands) handOverQuietly({ base: hands.dataset.handsOver, csrf: hands.dataset.csrf }).catch(() => {});
