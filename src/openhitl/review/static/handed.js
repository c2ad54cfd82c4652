// Handed keys, the twin of protocol/sealed/handed.py: how a device reads what was encrypted before it was added.

import { ListRefused } from "./device-list.js";
import { pinned, publicKeys } from "./devices.js";
import { Api, ownList } from "./own-list.js";
import { Refused, decode, encode, openEnvelope, sealEnvelope } from "./sealed.js";

const BYTES = 32;

/** Encrypt the content key of an envelope that was opened to a device. The last argument is for vectors alone. */
export function handKey({ head, digest, contentKey }, sender, recipient, secrets = {}) {
  const own = { case_id: head.case_id, direction: "key", expires_at: head.expires_at };
  const body = { envelope: digest, key: encode(contentKey) };
  return sealEnvelope(own, body, { sender, recipients: [recipient], ...secrets });
}

function bytes(spelt) {
  const found = decode(spelt, BYTES);
  if (found.length !== BYTES) throw new Refused("invalid_envelope");
  return found;
}

/** Open a handed key: what `openEnvelope` takes as `keys`. `devices` are the box keys on the verified list. */
export async function readHanded(envelope, keys, { devices, caseId }) {
  const { body } = await openEnvelope(envelope, keys, { senders: devices, caseId, direction: "key" });
  if (Object.keys(body).sort().join() !== "envelope,key") throw new Refused("invalid_envelope");
  bytes(body.envelope);
  return { digest: body.envelope, contentKey: bytes(body.key) };
}

/**
 * Verify the list of the one person whose device this browser is. A server that names somebody else could have
 * made their list, with devices of its own.
 */
export async function listOf(api, device) {
  const { ok, body } = await api.get("/device-list");
  const isOwn = ok && (device.person ? device.person === body.person : (await pinned(body.person)) !== null);
  if (!isOwn) throw new ListRefused("device_list_of_another");
  return ownList(api, body.person);
}

/** Read what other devices have handed over: {request?, answer?}. One that is no good is as if it was not there. */
export async function readable(handed, keys, { devices, caseId }) {
  const found = {};
  for (const { direction, envelope } of handed) {
    try {
      found[direction] = await readHanded(envelope, keys, { devices, caseId });
    } catch (error) {
      // Of a device that is not on the list any more, or spoilt: another device, or a later key, will do.
      if (!(error instanceof Refused)) throw error;
    }
  }
  return found;
}

/**
 * Fetch what other devices have handed to this one of a case, as `readable`. `lists` keeps the device list in `own`,
 * so that it is fetched once for many cases.
 */
export async function takenKeys(base, caseId, device, lists = {}) {
  const api = new Api({ base, csrf: "" });
  const { box } = await publicKeys(device);
  const { ok, body } = await api.get(`/handed-keys/${caseId}?device=${box}`);
  if (!ok || !body.keys.length) return {};
  lists.own ??= listOf(api, device);
  const devices = (await lists.own).devices.map((one) => one.box);
  return readable(body.keys, device.box, { devices, caseId });
}
