// End-to-end encryption, the browser's half of docs/envelopes.md. Private keys are CryptoKeys
// that cannot be exported; public keys are base64url, as in envelopes.

const SIZE = { key: 32, commitment: 32, tag: 16, pad: 256, most: 512 * 1024, recipients: 128, depth: 32 };
const PRIME = 2n ** 255n - 19n;
const NONCE = new Uint8Array(12); // every key is used for one message only
const DIRECTIONS = ["request", "draft", "answer", "notice", "key"];
const MEMBERS = ["v", "sender", "ephemeral", "keys", "box"];
const HEAD = ["case_id", "direction", "seq", "expires_at", "sender"];

const crypt = globalThis.crypto?.subtle;
const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const random = (size) => crypto.getRandomValues(new Uint8Array(size));

/** An envelope that must not be shown or acted upon. `code` is that of docs/reference/errors.md. */
export class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}
const refuse = (code = "invalid_envelope") => {
  throw new Refused(code);
};

// Bytes

const letters = (bytes) => {
  let spelt = "";
  for (const byte of bytes) spelt += String.fromCharCode(byte);
  return btoa(spelt);
};
const unspelt = (spelt) => {
  try {
    return Uint8Array.from(atob(spelt), (one) => one.charCodeAt(0));
  } catch {
    return refuse();
  }
};
const joined = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));

/** Spell bytes in base64url without padding. */
export const encode = (bytes) => letters(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Read the one right spelling of at most so many bytes. */
export function decode(spelt, most = Infinity) {
  if (typeof spelt !== "string" || spelt.length > Math.ceil((most * 4) / 3)) refuse();
  const bytes = unspelt(spelt.replaceAll("-", "+").replaceAll("_", "/"));
  return encode(bytes) === spelt ? bytes : refuse();
}

export const digestOf = async (bytes) => encode(new Uint8Array(await crypt.digest("SHA-256", bytes)));

function publicBytes(spelt) {
  const bytes = decode(spelt, SIZE.key);
  if (bytes.length !== SIZE.key) refuse();
  const number = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return number < PRIME ? bytes : refuse();
}

// Keys

/** The public half of a CryptoKeyPair, spelt. */
export const publicKey = async ({ publicKey: key }) => encode(new Uint8Array(await crypt.exportKey("raw", key)));

async function shared(privateKey, spelt) {
  const key = await crypt.importKey("raw", publicBytes(spelt), "X25519", true, []);
  try {
    return new Uint8Array(await crypt.deriveBits({ name: "X25519", public: key }, privateKey, 256));
  } catch {
    return refuse(); // everybody would share it: RFC 7748 §6.1
  }
}

async function derived(secret, info, size) {
  const key = await crypt.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return new Uint8Array(await crypt.deriveBits(how, key, size * 8));
}

const aes = (key, use) => crypt.importKey("raw", key, "AES-GCM", false, [use]);
const lock = async (key, plain) =>
  new Uint8Array(await crypt.encrypt({ name: "AES-GCM", iv: NONCE }, await aes(key, "encrypt"), plain));
async function unlock(key, locked) {
  try {
    return new Uint8Array(await crypt.decrypt({ name: "AES-GCM", iv: NONCE }, await aes(key, "decrypt"), locked));
  } catch {
    return refuse("envelope_changed");
  }
}

async function wrapKey(secrets, { sender, ephemeral }, to, box) {
  const hash = new Uint8Array(await crypt.digest("SHA-256", box));
  const names = [ephemeral, sender, to].map(publicBytes);
  const info = joined(utf8.encode("openhitl envelope v2\n"), ...names, hash);
  return derived(joined(...(await Promise.all(secrets))), info, SIZE.key);
}

async function boxKeys(contentKey, { sender, ephemeral, to }) {
  const header = utf8.encode(canonical({ v: 2, sender, ephemeral, to }));
  const info = joined(utf8.encode("openhitl envelope v2 box\n"), header);
  const both = await derived(contentKey, info, SIZE.key + SIZE.commitment);
  return [both.slice(0, SIZE.key), both.slice(SIZE.key)];
}

// JSON that has one reading

/** Spell JSON canonically (RFC 8785). Throws Refused for what other programs would read differently. */
export function canonical(value, depth = SIZE.depth) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") {
    return value.isWellFormed() && !value.includes("\0") ? JSON.stringify(value) : refuse();
  }
  if (typeof value === "number") {
    const vague = Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21;
    return Number.isFinite(value) && !vague ? JSON.stringify(value) : refuse();
  }
  if (typeof value !== "object" || !depth) refuse();
  const inner = (one) => canonical(one, depth - 1);
  if (Array.isArray(value)) return `[${value.map(inner).join(",")}]`;
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${inner(name)}:${inner(value[name])}`).join(",")}}`;
}

function read(bytes) {
  let end = bytes.length;
  while (end && bytes[end - 1] === 32) end -= 1;
  if (bytes.length - end >= SIZE.pad) refuse();
  try {
    const spelt = text.decode(bytes.subarray(0, end));
    const said = JSON.parse(spelt);
    return canonical(said) === spelt ? said : refuse();
  } catch {
    return refuse();
  }
}

const has = (value, members) =>
  value !== null &&
  typeof value === "object" &&
  !Array.isArray(value) &&
  Object.keys(value).length === members.length &&
  members.every((name) => Object.hasOwn(value, name));

// Heads

/** Spell an instant as envelopes do: milliseconds only if there are any. */
export const instant = (time) => new Date(time).toISOString().replace(".000Z", "Z");

function checkHead(head, sender) {
  if (!has(head, HEAD) || head.sender !== sender || !DIRECTIONS.includes(head.direction)) refuse();
  const { case_id: id, seq, expires_at: end } = head;
  if (typeof id !== "string" || !id || [...id].length > 128) refuse();
  if (!Number.isSafeInteger(seq) || seq < 1) refuse();
  const time = typeof end === "string" ? Date.parse(end) : NaN;
  if (Number.isNaN(time) || instant(time) !== end) refuse();
  return head;
}

function expect(head, { caseId, direction, newerThan = 0 }) {
  if (head.case_id !== caseId) refuse("envelope_moved");
  if (head.direction !== direction) refuse("wrong_direction");
  if (head.seq <= newerThan) refuse("envelope_replayed");
}

// Envelope v2

/** Check the outside of an envelope. Returns {sender, ephemeral, to, wraps: Map, box}. */
export function parseEnvelope(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) refuse();
  if (value.v !== 2) refuse("unknown_envelope_version");
  if (!has(value, MEMBERS) || !Array.isArray(value.keys)) refuse();
  const around = SIZE.commitment + SIZE.tag;
  const box = decode(value.box, around + SIZE.most);
  if (box.length <= around || (box.length - around) % SIZE.pad) refuse();
  if (!value.keys.length || value.keys.length > SIZE.recipients) refuse();
  const wraps = new Map();
  let last = "";
  for (const one of value.keys) {
    if (!has(one, ["to", "key"])) refuse();
    const wrap = decode(one.key, SIZE.key + SIZE.tag);
    publicBytes(one.to);
    if (wrap.length !== SIZE.key + SIZE.tag || one.to <= last) refuse();
    wraps.set(one.to, wrap);
    last = one.to;
  }
  for (const key of [value.sender, value.ephemeral]) publicBytes(key);
  return { sender: value.sender, ephemeral: value.ephemeral, to: [...wraps.keys()], wraps, box };
}

/**
 * Encrypt a body to public keys.
 * `head` is {case_id, direction, expires_at, seq?}; `sender` a CryptoKeyPair, whose public key is named among
 * the recipients if it shall read it again. The last two are for vectors alone.
 */
export async function sealEnvelope(head, body, { sender, recipients, ephemeral, contentKey = random(SIZE.key) }) {
  ephemeral ??= await crypt.generateKey("X25519", false, ["deriveBits"]);
  const [from, once] = await Promise.all([publicKey(sender), publicKey(ephemeral)]);
  const to = [...new Set(recipients)].sort();
  if (!to.length || to.length > SIZE.recipients) refuse();
  const written = utf8.encode(canonical({ head: checkHead({ seq: 1, ...head, sender: from }, from), body }));
  if (written.length > SIZE.most) refuse();
  const plain = new Uint8Array(Math.ceil(written.length / SIZE.pad) * SIZE.pad).fill(32);
  plain.set(written);
  const header = { sender: from, ephemeral: once, to };
  const [key, commitment] = await boxKeys(contentKey, header);
  const box = joined(commitment, await lock(key, plain));
  const wrap = async (one) => {
    const secrets = [shared(ephemeral.privateKey, one), shared(sender.privateKey, one)];
    return { to: one, key: encode(await lock(await wrapKey(secrets, header, one, box), contentKey)) };
  };
  return { v: 2, sender: from, ephemeral: once, keys: await Promise.all(to.map(wrap)), box: encode(box) };
}

async function unwrapped(header, keys) {
  const own = await publicKey(keys);
  const wrap = header.wraps.get(own) ?? refuse("not_encrypted_to_key");
  const secrets = [header.ephemeral, header.sender].map((key) => shared(keys.privateKey, key));
  return unlock(await wrapKey(secrets, header, own, header.box), wrap);
}

/**
 * Decrypt an envelope and check that it is what it is taken for.
 * `keys` is a CryptoKeyPair, or what was handed over (handed.js); expected are {senders, caseId, direction,
 * newerThan?}: `senders` public keys. Returns {head, body, sender, recipients, digest, contentKey}; throws
 * Refused.
 */
export async function openEnvelope(envelope, keys, expected) {
  const header = parseEnvelope(envelope);
  const { sender, box } = header;
  if (!expected.senders.includes(sender)) refuse("unknown_sender");
  const digest = await digestOf(box);
  if (keys.contentKey && keys.digest !== digest) refuse("key_to_another");
  const contentKey = keys.contentKey ?? (await unwrapped(header, keys));
  const [boxKey, commitment] = await boxKeys(contentKey, header);
  if (encode(commitment) !== encode(box.subarray(0, SIZE.commitment))) refuse("envelope_changed");
  const said = read(await unlock(boxKey, box.subarray(SIZE.commitment)));
  if (!has(said, ["head", "body"]) || !has(said.body, Object.keys(said.body ?? {}))) refuse();
  expect(checkHead(said.head, sender), expected);
  return { head: said.head, body: said.body, sender, recipients: header.to, digest, contentKey };
}

// Envelope v1: base64(nonce ‖ NaCl box), as hitl-cli 1.2.1 speaks it

const words = (bytes) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

async function boxCipher(privateKey, other, nonce) {
  const { hsalsa, xsalsa20poly1305 } = await import("./noble.js");
  const key = new Uint8Array(SIZE.key);
  const secret = await shared(privateKey, other);
  hsalsa(words(utf8.encode("expand 32-byte k")), words(secret), new Uint32Array(4), words(key));
  return xsalsa20poly1305(key, nonce);
}

/** Encrypt text to a public key. `nonce` is for vectors alone. */
export async function sealBox(plain, { privateKey }, recipient, nonce = random(24)) {
  const bytes = plain.isWellFormed() ? utf8.encode(plain) : refuse();
  if (bytes.length > SIZE.most) refuse();
  return letters(joined(nonce, (await boxCipher(privateKey, recipient, nonce)).encrypt(bytes)));
}

/** Decrypt text that the owner of the public key `sender` wrote. Throws Refused. */
export async function openBox(payload, { privateKey }, sender) {
  const most = Math.ceil((24 + SIZE.tag + SIZE.most) / 3) * 4;
  if (typeof payload !== "string" || payload.length > most) refuse();
  const bytes = unspelt(payload);
  if (letters(bytes) !== payload || bytes.length < 24 + SIZE.tag) refuse();
  const cipher = await boxCipher(privateKey, sender, bytes.slice(0, 24));
  let plain;
  try {
    plain = cipher.decrypt(bytes.slice(24));
  } catch {
    refuse("envelope_changed");
  }
  try {
    return text.decode(plain);
  } catch {
    return refuse();
  }
}
