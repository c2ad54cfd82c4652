// Every open page: reader's own time, the deadline, the opened report, one answer per tap.
// The page works without any of it.

const root = document.documentElement;
const main = document.querySelector("main");
const language = root.lang;
// The reader's own way to write a date, in the language of the page.
const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
root.classList.add("live");

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const date = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short" });
const distance = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone.split("/").pop().replaceAll("_", " ");

const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);
const skew = main.dataset.now ? Date.parse(main.dataset.now) - Date.now() : 0;
const now = () => Date.now() + skew;

function say(time) {
  const days = Math.round((midnight(time) - midnight(now())) / 864e5);
  const day = Math.abs(days) < 2 ? distance.format(days, "day") : date.format(time);
  return main.dataset.when.replace("{time}", clock.format(time)).replace("{day}", day);
}

// Times are those of this device, unless the reader has chosen a zone, which the server then speaks in.
function sayTimes() {
  if ("zoned" in root.dataset) return;
  for (const element of document.querySelectorAll("time[data-time]")) {
    element.textContent = say(Date.parse(element.dateTime));
  }
  for (const element of document.querySelectorAll("[data-zone]")) {
    element.textContent = element.dataset.zone === "bare" ? zone : `(${zone})`;
  }
}
sayTimes();
document.addEventListener("drawn", sayTimes);

const deadline = document.getElementById("deadline");
if (deadline) {
  const end = Date.parse(deadline.dataset.expires);
  const voice = document.querySelector("[data-announce]");
  let told = Infinity;

  const look = () => {
    const left = end - now();
    if (left <= 0) {
      document.getElementById("over").hidden = false;
      deadline.hidden = true;
      main.classList.add("over");
      return;
    }
    const minutes = left / 6e4;
    const [size, unit] = minutes >= 2880 ? [1440, "day"] : minutes >= 120 ? [60, "hour"] : [1, "minute"];
    deadline.querySelector("[data-left]").textContent =
      minutes < 2 ? distance.format(Math.ceil(left / 1e3), "second") : distance.format(Math.floor(minutes / size), unit);
    for (const [limit, text] of [[10, voice.dataset.ten], [1, voice.dataset.one]]) {
      if (minutes <= limit && told > limit) {
        if (told !== Infinity) voice.textContent = text;
        told = limit;
      }
    }
    if (told === Infinity) told = minutes;
    setTimeout(look, Math.min(left + 50, minutes < 2 ? 1e3 : 15e3));
  };
  look();
}

// A human is here once they touch the page while it is visible; loading it alone says nothing.
if (main.dataset.opened) {
  const signs = ["pointerdown", "keydown", "scroll", "wheel", "touchmove"];
  const report = (event) => {
    if (!event.isTrusted || document.visibilityState !== "visible") return;
    for (const sign of signs) removeEventListener(sign, report, true);
    fetch(main.dataset.opened, { method: "POST", keepalive: true }).catch(() => {});
  };
  for (const sign of signs) addEventListener(sign, report, { capture: true, passive: true });
}

// Where the app is installed, its service worker keeps an answer until there is a connection; a proof cannot wait.
function waits(form, button) {
  const target = new URL(button?.hasAttribute("formaction") ? button.formAction : form.getAttribute("action"), location.href);
  const isAnswer = target.pathname.endsWith("/respond") && form.querySelector("[name=submission_id]");
  return Boolean(navigator.serviceWorker?.controller && isAnswer && !form.querySelector("[data-challenge]"));
}

for (const form of document.querySelectorAll("form[data-once]")) {
  const line = form.querySelector("[data-sending]");
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.submitter?.formMethod === "dialog") return;
    if (form.dataset.sent || !(navigator.onLine || waits(form, event.submitter))) event.preventDefault();
    else form.dataset.sent = "1";
    if (line) {
      line.textContent = navigator.onLine ? line.dataset.text : line.dataset.offline;
      line.hidden = false;
    }
    event.submitter?.setAttribute("aria-disabled", String(navigator.onLine));
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    delete form.dataset.sent;
    if (line) line.hidden = true;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  });
}
