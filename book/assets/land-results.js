// What the page says of a reader, in sentences and a table.

import { make } from "./land-dom.js";
import { HEADLINE } from "./land-numbers.js";
import { EVENTS, capital, long, nameOf, percent, points, year } from "./land-words.js";

function dates(own, tables) {
  if (own.quantiles.includes(null)) return "it happens in none of them";
  const levels = tables.levels.map((level) => Math.round(100 * level)).join(", ");
  return `if it happens, ${own.quantiles.map(year).join(", ")} (${levels} %)`;
}

/** One line: by the headline year, dates if ever, never, stopped. */
export function headline(own, event, tables) {
  const by = percent(own.by[tables.years.indexOf(HEADLINE)]);
  return `${capital(EVENTS[event].short)}: ${by} % by the end of ${HEADLINE}; ${dates(own, tables)}; never ${percent(own.never)} %, stopped ${percent(own.stopped)} %.`;
}

/** The reader's distribution, and beside it the guess, which was about LOOP. */
export function yours(own, event, guess, tables) {
  const by = tables.years.map((y, i) => `${percent(own.by[i])} % by ${y}`).join(", ");
  const said = `Yours: ${by} (each by the end of the year); never by 2100 ${percent(own.never)} %, stopped first ${percent(own.stopped)} %; ${dates(own, tables)}.`;
  if (event !== "LOOP" || !guess) return said;
  const middle = year(own.quantiles[tables.levels.indexOf(0.5)]);
  return `${said} Your guess was ${guess.year} if ever, with ${guess.never} % for never or stopped; your answers say ${middle} if ever, with ${percent(own.never + own.stopped)} %.`;
}

const question = (name, tables) => tables.questions.find((q) => q.name === name);

export function refusal(found, view, tables) {
  const stored = tables.banks[view].draws.toLocaleString("en-GB");
  const left = found.effective < 1.5 ? "a single independent one" : `${Math.round(found.effective)} independent ones`;
  const ask = question(found.loosen, tables).ask;
  const evidence =
    view === "updated" ? " Your answers may also be hard to square with the evidence: try without it." : "";
  return `No numbers: of ${stored} stored futures your answers leave what ${left} would tell, and below ${tables.least_effective} they would be noise. What stands most in the way is “${ask}”: be less sure of it, or untick it.${evidence}`;
}

export function tooFew(found, tables) {
  return `Too few stored futures are like yours; loosen “${question(found.loosen, tables).ask}”.`;
}

export function neighbours(found, tables) {
  const [first, second] = found.people.map(
    (one) => `${nameOf(one.name, tables)} (${percent(one.overlap)} % of the dates in common)`,
  );
  return `${capital(first)}, then ${second}: how far the dates of the closed loop and of takeoff overlap, on average, year by year. Only your answers are yours; in all else you are the middle of the five, and they are not.`;
}

/** The cruxes that carry most of what separates a reader from one worldview. */
export function separation(one, tables) {
  const who = capital(nameOf(one.name, tables));
  if (!one.shares)
    return `${who}: too few stored futures lie between you (as much as ${Math.round(one.effective)}) to tell.`;
  const size = ([, share]) => Math.abs(share);
  const ordered = Object.entries(one.shares).sort((a, b) => size(b) - size(a));
  const large = ordered.filter((each) => size(each) >= 0.005 && size(each) >= 0.5 * size(ordered[0]));
  if (!large.length) return `${who}: none of these answers moves it by half a point.`;
  const parts = large.slice(0, 2).map(([name, share]) => `${question(name, tables).called} (${points(share)})`);
  const whose = one.name === tables.baseline ? "its" : "their";
  return `${who}: ${parts.join(" and ")}; ${whose} answers in place of all of yours would move it by ${points(one.gap)}.`;
}

/** One coming signal: what it would tell, and how it would move the reader. */
export function watching(one, tables) {
  const signal = tables.signals.find((s) => s.name === one.name);
  const [chance, low, high] =
    one.chance === null
      ? ["", "a result in its lowest quarter", "one in its highest"]
      : [` You expect it with ${percent(one.chance)} %.`, "a no", "a yes"];
  return `${signal.title}, known by ${long(signal.known_by)}.${chance} It would tell ${one.bits.toFixed(2)} bits about the date: after ${low} the loop closes by the end of ${HEADLINE} with ${percent(one.low)} %, after ${high} with ${percent(one.high)} %.`;
}

/** The reader and the named worldviews, as a table. */
export function grid(own, view, event, tables) {
  const group = (span, text) => make("th", { scope: "colgroup", colspan: String(span) }, text);
  const each = [
    ...tables.years.map(String),
    "never",
    "stopped",
    ...tables.levels.map((level) => `${Math.round(100 * level)} %`),
  ];
  const line = (label, one) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, label),
      ...[...one.by, one.never, one.stopped].map((p) => make("td", {}, percent(p))),
      ...one.quantiles.map((q) => make("td", {}, year(q))),
    );
  return make(
    "table",
    {},
    make("caption", { class: "land-hidden" }, "The same in numbers"),
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        make("td", {}),
        group(tables.years.length, "by the end of"),
        group(2, "by 2100"),
        group(tables.levels.length, "if it happens"),
      ),
      make("tr", {}, make("td", {}), ...each.map((text) => make("th", { scope: "col" }, text))),
    ),
    make(
      "tbody",
      {},
      line("You", own),
      ...tables.people.map((p) => line(nameOf(p.name, tables), p.views[view][event])),
    ),
  );
}
