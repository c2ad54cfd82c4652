// The page where somebody registers a passkey: the device makes it, this server keeps its public half.

const main = document.querySelector("main");
const button = document.querySelector("[data-register]");
const line = document.querySelector("[data-line]");
const done = document.querySelector("[data-done]");
document.documentElement.classList.add("live");

const decode = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const say = (text, failed = true) => {
  line.textContent = text;
  line.classList.toggle("error", failed);
  line.hidden = false;
};

async function register() {
  if (!window.PublicKeyCredential) return say(line.dataset.unable);
  const options = JSON.parse(main.dataset.options);
  options.challenge = decode(options.challenge);
  options.user.id = decode(options.user.id);
  say(line.dataset.asking, false);
  let made;
  try {
    made = await navigator.credentials.create({ publicKey: options });
  } catch {
    return say(line.dataset.cancelled);
  }
  const { clientDataJSON, attestationObject } = made.response;
  const credential = {
    id: made.id,
    rawId: made.id,
    type: made.type,
    response: { clientDataJSON: encode(clientDataJSON), attestationObject: encode(attestationObject) },
  };
  const body = JSON.stringify({ credential });
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(main.dataset.target, { method: "POST", headers, body }).catch(() => null);
  if (!response?.ok) return say(response ? line.dataset.failed : line.dataset.offline);
  line.hidden = true;
  button.hidden = true;
  done.hidden = false;
  done.focus();
}

let asking = false;
button.addEventListener("click", () => {
  if (asking) return;
  asking = true;
  register().finally(() => {
    asking = false;
  });
});
