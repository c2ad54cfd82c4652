// Hands what this browser can read to the devices of the same person that came later, and to itself what another
// one has handed to it: so that it reads on when that one is gone.

import { loadDevice, publicKeys } from "./devices.js";
import { handKey, listOf } from "./handed.js";
import { answerEnvelope, openCase } from "./sealed-open.js";

const AT_ONCE = 50;
const FINAL = ["completed", "expired", "cancelled"];

/** What this tab has looked at, so that it is not fetched with each page that is opened. */
class Seen {
  constructor(number) {
    this.name = `hitl handed ${number}`;
    this.ids = new Set(JSON.parse(sessionStorage.getItem(this.name) ?? "[]"));
  }

  add(id) {
    this.ids.add(id);
    sessionStorage.setItem(this.name, JSON.stringify([...this.ids]));
  }
}

async function lackingCases(api, box, seen) {
  const found = [];
  let cursor = "";
  do {
    const query = new URLSearchParams({ device: box, limit: 200, ...(cursor ? { cursor } : {}) });
    const { ok, body } = await api.get(`/handed-keys?${query}`);
    if (!ok) break;
    found.push(...body.cases.filter((id) => !seen.ids.has(id)));
    cursor = body.next_cursor;
  } while (cursor);
  return found;
}

async function keysOf(api, caseId, device, boxes, seen) {
  const opened = await openCase(`${api.base}/api/v1/inbox/${caseId}`, caseId, { remembers: false });
  const answer = await answerEnvelope(opened).catch(() => undefined);
  const keys = [];
  for (const one of [opened, answer]) {
    for (const box of one?.contentKey ? boxes : []) {
      if (one.recipients.includes(box)) continue;
      keys.push({ case_id: caseId, direction: one.head.direction, envelope: await handKey(one, device.box, box) });
    }
  }
  if (FINAL.includes(opened.shown.status)) seen.add(caseId);
  return keys;
}

/** Hand over; `begins` is told how many questions it is about, if there are any. What cannot be opened is left. */
export async function handOver(api, begins = () => {}) {
  const device = await loadDevice();
  if (!device) return;
  const [list, { box: own }] = await Promise.all([listOf(api, device), publicKeys(device)]);
  const boxes = list.devices.map(({ box }) => box);
  if (boxes.length < 2 || !boxes.includes(own)) return;
  const seen = new Seen(list.number);
  const lacking = await lackingCases(api, own, seen);
  if (lacking.length) begins(lacking.length);
  let keys = [];
  const flush = async (least) => {
    while (keys.length > least) {
      await api.post("/handed-keys", { keys: keys.slice(0, AT_ONCE) });
      keys = keys.slice(AT_ONCE);
    }
  };
  for (const id of lacking) {
    const made = await keysOf(api, id, device, boxes, seen).catch(() => seen.add(id));
    keys.push(...(made ?? []));
    await flush(AT_ONCE - 1);
  }
  await flush(0);
}

/** Hand over and say so in an element that names the count; what fails is done when the inbox is open next. */
export const handOverSaying = (api, line) =>
  handOver(api, (count) => {
    line.textContent = line.dataset.text.replace("{count}", count);
    line.hidden = false;
  }).catch(() => {});
