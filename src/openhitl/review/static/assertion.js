// A passkey's assertion as evidence for an answer: HITL v0.8 §7.6. What it is about, the server has said.

import { decode, encode } from "./base64url.js";

function plain({ id, type, response }) {
  const { clientDataJSON, authenticatorData, signature } = response;
  const parts = { clientDataJSON, authenticatorData, signature };
  const spelt = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, encode(value)]));
  return { id, rawId: id, type, response: spelt };
}

/** Ask the device for an assertion. Rejects if the person does not give one. */
export async function evidenceFor({ challenge, passkey }) {
  const publicKey = { ...passkey, challenge: decode(passkey.challenge) };
  const assertion = await navigator.credentials.get({ publicKey });
  return {
    proof_type: "proof_of_human",
    provider: "passkey",
    format: "provider_opaque",
    presentation: plain(assertion),
    binding: { challenge },
  };
}
