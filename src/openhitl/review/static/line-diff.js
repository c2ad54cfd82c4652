// What changed between two texts, line by line. The twin of protocol/diffs.py for what only the browser can
// read, but for the words within a line.

import { drawn, make } from "./agent-text.js";

const MOST = { lines: 3000, pairs: 4e6 };
const AROUND = 3; // unchanged lines kept on either side of a change
const LEAST_FOLD = 4; // a run shorter than this is not worth folding

const linesOf = (text) => (text ? text.replace(/\n$/, "").split("\n") : []);

/** How many lines the longest common part of every two ends has, as rows of one table. */
function common(before, after) {
  const width = after.length + 1;
  const table = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const below = table[(i + 1) * width + j];
      const beside = table[i * width + j + 1];
      table[i * width + j] = before[i] === after[j] ? table[(i + 1) * width + j + 1] + 1 : Math.max(below, beside);
    }
  }
  return (i, j) => table[i * width + j];
}

/** Split two texts into runs {same, before, after}. */
function runsOf(before, after) {
  const runs = [];
  const add = (same, was, is) => {
    if (runs.at(-1)?.same !== same) runs.push({ same, before: [], after: [] });
    runs.at(-1).before.push(...was);
    runs.at(-1).after.push(...is);
  };
  const left = common(before, after);
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [was, is] = [before[i], after[j]];
    if (i < before.length && j < after.length && was === is) add(true, [before[i++]], [after[j++]]);
    else if (j === after.length || (i < before.length && left(i + 1, j) >= left(i, j + 1))) add(false, [before[i++]], []);
    else add(false, [], [after[j++]]);
  }
  return runs;
}

/** Compare two texts: {runs, changed, total}, or {tooLong: true}. */
export function compare(before, after) {
  const [was, is] = [before, after].map(linesOf);
  let start = 0;
  let end = 0;
  while (start < Math.min(was.length, is.length) && was[start] === is[start]) start += 1;
  while (end < Math.min(was.length, is.length) - start && was.at(-1 - end) === is.at(-1 - end)) end += 1;
  const middle = [was, is].map((lines) => lines.slice(start, lines.length - end));
  if (Math.max(was.length, is.length) > MOST.lines || middle[0].length * middle[1].length > MOST.pairs) return { tooLong: true };
  const same = (lines) => (lines.length ? [{ same: true, before: lines, after: lines }] : []);
  const runs = [...same(is.slice(0, start)), ...runsOf(...middle), ...same(is.slice(is.length - end))];
  const sizes = runs.map((run) => [run.same, Math.max(run.before.length, run.after.length)]);
  const sum = (counted) => counted.reduce((all, [, size]) => all + size, 0);
  return { runs, changed: sum(sizes.filter(([isSame]) => !isSame)), total: sum(sizes) };
}

const SIGNS = { removed: "−", added: "+", same: "" };
const row = (kind, line) =>
  make("div", { class: `row ${kind}` }, make("span", { class: "sign" }, SIGNS[kind]), make("span", { dir: "auto" }, drawn(line)));

function unchanged(line) {
  const twin = make("div", { class: "row same twin", "aria-hidden": "true" }, make("span"), make("span", { dir: "auto" }, drawn(line)));
  return make("div", { class: "pair" }, row("same", line), twin);
}

function drawRun({ same, before, after }, isFirst, isLast, words) {
  if (!same) {
    const sides = [["removed", before], ["added", after]].map(([kind, lines]) => make("div", {}, ...lines.map((line) => row(kind, line))));
    return [make("div", { class: "pair" }, ...sides)];
  }
  const head = isFirst ? 0 : AROUND;
  const tail = after.length - (isLast ? 0 : AROUND);
  if (tail - head < LEAST_FOLD) return after.map(unchanged);
  const count = make("summary", {}, words.unchanged_lines.replace("{count}", tail - head));
  const folded = make("details", {}, count, ...after.slice(head, tail).map(unchanged));
  return [...after.slice(0, head).map(unchanged), folded, ...after.slice(tail).map(unchanged)];
}

/** Draw what `compare` has found; `words` has changed_lines, unchanged_lines, nothing_changed and too_long. */
export function drawDiff({ tooLong, runs, changed, total }, words) {
  if (tooLong || !changed) return [make("p", { class: "muted" }, tooLong ? words.too_long : words.nothing_changed)];
  const rows = runs.flatMap((run, index) => drawRun(run, index === 0, index === runs.length - 1, words));
  const counted = words.changed_lines.replace("{changed}", changed).replace("{total}", total);
  return [make("p", { class: "small muted" }, counted), make("div", { class: "diff" }, ...rows)];
}
