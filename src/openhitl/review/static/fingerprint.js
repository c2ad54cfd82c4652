// Public keys as six words: the twin of protocol/sealed/fingerprint.py.

const CONSONANTS = "bdfghjklmnprstvz";
const VOWELS = "aiou";

const word = (bits) =>
  CONSONANTS[bits >> 12] + VOWELS[(bits >> 10) & 3] + CONSONANTS[(bits >> 6) & 15] + VOWELS[(bits >> 4) & 3] + CONSONANTS[bits & 15];

/** Spell keys (bytes) as six words; `kind` is identity, device or agent. */
export async function fingerprint(kind, ...keys) {
  const labelled = [...new TextEncoder().encode(`openhitl ${kind} v1\n`), ...keys.flatMap((key) => [...key])];
  const digest = new DataView(await crypto.subtle.digest("SHA-256", new Uint8Array(labelled)));
  return Array.from({ length: 6 }, (_, index) => word(digest.getUint16(2 * index))).join(" ");
}
