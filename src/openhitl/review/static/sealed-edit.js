// "Edit it myself" of an encrypted approval: the text, then what was changed in it, then it is sent.
// HITL v0.8 §10.1; the pages `edit` and `edits` of what is not encrypted.

import { make, tree, value } from "./agent-text.js";
import { compare, drawDiff } from "./line-diff.js";

const PROSE = ["text", "markdown", "email"];
const textOf = (content) => (typeof content === "string" ? content.replaceAll("\r\n", "\n") : JSON.stringify(content, null, 2));
const partsOf = (artifact) => (typeof artifact === "string" ? { content: artifact } : (artifact ?? {}));

/** Return the artifact as somebody has edited it; undefined for any other answer. */
export const editedContent = ({ action, data }) => (action === "edit" ? (data.edits?.content ?? undefined) : undefined);

/** Draw how an edited artifact differs from the one that was asked about. */
export function drawEdited(edited, { artifact }, words) {
  const { content } = partsOf(artifact);
  const changes = content === undefined ? [tree(edited, words)] : drawDiff(compare(textOf(content), textOf(edited)), words);
  const name = make("p", { class: "zone-name" }, words.edited);
  return make("section", { class: "zone", "aria-label": words.of_edits }, name, make("div", { class: "stack" }, ...changes));
}

/** Offer to edit the artifact, if it is text. `send` takes the data of the answer. */
export function offerEdit({ artifact }, form, words, send) {
  const { content, title, format = "text" } = partsOf(artifact);
  if (typeof content !== "string") return;
  const source = textOf(content);
  const part = (name) => form.querySelector(`[data-${name}]`);
  const views = { asked: [part("asks"), part("wishes"), part("edit-way"), form.querySelector(".bar")], text: [part("edit-text")], edits: [part("edits")] };
  const { content: box, "edit-note": note } = form.elements;
  const show = (wanted) => {
    part("again").hidden = true;
    for (const [name, parts] of Object.entries(views)) for (const one of parts) one.hidden = name !== wanted;
    views[wanted][0].querySelector("[tabindex]")?.focus();
  };
  const on = (name, act) => part(name).addEventListener("click", act);
  const edit = () => {
    if (!box.value) box.value = source;
    show("text");
  };
  if (typeof title === "string" && title) part("edit-label").replaceChildren(value(title));
  box.classList.toggle("code", !PROSE.includes(format));
  part("edit-way").hidden = false;
  on("edit", edit);
  on("edit-back", () => show("asked"));
  on("compare", () => {
    const found = compare(source, box.value);
    part("changes").replaceChildren(...drawDiff(found, words));
    part("approve-edits").hidden = found.changed === 0;
    part("unchanged").hidden = found.changed !== 0;
    show("edits");
  });
  on("edits-back", edit);
  on("unchanged", () => show("asked"));
  on("approve-edits", () => {
    const feedback = note.value.trim();
    send({ ...(feedback ? { feedback } : {}), edits: { content: box.value } });
  });
}
