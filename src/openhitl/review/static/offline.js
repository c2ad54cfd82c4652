// What is shown without a connection, and answers that wait for one: how each stands, and what was typed.

import { retrying } from "./retrying.js";

const list = document.querySelector("[data-answers]");
const template = list.querySelector("template");
const unable = document.querySelector("[data-unable]");
// What a form says beside what somebody typed.
const OWN = ["csrf", "submission_id", "seen", "version", "draft_version"];

function draw({ items }) {
  const rows = items.map((item) => {
    const row = template.content.firstElementChild.cloneNode(true);
    const part = (name) => row.querySelector(`[data-${name}]`);
    const isSealed = item.type.startsWith("application/json");
    const fields = isSealed ? [] : [...new URLSearchParams(item.body)];
    const typed = fields.filter(([name, value]) => value && !OWN.includes(name));
    const said = [list.dataset[item.status] ?? list.dataset[item.state]];
    if (item.state === "refused" && (isSealed || typed.length)) said.push(isSealed ? list.dataset.sealed : list.dataset.below);
    part("state").textContent = said.join(" ");
    row.classList.toggle("error", item.state === "refused");
    const link = part("case");
    link.href = link.dataset.case + new URL(item.url).pathname.split("/").at(-2);
    part("typed").textContent = typed.map(([name, value]) => `${name}: ${value}`).join("\n");
    part("typed").hidden = !typed.length;
    const button = part("dismiss");
    button.hidden = item.state === "waiting";
    button.addEventListener("click", () => ask({ dismiss: item.id }));
    return row;
  });
  list.replaceChildren(template, ...rows);
  again(items.some((item) => item.state === "waiting"));
}
const again = retrying(() => ask({ flush: true }));

async function ask(message) {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = (event) => draw(event.data);
  active.postMessage(message, [port2]);
}

if (location.search === "?unable") unable.hidden = false;
navigator.serviceWorker?.addEventListener("message", (event) => draw(event.data));
addEventListener("online", () => ask({ flush: true }));
ask({ flush: navigator.onLine });
