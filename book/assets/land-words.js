// How things and numbers are called.

export const EVENTS = {
  LOOP: { short: "the loop closes", said: "A frontier system can train its own successor, no human involved." },
  SWX3: { short: "software takes off", said: "Three years of progress within twelve months, from software alone." },
  ECON10: { short: "the economy grows by a tenth", said: "World output grows by 10 % within a year." },
};

export const MARKS = {
  clark: { letter: "C", colour: "#0072B2" },
  krier: { letter: "K", colour: "#009E73" },
  lambert: { letter: "L", colour: "#C77C00" },
  yudkowsky: { letter: "Y", colour: "#D55E00" },
  drexler: { letter: "D", colour: "#A8548A" },
  trend: { letter: "T", colour: "#777777" },
};
export const OTHER = { letter: "?", colour: "#777777" };

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const nameOf = (name, tables) => (name === tables.baseline ? "trend (no author)" : capital(name));
export const percent = (p) =>
  p <= 0 ? "0" : p < 0.005 ? "<1" : p > 0.995 && p < 1 ? ">99" : String(Math.round(100 * p));
export const year = (date) => (date === null ? "–" : date.toFixed(1));
export const points = (gap) => `${gap < 0 ? "−" : "+"}${Math.abs(Math.round(100 * gap))}`;
export const long = (day) =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString("en-GB", {
    timeZone: "UTC",
    day: "numeric",
    month: "long",
    year: "numeric",
  });

export function valueOf(x, question) {
  if (question.chance) return `${percent(x)} %`;
  if (question.unit === "hours") {
    if (x < 100) return `${Number(x.toPrecision(2))} h`;
    const months = x / 167;
    return months < 18
      ? `${Number(months.toPrecision(2))} working months`
      : `${Number((months / 12).toPrecision(2))} working years`;
  }
  return question.percent ? `${percent(x)} %` : String(Number(x.toPrecision(2)));
}

export function reliability(draws, tables) {
  const error = 50 / Math.sqrt(draws);
  const grade =
    draws >= 4000
      ? "A firm reading"
      : draws >= 1000
        ? "A fair reading"
        : draws >= 400
          ? "A rough reading"
          : "A very rough reading";
  const round = Number(draws.toPrecision(2)).toLocaleString("en-GB");
  return `${grade}: your answers leave as much as ${round} independent futures of ${tables.toLocaleString("en-GB")} stored, so each percentage has a standard error of at most ${error < 1 ? "one point" : `${error.toFixed(1)} points`}.`;
}
