// From the id of an encrypted case to what was asked: fetched, decrypted, and its sender compared with the one
// that this browser knows. Nothing that fails a check is shown.

import { loadDevice, pinned as pinnedList } from "./devices.js";
import { pin, pinned } from "./sealed-pins.js";
import { Refused, openBox, openEnvelope } from "./sealed.js";

const refuse = (code, more = {}) => {
  throw Object.assign(new Refused(code), more);
};
const isText = (one) => typeof one === "string";
const isObject = (one) => one !== null && typeof one === "object" && !Array.isArray(one);

async function fetched(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => refuse("offline"));
  if (response.status === 401) refuse("sign_in");
  return response.ok ? response.json() : refuse("gone");
}

const remember = ({ agent_id: id, agent }, keys) => pin("agents", { id, agent, keys });

/** Compare a sender's key with those of its agent that were seen first, or trusted since. */
async function known(sender, remembers) {
  const before = (await pinned("agents", sender.agent_id))?.keys ?? [];
  if (!before.length && remembers) await remember(sender, [sender.key]);
  if (before.length && !before.includes(sender.key)) refuse("key_changed", { sender, before });
  return { ...sender, isNew: !before.length };
}

/** Take another key of an agent for a right one too: it runs in two places, or was set up anew. */
export const trust = (sender, before) => remember(sender, [...before, sender.key]);

function checked(body) {
  if (!isText(body.prompt) || !isText(body.type) || !isObject(body.context)) refuse("invalid_envelope");
  if (body.message !== undefined && !isText(body.message)) refuse("invalid_envelope");
  return body;
}

/** Read what hitl-cli 1.2.1 asks: words with choices or without, or a summary that wants an answer. */
function olderBody(text) {
  let said;
  try {
    said = JSON.parse(text);
  } catch {
    refuse("invalid_envelope");
  }
  const prompt = isObject(said) ? (said.prompt ?? said.summary ?? said.message) : null;
  if (!isText(prompt)) refuse("invalid_envelope");
  const choices = Array.isArray(said.choices) && said.choices.every(isText) ? said.choices : [];
  const { prompt: _, summary, message, choices: __, placeholder_text: placeholder, ...rest } = said;
  const field = { key: "response", label: "", type: "textarea", required: true, placeholder: isText(placeholder) ? placeholder : "" };
  if (!choices.length) return { prompt, type: "input", context: { ...rest, form: { fields: [field] } } };
  return { prompt, type: "selection", context: { ...rest, items: choices.map((id) => ({ id, title: id })), min: 1, max: 1 } };
}

/**
 * Compare the device lists that an agent has encrypted to with those that this browser knows; true if it has
 * used an older one. Another list of the same number means that somebody has shown the agent other devices.
 */
async function isOlderList(people) {
  if (!Array.isArray(people) || !people.every(isObject)) refuse("invalid_envelope");
  let older = false;
  for (const { person, number, digest } of people) {
    const known = await pinnedList(`person:${String(person).replace("person:", "")}`);
    if (known?.number === number && known.digest !== digest) refuse("device_list_forked");
    older ||= number < known?.number;
  }
  return older;
}

async function openOlder(payload, device, senders) {
  for (const sender of senders) {
    try {
      return { version: 1, sender, body: olderBody(await openBox(payload, device.box, sender.key)) };
    } catch (error) {
      if (error.code !== "envelope_changed") throw error;
    }
  }
  return refuse("not_encrypted_to_key");
}

async function openNewer(envelope, device, shown, handed = {}) {
  const opened = await openEnvelope(envelope, handed.request ?? device.box, {
    senders: shown.senders.map(({ key }) => key),
    caseId: shown.case_id,
    direction: "request",
  });
  const sender = shown.senders.find(({ key }) => key === opened.sender);
  const body = checked(opened.body);
  // What stands in the open beside the envelope must not say otherwise.
  if (body.default_action !== undefined && body.default_action !== shown.default_action) refuse("envelope_changed");
  const isHanded = "request" in handed;
  return { ...opened, version: 2, sender, body, handed, isHanded, isOlderList: await isOlderList(body.people ?? []) };
}

/** Open what was encrypted before this device was added, with what another one has handed over. */
async function openHanded(envelope, device, { shown, address, lists }, refusal) {
  if (refusal.code !== "not_encrypted_to_key") throw refusal;
  const { takenKeys } = await import("./handed.js");
  const handed = await takenKeys(address.slice(0, address.indexOf("/api/v1/")), shown.case_id, device, lists);
  return handed.request ? openNewer(envelope, device, shown, handed) : refuse(refusal.code);
}

/**
 * Open a case: {shown, device, version, body, agent, …}, with head, recipients, digest and contentKey for
 * version 2; `isHanded` if another device has handed its key over, and then its agent takes no answer from here.
 * Unless it `remembers`, an agent that is seen for the first time stays unknown. `lists`: as for `takenKeys`.
 * Throws Refused, with `sender` and `before` where a key has changed.
 */
export async function openCase(address, caseId, { remembers = true, lists = {} } = {}) {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) refuse("unable");
  const shown = await fetched(address);
  if (shown.case_id !== caseId || shown.type !== "x-sealed") refuse("envelope_moved");
  const device = await loadDevice();
  if (!device) refuse("no_device");
  const envelope = shown.context.envelope;
  const opened = isText(envelope)
    ? await openOlder(envelope, device, shown.senders)
    : await openNewer(envelope, device, shown).catch((error) => openHanded(envelope, device, { shown, address, lists }, error));
  return { ...opened, shown, device, agent: await known(opened.sender, remembers) };
}

/** Open the envelope of the answer of a case of version 2; undefined if there is none. */
export async function answerEnvelope({ version, shown, device, handed, recipients, sender, digest }) {
  const data = shown.result?.data;
  if (!data || version === 1) return undefined;
  const senders = recipients.filter((key) => key !== sender.key);
  const expected = { senders, caseId: shown.case_id, direction: "answer" };
  const opened = await openEnvelope(data.envelope, handed.answer ?? device.box, expected);
  const { body } = opened;
  // An answer to another question is none to this one.
  if (body.request !== digest || !isText(body.action) || !isObject(body.data)) refuse("envelope_changed");
  return opened;
}

/** Read the answer of a case that has ended; undefined if there is none. */
export async function openAnswer(opened) {
  const { version, shown, device, sender } = opened;
  if (version === 1 && shown.result?.data) {
    const said = await openBox(shown.result.data.payload, device.box, sender.key);
    return { action: "submit", data: JSON.parse(said) };
  }
  return (await answerEnvelope(opened))?.body;
}
