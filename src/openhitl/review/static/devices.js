// This browser as a device: its private keys lie in IndexedDB, where no script can export them.

import { encode, publicKey } from "./sealed.js";

const USES = { box: ["X25519", ["deriveBits"]], sign: ["Ed25519", ["sign", "verify"]] };

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("openhitl", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("keys", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run(mode, act) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction("keys", mode);
      const request = act(transaction.objectStore("keys"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}
const find = (id) => run("readonly", (store) => store.get(id));
const keep = (record) => run("readwrite", (store) => store.put(record));

/** This browser keeps no keys that scripts cannot read: nothing encrypted may be read on it. */
export class Unable extends Error {}

// A key that a script can read is one that a script can send away: it is as good as none.
const isKept = (pair, algorithm) =>
  pair?.privateKey instanceof CryptoKey && !pair.privateKey.extractable && pair.privateKey.algorithm.name === algorithm;
const isDevice = (record) => Object.keys(USES).every((part) => isKept(record?.[part], USES[part][0]));

async function makeKeys() {
  try {
    const make = ([algorithm, uses]) => crypto.subtle.generateKey(algorithm, false, uses);
    const [box, sign] = await Promise.all([make(USES.box), make(USES.sign)]);
    if (isDevice({ box, sign })) return { box, sign };
  } catch {
    // No such curves here, no secure context, or no crypto at all.
  }
  throw new Unable();
}

/** The device that this browser is: {id, name, box, sign, person?}, key pairs; null before it is made. */
export async function loadDevice() {
  const record = await find("device").catch(() => null);
  return isDevice(record) ? record : null;
}

/** Make this browser a device, in the place of one that it was. Throws Unable where it can keep no keys. */
export async function createDevice(name) {
  const made = { id: "device", name, ...(await makeKeys()) };
  try {
    await keep(made);
  } catch {
    throw new Unable();
  }
  const kept = await loadDevice();
  if (!kept) throw new Unable();
  navigator.storage?.persist?.().catch(() => {}); // else it may be cleared when the disk is full
  return kept;
}

/** Forget the keys of this browser: for good. */
export const forgetDevice = () => run("readwrite", (store) => store.delete("device"));

/** Remember whose device this is. */
export const giveTo = (device, person) => keep({ ...device, person });

/** The public halves of a device's keys, spelt: {box, sign}. */
export async function publicKeys(device) {
  const [box, sign] = await Promise.all([publicKey(device.box), publicKey(device.sign)]);
  return { box, sign };
}

/** Sign that a device is where a session is ("session", person, number) or claims a pairing ("pairing", code, ""). */
export async function prove({ sign }, keys, ...what) {
  const text = ["openhitl device claim v1", ...what, keys.box, keys.sign].join("\n");
  const signature = await crypto.subtle.sign("Ed25519", sign.privateKey, new TextEncoder().encode(text));
  return encode(new Uint8Array(signature));
}

/** What this browser remembers of somebody's device list: {identity, number, digest} or null. */
export async function pinned(person) {
  const record = await find(`list of ${person}`).catch(() => null);
  return record?.pin ?? null;
}

/** Remember how far somebody's device list has got; null forgets it. */
export const pin = (person, pin) => keep({ id: `list of ${person}`, pin });
