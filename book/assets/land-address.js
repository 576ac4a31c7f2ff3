// A reader's position in the address of the page, and as a worldview file.

import { NINETIETH, fromReal, normalOf, toReal } from "./land-numbers.js";

const VERSION = "1";
const LONGEST_HASH = 400;
export const SCALES = [0.15, 3]; // the surest and the least sure, in standard deviations on the unbounded scale
export const FIRST_GUESS = 2026;
export const LAST_GUESS = 2100;

export const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
const significant = (x, digits = 6) => String(Number(x.toPrecision(digits)));
const NUMBER = /^\d{1,7}(\.\d{1,9})?$/;

function numbers(text, count) {
  const parts = text.split("~");
  return parts.length === count && parts.every((p) => NUMBER.test(p)) ? parts.map(Number) : null;
}

/** An interval whose middle lies on the slider and whose width is one that the page can show; null where it is none. */
function fitting([low, high], question) {
  const inside = (x) => x > 0 && (question.link !== "logit" || x < 1);
  if (!(inside(low) && inside(high) && low < high)) return null;
  const { loc, scale } = normalOf([low, high], question);
  const [least, most] = [question.low, question.high].map((x) => toReal(question.link, x));
  const [middle, width] = [clamp(loc, least, most), clamp(scale, ...SCALES)];
  return middle === loc && width === scale ? [low, high] : intervalOf(middle, width, question);
}

/** The interval of a middle and a standard deviation on the unbounded scale, rounded as it is written. */
export function intervalOf(loc, scale, question) {
  return [loc - NINETIETH * scale, loc + NINETIETH * scale].map((y) => {
    const x = fromReal(question.link, y);
    return Number(
      question.link === "logit" && x > 0.9 ? (1 - Number((1 - x).toPrecision(3))).toFixed(6) : x.toPrecision(4),
    );
  });
}

const nothing = () => ({ intervals: {}, chances: {}, evidence: true, event: "LOOP", guess: null });

/** A state from the hash of an address: only what is on the list, in range; all else is passed over. */
export function parseHash(hash, tables) {
  const found = nothing();
  const text = String(hash).replace(/^#/, "");
  if (text.length > LONGEST_HASH) return found;
  const parts = new Map(text.split("&", 20).map((part) => part.split("=", 2)));
  if (parts.get("v") !== VERSION) return found;
  for (const q of tables.questions) {
    const said = parts.get(q.name);
    if (said === undefined) continue;
    const values = numbers(said, q.chance ? 1 : 2);
    if (!values) continue;
    if (q.chance) found.chances[q.name] = clamp(values[0], 0, 1);
    else {
      const interval = fitting(values, q);
      if (interval) found.intervals[q.name] = interval;
    }
  }
  if (parts.get("on") === "0") found.evidence = false;
  if (tables.events.some((e) => e.name === parts.get("e"))) found.event = parts.get("e");
  const guess = numbers(parts.get("g") ?? "", 2);
  if (guess)
    found.guess = { year: clamp(Math.round(guess[0]), FIRST_GUESS, LAST_GUESS), never: clamp(guess[1], 0, 100) };
  return found;
}

export function formatHash(state, tables) {
  const parts = [`v=${VERSION}`];
  for (const q of tables.questions) {
    if (state.intervals[q.name])
      parts.push(`${q.name}=${state.intervals[q.name].map((x) => significant(x)).join("~")}`);
    else if (q.name in state.chances) parts.push(`${q.name}=${significant(state.chances[q.name])}`);
  }
  parts.push(`on=${state.evidence ? 1 : 0}`);
  if (state.event !== "LOOP") parts.push(`e=${state.event}`);
  if (state.guess) parts.push(`g=${state.guess.year}~${significant(state.guess.never)}`);
  return `#${parts.join("&")}`;
}

/** The reader's position as a worldview file: what was set, and for the rest what the page assumed. */
export function toml(state, tables) {
  const base = tables.worldview;
  const answered = tables.questions.map((q) => q.name).filter((n) => state.intervals[n] || n in state.chances);
  const why = 'Set by the reader on the page "Where do you land?".';
  const beliefs = { ...base.beliefs };
  for (const name of answered) {
    const interval = state.intervals[name];
    const said = interval
      ? { interval: interval.map((x) => Number(significant(x))), mass: 0.8 }
      : { value: Number(significant(state.chances[name])) };
    beliefs[name] = { ...said, strength: "stated", source: base.sources[0].key, why };
  }
  const set = answered.length ? `The reader set ${answered.join(", ")}` : "The reader set nothing";
  const head = { ...base, summary: `${set}; all else is the middle of the five named worldviews.` };
  const lines = [];
  const write = (table) => {
    for (const [key, value] of Object.entries(table)) {
      lines.push(`${key} = ${key === "as_of" ? value : JSON.stringify(value)}`);
    }
  };
  write(Object.fromEntries(Object.entries(head).filter(([key]) => key !== "sources" && key !== "beliefs")));
  for (const source of base.sources) {
    lines.push("", "[[sources]]");
    write(source);
  }
  for (const [name, belief] of Object.entries(beliefs)) {
    lines.push("", `[beliefs.${name}]`);
    write(belief);
  }
  return `${lines.join("\n")}\n`;
}

/** A named worldview's answers as a state; two humps become one interval. */
export function answersOf(person, tables) {
  const found = { intervals: {}, chances: {} };
  for (const q of tables.questions) {
    const answer = person.answers[q.name];
    if (q.chance) found.chances[q.name] = answer.value;
    else
      found.intervals[q.name] = fitting(
        answer.interval.map((x) => Number(significant(x))),
        q,
      );
  }
  return found;
}
