// On every page of somebody who is signed in: the service worker, notifications that still come, answers that
// still wait. The page works without any of it.

import { encode } from "./base64url.js";
import { retrying } from "./retrying.js";

const home = new URL("../", import.meta.url);
const worker = new URL("sw.js", home).href;
const line = document.querySelector("[data-app]");

function trusted(url) {
  const createScriptURL = (given) => {
    if (given === worker) return given;
    throw new TypeError("not our service worker");
  };
  return window.trustedTypes ? trustedTypes.createPolicy("hitl-sw", { createScriptURL }).createScriptURL(url) : url;
}

// null where there is none: an old browser, or an address without https.
export const registration = navigator.serviceWorker
  ? navigator.serviceWorker.register(trusted(worker), { updateViaCache: "none" }).catch(() => null)
  : Promise.resolve(null);

export const state = () =>
  fetch(new URL("api/v1/push", home))
    .then((answer) => (answer.ok ? answer.json() : null))
    .catch(() => null);

export function post(path, csrf, body, method = "POST") {
  const headers = { "Content-Type": "application/json", "x-csrf-token": csrf };
  return fetch(new URL(path, home), { method, headers, body: JSON.stringify(body) }).catch(() => null);
}

export const keep = (subscription, csrf) => post("api/v1/push/subscriptions", csrf, subscription);

// The address of a subscription, and who is signed in here, may have changed since it was made.
async function renew() {
  const manager = (await registration)?.pushManager;
  const told = await state();
  if (!told) return;
  navigator.setAppBadge?.(told.waiting).catch(() => {});
  const held = await manager?.getSubscription();
  if (!held || told.state !== "on") return;
  const key = held.options.applicationServerKey;
  if (!key || encode(key) === told.key) return void (await keep(held, told.csrf));
  await held.unsubscribe();
  await keep(await manager.subscribe({ userVisibleOnly: true, applicationServerKey: told.key }), told.csrf);
}

function say({ items, isKept = false }) {
  const waiting = items.filter((item) => item.state === "waiting").length;
  const refused = items.filter((item) => item.state === "refused").length;
  const link = line.querySelector("a");
  const text = refused ? line.dataset.refused : waiting ? line.dataset.waiting : isKept || !navigator.onLine ? line.dataset.offline : "";
  line.hidden = !text;
  line.classList.toggle("tone-bad", Boolean(refused));
  line.firstElementChild.textContent = text;
  link.hidden = !waiting && !refused;
  again(waiting > 0);
}
const again = retrying(flush);

async function flush() {
  const active = (await registration)?.active;
  if (!active) return;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = (event) => say(event.data);
  active.postMessage({ flush: true }, [port2]);
}

navigator.serviceWorker?.addEventListener("message", (event) => say(event.data));
for (const sign of ["online", "offline", "pageshow"]) addEventListener(sign, flush);
flush();
renew().catch(() => {});
