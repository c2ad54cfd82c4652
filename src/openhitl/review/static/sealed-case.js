// The page of an encrypted case: decrypts it on this device, shows it, and encrypts the answer.
// Whatever fails is said, and then there is nothing to press; only a draft may fail and the answer not.

import { drawn, make, tree, value, visible } from "./agent-text.js";
import { evidenceFor } from "./assertion.js";
import { fingerprint } from "./fingerprint.js";
import { answering, asksAgain, sensitiveKeys, spelt } from "./sealed-answer.js";
import { drawEdited, editedContent, offerEdit } from "./sealed-edit.js";
import { openAnswer, openCase, trust } from "./sealed-open.js";
import { pin, pinned } from "./sealed-pins.js";
import { decode, openEnvelope, sealBox, sealEnvelope } from "./sealed.js";
import { drawZone, itemTitle, readContext } from "./sealed-zone.js";

const page = document.querySelector("[data-sealed]");
const { caseId, address, respond, draft: draftAddress } = page.dataset;
const words = document.querySelector("[data-words]").dataset;
const state = page.querySelector("[data-state]");
const says = state.querySelector("[data-says]");
const more = state.querySelector("[data-more]");
const form = page.querySelector("[data-answer]");
const zone = page.querySelector("[data-asks]");
const saved = page.querySelector("[data-saved]");
const heading = document.querySelector("[data-prompt]");

const keyWords = ({ key }) => fingerprint("agent", decode(key));
const filled = (text, given) => text.replace(/\{(\w+)\}/g, (whole, name) => given[name] ?? whole);

function tell(text, tone) {
  says.textContent = text;
  state.className = `banner tone-${tone}`;
}

async function fail(error) {
  tell(words[error.code] ?? words.failed, "danger");
  state.setAttribute("role", "alert");
  form.hidden = true;
  if (error.code !== "key_changed") return;
  const now = await keyWords(error.sender);
  const before = (await Promise.all(error.before.map((key) => keyWords({ key })))).join(" · ");
  const renew = make("button", { type: "button", class: "button" }, words.trust);
  renew.addEventListener("click", () => trust(error.sender, error.before).then(() => location.reload()));
  const pair = (label, text) => [make("dt", {}, label), make("dd", {}, make("code", {}, text))];
  more.append(make("dl", { class: "facts" }, ...pair(words.before, before), ...pair(words.now, now)), renew);
  more.hidden = false;
}

// What is asked

async function introduce({ version, agent, body, recipients, shown, isHanded, isOlderList }) {
  const key = await keyWords(agent);
  const name = visible(typeof body.agent === "string" && body.agent ? body.agent : agent.agent);
  tell(filled(version === 1 ? words.older : agent.isNew ? words.first : words.opened, { agent: name }), agent.isNew ? "warn" : "plain");
  const devices = (recipients ?? [1]).filter((one) => one !== agent.key).length;
  more.append(make("p", { class: "small" }, `${filled(words.key, { agent: name })} `, make("code", {}, key)));
  more.append(make("p", { class: "small" }, filled(words.devices, { count: devices })));
  if (isHanded && isOpen({ shown })) more.append(make("p", {}, words.handed));
  if (isOlderList) more.append(make("p", { class: "small" }, words.older_list));
  more.hidden = false;
}

const isOpen = ({ shown }) => respond && !["completed", "expired", "cancelled"].includes(shown.status);

function show(opened) {
  const { prompt, type } = opened.body;
  const context = readContext(type, opened.body.context);
  const answer = isOpen(opened) && !opened.isHanded ? answering(type, context, words) : undefined;
  // What nobody answers here is still shown, whole.
  const slot = answer ? answer.slot : asked(type, context);
  drawZone(zone, opened.body, context, words, slot ?? null);
  heading.replaceChildren(drawn(prompt));
  heading.dir = "auto";
  document.title = visible(prompt);
  form.hidden = false;
  return { answer, context };
}

/** Rows for what would be controls where nothing is to be answered. */
function asked(type, { items, form: fields, params, options }) {
  const parts = { ...(items.length ? { items } : {}), ...(fields ? { form: fields } : {}), ...(params ? { params } : {}) };
  if (options) parts.retry_options = options;
  return Object.keys(parts).length ? tree(parts, words) : null;
}

async function showAnswer(opened, context) {
  const said = await openAnswer(opened);
  if (!said) return;
  const titles = Object.fromEntries(context.items.map((item) => [item.id, itemTitle(item)]));
  const titled = (one) => (Array.isArray(one) ? one.map((id) => titles[id] ?? id) : one);
  const edited = editedContent(said);
  const { content: _, ...wishes } = said.data.edits ?? {};
  const shown = edited === undefined ? said.data : { ...said.data, edits: wishes };
  const rows = [[words.action, words[edited === undefined ? `did_${said.action}` : "did_edited"] ?? said.action]];
  const secret = sensitiveKeys(context.form);
  for (const [key, one] of Object.entries(shown)) {
    if (one === wishes && !Object.keys(wishes).length) continue;
    rows.push([words[`of_${key}`] ?? key, secret.includes(key) ? words.secret : titled(one)]);
  }
  const pairs = rows.map(([label, one]) => make("div", {}, make("dt", { dir: "auto" }, value(label)), make("dd", { dir: "auto" }, tree(one, words))));
  const list = page.querySelector("[data-answered]");
  list.append(...pairs);
  list.hidden = false;
  if (edited !== undefined) list.after(drawEdited(edited, context, words));
}

// The answer

async function seal(opened, action, data) {
  if (opened.version === 1) {
    const response = data.response ?? data.selected.join(", ");
    return { payload: await sealBox(JSON.stringify({ response }), opened.device.box, opened.agent.key) };
  }
  const { recipients, head, device, agent } = opened;
  const own = { case_id: caseId, direction: "answer", expires_at: head.expires_at };
  const to = [...recipients, agent.key];
  return { envelope: await sealEnvelope(own, { action, data, request: opened.digest }, { sender: device.box, recipients: to }) };
}

const json = { "Content-Type": "application/json", Accept: "application/json" };
const post = (address, given, more = {}) =>
  fetch(address, { method: "POST", headers: { ...json, ...more }, body: JSON.stringify(given) });

/** Add what a passkey says to an answer that has to have it. Returns the words for what went wrong, or none. */
async function prove(submission) {
  const { challenge } = page.dataset;
  if (!challenge) return "";
  if (!window.PublicKeyCredential) return words.no_passkeys;
  const response = await post(challenge, submission).catch(() => null);
  if (!response) return words.unsent;
  if (!response.ok) return words.refused;
  submission.verification_evidence = [await evidenceFor(await response.json()).catch(() => null)];
  return submission.verification_evidence[0] ? "" : words.unproven;
}

async function send(opened, action, data, line) {
  const say = (text, failed = true) => {
    line.hidden = false;
    line.textContent = text;
    line.classList.toggle("error", failed);
  };
  if (opened.head && Date.now() >= Date.parse(opened.head.expires_at)) return say(words.envelope_expired);
  say(page.dataset.challenge ? words.asking : words.sending, false);
  const sealed = await seal(opened, action, data).catch(() => null);
  if (!sealed) return say(words.unsealed);
  const submission = { action: "submit", data: sealed, submission_id: page.dataset.submission };
  const flaw = await prove(submission);
  if (flaw) return say(flaw);
  // What is proven must be proven now; the rest waits for a connection in the service worker, encrypted as it is.
  const queue = page.dataset.challenge ? {} : { "x-offline": "queue" };
  const response = await post(respond, submission, queue).catch(() => null);
  if (!response) return say(words.unsent);
  if (response.status === 202) return location.assign(new URL("../offline", import.meta.url));
  if (response.ok) return location.reload();
  return say({ 401: words.sign_in, 409: words.late, 410: words.late }[response.status] ?? words.refused);
}

function listen(opened, { answer, context }) {
  form.append(document.getElementById(`answer-${opened.body.type}`).content.cloneNode(true));
  const line = form.querySelector("[data-sending]");
  const again = form.querySelector("[data-again]");
  const bar = form.querySelector(".bar");
  let waiting = "";
  const ask = (action, why) => {
    waiting = action;
    again.querySelector("[data-title]").textContent = words[`ask_${action}`];
    again.querySelector("[data-final]").textContent = words[`final_${action}`];
    again.querySelector("[data-reason]").hidden = why !== "reason";
    again.hidden = false;
    bar.hidden = true;
    again.querySelector("[data-title]").focus();
  };
  again.querySelector("[data-back]").addEventListener("click", () => {
    again.hidden = true;
    bar.hidden = false;
  });
  let sending = false;
  const deliver = async (action, data) => {
    if (sending) return;
    sending = true;
    await send(opened, action, data, line).finally(() => {
      sending = false;
    });
  };
  const press = async (action, isFinal) => {
    if (sending) return;
    const refuses = ["reject", "skip", "abort", "cancel"].includes(action);
    const flaw = answer.flaw?.(form, action) ?? "";
    line.hidden = !flaw;
    line.textContent = flaw;
    if (flaw || (!refuses && !form.reportValidity())) return;
    const why = asksAgain(action, context);
    if (why && !isFinal) return ask(action, why);
    await deliver(action, spelt(action, answer.data(action, form)));
  };
  // Buttons send, and nothing else does: the Enter key least of all.
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of form.querySelectorAll("button[value]")) button.addEventListener("click", () => press(button.value, false));
  again.querySelector("[data-final]").addEventListener("click", () => press(waiting, true));
  if (opened.body.type === "approval") offerEdit(context, form, words, (data) => deliver("edit", data));
  const refresh = () => answer.refresh?.(form);
  form.addEventListener("input", refresh);
  return refresh;
}

// The draft, encrypted to the same devices

const written = () => {
  const found = {};
  for (const input of form.querySelectorAll("[name]:not(button, [data-sensitive])")) {
    const is = input.type === "checkbox" || input.type === "radio";
    if (!is) found[input.name] = input.value;
    else if (input.checked) found[input.name] = [...(found[input.name] ?? []), input.value];
    else found[input.name] ??= [];
  }
  return found;
};

function restore(values) {
  for (const input of form.querySelectorAll("[name]:not(button, [data-sensitive])")) {
    const one = values[input.name];
    if (Array.isArray(one)) input.checked = one.includes(input.value);
    else if (typeof one === "string") input.value = one;
  }
}

async function drafting(opened, refresh) {
  const { head, device, agent } = opened;
  const devices = opened.recipients.filter((key) => key !== agent.key);
  let seq = (await pinned("drafts", caseId))?.seq ?? 0;
  let version = Number(page.dataset.version);
  const before = page.dataset.drafted ? JSON.parse(page.dataset.drafted).envelope : null;
  if (before) {
    // One that is older than what this browser has seen is not shown as the newest.
    const expected = { senders: devices, caseId, direction: "draft", newerThan: Math.max(0, seq - 1) };
    const found = await openEnvelope(before, device.box, expected).catch(() => null);
    if (found?.head.seq > seq) {
      // Remembered before it is shown: a page that is left at once has shown it too.
      seq = found.head.seq;
      await pin("drafts", { id: caseId, seq });
    }
    if (found) restore(found.body.values ?? {});
    else saved.textContent = words.draft_lost;
    refresh();
  }
  let timer;
  let saving = Promise.resolve();
  const save = async () => {
    seq += 1;
    const own = { case_id: caseId, direction: "draft", seq, expires_at: head.expires_at };
    const envelope = await sealEnvelope(own, { values: written() }, { sender: device.box, recipients: devices });
    const request = { method: "PUT", headers: { "Content-Type": "application/json" } };
    const draft = JSON.stringify({ version, values: { envelope } });
    const response = await fetch(draftAddress, { ...request, body: draft, keepalive: true }).catch(() => null);
    if (response?.ok) {
      version = Number(response.headers.get("x-draft-version") ?? version + 1);
      // Not before: what never got there must not make the one that did look old.
      await pin("drafts", { id: caseId, seq });
    }
    saved.textContent = response?.ok ? words.saved : response?.status === 409 ? words.conflict : words.unsaved;
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      saving = saving.then(save).catch(() => (saved.textContent = words.unsaved));
    }, 800);
  });
}

const tellOfAnswer = (code) =>
  code === "not_encrypted_to_key" ? tell(words.answer_lacking, "warn") : tell(words.answer_wrong, "danger");

async function begin() {
  const opened = await openCase(address, caseId);
  const shown = show(opened);
  await introduce(opened);
  if (shown.answer) {
    const refresh = listen(opened, shown);
    refresh();
    if (opened.version === 2) await drafting(opened, refresh).catch(() => (saved.textContent = words.undrafted));
  } else if (isOpen(opened)) {
    page.querySelector("[data-unknown]").hidden = opened.isHanded;
  } else {
    await showAnswer(opened, shown.context).catch(({ code }) => tellOfAnswer(code));
  }
}

begin().catch(fail);
