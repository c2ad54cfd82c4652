// Encrypted notices, told by agents whose key this browser knows from a request that was opened on it.

import { prose } from "./agent-text.js";
import { loadDevice } from "./devices.js";
import { allPinned } from "./sealed-pins.js";
import { Refused, openBox, openEnvelope } from "./sealed.js";

const told = new Map();
const refuse = (code) => {
  throw new Refused(code);
};

async function messageIn({ notice, envelope: spelt }) {
  const envelope = JSON.parse(spelt);
  const device = (await loadDevice()) ?? refuse("no_device");
  const senders = (await allPinned("agents")).flatMap(({ keys }) => keys);
  if (typeof envelope !== "string") {
    const expected = { senders, caseId: notice, direction: "notice" };
    return (await openEnvelope(envelope, device.box, expected)).body.message;
  }
  for (const sender of senders) {
    const text = await openBox(envelope, device.box, sender).catch(() => null);
    if (text !== null) return JSON.parse(text).message;
  }
  return refuse("unknown_sender");
}

async function tell(line) {
  const { dataset } = line;
  if (!told.has(dataset.envelope)) {
    const words = { unknown_sender: dataset.unknown, no_device: dataset.none, not_encrypted_to_key: dataset.none };
    const read = messageIn(dataset).then((text) => ({ text: String(text) }), ({ code }) => ({ says: words[code] ?? dataset.wrong }));
    told.set(dataset.envelope, read);
  }
  const { text, says } = await told.get(dataset.envelope);
  const place = line.querySelector("[data-says]");
  if (text === undefined) place?.replaceChildren(says);
  else place?.replaceWith(prose(text));
}

function tellAll() {
  for (const line of document.querySelectorAll("[data-envelope]")) tell(line);
}
document.addEventListener("drawn", tellAll);
tellAll();
