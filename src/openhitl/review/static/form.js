// Forms: conditional fields, autosave, stored values, secrets, ranges. The server checks everything.

const form = document.querySelector("form[data-autosave]");
const fields = [...form.querySelectorAll("[data-key]")];
const CONTROL = "[name]:not(button, [name=forget])";

function read(field) {
  const inputs = [...field.querySelectorAll(CONTROL)];
  const first = inputs[0];
  if (!first) return undefined;
  if (first.type === "radio") return inputs.find((input) => input.checked)?.value;
  if (first.type !== "checkbox") return first.value;
  if (field.querySelector("fieldset")) return inputs.filter((input) => input.checked).map((input) => input.value);
  return first.checked;
}

function holds({ operator, value: wanted }, value) {
  if (value === undefined || value === "") return operator === "neq";
  const typed = (expected) => {
    if (typeof expected === "number") return Number(String(value).replace(",", "."));
    if (typeof expected === "boolean") return value === true || value === "true";
    return value;
  };
  const equal = (expected) =>
    Array.isArray(value) ? value.includes(expected) || JSON.stringify(value) === JSON.stringify(expected) : typed(expected) === expected;
  if (operator === "eq") return equal(wanted);
  if (operator === "neq") return !equal(wanted);
  if (operator === "in") return wanted.some(equal);
  return operator === "gt" ? typed(wanted) > wanted : typed(wanted) < wanted;
}

function reveal() {
  for (const field of fields) {
    if (!field.dataset.condition) continue;
    const condition = JSON.parse(field.dataset.condition);
    const other = fields.find((candidate) => candidate.dataset.key === condition.field);
    field.hidden = other.hidden || !holds(condition, read(other));
    const words = field.querySelector("[data-only-if]");
    if (words) words.hidden = true;
  }
}
form.addEventListener("input", reveal);
reveal();

// -- autosave ---------------------------------------------------------------------------------

const version = form.elements.version;
const saved = document.querySelector("[data-saved]");
let timer;
let dirty = false;
let sending = null;

function values() {
  const found = {};
  for (const field of fields) {
    if (!field.querySelector("[data-sensitive]")) found[field.dataset.key] = read(field) ?? "";
  }
  return found;
}

async function save() {
  clearTimeout(timer);
  if (!dirty || sending) return sending;
  dirty = false;
  const body = JSON.stringify({ version: Number(version.value), values: values(), step: Number(form.dataset.step || 0) });
  const headers = { "Content-Type": "application/json" };
  sending = fetch(form.dataset.autosave, { method: "PUT", headers, body, keepalive: true })
    .then((response) => {
      if (response.ok) {
        version.value = response.headers.get("x-draft-version") ?? Number(version.value) + 1;
        saved.textContent = `${saved.dataset.text} ${new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" })}`;
      } else if (response.status === 409) {
        saved.textContent = saved.dataset.conflict;
      }
    })
    .catch(() => {
      dirty = true;
      saved.textContent = saved.dataset.lost ?? "";
    })
    .finally(() => {
      sending = null;
    });
  return sending;
}

form.addEventListener("input", () => {
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(save, 800);
});
addEventListener("pagehide", save);
form.addEventListener(
  "submit",
  (event) => {
    clearTimeout(timer);
    dirty = false;
    if (!sending) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    sending.then(() => form.requestSubmit(event.submitter));
  },
  true,
);

// -- single controls --------------------------------------------------------------------------

for (const slider of form.querySelectorAll("[data-range]")) {
  const box = document.getElementById(slider.dataset.range);
  const unset = slider.closest(".field").querySelector("[data-unset]");
  slider.addEventListener("input", () => {
    box.value = Math.round(slider.value * 100) / 100;
    if (unset) unset.hidden = true;
  });
  box.addEventListener("input", () => {
    const number = Number(box.value.replace(",", "."));
    if (box.value && !Number.isNaN(number)) slider.value = number;
  });
}

// The list itself stays an ordinary one; what does not match is taken out of it, never what is chosen.
for (const box of form.querySelectorAll("[data-narrows]")) {
  const select = document.getElementById(box.dataset.narrows);
  const [none, ...options] = select.options;
  const found = box.parentElement.querySelector("[data-found]");
  box.addEventListener("input", (event) => {
    event.stopPropagation();
    const words = box.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const fits = (option) => words.every((word) => option.text.toLocaleLowerCase().includes(word));
    const shown = options.filter((option) => option.selected || fits(option));
    select.replaceChildren(none, ...shown);
    found.textContent = found.dataset.text.replace("{shown}", shown.length).replace("{total}", options.length);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

for (const button of form.querySelectorAll("[data-show]")) {
  const box = document.getElementById(button.dataset.show);
  button.addEventListener("click", () => {
    const shown = box.type === "text";
    box.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
}

for (const note of form.querySelectorAll("[data-prefill]")) {
  const box = note.closest(".field").querySelector(CONTROL);
  if (box.value) continue;
  fetch(note.dataset.prefill)
    .then((response) => (response.ok ? response.json() : Promise.reject(response)))
    .then(({ value }) => {
      if (box.value) return;
      box.value = value;
      note.hidden = true;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    })
    .catch(() => {
      note.textContent = note.dataset.failed;
    });
}
