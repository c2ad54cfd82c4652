// The inbox: what happens elsewhere changes here, and an answer in a row is sent without leaving the page.
// The page works without any of it. Nothing here writes HTML: the server's own page is fetched again and
// its nodes take the place of those that changed, so that focus, scroll and what was typed stay.

const list = document.querySelector("[data-inbox]");
const voice = list.querySelector("[data-voice]");
const question = document.querySelector("main[data-case]");
const locale = document.documentElement.lang;

function get(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.onload = () => (request.status === 200 && request.response ? resolve(request.response) : reject());
    request.onerror = reject;
    request.send();
  });
}

const FINAL = new Set(["completed", "expired", "cancelled"]);
let reading = null;
let stale = false;

// One reading at a time: what happens during one is read by the next.
async function refresh() {
  stale = true;
  if (reading) return reading;
  reading = (async () => {
    while (stale) {
      stale = false;
      const query = new URLSearchParams(location.search);
      // What has ended is still shown to whoever has just seen it wait.
      const seen = [...document.querySelectorAll('[id^="row-review_"]')].map((row) => row.id.slice(4));
      if (seen.length) query.set("seen", seen.join("."));
      if (question) query.set("at", question.dataset.case);
      swap(await get(`${list.dataset.inbox}?${query}`));
    }
  })();
  try {
    await reading;
  } catch {
    // The stream comes back by itself, and with it the list.
  } finally {
    reading = null;
  }
}

function swap(fresh) {
  const focused = document.activeElement;
  const row = focused?.closest("[data-version]");
  const said = [];
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = document.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!old) continue;
    for (const next of part.querySelectorAll("[data-version]")) {
      const known = document.getElementById(next.id);
      if (known?.dataset.version === next.dataset.version) next.replaceWith(known);
      else if (next.dataset.said) said.push(next.dataset.said);
    }
    old.replaceWith(part);
  }
  if (!question) document.title = fresh.title;
  if (said.length) voice.textContent = said.map((text) => (/[.!?…。？！؟]$/.test(text) ? text : `${text}.`)).join(" ");
  if (focused?.isConnected) focused.focus({ preventScroll: true });
  else if (row) document.getElementById(row.id)?.querySelector("a")?.focus({ preventScroll: true });
  document.dispatchEvent(new Event("drawn"));
}

// The question that is open was answered elsewhere: it says so, and what was typed stays.
async function conclude() {
  const outcome = (await get(location.href)).querySelector("main .outcome");
  if (!outcome || question.querySelector(".outcome")) return;
  outcome.setAttribute("role", "status");
  question.prepend(outcome);
  question.classList.add("over");
  document.dispatchEvent(new Event("drawn"));
}

function listen() {
  const stream = new EventSource(list.dataset.events);
  stream.addEventListener("inbox.ready", () => (voice.dataset.listening = ""));
  for (const kind of ["ready", "case", "notice"]) stream.addEventListener(`inbox.${kind}`, refresh);
  stream.addEventListener("inbox.case", (event) => {
    const { case_id, status } = JSON.parse(event.data);
    if (case_id === question?.dataset.case && FINAL.has(status)) conclude().catch(() => {});
  });
  // A browser tries again after a lost connection, but not after an answer that is no stream.
  stream.addEventListener("error", () => {
    if (stream !== source || stream.readyState !== EventSource.CLOSED) return;
    source = null;
    timer = setTimeout(attend, 5e3 * (1 + Math.random()));
  });
  return stream;
}

// A page that nobody sees holds no connection; browsers have few of them for one host.
let source = null;
let timer = 0;
function attend() {
  clearTimeout(timer);
  if (document.visibilityState === "visible") source ??= listen();
  else {
    source?.close();
    source = null;
  }
}
document.addEventListener("visibilitychange", attend);
attend();

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-row]");
  if (!form) return;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  const problem = form.querySelector("[data-problem]");
  const body = new URLSearchParams(new FormData(form, event.submitter));
  event.submitter.setAttribute("aria-disabled", "true");
  let text = list.dataset.offline;
  try {
    // Its buttons are named "action", so the property of that name would be one of them.
    const headers = { "x-offline": "queue" };
    const answer = await fetch(form.getAttribute("action"), { method: "POST", headers, body, redirect: "manual" });
    if (answer.type === "opaqueredirect") return void refresh();
    // Without a connection the service worker keeps it, and says so.
    text = answer.status === 202 ? list.dataset.queued : list.dataset.failed;
  } catch {
    // Nothing was sent, or nobody knows: the same submission may be sent again.
  }
  delete form.dataset.sent;
  event.submitter.removeAttribute("aria-disabled");
  problem.textContent = text;
  problem.hidden = false;
});

function countDown() {
  for (const element of document.querySelectorAll("[data-due]")) {
    const minutes = Math.max(1, Math.floor((Date.parse(element.dataset.due) - Date.now()) / 6e4));
    const [size, unit] = minutes >= 2160 ? [1440, "day"] : minutes >= 90 ? [60, "hour"] : [1, "minute"];
    const left = new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 0 }).format(Math.round(minutes / size));
    element.textContent = element.dataset.text.replace("{left}", left);
  }
}
document.addEventListener("drawn", countDown);
setInterval(countDown, 3e4);
