// How text that an agent wrote is put on a page: as text nodes, isolated, nothing invisible.
// The twin of protocol/visible.py and review/pages/agent_text.py for what only the browser can read.

const HIDDEN = new RegExp(
  "[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f" +
    "\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ud800-\\udfff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb" +
    "\\u{13430}-\\u{1343f}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]",
  "u",
);
const JOINING = /^[\u0620-\u07ff\u0900-\u109f\u1780-\u18af]$/;
const PICTURE = /^[\p{So}‼⁉ℹ↔◻◼◽◾⤴⤵〰]$/u;
const TONE = /^[\u{1f3fb}-\u{1f3ff}]$/u;
const KEYCAP = /^[#*0-9]$/;
const ADDRESS = /https?:\/\/[^\s<>"'⟦]+[^\s<>"'⟦.,;:!?)\]}]/g;
const SAFE = /^https?:\/\/\S+$/;
const FENCE = /^```[^\n]*\n(?:([\s\S]*?)\n)??```[ \t]*$/gm;

/** Make an element of attributes and children; what is null or "" is left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false && value !== "") element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

function endsPicture(characters, index) {
  let before = characters[index - 1] ?? "";
  if (before === "\ufe0f" || TONE.test(before)) before = characters[index - 2] ?? "";
  return PICTURE.test(before);
}

function isNeeded(characters, index) {
  const one = characters[index];
  const before = characters[index - 1] ?? "";
  const after = characters[index + 1] ?? "";
  if (one === "\r") return after === "\n";
  if (one === "\ufe0e" || one === "\ufe0f") return PICTURE.test(before) || (KEYCAP.test(before) && after === "\u20e3");
  if (one === "\u200d" && endsPicture(characters, index) && PICTURE.test(after)) return true;
  return (one === "\u200c" || one === "\u200d") && JOINING.test(before) && JOINING.test(after);
}

/** Split text into [run, is an escape]. */
export function segments(text) {
  if (!HIDDEN.test(text)) return text ? [[text, false]] : [];
  const characters = [...text];
  const runs = [];
  let run = "";
  characters.forEach((one, index) => {
    if (!HIDDEN.test(one) || isNeeded(characters, index)) {
      run += one;
      return;
    }
    if (run) runs.push([run, false]);
    runs.push([`⟦U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟧`, true]);
    run = "";
  });
  if (run) runs.push([run, false]);
  return runs;
}

export const visible = (text) => segments(text).map(([run]) => run).join("");

/** Draw text, with marks where something would be invisible. */
export function drawn(text) {
  const fragment = new DocumentFragment();
  for (const [run, escape] of segments(String(text))) fragment.append(escape ? make("span", { class: "esc" }, run) : run);
  return fragment;
}

/** Draw one short value in its own direction. */
export const value = (text) => make("bdi", {}, drawn(text));

export function link(address, label = address) {
  if (!SAFE.test(address) || visible(address) !== address) return value(label);
  const attributes = { href: address, target: "_blank", rel: "noopener noreferrer nofollow" };
  return make("a", attributes, value(label));
}

export function linked(text) {
  const fragment = new DocumentFragment();
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    fragment.append(drawn(text.slice(end, match.index)), link(match[0]));
    end = match.index + match[0].length;
  }
  fragment.append(drawn(text.slice(end)));
  return fragment;
}

export const source = (text) => make("pre", { class: "source", dir: "auto" }, drawn(text));

/** Draw longer text: blank lines part paragraphs, fences hold code, web addresses become links. */
export function prose(text) {
  const given = text.replaceAll("\r\n", "\n");
  const parts = [];
  const paragraphs = (plain) => {
    for (const block of plain.split(/\n\s*\n/)) {
      const trimmed = block.replace(/^\n+|\n+$/g, "");
      if (trimmed.trim()) parts.push(make("p", { class: "prose", dir: "auto" }, linked(trimmed)));
    }
  };
  let end = 0;
  for (const match of given.matchAll(FENCE)) {
    paragraphs(given.slice(end, match.index));
    parts.push(source(match[1] ?? ""));
    end = match.index + match[0].length;
  }
  paragraphs(given.slice(end));
  return make("div", { class: "stack" }, ...parts);
}

// Any JSON as rows

/** Spell a JSON key as words, as protocol/tree.py does. */
export function humanise(key) {
  const words = key.replace(/(?<=[a-z0-9])(?=[A-Z])/g, " ").replace(/[_-]/g, " ").split(/\s+/).filter(Boolean);
  const isLoud = (word) => word.length > 1 && word === word.toUpperCase() && word !== word.toLowerCase();
  const text = words.map((word) => (isLoud(word) ? word : word.toLowerCase())).join(" ");
  return text ? text[0].toUpperCase() + text.slice(1) : key;
}

const isBranch = (node) => node !== null && typeof node === "object" && Object.keys(node).length > 0;

function leaf(node, words) {
  if (node === true) return words.yes;
  if (node === false) return words.no;
  if (node === null || typeof node === "object" || String(node).trim() === "") return make("span", { class: "muted" }, words.none);
  return typeof node === "string" && SAFE.test(node) ? link(node) : value(node);
}

/** Draw a JSON value; `words` has yes, no and none. */
export function tree(node, words) {
  if (!isBranch(node)) return leaf(node, words);
  if (Array.isArray(node)) {
    return make("ul", { class: "plain" }, ...node.map((one) => make("li", {}, tree(one, words))));
  }
  const rows = Object.entries(node).map(([key, child]) => {
    const name = make("span", { class: "name" }, value(humanise(key)));
    if (isBranch(child)) return make("li", {}, name, tree(child, words));
    return make("li", {}, name, ": ", make("span", { class: "value" }, leaf(child, words)));
  });
  return make("ul", { class: "tree" }, ...rows);
}

/** Draw labels and values as the facts that head a zone. */
export function facts(pairs, words) {
  const rows = pairs.flatMap(([label, node]) => [make("dt", {}, value(label)), make("dd", {}, tree(node, words))]);
  return make("dl", { class: "facts" }, ...rows);
}
