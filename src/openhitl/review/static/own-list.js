// The device list of whoever is signed in: verified against what this browser remembers, signed with its key.

import { pinOf, readChain, signNext } from "./device-list.js";
import { giveTo, loadDevice, pin, pinned, prove, publicKeys } from "./devices.js";

/** Where the API is, and what shows that one of our own pages asks. */
export class Api {
  constructor({ base, csrf }) {
    this.base = base;
    this.csrf = csrf;
  }

  async #send(path, options = {}) {
    const answer = await fetch(`${this.base}/api/v1${path}`, options);
    const body = answer.status === 204 ? {} : await answer.json();
    return { status: answer.status, ok: answer.ok, body };
  }

  get(path) {
    return this.#send(path);
  }

  post(path, body = {}) {
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": this.csrf };
    return this.#send(path, { method: "POST", headers, body: JSON.stringify(body) });
  }
}

/** Throw what the server has answered: an error with its code. */
export async function failed({ status, body }) {
  throw Object.assign(new Error(body.error), { code: body.error, status });
}

/** Verify the list that the server hands out; null before there is one. Throws ListRefused. */
export async function ownList(api, person) {
  const answer = await api.get("/device-list");
  if (!answer.ok) return failed(answer);
  const known = await pinned(person);
  // A list that is gone is one that was rolled back.
  if (!answer.body.chain.length && !known) return null;
  const list = await readChain(answer.body.chain, person, known);
  await pin(person, pinOf(list));
  await claim(person, list);
  return list;
}

/** The first list that has this browser says whose device it is, from then on. */
async function claim(person, list) {
  const device = await loadDevice();
  if (!device || device.person) return;
  const keys = await publicKeys(device);
  if (list.devices.some((one) => isSame(one, keys))) await giveTo(device, person);
}

/** Begin to believe another identity, once its owner has compared it: what was remembered is forgotten. */
export const forgetList = (person) => pin(person, null);

/** The keys of a device are those of an entry of a list. */
export const isSame = (one, other) => one.box === other.box && one.sign === other.sign;

/** Let the server know that this device is signed in here now, in a session that is another one since. */
export async function moveHere(api, { person, session }, device, name) {
  const keys = await publicKeys(device);
  const proof = await prove(device, keys, "session", person, session);
  return api.post("/devices", { name, ...keys, proof });
}

/** Sign and send what follows on the list. `change` gets the devices of the list and returns what they become. */
export async function signList(api, person, device, change) {
  const keys = await publicKeys(device);
  for (let tries = 3; ; tries -= 1) {
    const list = await ownList(api, person);
    const devices = change(list?.devices ?? []);
    const link = await signNext(list, { person, devices, signer: keys.sign, sign: device.sign });
    const answer = await api.post("/device-list", link);
    if (answer.ok) return ownList(api, person);
    // Another device has signed at the same moment: what it said is read, and followed.
    if (answer.body.error !== "list_conflict" || tries === 1) return failed(answer);
  }
}
