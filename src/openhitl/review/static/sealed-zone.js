// What an agent asks, drawn in its zone: the names of docs and review/pages, everything else as rows.

import { drawn, facts, humanise, link, linked, make, prose, source, tree, value } from "./agent-text.js";

const RISKS = ["risk", "risk_assessment", "risk_tier"];
const ITEMS = { selection: ["items", "options", "options_preview"], confirmation: ["items", "items_to_confirm"] };
const HIGH = ["high", "critical", "severe", "extreme"];
const LOW = ["low", "none", "minimal", "negligible"];
const CONSEQUENCES = ["approve", "deny", "expire"];

const isObject = (one) => one !== null && typeof one === "object" && !Array.isArray(one);
const isText = (one) => typeof one === "string";

/** Take the named parts out of a context; `rest` is what no part has taken. */
export function readContext(type, given) {
  const rest = { ...given };
  const take = (name, fits) => {
    if (!(name in rest) || !fits(rest[name])) return undefined;
    const found = rest[name];
    delete rest[name];
    return found;
  };
  const list = (names, fits) => names.map((name) => take(name, fits)).find((found) => found !== undefined);
  const is = (...types) => types.includes(type);
  return {
    risk: list(RISKS, (one) => isText(one) || (isObject(one) && isText(one.level))),
    consequences: take("consequences", isObject),
    irreversible: is("confirmation") && take("irreversible", (one) => typeof one === "boolean"),
    partial: is("confirmation") && take("partial", (one) => typeof one === "boolean"),
    warning: take("warning", isText),
    items: list(ITEMS[type] ?? [], (one) => Array.isArray(one) && one.every(isObject)) ?? [],
    min: is("selection") ? (take("min", Number.isInteger) ?? 1) : 0,
    max: is("selection") ? take("max", Number.isInteger) : undefined,
    artifact: is("approval") ? take("artifact", (one) => isText(one) || isObject(one)) : undefined,
    error: is("escalation") ? take("error", (one) => isText(one) || isObject(one)) : undefined,
    params: is("escalation") ? take("params", isObject) : undefined,
    options: is("escalation") ? take("retry_options", isObject) : undefined,
    form: is("input") ? take("form", isObject) : undefined,
    facts: take("facts", (one) => isObject(one) || Array.isArray(one)),
    diff: take("diff", isText),
    links: take("links", (one) => isObject(one) || Array.isArray(one)),
    rest,
  };
}

export const levelOf = ({ risk }) => (isText(risk) ? risk : (risk?.level ?? "")).trim().toLowerCase();
export const isHigh = (context) => HIGH.includes(levelOf(context));

function warnings(context, words) {
  const drawnRisk = [];
  const { risk, irreversible, warning } = context;
  if (irreversible || warning) {
    const loud = irreversible ? make("b", {}, words.irreversible) : null;
    drawnRisk.push(make("div", { class: "banner tone-danger" }, make("div", {}, loud, " ", warning ? value(warning) : null)));
  }
  if (risk) {
    const level = levelOf(context);
    const tone = HIGH.includes(level) ? "danger" : LOW.includes(level) ? "plain" : "warn";
    const label = words[`risk${level}`] ?? words.risk.replace("{level}", isText(risk) ? risk : risk.level);
    const { level: _, reasons, ...more } = isText(risk) ? {} : risk;
    const listed = [reasons ?? []].flat().map((one) => make("li", {}, tree(one, words)));
    const all = make("div", {}, make("b", {}, value(label)), listed.length ? make("ul", {}, ...listed) : null);
    if (Object.keys(more).length) all.append(tree(more, words));
    drawnRisk.push(make("div", { class: `banner tone-${tone}` }, all));
  }
  return drawnRisk;
}

function consequences(given, words) {
  const known = CONSEQUENCES.filter((name) => isText(given[name]));
  const rows = known.flatMap((name) => [make("dt", {}, words[name]), make("dd", {}, value(given[name]))]);
  const { approve, deny, expire, ...more } = given;
  return [make("dl", { class: "consequences" }, ...rows), ...(Object.keys(more).length ? [tree(more, words)] : [])];
}

function artifact(given, words) {
  if (isText(given)) return make("div", { class: "stack" }, source(given));
  const { title, content, format, metadata, ...more } = given;
  const parts = [];
  if (isText(title) && title) parts.push(make("h2", { dir: "auto" }, drawn(title)));
  const isProse = isText(content) && ["text", "markdown", "email"].includes(format ?? "text");
  parts.push(isProse ? prose(content) : isText(content) ? source(content) : tree(content ?? null, words));
  const about = { ...(isObject(metadata) ? metadata : metadata === undefined ? {} : { metadata }), ...more };
  if (Object.keys(about).length) parts.push(tree(about, words));
  return make("div", { class: "stack" }, ...parts);
}

function failure(given, words) {
  if (isText(given)) return prose(given);
  const { title, summary, message, details, ...more } = given;
  const parts = [];
  if (isText(title) && title) parts.push(make("h2", { dir: "auto" }, drawn(title)));
  for (const text of [summary, message]) if (isText(text)) parts.push(prose(text));
  if (Object.keys(more).length) parts.push(tree(more, words));
  if (details !== undefined) parts.push(isText(details) ? source(details) : tree(details, words));
  return make("div", { class: "stack" }, ...parts);
}

function links(given) {
  const pairs = Array.isArray(given)
    ? given.map((one) => (isText(one) ? ["", one] : [one?.label ?? one?.title ?? "", one?.url ?? one?.href ?? ""]))
    : Object.entries(given).map(([key, address]) => [humanise(key), address]);
  const rows = pairs.map(([label, address]) => make("li", {}, label ? value(label) : null, label ? ": " : "", link(String(address))));
  return make("ul", { class: "tree" }, ...rows);
}

function factsOf(given) {
  if (!Array.isArray(given)) return Object.entries(given).map(([key, one]) => [humanise(key), one]);
  return given.map((one) => (isObject(one) && "label" in one && "value" in one ? [String(one.label), one.value] : ["", one]));
}

/** Draw what an item says beside its title. */
export function itemMore({ id, title, label, name, description, metadata, ...more }, words) {
  const rest = { ...(isObject(metadata) ? metadata : metadata === undefined ? {} : { metadata }), ...more };
  const shown = title ?? label ?? name;
  if (shown !== label && label !== undefined) rest.label = label;
  if (shown !== name && name !== undefined) rest.name = name;
  return [
    isText(description) && description ? make("p", { class: "muted prose", dir: "auto" }, linked(description)) : null,
    Object.keys(rest).length ? tree(rest, words) : null,
  ];
}

export const itemTitle = ({ id, title, label, name }) => String(title ?? label ?? name ?? id);

/** Draw, before a zone and in it, all that is asked but what answers it; `slot` is what answers it: a node, several or null. */
export function drawZone(zone, body, context, words, slot) {
  const message = body.message && body.message.trim() !== body.prompt.trim() ? prose(body.message) : null;
  zone.before(...warnings(context, words), ...(context.consequences ? consequences(context.consequences, words) : []));
  const parts = [
    context.error === undefined ? null : failure(context.error, words),
    message,
    context.facts ? make("div", {}, facts(factsOf(context.facts), words)) : null,
    context.artifact === undefined ? null : artifact(context.artifact, words),
    ...[slot].flat(),
    context.diff ? make("div", { class: "stack" }, make("h2", {}, words.changes), source(context.diff)) : null,
    context.links ? make("div", {}, links(context.links)) : null,
    Object.keys(context.rest).length
      ? make("details", { open: true }, make("summary", {}, words.details), tree(context.rest, words))
      : null,
  ];
  zone.append(...parts.filter(Boolean));
}
