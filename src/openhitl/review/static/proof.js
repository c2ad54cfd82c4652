// Answers that come with a passkey: a challenge for this very answer, the device, then the form as it is.
// Whatever goes wrong leaves the page and all that was typed as they were.

import { evidenceFor } from "./assertion.js";

for (const slot of document.querySelectorAll("[data-challenge]")) {
  const { form } = slot;
  const line = form.querySelector("[data-sending]");
  const free = slot.dataset.free.split(" ");
  let passed = false;
  let asking = false;

  const say = (text, failed = true) => {
    line.textContent = text;
    line.classList.toggle("error", failed);
    line.hidden = false;
  };

  const asks = (button) => {
    if (passed || slot.value || button?.getAttribute("formmethod") === "dialog") return false;
    const target = button?.getAttribute("formaction") ?? form.getAttribute("action");
    if (target !== slot.dataset.respond || (button?.name === "action" && free.includes(button.value))) return false;
    const choice = form.querySelector("[name=with_passkey]");
    return !choice || choice.checked;
  };
  const send = (button) => {
    passed = true;
    line.classList.remove("error");
    form.requestSubmit(button);
  };

  async function prove(button) {
    const body = new URLSearchParams(new FormData(form, button));
    const response = await fetch(slot.dataset.challenge, { method: "POST", body }).catch(() => null);
    if (!response) return say(line.dataset.offline);
    // Answers that are not complete yet, or come too late: the server says what is wrong with them.
    if (!response.ok) return send(button);
    if (!window.PublicKeyCredential) return say(slot.dataset.unable);
    say(slot.dataset.asking, false);
    let evidence;
    try {
      evidence = await evidenceFor(await response.json());
    } catch {
      return say(slot.dataset.cancelled);
    }
    slot.value = JSON.stringify([evidence]);
    send(button);
  }

  form.addEventListener(
    "submit",
    (event) => {
      if (!asks(event.submitter)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (asking) return;
      asking = true;
      prove(event.submitter).finally(() => {
        asking = false;
      });
    },
    true,
  );
  addEventListener("pageshow", () => {
    slot.value = "";
    passed = false;
  });
}
