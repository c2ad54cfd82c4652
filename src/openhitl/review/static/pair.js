// The device that comes in: makes its keys, claims the code, shows its number and waits to be let in.

import { createDevice, loadDevice, prove, publicKeys } from "./devices.js";
import { fingerprint } from "./fingerprint.js";
import { Api, ownList, signList } from "./own-list.js";
import { decode } from "./sealed.js";

const LOOK_MS = 2000;
const area = document.querySelector("[data-pair]");
const { base } = area.dataset;
const api = new Api({ base, csrf: "" });
const form = area.querySelector("[data-claim]");
const SAID = ["not_found", "rate_limited", "failed"];
const say = (name, is = true) => area.querySelectorAll(`[data-say="${name}"]`).forEach((one) => (one.hidden = !is));

async function makeDevice(name, isFresh) {
  try {
    return (!isFresh && (await loadDevice())) || (await createDevice(name));
  } catch {
    return null; // it signs in all the same, and reads nothing that is encrypted
  }
}

async function claim(isFresh = false) {
  const [code, name] = [form.elements.code.value, form.elements.name.value.trim().normalize()];
  const device = await makeDevice(name, isFresh);
  const keys = device ? await publicKeys(device) : {};
  const proof = device ? await prove(device, keys, "pairing", code, "") : undefined;
  const answer = await api.post("/pairings/claim", { code, name, kind: "browser", ...keys, proof });
  // The keys that this browser had are somebody else's, or were revoked.
  if (answer.body.error === "device_key_taken" && !isFresh) return claim(true);
  if (!answer.ok) return say(SAID.includes(answer.body.error) ? answer.body.error : "failed");
  const { claim: token, number, person } = answer.body;
  form.hidden = true;
  area.querySelector("[data-name]").textContent = person.name;
  area.querySelector("[data-number]").textContent = number;
  if (device) area.querySelector("[data-words]").textContent = await fingerprint("device", decode(keys.box), decode(keys.sign));
  say(device ? "keys" : "unable");
  say("claimed");
  return wait({ token, device, keys, name, person: person.id });
}

async function wait(claimed) {
  const answer = await api.post("/pairings/session", { claim: claimed.token }).catch(() => ({ status: 202 }));
  if (answer.status === 202) return setTimeout(wait, LOOK_MS, claimed);
  say("claimed", false);
  if (!answer.ok) return say(answer.body.error === "pairing_denied" ? "pairing_denied" : "pairing_over");
  return settle(claimed);
}

/** The first device of a person begins their list itself. */
async function settle({ device, keys, name, person }) {
  try {
    const page = await new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open("GET", `${base}/devices`);
      request.responseType = "document";
      request.onloadend = () => done(request.response);
      request.send();
    });
    api.csrf = page.querySelector("[name=csrf]").value;
    if (device && !(await ownList(api, person))) {
      await signList(api, person, device, () => [{ name, kind: "browser", ...keys }]);
    }
  } finally {
    location.assign(`${base}/devices?done=device-in`);
  }
}

say("insecure", !isSecureContext);

let busy = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (busy) return;
  busy = true;
  for (const one of SAID) say(one, false);
  claim()
    .catch(() => say("failed"))
    .finally(() => (busy = false));
});
