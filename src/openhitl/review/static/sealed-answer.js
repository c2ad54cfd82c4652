// The controls that answer a decrypted question, and what they say. HITL v0.8 §10: the agent checks all of
// it again, so what it would refuse is caught here as far as a browser can.

import { drawn, humanise, linked, make, value, visible } from "./agent-text.js";
import { isHigh, itemMore, itemTitle } from "./sealed-zone.js";

const KINDS = ["text", "textarea", "email", "url", "number", "range", "date", "boolean", "select", "multiselect"];
const kindOf = ({ type }) => (KINDS.includes(type) ? type : "text");
const isPlain = (one) => ["string", "number", "boolean"].includes(typeof one);

// Items to choose or to confirm

function card(item, index, { type, name, words }) {
  const input = type ? make("input", { type, name, value: item.id, id: `choice-${index}` }) : make("span", { class: "bullet" }, String(index + 1));
  const title = make(type ? "label" : "p", { class: "title", dir: "auto", for: type && `choice-${index}` }, value(itemTitle(item)));
  const more = make("div", {}, ...itemMore(item, words));
  return make("li", {}, make("div", { class: type ? "card pick" : "card" }, input, make("div", {}, title, more)));
}

function cards(items, how) {
  return make("ul", { class: "rows" }, ...items.map((item, index) => card(item, index, how)));
}

// Form fields

const optionsOf = ({ options }) => (Array.isArray(options) ? options : []);
const pick = (field, type, { value: chosen, label }, checked) =>
  make("label", { class: "option" }, make("input", { type, name: `f.${field.key}`, value: chosen, checked }), make("span", { dir: "auto" }, value(label)));

function control(field, words) {
  const { key, required = false, placeholder = "", default: preset = "", validation: rules = {} } = field;
  const kind = kindOf(field);
  const text = String(preset ?? "");
  const usual = { id: `f-${key}`, name: `f.${key}`, required, placeholder: visible(placeholder), dir: "auto" };
  const length = { minlength: rules.minLength ?? null, maxlength: rules.maxLength ?? null };
  if (kind === "select") {
    const none = make("option", { value: "" }, words.choose);
    const options = optionsOf(field).map((one) => make("option", { value: one.value, selected: one.value === preset }, visible(one.label)));
    return make("select", { id: `f-${key}`, name: `f.${key}`, required }, none, ...options);
  }
  if (kind === "textarea") return make("textarea", { ...usual, ...length }, text);
  const secret = field.sensitive ? { type: "password", autocomplete: "off" } : null;
  if (kind === "number" || kind === "range") {
    return make("input", { ...usual, type: "number", step: "any", min: rules.min ?? null, max: rules.max ?? null, value: text, ...secret });
  }
  if (kind === "date") return make("input", { ...usual, type: "date", value: text });
  return make("input", { ...usual, ...length, type: kind, pattern: rules.pattern ?? null, value: text, ...secret });
}

function drawField(field, words) {
  const label = [value(field.label), field.required ? make("span", { class: "mark" }, ` ${words.required}`) : null];
  const hint = field.hint ? make("p", { class: "hint", dir: "auto" }, linked(field.hint)) : null;
  const row = make("div", { class: "field", "data-key": field.key });
  const kind = kindOf(field);
  const preset = field.default ?? null;
  const group = (...options) => make("fieldset", {}, make("legend", { dir: "auto" }, ...label), hint, make("div", { class: "options" }, ...options));
  if (kind === "multiselect") {
    row.append(group(...optionsOf(field).map((one) => pick(field, "checkbox", one, (preset ?? []).includes(one.value)))));
  } else if (kind === "boolean" && field.required) {
    const answers = [{ value: "true", label: words.yes }, { value: "false", label: words.no }];
    row.append(group(...answers.map((one) => pick({ ...field }, "radio", one, String(preset) === one.value))));
    for (const input of row.querySelectorAll("input")) input.required = true;
  } else if (kind === "boolean") {
    row.append(...[hint, pick(field, "checkbox", { value: "true", label: field.label }, preset === true)].filter(Boolean));
  } else {
    row.append(...[make("label", { for: `f-${field.key}`, dir: "auto" }, ...label), hint, control(field, words)].filter(Boolean));
  }
  // What is secret is in no draft, encrypted or not.
  if (field.sensitive) for (const input of row.querySelectorAll("[name]")) input.dataset.sensitive = "";
  return row;
}

function read(field, form) {
  const inputs = [...form.querySelectorAll(`[name="f.${CSS.escape(field.key)}"]`)];
  const kind = kindOf(field);
  if (kind === "multiselect") return inputs.filter((one) => one.checked).map((one) => one.value);
  if (kind === "boolean") {
    return field.required ? { true: true, false: false }[inputs.find((one) => one.checked)?.value] : inputs[0].checked;
  }
  const text = inputs[0].value;
  if (kind === "number" || kind === "range") return text === "" ? undefined : Number(text);
  return text === "" || kind === "text" || kind === "textarea" ? text : text.trim();
}

const isEmpty = (one) => one === undefined || one === "" || (Array.isArray(one) && !one.length);

/** Tell whether a condition holds (HITL v0.8 §10.3.3); a field that is not asked for meets none. */
function holds({ field, operator, value: wanted }, known) {
  if (!(field in known)) return false;
  const given = known[field];
  if (isEmpty(given)) return operator === "neq";
  const equal = (one) => (Array.isArray(given) ? given.includes(one) || JSON.stringify(given) === JSON.stringify(one) : given === one);
  if (operator === "eq") return equal(wanted);
  if (operator === "neq") return !equal(wanted);
  if (operator === "in") return wanted.some(equal);
  return operator === "gt" ? given > wanted : given < wanted;
}

const fieldsOf = (form) => (form?.steps ?? [form]).flatMap((step) => step?.fields ?? []);

/** Name the fields of a form whose values are not shown again. */
export const sensitiveKeys = (form) => fieldsOf(form).filter(({ sensitive }) => sensitive).map(({ key }) => key);

function drawForm(given, words) {
  const steps = given.steps ?? [given];
  const fields = fieldsOf(given);
  const parts = steps.map(({ title, description, fields: own = [] }) => {
    const heads = [
      title ? make("h2", { dir: "auto" }, drawn(title)) : null,
      description ? make("p", { class: "muted", dir: "auto" }, linked(description)) : null,
    ];
    return make("div", { class: "stack" }, ...heads, ...own.map((field) => drawField(field, words)));
  });
  return { fields, node: make("div", { class: "stack" }, ...parts) };
}

function values(fields, form) {
  const known = {};
  for (const field of fields) {
    const row = form.querySelector(`[data-key="${CSS.escape(field.key)}"]`);
    const asked = !field.conditional || holds(field.conditional, known);
    row.hidden = !asked;
    // What is not asked for must not keep the rest from being sent.
    for (const input of row.querySelectorAll("[name]")) input.disabled = !asked;
    if (asked) known[field.key] = read(field, form);
  }
  return Object.fromEntries(Object.entries(known).filter(([, one]) => !isEmpty(one)));
}

// Parameters of a retry

function paramFields({ params = {}, options = {} }) {
  const fields = new Map();
  for (const [name, one] of Object.entries(params)) {
    if (isPlain(one)) fields.set(name, { key: name, label: humanise(name), type: typeof one === "string" ? "text" : typeof one, default: one, required: typeof one === "number" });
  }
  for (const [name, bound] of Object.entries(options)) {
    if (Array.isArray(bound) && bound.length && bound.every((one) => typeof one === "string")) {
      const single = name.endsWith("ies") ? `${name.slice(0, -3)}y` : name.replace(/s$/, "");
      const choices = bound.map((one) => ({ value: one, label: one }));
      fields.set(single, { key: single, label: humanise(single), type: "select", options: choices, default: params[single] });
    } else if (name.endsWith("_range") && typeof bound?.min === "number" && typeof bound?.max === "number") {
      const single = name.slice(0, -6);
      fields.set(single, { key: single, label: humanise(single), type: "number", validation: bound, default: params[single] });
    }
  }
  return [...fields.values()];
}

// Each type of question: what it draws into the zone, and what its answer says

const withText = (data, name, form) => {
  const text = form.elements[name]?.value.trim();
  return text ? { ...data, [name]: text } : data;
};
const chosen = (form, name) => [...form.querySelectorAll(`[name="${name}"]:checked`)].map((one) => one.value);

const TYPES = {
  approval: (context, words) => ({
    slot: null,
    flaw: (form, action) => (action === "edit" && !form.elements.feedback.value.trim() ? words.feedback : ""),
    data: (action, form) => (action === "approve" ? {} : withText({}, action === "edit" ? "feedback" : "reason", form)),
  }),
  selection: ({ items, min, max = items.length }, words) => {
    const rule = min === 1 && max === 1 ? words.one : words.count.replace("{min}", min).replace("{max}", max);
    return {
      slot: [make("p", { class: "rule" }, rule), cards(items, { type: max === 1 ? "radio" : "checkbox", name: "selected", words })],
      flaw: (form) => {
        const count = chosen(form, "selected").length;
        return count < min || count > max ? rule : "";
      },
      data: (action, form) => withText({ selected: chosen(form, "selected") }, "note", form),
    };
  },
  confirmation: ({ items, partial }, words) => {
    const slot = items.length ? cards(items, partial ? { type: "checkbox", name: "confirmed", words } : { words }) : null;
    for (const input of slot?.querySelectorAll("input") ?? []) input.defaultChecked = true;
    const confirmed = (form) => (partial ? chosen(form, "confirmed") : items.map(({ id }) => id));
    return {
      slot,
      flaw: (form, action) => (action === "confirm" && items.length && !confirmed(form).length ? words.nothing : ""),
      data: (action, form) => withText(action === "confirm" && items.length ? { confirmed_items: confirmed(form) } : {}, "note", form),
    };
  },
  escalation: (context, words) => {
    const fields = paramFields(context);
    const rows = fields.map((field) => drawField(field, words));
    return {
      slot: rows.length ? make("div", { class: "stack" }, make("h2", {}, words.params), ...rows) : null,
      data: (action, form) => {
        if (action !== "retry") return withText({}, "reason", form);
        const changed = fields.map((field) => [field, read(field, form)]).filter(([field, one]) => !isEmpty(one) && one !== field.default);
        return changed.length ? { modified_params: Object.fromEntries(changed.map(([{ key }, one]) => [key, one])) } : {};
      },
    };
  },
  input: ({ form: given }, words) => {
    const { fields, node } = drawForm(given ?? { fields: [] }, words);
    return { slot: node, refresh: (form) => values(fields, form), data: (action, form) => values(fields, form) };
  },
};

/** What answers a question: {slot (a node, several or null), refresh?, flaw?, data}; undefined for a type that this page cannot answer. */
export const answering = (type, context, words) => (Object.hasOwn(TYPES, type) ? TYPES[type](context, words) : undefined);

const REASON = { reject: "feedback" };
/** Name what the reason of a refusal is sent as. */
export const spelt = (action, { reason, ...data }) => (reason === undefined ? data : { ...data, [REASON[action] ?? "reason"]: reason });

/** Whether an action is asked for once more before it is sent: refusals say why, what is risky is confirmed. */
export function asksAgain(action, context) {
  if (["reject", "skip", "abort"].includes(action)) return "reason";
  return isHigh(context) && ["approve", "confirm", "retry"].includes(action) ? "sure" : "";
}
