// Pages where a passkey is made or used: the device does so, this server checks what it says.
// Where there is another way in, a browser without passkeys is shown that alone.

import { decode, encode } from "./base64url.js";

const area = document.querySelector("[data-ceremony]");
const button = area.querySelector("[data-begin]");
const line = area.querySelector("[data-line]");
const done = document.querySelector("[data-done]");
const name = document.getElementById("name");
const { ceremony, options: spelt, target, next } = area.dataset;
document.documentElement.classList.add("live");

const plain = ({ id, type, response }, parts) => {
  const said = Object.fromEntries(parts.map((part) => [part, encode(response[part])]));
  return { id, rawId: id, type, response: said };
};

const say = (text, failed = true) => {
  line.textContent = text;
  line.classList.toggle("error", failed);
  line.hidden = false;
};

async function make() {
  const options = JSON.parse(spelt);
  const user = { ...options.user, id: decode(options.user.id) };
  if (ceremony === "join") user.name = user.displayName = name.value;
  const publicKey = { ...options, challenge: decode(options.challenge), user };
  const made = await navigator.credentials.create({ publicKey });
  return { name: name?.value, credential: plain(made, ["clientDataJSON", "attestationObject"]) };
}

async function use({ challenge, ...options }) {
  const used = await navigator.credentials.get({ publicKey: { ...options, challenge: decode(challenge) } });
  return { challenge, next, credential: plain(used, ["clientDataJSON", "authenticatorData", "signature"]) };
}

async function begin() {
  if (!window.PublicKeyCredential) return say(line.dataset.unable);
  const fresh = ceremony === "use" ? await fetch(spelt).catch(() => null) : undefined;
  if (fresh === null || fresh?.ok === false) return say(line.dataset.offline);
  const options = await fresh?.json();
  say(line.dataset.asking, false);
  const given = await (options ? use(options) : make()).catch(() => null);
  if (!given) return say(line.dataset.cancelled);
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(target, { method: "POST", headers, body: JSON.stringify(given) }).catch(() => null);
  if (!answer) return say(line.dataset.offline);
  if (!answer.ok) return say(line.dataset[`failed${answer.status}`] ?? line.dataset.failed);
  const { location: further } = await answer.json();
  if (further) return location.assign(further);
  line.hidden = true;
  button.hidden = true;
  done.hidden = false;
  done.focus();
}

let asking = false;
button.addEventListener("click", () => {
  if (asking || (ceremony === "join" && !name.reportValidity())) return;
  asking = true;
  begin().finally(() => {
    asking = false;
  });
});
if (ceremony !== "register" && !window.PublicKeyCredential) area.hidden = true;
