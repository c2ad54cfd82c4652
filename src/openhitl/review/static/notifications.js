// Being told in this browser: switched on by a tap, tried, switched off.

import { keep, post, registration, state } from "./app.js";

const area = document.querySelector("[data-notifications]");
const line = area?.querySelector("[data-line]");
const part = (name) => area.querySelector(`[data-${name}]`);
let told = null;
let number = null;

const say = (text, failed = false) => {
  line.textContent = text;
  line.classList.toggle("error", failed);
  line.hidden = !text;
};

// On an iPhone, only what was put on the home screen may notify.
const mustInstall = () => navigator.standalone === false && /iP(hone|ad|od)|Macintosh/.test(navigator.userAgent);

async function look() {
  const manager = (await registration)?.pushManager;
  if (!manager || !window.Notification) return say(mustInstall() ? line.dataset.install : line.dataset.unable);
  told = await state();
  if (!told) return say(line.dataset.failed, true);
  if (told.state !== "on") return;
  if (Notification.permission === "denied") return say(line.dataset.denied, true);
  const held = await manager.getSubscription();
  if (held) number = (await (await keep(held, told.csrf))?.json())?.id ?? null;
  part("on").hidden = Boolean(held);
  part("here").hidden = !held;
}

async function switchOn() {
  if ((await Notification.requestPermission()) !== "granted") return say(line.dataset.denied, true);
  const { pushManager } = await registration;
  try {
    const held = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: told.key });
    const kept = await keep(held, told.csrf);
    if (!kept?.ok) throw new Error("not kept");
  } catch {
    return say(line.dataset.failed, true);
  }
  say(line.dataset.done);
  await look();
}

async function switchOff() {
  const held = await (await registration).pushManager.getSubscription();
  await held?.unsubscribe();
  if (number !== null) await post(`api/v1/push/subscriptions/${number}`, told.csrf, {}, "DELETE");
  say(line.dataset.off);
  await look();
}

async function test() {
  const answer = await post("api/v1/push/test", told.csrf, { id: number });
  if (answer?.ok) return say(line.dataset.sent);
  const { message } = (await answer?.json().catch(() => null)) ?? {};
  say(message ? `${line.dataset.failed} ${message}` : line.dataset.failed, true);
}

// A server that pushes nothing says why, and has no buttons.
if (area) {
  part("on").addEventListener("click", switchOn);
  part("off").addEventListener("click", switchOff);
  part("test").addEventListener("click", test);
  look();
}
