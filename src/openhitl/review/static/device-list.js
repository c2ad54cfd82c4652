// Device lists, the twin of protocol/sealed/device_list.py: docs/device-lists.md has the bytes.

import { canonical, decode, digestOf, encode } from "./sealed.js";

const LABEL = "openhitl device list v1\n";
const MOST = { devices: 20, links: 1000, name: 100, bytes: 16 * 1024 };
const KINDS = ["browser", "terminal"];
const STATEMENT = "at,devices,number,person,previous,signer,v";
const AT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?Z$/;
const utf8 = new TextEncoder();

/** A device list that must not be believed. `code` is that of docs/reference/errors.md. */
export class ListRefused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}
const refuse = (code = "invalid_device_list") => {
  throw new ListRefused(code);
};
const check = (holds, code) => holds || refuse(code);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string";
const members = (value) => Object.keys(value).sort().join();

function bytes(spelt, size) {
  try {
    const found = decode(spelt, size);
    return found.length === size ? found : refuse();
  } catch {
    return refuse();
  }
}

function readDevice(raw) {
  check(isObject(raw) && members(raw) === "box,kind,name,sign" && isText(raw.name) && KINDS.includes(raw.kind));
  const letters = [...raw.name].length;
  check(letters >= 1 && letters <= MOST.name && !raw.name.includes("\0"));
  bytes(raw.box, 32);
  bytes(raw.sign, 32);
}

function readDevices(raw) {
  check(Array.isArray(raw) && raw.length >= 1 && raw.length <= MOST.devices);
  raw.forEach(readDevice);
  for (const key of ["box", "sign"]) {
    check(new Set(raw.map((device) => device[key])).size === raw.length, "duplicate_device_keys");
  }
}

function readStatement(text) {
  let said;
  try {
    check(text.isWellFormed() && utf8.encode(text).length <= MOST.bytes);
    said = JSON.parse(text);
  } catch {
    refuse();
  }
  check(isObject(said) && members(said) === STATEMENT && said.v === 1 && Number.isSafeInteger(said.number));
  check(isText(said.person) && isText(said.at) && AT.test(said.at));
  bytes(said.signer, 32);
  readDevices(said.devices);
  check(said.previous === null || isText(said.previous));
  try {
    check(canonical(said) === text);
  } catch {
    refuse();
  }
  return said;
}

async function isSigned(signer, statement, signature) {
  const key = await crypto.subtle.importKey("raw", bytes(signer, 32), "Ed25519", true, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, bytes(signature, 64), utf8.encode(LABEL + statement));
}

/** Verify the statement that comes after a list; after null it must be the first. */
export async function follow(previous, link, person) {
  check(isObject(link) && members(link) === "signature,statement" && isText(link.statement) && isText(link.signature));
  const said = readStatement(link.statement);
  check(said.person === person, "device_list_of_another");
  const [number, digest] = previous ? [previous.number + 1, previous.digest] : [1, null];
  check(said.number === number && said.previous === digest, "device_list_broken");
  const maySign = (previous ?? said).devices.some((device) => device.sign === said.signer);
  check(maySign, "device_list_by_stranger");
  bytes(link.signature, 64);
  check(await isSigned(said.signer, link.statement, link.signature), "device_list_unsigned");
  return {
    person,
    identity: previous?.identity ?? said.signer,
    number,
    digest: await digestOf(utf8.encode(link.statement)),
    devices: said.devices,
    at: said.at,
  };
}

/** Verify a whole chain, against what is remembered of it: {identity, number, digest} or null. */
export async function readChain(chain, person, pin = null) {
  check(Array.isArray(chain) && chain.length >= 1 && chain.length <= MOST.links);
  let latest = null;
  let digest = null;
  for (const link of chain) {
    latest = await follow(latest, link, person);
    if (latest.number === pin?.number) digest = latest.digest;
  }
  if (pin) {
    check(latest.identity === pin.identity, "another_identity");
    check(latest.number >= pin.number, "device_list_rolled_back");
    check(digest === pin.digest, "device_list_forked");
  }
  return latest;
}

/** What is remembered of a list. */
export const pinOf = ({ identity, number, digest }) => ({ identity, number, digest });

/** Sign what follows on a list (null: the first). `sign` is a CryptoKeyPair, `signer` its public half, spelt. */
export async function signNext(previous, { person, devices, signer, sign, at = new Date().toISOString() }) {
  const statement = canonical({
    v: 1,
    person,
    number: previous ? previous.number + 1 : 1,
    previous: previous?.digest ?? null,
    devices: devices.map(({ name, kind, box, sign: key }) => ({ name, kind, box, sign: key })),
    signer,
    at,
  });
  const signature = await crypto.subtle.sign("Ed25519", sign.privateKey, utf8.encode(LABEL + statement));
  return { statement, signature: encode(new Uint8Array(signature)) };
}
