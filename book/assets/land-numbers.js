// What follows from a reader's answers, given a bank of futures and its tables (cruxes/landing/bank.py).
// The numbers are those of cruxes/landing/reference.py; tests hold the two together.

export const NINETIETH = 1.2815515655446004; // standard normal at its 90 % point
export const DOTS = 20;
export const HEADLINE = 2030;
const COMPARED = ["LOOP", "SWX3"];
const MOST_SIGNALS = 3;
const CELLS = 4;
const SIGNALS_TO_A_COLUMN = 8;

export function toReal(link, x) {
  return link === "logit" ? Math.log(x / (1 - x)) : link === "log" ? Math.log(x) : x;
}

export function fromReal(link, y) {
  return link === "logit" ? 1 / (1 + Math.exp(-y)) : link === "log" ? Math.exp(y) : y;
}

/** Middle and standard deviation, on the unbounded scale, of an interval from the 10 % to the 90 % point. */
export function normalOf([low, high], question) {
  const [a, b] = [toReal(question.link, low), toReal(question.link, high)];
  return { loc: (a + b) / 2, scale: (b - a) / (2 * NINETIETH) };
}

/** Columns by name from the bytes of a bank: one after the other, low bytes before high bytes. */
function decode(bytes, said) {
  const n = said.draws;
  if (bytes.length !== 2 * n * said.columns.length) throw new Error("the bank is not of the length that it should be");
  const columns = {};
  said.columns.forEach((name, i) => {
    const column = new Uint16Array(n);
    const at = 2 * n * i;
    for (let j = 0; j < n; j++) column[j] = bytes[at + j] | (bytes[at + n + j] << 8);
    columns[name] = column;
  });
  return columns;
}

/** What the numbers are made of: columns, and room that every move uses again. */
function open(view, tables, columns) {
  const said = tables.banks[view];
  const { normal_span: span, normal_steps: steps, never } = tables.codes;
  const normals = {};
  for (const q of tables.questions) {
    if (q.chance) continue;
    const column = columns[`z.${q.name}`];
    normals[q.name] = Float64Array.from(column, (code) => (code / steps) * (2 * span) - span);
  }
  const reached = Object.fromEntries(tables.events.map((e) => [e.name, new Float64Array(never + 1)]));
  return { view, n: said.draws, chain: said.chain, columns, normals, reached, ratios: new Map() };
}

export async function load(base, view, tables) {
  if (typeof DecompressionStream === "undefined") throw new Error("this browser cannot unpack the stored futures");
  const answer = await fetch(base + tables.banks[view].file);
  if (!answer.ok) throw new Error(`the stored futures could not be fetched (${answer.status})`);
  const plain = answer.body.pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(plain).arrayBuffer());
  return open(view, tables, decode(bytes, tables.banks[view]));
}

const middleOf = (name, tables) => tables.questions.find((q) => q.name === name).middle;
const chanceOf = (reader, name, tables) => reader.chances[name] ?? middleOf(name, tables);
export const codeAt = (year, tables) => Math.round((year - tables.codes.first_year) * tables.codes.steps);

function intervalLogRatio(interval, question, bank) {
  const key = `${question.name}:${interval[0]}:${interval[1]}`;
  const kept = bank.ratios.get(key);
  if (kept) return kept;
  const { loc, scale } = normalOf(interval, question);
  const z = bank.normals[question.name];
  const found = new Float64Array(bank.n);
  for (let i = 0; i < bank.n; i++) {
    const away = (question.loc + question.scale * z[i] - loc) / scale;
    found[i] = 0.5 * z[i] * z[i] - 0.5 * away * away;
  }
  if (bank.ratios.size > 80) bank.ratios.clear();
  bank.ratios.set(key, found);
  return found;
}

function answerLogRatio(answer, question, bank, tables) {
  if (!answer.log_ratio) return intervalLogRatio(answer.interval, question, bank);
  const table = answer.log_ratio;
  const last = table.length - 1;
  const span = tables.codes.normal_span;
  return Float64Array.from(bank.normals[question.name], (z) => {
    const place = Math.min(Math.max(((z + span) / (2 * span)) * last, 0), last);
    const left = Math.min(Math.floor(place), last - 1);
    return table[left] + (place - left) * (table[left + 1] - table[left]);
  });
}

const asked = (tables) => tables.questions.filter((q) => !q.chance);

function logRatios(reader, tables, bank) {
  return Object.fromEntries(
    asked(tables)
      .filter((q) => reader.intervals[q.name])
      .map((q) => [q.name, intervalLogRatio(reader.intervals[q.name], q, bank)]),
  );
}

/** Weights of the draws, the largest 1; null where nothing has been set. */
function weigh(ratios) {
  const parts = Object.values(ratios);
  if (!parts.length) return null;
  const total = Float64Array.from(parts[0]);
  for (const part of parts.slice(1)) for (let i = 0; i < total.length; i++) total[i] += part[i];
  let most = -Infinity;
  for (const x of total) if (x > most) most = x;
  for (let i = 0; i < total.length; i++) total[i] = Math.exp(total[i] - most);
  return total;
}

function effectiveOf(weights, bank) {
  if (!weights) return bank.n * bank.chain;
  let sum = 0;
  let squares = 0;
  for (const w of weights) {
    sum += w;
    squares += w * w;
  }
  return ((sum * sum) / squares) * bank.chain;
}

export function effective(reader, tables, bank) {
  return effectiveOf(weigh(logRatios(reader, tables, bank)), bank);
}

function loosen(ratios, bank) {
  let best = null;
  let most = -1;
  for (const name of Object.keys(ratios)) {
    const rest = Object.fromEntries(Object.entries(ratios).filter(([other]) => other !== name));
    const left = effectiveOf(weigh(rest), bank);
    if (left > most) [best, most] = [name, left];
  }
  return best;
}

const shares = (psi) => [1 - psi, psi];

function mass(event, weights, reader, tables, bank) {
  const kept = chanceOf(reader, "A", tables);
  const { stopped, never } = tables.codes;
  const found = new Float64Array(never + 1);
  let total = 0;
  let lost = 0;
  shares(chanceOf(reader, "psi", tables)).forEach((share, branch) => {
    const codes = bank.columns[`${event.name}.${branch}`];
    const bit = event.controlled === null ? -1 : 2 * branch + event.controlled;
    const flags = bank.columns.flags;
    for (let i = 0; i < bank.n; i++) {
      const w = weights ? weights[i] : 1;
      if (branch === 0) total += w;
      const gone = bit >= 0 && (flags[i] >> bit) & 1 ? (1 - kept) * share * w : 0;
      found[codes[i]] += share * w - gone;
      lost += gone;
    }
  });
  found[stopped] += lost;
  for (let i = 0; i < found.length; i++) found[i] /= total;
  return found;
}

function firstAt(reached, level) {
  let low = 0;
  let high = reached.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reached[middle] < level) low = middle + 1;
    else high = middle;
  }
  return low;
}

function shown(found, reached, tables) {
  const { stopped, never, first_year: first, steps } = tables.codes;
  let sum = 0;
  for (let i = 0; i < found.length; i++) reached[i] = sum += found[i];
  const seen = reached[stopped - 1];
  const date = (code) => first + (code + 0.5) / steps;
  return {
    by: tables.years.map((year) => reached[codeAt(year + 1, tables) - 1]),
    quantiles: tables.levels.map((level) => (seen > 1e-9 ? date(firstAt(reached, level * seen)) : null)),
    never: found[never],
    stopped: found[stopped],
    dots: Array.from({ length: DOTS }, (_, i) => Math.min(firstAt(reached, (i + 0.5) / DOTS), never)),
  };
}

function byYear(found, tables) {
  const { steps, stopped, never } = tables.codes;
  const first = codeAt(tables.first_year, tables);
  const last = codeAt(2100, tables);
  const years = [];
  for (let at = first; at < last; at += steps) {
    let sum = 0;
    for (let i = at; i < at + steps; i++) sum += found[i];
    years.push(sum);
  }
  return [...years, found[stopped] + found[never]];
}

function nearest(masses, tables, bank) {
  const own = Object.fromEntries(COMPARED.map((event) => [event, byYear(masses[event], tables)]));
  const found = tables.people.map((person) => {
    const theirs = person.views[bank.view];
    const overlaps = COMPARED.map((event) =>
      own[event].reduce((sum, p, i) => sum + Math.min(p, theirs[event].years[i]), 0),
    );
    return { name: person.name, overlap: overlaps.reduce((a, b) => a + b, 0) / overlaps.length };
  });
  return found.sort((a, b) => b.overlap - a.overlap);
}

/** What the distribution needs; a move of a slider asks for no more. */
export function quick(reader, tables, bank) {
  const ratios = logRatios(reader, tables, bank);
  const weights = weigh(ratios);
  const draws = effectiveOf(weights, bank);
  if (draws < tables.least_effective) return { effective: draws, refused: true, loosen: loosen(ratios, bank) };
  const masses = Object.fromEntries(tables.events.map((e) => [e.name, mass(e, weights, reader, tables, bank)]));
  const events = Object.fromEntries(
    tables.events.map((e) => [e.name, shown(masses[e.name], bank.reached[e.name], tables)]),
  );
  return { effective: draws, refused: false, events, people: nearest(masses, tables, bank) };
}

function byHeadline(event, weights, tables, bank) {
  const until = codeAt(HEADLINE + 1, tables);
  const flags = bank.columns.flags;
  let total = 0;
  const found = [0, 1].map((branch) => {
    const codes = bank.columns[`${event.name}.${branch}`];
    const bit = event.controlled === null ? -1 : 2 * branch + event.controlled;
    let hit = 0;
    let lost = 0;
    for (let i = 0; i < bank.n; i++) {
      const w = weights ? weights[i] : 1;
      if (branch === 0) total += w;
      if (codes[i] >= until) continue;
      hit += w;
      if (bit >= 0 && (flags[i] >> bit) & 1) lost += w;
    }
    return [hit, lost];
  });
  return found.map(([hit, lost]) => [hit / total, lost / total]);
}

function bits(x) {
  let count = 0;
  for (; x; x >>= 1) count += x & 1;
  return count;
}

function shapley(values) {
  const k = Math.round(Math.log2(values.length));
  const factorial = (n) => (n < 2 ? 1 : n * factorial(n - 1));
  return Array.from({ length: k }, (_, i) => {
    let share = 0;
    values.forEach((value, mask) => {
      if ((mask >> i) & 1) return;
      const size = bits(mask);
      share += ((factorial(size) * factorial(k - size - 1)) / factorial(k)) * (values[mask | (1 << i)] - value);
    });
    return share;
  });
}

export function apart(person, event, reader, tables, bank) {
  const weighed = asked(tables);
  const acting = event.controlled === null ? ["psi"] : ["psi", "A"];
  const players = [...weighed.map((q) => q.name), ...acting];
  const own = logRatios(reader, tables, bank);
  const theirs = Object.fromEntries(
    weighed.map((q) => [q.name, answerLogRatio(person.answers[q.name], q, bank, tables)]),
  );
  const psi = [chanceOf(reader, "psi", tables), person.answers.psi.value];
  const kept = [chanceOf(reader, "A", tables), person.answers.A.value];
  const values = new Array(1 << players.length).fill(0);
  let worst = Infinity;
  for (let mask = 0; mask < 1 << weighed.length; mask++) {
    const ratios = {};
    weighed.forEach((q, i) => {
      if ((mask >> i) & 1) ratios[q.name] = theirs[q.name];
      else if (own[q.name]) ratios[q.name] = own[q.name];
    });
    const weights = weigh(ratios);
    worst = Math.min(worst, effectiveOf(weights, bank));
    const [without, needed] = byHeadline(event, weights, tables, bank);
    for (let rest = 0; rest < 1 << acting.length; rest++) {
      const [p, a] = [psi[rest & 1], kept[(rest >> 1) & 1]];
      const hit = (1 - p) * without[0] + p * needed[0];
      const lost = (1 - p) * without[1] + p * needed[1];
      values[mask | (rest << weighed.length)] = hit - (1 - a) * lost;
    }
  }
  const found = { name: person.name, effective: worst };
  if (worst < tables.least_effective) return found;
  const each = shapley(values);
  return {
    ...found,
    shares: Object.fromEntries(players.map((name, i) => [name, each[i]])),
    gap: values[values.length - 1] - values[0],
  };
}

function information(table, rows, draws) {
  const byRow = new Float64Array(rows);
  const byCell = new Float64Array(CELLS);
  table.forEach((p, at) => {
    byRow[Math.floor(at / CELLS)] += p;
    byCell[at % CELLS] += p;
  });
  let told = 0;
  let used = 0;
  table.forEach((p, at) => {
    if (p <= 0) return;
    used++;
    told += p * Math.log2(p / (byRow[Math.floor(at / CELLS)] * byCell[at % CELLS]));
  });
  const positive = (column) => column.reduce((count, p) => count + (p > 0), 0);
  const surplus = used - positive(byRow) - positive(byCell) + 1;
  return Math.max(told - surplus / (2 * draws * Math.LN2), 0);
}

export function signals(reader, tables, bank) {
  const weights = weigh(logRatios(reader, tables, bank));
  const draws = effectiveOf(weights, bank);
  const { stopped } = tables.codes;
  const until = codeAt(HEADLINE + 1, tables);
  const rows = tables.coarse.length + 2;
  let total = 0;
  for (let i = 0; i < bank.n; i++) total += weights ? weights[i] : 1;
  const both = shares(chanceOf(reader, "psi", tables)).map((share, branch) => {
    const codes = bank.columns[`LOOP.${branch}`];
    const row = new Uint8Array(bank.n);
    const weight = new Float64Array(bank.n);
    for (let i = 0; i < bank.n; i++) {
      let at = 0;
      while (at < tables.coarse.length && tables.coarse[at] <= codes[i]) at++;
      row[i] = codes[i] >= stopped ? rows - 1 : at;
      weight[i] = (share * (weights ? weights[i] : 1)) / total;
    }
    return { codes, row, weight };
  });
  const found = tables.signals.map((signal, s) => {
    const table = new Float64Array(rows * CELLS);
    const hits = new Float64Array(CELLS);
    both.forEach(({ codes, row, weight }, branch) => {
      const column = bank.columns[`signals.${branch}.${Math.floor(s / SIGNALS_TO_A_COLUMN)}`];
      const shift = 2 * (s % SIGNALS_TO_A_COLUMN);
      for (let i = 0; i < bank.n; i++) {
        const cell = (column[i] >> shift) & 3;
        table[row[i] * CELLS + cell] += weight[i];
        if (codes[i] < until) hits[cell] += weight[i];
      }
    });
    const cells = [0, 1, 2, 3].map((c) => table.reduce((sum, p, at) => sum + (at % CELLS === c ? p : 0), 0));
    const seen = [0, 1, 2, 3].filter((c) => cells[c] > 1e-3);
    const [low, high] = [seen[0], seen[seen.length - 1]].map((c) => hits[c] / cells[c]);
    const told = information(table, rows, draws);
    const chance = signal.reading ? null : cells[1];
    return { name: signal.name, bits: told, rate: told / signal.wait, low, high, chance };
  });
  found.sort((a, b) => b.rate - a.rate);
  const source = Object.fromEntries(tables.signals.map((s) => [s.name, s.source]));
  const best = new Map();
  for (const one of found) if (!best.has(source[one.name])) best.set(source[one.name], one);
  return [...best.values()].slice(0, MOST_SIGNALS);
}

/** Everything shown for one reader; the same as reference.land. */
export function land(reader, tables, bank) {
  const found = quick(reader, tables, bank);
  if (found.refused) return found;
  found.apart = Object.fromEntries(
    tables.events.map((e) => [e.name, tables.people.map((p) => apart(p, e, reader, tables, bank))]),
  );
  if (reader.evidence) found.signals = signals(reader, tables, bank);
  return found;
}
