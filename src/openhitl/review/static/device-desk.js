// The page of somebody's devices: which are on the list that they sign, and what this browser can sign.

import { ListRefused } from "./device-list.js";
import { createDevice, forgetDevice, loadDevice, publicKeys, Unable } from "./devices.js";
import { fingerprint } from "./fingerprint.js";
import { handOverSaying } from "./hand-over.js";
import { Api, forgetList, isSame, moveHere, ownList, signList } from "./own-list.js";
import { decode } from "./sealed.js";

const desk = document.querySelector("[data-devices]");
const { base, person } = desk.dataset;
const api = new Api({ base, csrf: document.querySelector("[name=csrf]").value });
const say = (name, is = true) => desk.querySelectorAll(`[data-say="${name}"]`).forEach((one) => (one.hidden = !is));
const rows = [...desk.querySelectorAll("[data-device]")];
const entry = ({ dataset: { name, kind, box, sign } }) => ({ name, kind, box, sign });
const words = async (where, kind, ...keys) => (where.textContent = await fingerprint(kind, ...keys.map((key) => decode(key))));
const again = (done) => location.assign(`${base}/devices${done ? `?done=${done}` : ""}`);

const REFUSED = ["another_identity", "device_list_rolled_back", "device_list_forked", "other_keys"];
let list = null;
let device = null;
let keys = null;
let maySign = false;

function refuse(code) {
  say("checking", false);
  say("refused");
  say(REFUSED.includes(code) ? code : "invalid");
  say("believe", code === "another_identity");
}

function showRow(row) {
  const isListed = list?.devices.some((one) => isSame(one, row.dataset)) ?? false;
  const show = (name, is) => (row.querySelector(`[data-status="${name}"]`).hidden = !is);
  show("listed", isListed);
  show("waiting", !isListed);
  show("approvable", !isListed && maySign);
  return words(row.querySelector('[data-words="device"]'), "device", row.dataset.box, row.dataset.sign);
}

function showGone() {
  const gone = (list?.devices ?? []).filter((one) => !rows.some((row) => isSame(one, row.dataset)));
  if (!gone.length || gone.length === list.devices.length) return;
  say("gone");
  for (const one of gone) desk.querySelector("[data-gone]").append(Object.assign(document.createElement("li"), { textContent: one.name }));
  desk.querySelector('[data-act="drop"]').hidden = !maySign;
}

function showHere(own) {
  const isListed = list?.devices.some((one) => isSame(one, keys)) ?? false;
  const isAlive = list?.devices.some((one) => rows.some((row) => isSame(one, row.dataset))) ?? false;
  say("checking", false);
  if (!own) return say("make");
  if (isListed) return say("has");
  return say(list && isAlive ? "waits" : "anew");
}

async function show() {
  [device, list] = await Promise.all([loadDevice(), ownList(api, person)]);
  keys = device && (await publicKeys(device));
  const here = rows.find((row) => "here" in row.dataset);
  const own = keys && rows.find((row) => isSame(row.dataset, keys));
  if (here && keys && here !== own) return refuse("other_keys");
  // Its session is another one since: the device is the same.
  if (own && own !== here) await moveHere(api, { person, session: desk.dataset.session }, device, own.dataset.name);
  maySign = Boolean(own) && (list?.devices.some((one) => isSame(one, keys)) ?? false);
  if (list) {
    await words(desk.querySelector('[data-words="identity"]'), "identity", list.identity);
    say("identity");
  }
  await Promise.all(rows.map(showRow));
  showGone();
  showHere(own);
}

async function make(name) {
  const made = await createDevice(name);
  const answer = await api.post("/devices", { name, ...(await publicKeys(made)) });
  if (!answer.ok) throw new Error(answer.body.error);
  // Another device may have begun the list since this page was loaded.
  if (!(await ownList(api, person))) await begin(made, answer.body);
  again("device-made");
}

const begin = (by, one) => signList(api, person, by, () => [{ name: one.name, kind: one.kind, box: one.box, sign: one.sign }]);

async function revoke(row) {
  const isOwn = keys && isSame(row.dataset, keys);
  const rest = (devices) => devices.filter((one) => !isSame(one, row.dataset));
  const isListed = list?.devices.some((one) => isSame(one, row.dataset));
  const sign = async () => isListed && maySign && rest(list.devices).length && signList(api, person, device, rest);
  // A device takes itself off first: afterwards nobody would listen to it.
  if (isOwn) await sign();
  const answer = await api.post(`/devices/${row.dataset.device}/revoke`);
  if (!answer.ok) throw new Error(answer.body.error);
  if (isOwn) await forgetDevice();
  else await sign();
  again("device-revoked");
}

const ACTS = {
  believe: async () => (await forgetList(person), again()),
  begin: async () => (await begin(device, entry(rows.find((row) => isSame(row.dataset, keys)))), again("device-made")),
  approve: async (row) => {
    await signList(api, person, device, (devices) => [...devices, entry(row)]);
    await handOverSaying(api, desk.querySelector("[data-handing]"));
    again("device-approved");
  },
  drop: async () => {
    await signList(api, person, device, (devices) => devices.filter((one) => rows.some((row) => isSame(one, row.dataset))));
    again("list-signed");
  },
};

let busy = false;
async function once(act) {
  if (busy) return;
  busy = true;
  say("failed", false);
  try {
    await act();
  } catch (error) {
    if (error instanceof ListRefused) refuse(error.code);
    else say(error instanceof Unable ? "unable" : "failed");
  } finally {
    busy = false;
  }
}

desk.addEventListener("click", ({ target }) => {
  const act = target.closest("[data-act]")?.dataset.act;
  if (act) once(() => ACTS[act](target.closest("[data-device]")));
});
desk.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches('[data-say="make"]')) {
    event.preventDefault();
    once(() => make(form.elements.name.value.trim()));
  } else if (form.matches("[data-revoke]")) {
    event.preventDefault();
    once(() => revoke(form.closest("[data-device]")));
  }
});
once(show);
