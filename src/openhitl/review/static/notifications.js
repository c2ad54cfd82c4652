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
  if (!manager || !window.Notification) return say(line.dataset[mustInstall() ? "install" : isSecureContext ? "unable" : "insecure"]);
  told = await state();
  if (!told) return say(line.dataset.failed, true);
  if (told.state !== "on") return;
  if (Notification.permission === "denied") return say(line.dataset.denied, true);
  const held = await manager.getSubscription();
  if (held) number = (await (await keep(held, told.csrf))?.json())?.id ?? null;
  part("on").hidden = Boolean(held);
  part("here").hidden = !held;
}

// Why a browser makes no subscription. Push API §7.2 "subscribe() method".
const WHY = { NotAllowedError: "denied", AbortError: "unreached", NotSupportedError: "unable" };

async function failed(answer) {
  const { message } = (await answer?.json().catch(() => null)) ?? {};
  say(message ? `${line.dataset.failed} ${message}` : line.dataset.failed, true);
}

async function switchOn() {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") return say(line.dataset[permission === "denied" ? "denied" : "dismissed"], true);
  const { pushManager } = await registration;
  let held;
  try {
    held = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: told.key });
  } catch ({ name }) {
    return say(line.dataset[WHY[name] ?? "failed"], true);
  }
  const kept = await keep(held, told.csrf);
  if (!kept?.ok) {
    await held.unsubscribe();
    return failed(kept);
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
  return answer?.ok ? say(line.dataset.sent) : failed(answer);
}

// A server that pushes nothing says why, and has no buttons.
if (area) {
  part("on").addEventListener("click", switchOn);
  part("off").addEventListener("click", switchOff);
  part("test").addEventListener("click", test);
  look();
}
