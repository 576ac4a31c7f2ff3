// Everybody's futures as rows of twenty dots.

import { FIRST_GUESS, clamp } from "./land-address.js";
import { draw } from "./land-dom.js";
import { DOTS, codeAt } from "./land-numbers.js";

// Columns of the dot chart: two years each to 2050, later, stopped, never.
const FIRST_COLUMN = FIRST_GUESS;
const LAST_COLUMN = 2050;
const COLUMNS = (LAST_COLUMN - FIRST_COLUMN) / 2 + 3;

export function columnOf(code, tables) {
  const { stopped, never, first_year: first, steps } = tables.codes;
  if (code === never) return COLUMNS - 1;
  if (code === stopped) return COLUMNS - 2;
  return clamp(Math.floor((first + code / steps - FIRST_COLUMN) / 2), 0, COLUMNS - 3);
}

/** The same twenty places for a published view, from its years. */
export function dotsOf(view, tables) {
  const found = [];
  let year = -1;
  let sum = 0;
  const seen = view.years.length - 1;
  for (let i = 0; i < DOTS; i++) {
    const level = (i + 0.5) / DOTS;
    while (sum < level && year < seen - 1) sum += view.years[++year];
    if (sum >= level) found.push(codeAt(tables.first_year + year, tables));
    else found.push(sum + view.stopped >= level ? tables.codes.stopped : tables.codes.never);
  }
  return found;
}

export function chart(svg, rows, tables, width) {
  const narrow = width < 560;
  const left = narrow ? 0 : 118;
  const WIDE = narrow ? 2.4 : 1.6; // of the last three columns, which have words below
  const column = (width - left) / (COLUMNS - 3 + 3 * WIDE);
  const dot = narrow ? 2.7 : 3.4;
  const pitch = 2 * dot + 0.8;
  const first = COLUMNS - 3;
  const edge = (i) => left + (i <= first ? i : first + (i - first) * WIDE) * column;
  const x = (i) => (edge(i) + edge(i + 1)) / 2;
  const across = (i) => Math.max(1, Math.floor((edge(i + 1) - edge(i) - 3) / pitch));
  svg.replaceChildren();
  let y = 6;
  for (const row of rows) {
    const counts = new Array(COLUMNS).fill(0);
    for (const at of row.columns) counts[at]++;
    const high = Math.max(1, ...counts.map((n, i) => Math.ceil(n / across(i))));
    const top = narrow ? y + 15 : y;
    const base = top + Math.max(high * pitch, narrow ? 10 : 20);
    svg.append(draw("text", { x: 0, y: narrow ? y + 11 : base - 3, class: row.own ? "land-own" : "" }, row.label));
    svg.append(draw("line", { x1: left, x2: width, y1: base + 1.5, y2: base + 1.5, class: "land-rule" }));
    const filled = new Array(COLUMNS).fill(0);
    for (const at of row.columns) {
      const k = filled[at]++;
      const wide = across(at);
      const here = Math.min(counts[at] - Math.floor(k / wide) * wide, wide);
      const cx = x(at) + ((k % wide) - (here - 1) / 2) * pitch;
      const cy = base - dot - 0.5 - Math.floor(k / wide) * pitch;
      const look = row.hollow
        ? { fill: "none", stroke: "currentColor", "stroke-width": 1.3 }
        : row.own
          ? { class: "land-dot" }
          : { fill: row.colour };
      svg.append(draw("circle", { cx, cy, r: row.hollow ? dot - 0.5 : dot, ...look }));
    }
    y = base + 8;
  }
  for (const at of [first, first + 1, first + 2]) {
    svg.prepend(draw("line", { x1: edge(at), x2: edge(at), y1: 2, y2: y, class: "land-part" }));
  }
  const label = (at, text, anchor) =>
    svg.append(draw("text", { x: at, y: y + 11, "text-anchor": anchor, class: "land-axis" }, text));
  for (let i = 0; i < first; i += narrow ? 4 : 2)
    label(edge(i), String(FIRST_COLUMN + 2 * i), i === 0 ? "start" : "middle");
  ["2050+", "stopped", "never"].forEach((text, i) => label(x(first + i), text, "middle"));
  const height = y + 16;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("height", String(height));
  svg.setAttribute("width", String(width));
}

export function guessColumns(guess) {
  const never = Math.round((DOTS * guess.never) / 100);
  const at = clamp(Math.floor((guess.year - FIRST_COLUMN) / 2), 0, COLUMNS - 3);
  return [...new Array(never > DOTS ? DOTS : never).fill(COLUMNS - 1), ...(never < DOTS ? [at] : [])];
}
