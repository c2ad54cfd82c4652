// Hands what this browser can read to the devices of the same person that came later, and to itself what another
// one has handed to it: so that it reads on when that one is gone.

import { loadDevice, publicKeys } from "./devices.js";
import { handKey, listOf } from "./handed.js";
import { failed, isSame, moveHere } from "./own-list.js";
import { answerEnvelope, openCase } from "./sealed-open.js";
import { Refused } from "./sealed.js";

const AT_ONCE = 50;
const FINAL = ["completed", "expired", "cancelled"];
/** What says nothing about a case itself: it is tried again. */
const PASSING = ["offline", "sign_in", "gone"];

/** What this tab is done with: handed over for good, or never to be opened here. It is not fetched again. */
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
    const answer = await api.get(`/handed-keys?${query}`);
    if (!answer.ok) return failed(answer);
    found.push(...answer.body.cases.filter((id) => !seen.ids.has(id)));
    cursor = answer.body.next_cursor;
  } while (cursor);
  return found;
}

/** Tell the server that this device is here, if it has signed in anew since: keys are taken from it alone. */
async function settle(api, device, keys) {
  const answer = await api.get("/devices");
  if (!answer.ok) return failed(answer);
  const { person, session, devices } = answer.body;
  const own = devices.find((one) => isSame(one, keys));
  // What is here instead would be revoked: the page of devices says so.
  if (!own || (!own.here && devices.some((one) => one.here))) return false;
  const moved = own.here ? answer : await moveHere(api, { person: person.id, session }, device, own.name);
  return moved.ok || failed(moved);
}

/** Make the keys of a case; `isDone` if no others will follow. Throws Refused for one that cannot be opened. */
async function keysOf(api, caseId, device, { boxes, lists }) {
  const opened = await openCase(`${api.base}/api/v1/inbox/${caseId}`, caseId, { remembers: false, lists });
  let isLacking = false;
  const answer = await answerEnvelope(opened).catch(({ code }) => void (isLacking = code === "not_encrypted_to_key"));
  const keys = [];
  for (const one of [opened, answer]) {
    for (const box of one?.contentKey ? boxes : []) {
      if (one.recipients.includes(box)) continue;
      keys.push({ case_id: caseId, direction: one.head.direction, envelope: await handKey(one, device.box, box) });
    }
  }
  return { keys, isDone: FINAL.includes(opened.shown.status) && !isLacking };
}

/** Gathers keys, and sends them in portions; cases are done once theirs were kept. */
class Portions {
  constructor(api, seen) {
    Object.assign(this, { api, seen, keys: [], done: [] });
  }

  async add(id, { keys, isDone }) {
    this.keys.push(...keys);
    if (isDone) this.done.push(id);
    if (this.keys.length >= AT_ONCE) await this.send();
  }

  async send() {
    while (this.keys.length) {
      const answer = await this.api.post("/handed-keys", { keys: this.keys.slice(0, AT_ONCE) });
      if (!answer.ok) return failed(answer);
      this.keys = this.keys.slice(AT_ONCE);
    }
    for (const id of this.done.splice(0)) this.seen.add(id);
  }
}

/**
 * Hand over; `begins` is told how many questions it is about, if there are any. What cannot be opened is left.
 * Throws what the server says to that, or that it cannot be reached: what was not kept then is lacking still.
 */
export async function handOver(api, begins = () => {}) {
  const device = await loadDevice();
  if (!device) return;
  const [list, keys] = await Promise.all([listOf(api, device), publicKeys(device)]);
  const boxes = list.devices.map(({ box }) => box);
  if (boxes.length < 2 || !boxes.includes(keys.box)) return;
  const seen = new Seen(list.number);
  const lacking = await lackingCases(api, keys.box, seen);
  if (!lacking.length || !(await settle(api, device, keys))) return;
  begins(lacking.length);
  const portions = new Portions(api, seen);
  for (const id of lacking) {
    try {
      await portions.add(id, await keysOf(api, id, device, { boxes, lists: { own: list } }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (!PASSING.includes(error.code)) seen.add(id);
    }
  }
  await portions.send();
}

/** Hand over and say so in an element that names the count; what fails is done when the inbox is open next. */
export const handOverSaying = (api, line) =>
  handOver(api, (count) => {
    line.textContent = line.dataset.text.replace("{count}", count);
    line.hidden = false;
  }).catch(() => {});
