// The screen that lets a device in: looks whether one has claimed, and signs its keys once it is in.

import { loadDevice, publicKeys } from "./devices.js";
import { fingerprint } from "./fingerprint.js";
import { handOverSaying } from "./hand-over.js";
import { Api, isSame, ownList, signList } from "./own-list.js";
import { decode } from "./sealed.js";

const LOOK_MS = 2000;
const area = document.querySelector("[data-pairing]");
const { pairing, state, base, person } = area.dataset;
const form = area.querySelector("[data-allow]");
const api = new Api({ base, csrf: document.querySelector("[name=csrf]").value });

async function look() {
  const { body } = await api.get(`/pairings/${pairing}`).catch(() => ({ body: {} }));
  if (body.state && body.state !== "waiting") location.replace(`${base}/devices/pairings/${pairing}`);
  else setTimeout(look, LOOK_MS);
}

/** Put the keys on the list, those that were compared and no others; whether this browser could. */
async function sign({ name, kind, box, sign: key }) {
  const device = await loadDevice();
  if (!device) return;
  const keys = await publicKeys(device);
  const list = await ownList(api, person);
  if (!list?.devices.some((one) => isSame(one, keys))) return;
  await signList(api, person, device, (devices) =>
    devices.some((one) => isSame(one, { box, sign: key })) ? devices : [...devices, { name, kind, box, sign: key }],
  );
}

const say = (name, isSo = true) => (form.querySelector(`[data-say="${name}"]`).hidden = !isSo);

let busy = false;
async function allow() {
  say("unsent", false);
  const answer = await api.post(`/pairings/${pairing}/allow`, { number: form.elements.number.value }).catch(() => null);
  if (!answer) return say("unsent");
  // What went wrong is said by the page that a form without scripts would lead to.
  if (!answer.ok) return location.replace(`${base}/devices/pairings/${pairing}?wrong=${answer.body.error}`);
  try {
    if (form.dataset.box) await sign(form.dataset);
  } catch {
    return say("failed");
  }
  if (form.dataset.box) await handOverSaying(api, form.querySelector("[data-handing]"));
  return location.assign(`${base}/devices?done=device-let-in`);
}

if (state === "waiting") setTimeout(look, LOOK_MS);
if (form?.dataset.box) {
  const { box, sign: key } = form.dataset;
  fingerprint("device", decode(box), decode(key)).then((words) => (form.querySelector("[data-words]").textContent = words));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    allow().finally(() => (busy = false));
  });
}
