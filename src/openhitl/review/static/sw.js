// The service worker: notifications, what shows without a connection, answers that wait for one.
// The server writes `self.app` before this: {base, version, offline, files, pages,
// icon, badge, refused}.
// Nothing is decided here: an answer is sent when its server can be reached, and only then called sent.

const { base, version, offline, files, pages, icon, badge, refused } = self.app;
const FILES = `files-${version}`;
const PAGES = `pages-${version}`;
const WHO = `${offline}?who`;
// So long an answer waits for a connection, and for whoever typed it.
const LIFE = 7 * 864e5;
const ANSWERS = /^\/(reviews|inbox)\/[^/]+\/respond$/;
const JSON_TYPE = { "Content-Type": "application/json" };

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", route);
self.addEventListener("push", (event) => event.waitUntil(tell(event)));
self.addEventListener("notificationclick", (event) => event.waitUntil(press(event)));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew()));
self.addEventListener("sync", (event) => event.waitUntil(flush()));
self.addEventListener("message", (event) => event.waitUntil(hear(event)));

async function install() {
  const cache = await caches.open(FILES);
  await cache.addAll([offline, ...files]);
  await self.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== FILES && name !== PAGES).map((name) => caches.delete(name)));
  await self.clients.claim();
  // Not waited for: until this has ended every page waits, and a server may hang.
  ask().catch(() => {});
}

// --- Pages and files ---

function route(event) {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin || !url.pathname.startsWith(`${base}/`)) return;
  const path = url.pathname.slice(base.length);
  const isPage = request.mode === "navigate";
  if (request.method === "POST") {
    if (path === "/sign-out") event.respondWith(leave(request));
    else if (ANSWERS.test(path) && (isPage || request.headers.get("x-offline") === "queue"))
      event.respondWith(answer(request, isPage));
  } else if (request.method === "GET") {
    if (path.startsWith("/static/")) event.respondWith(file(request));
    // Where programs send people, the server looks at who sent them; what goes through here is sent by us.
    else if (isPage && !path.startsWith("/api/")) event.respondWith(page(request, path, event.resultingClientId));
  }
}

// The name of a file changes with its content.
async function file(request) {
  const kept = await caches.match(request.url);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await (await caches.open(FILES)).put(request.url, response.clone());
  return response;
}

// --- Whose this browser is ---

// The mark of whoever was signed in when the server was last heard; "" for nobody. It says who of the people of
// this browser somebody is, and no more.
const last = async () => (await (await caches.match(WHO))?.text()) ?? "";

// What was kept for one person is shown to no other.
let noting = Promise.resolve();
function note(mark) {
  const change = async () => {
    const before = await last();
    if (before === mark) return;
    await caches.delete(PAGES);
    await (await caches.open(PAGES)).put(WHO, new Response(mark));
    if (!before) return;
    await self.navigator.clearAppBadge?.().catch(() => {});
    if (Notification.permission !== "granted") return;
    for (const notification of await self.registration.getNotifications()) notification.close();
  };
  noting = noting.then(change, change);
  return noting;
}

// Who is signed in, with what shows that our pages ask; null where nobody can tell.
async function ask() {
  const answer = await fetch(`${base}/api/v1/sessions/current`).catch(() => null);
  if (!answer?.ok && answer?.status !== 401) return null;
  const told = answer.ok ? await answer.json() : { mark: "", csrf: "" };
  await note(told.mark);
  return told;
}

// --- Pages ---

// Pages that say so are kept as they were last seen, by their path: whatever was asked of them.
const keptPages = new Set();
async function page(request, path, client) {
  const isKept = pages.includes(path);
  try {
    const response = await fetch(request);
    const [what, mark] = (response.headers.get("x-offline") ?? "").split(";");
    if (mark) await note(mark);
    else if (isKept && response.type === "opaqueredirect") await note(""); // nobody is signed in any more
    if (mark && what === "keep" && isKept && response.ok) await (await caches.open(PAGES)).put(base + path, response.clone());
    return response;
  } catch {
    const kept = isKept && (await caches.match(base + path));
    if (kept) keptPages.add(client);
    return kept || (await caches.match(offline)) || Response.error();
  }
}

// Whoever signs out leaves nothing behind; what could not be sent before is lost, as the page says.
// Where the server refuses, as what another site has the browser send, nobody has signed out.
async function leave(request) {
  await flush();
  await ask();
  const theirs = await mine();
  const response = await fetch(request);
  if (!response.ok && response.type !== "opaqueredirect") return response;
  for (const item of theirs) await forget(item.id);
  await note("");
  return response;
}

// --- Answers that wait for a connection ---

async function answer(request, isPage) {
  const body = await request.clone().text();
  try {
    return await fetch(request);
  } catch {
    const type = request.headers.get("content-type");
    const { submission_id: name, verification_evidence: evidence } = said(body, type);
    // What is proven must be proven now; what has no name might be sent twice.
    if (!name || evidence) return Response.redirect(`${offline}?unable`, 303);
    // What another site has a browser send bears no mark: only our own pages know one.
    // The rows of one page share a name: each is the answer to its own case.
    const { pathname, searchParams } = new URL(request.url);
    const id = `${pathname} ${name}`;
    const mark = searchParams.get("mark") ?? "";
    await keep({ id, mark, url: request.url, body, type, at: Date.now(), state: "waiting" });
    await self.registration.sync?.register("answers").catch(() => {});
    if (isPage) return Response.redirect(offline, 303);
    return new Response('{"status":"queued"}', { status: 202, headers: JSON_TYPE });
  }
}

// What is encrypted comes as JSON, and is kept as it came: ciphertext.
function said(body, type) {
  return type.startsWith(JSON_TYPE["Content-Type"]) ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
}

let flushing = null;
function flush() {
  flushing ??= sendAll().finally(() => {
    flushing = null;
  });
  return flushing;
}

async function sendAll() {
  for (const item of await all()) if (Date.now() - item.at > LIFE) await forget(item.id);
  if (!(await all()).some((item) => item.state === "waiting")) return;
  const who = await ask();
  if (!who) return; // no connection
  for (const item of await mine()) {
    if (item.state !== "waiting") continue;
    const response = await send(item, who.csrf).catch(() => null);
    if (!response) return;
    // Signed out meanwhile: it waits for whoever typed it.
    if (response.status === 401 && who.mark) return note("");
    // This one cannot be taken at the moment and may be sent again; those behind it need not wait for it.
    if (response.status >= 500 || response.status === 429) continue;
    const isTaken = response.type === "opaqueredirect" || response.ok;
    const settled = isTaken ? { state: "sent", body: "" } : { state: "refused" };
    await keep({ ...item, ...settled, status: response.status });
    await broadcast();
    // Told even where no page is open.
    const notice = { title: refused, navigate: offline, tag: item.id };
    if (!isTaken && Notification.permission === "granted") await show(notice).catch(() => {});
  }
}

// The session may be another one since this was typed; the person is the same.
function send({ url, body, type }, csrf) {
  const address = new URL(url);
  const row = address.pathname.slice(base.length).match(/^\/inbox\/([^/]+)\/respond$/);
  const headers = { Accept: "application/json", "Content-Type": type };
  if (csrf) address.searchParams.set("csrf", csrf);
  if (!row) return fetch(address.href, { method: "POST", headers, body, redirect: "manual" });
  // A row's own address says nothing of who was first.
  const { action, submission_id, selected } = said(body, type);
  const data = selected === undefined ? {} : { selected: [selected] };
  return fetch(`${base}/api/v1/inbox/${row[1]}/respond`, {
    method: "POST",
    headers: { ...JSON_TYPE, Accept: "application/json", "x-csrf-token": csrf },
    body: JSON.stringify({ action, data, submission_id }),
  });
}

async function broadcast() {
  const items = await mine();
  for (const client of await self.clients.matchAll({ type: "window" })) client.postMessage({ items });
}

async function hear({ data, ports, source }) {
  if (data.dismiss) await forget(data.dismiss);
  if (data.flush) await flush();
  ports[0]?.postMessage({ items: await mine(), isKept: keptPages.has(source.id) });
}

function store(mode, work) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("openhitl-answers", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("answers", { keyPath: "id" });
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const change = database.transaction("answers", mode);
      const request = work(change.objectStore("answers"));
      change.oncomplete = () => {
        database.close();
        resolve(request.result);
      };
      change.onabort = () => reject(change.error);
    };
  });
}
const keep = (item) => store("readwrite", (answers) => answers.put(item));
const forget = (id) => store("readwrite", (answers) => answers.delete(id));
const all = () => store("readonly", (answers) => answers.getAll());
// Workers of before the marks did not say who typed what they kept: it is shown, and never sent.
const marked = (item) => (item.mark === undefined && item.state === "waiting" ? { ...item, state: "refused" } : item);
const mine = async () => {
  const mark = await last();
  return (await all()).map(marked).filter((item) => (item.mark ?? mark) === mark);
};

// --- Notifications ---

// A push that shows nothing costs the subscription: something is shown whatever was sent.
async function tell(event) {
  let message = null;
  try {
    message = event.data.json();
  } catch {
    const { notification } = event; // Safari has read it already
    message = { notification: notification ?? { title: "OpenHITL" } };
  }
  await show({ navigate: `${base}/inbox`, ...message.notification });
  const count = message.app_badge;
  if (Number.isInteger(count)) await self.navigator.setAppBadge?.(count).catch(() => {});
}

function show(notification, silent = notification.silent ?? false) {
  const { title, body = "", lang = "", dir = "auto", tag = "", actions = [] } = notification;
  const buttons = actions.slice(0, Notification.maxActions ?? 0).map(({ action, title }) => ({ action, title }));
  const options = { body, lang, dir, tag, silent, icon, badge, actions: buttons, data: notification };
  return self.registration.showNotification(title, { ...options, renotify: Boolean(tag) && !silent });
}

async function press({ notification, action }) {
  const shown = notification.data;
  const { case_id, browser, tokens = {}, unsent } = shown.data ?? {};
  notification.close();
  if (!tokens[action]) return open(shown.navigate);
  const body = JSON.stringify({ case_id, browser, action, token: tokens[action] });
  const address = `${base}/api/v1/push/presses`;
  const response = await fetch(address, { method: "POST", headers: JSON_TYPE, body }).catch(() => null);
  if (!response) return show({ ...shown, body: `${unsent}\n${shown.body}` }, true);
  return response.ok ? undefined : open(shown.navigate);
}

async function open(address) {
  const url = new URL(address, location.origin);
  if (url.origin !== location.origin) return;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((one) => new URL(one.url).pathname === url.pathname);
  await (there ? there.focus() : self.clients.openWindow(url.href));
}

// The push service has moved this browser.
async function renew() {
  const answered = await fetch(`${base}/api/v1/push`);
  if (!answered.ok) return;
  const { key, csrf } = await answered.json();
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  const subscription = await self.registration.pushManager.subscribe(wanted);
  const headers = { ...JSON_TYPE, "x-csrf-token": csrf };
  const body = JSON.stringify(subscription);
  await fetch(`${base}/api/v1/push/subscriptions`, { method: "POST", headers, body });
}
