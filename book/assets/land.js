// "Where do you land?": a reader's answers weigh a stored bank of futures.

import { FIRST_GUESS, LAST_GUESS, answersOf, clamp, formatHash, parseHash, toml } from "./land-address.js";
import { chart, columnOf, dotsOf, guessColumns } from "./land-chart.js";
import { draw, fresh, make } from "./land-dom.js";
import { HEADLINE, apart, load, quick, signals } from "./land-numbers.js";
import { control } from "./land-question.js";
import { grid, headline, neighbours, refusal, separation, tooFew, watching, yours } from "./land-results.js";
import { EVENTS, MARKS, OTHER, capital, long, nameOf, percent, points, reliability, year } from "./land-words.js";

export { formatHash, parseHash, toml } from "./land-address.js";
export { effective, land, load, quick } from "./land-numbers.js";

function build(el, tables, base, state) {
  const banks = {};
  const view = () => (state.evidence ? "updated" : "stated");
  let asking = state.guess === null && !Object.keys(state.intervals).length && !Object.keys(state.chances).length;
  let slow = 0;
  let frame = 0;
  let saving = 0;
  let turn = 0;
  let alive = true;
  const nodes = {};

  // The reader's own guess, first
  const ids = { year: fresh("year"), never: fresh("never") };
  const guessYear = make("input", {
    type: "number",
    id: ids.year,
    min: String(FIRST_GUESS),
    max: String(LAST_GUESS),
    step: "1",
    inputmode: "numeric",
    required: true,
  });
  const guessNever = make("input", {
    type: "number",
    id: ids.never,
    min: "0",
    max: "100",
    step: "1",
    inputmode: "numeric",
    required: true,
  });
  const guess = make(
    "form",
    {
      class: "land-guess",
      on: {
        submit: (event) => {
          event.preventDefault();
          if (!guessYear.value || !guessNever.value) return;
          state.guess = {
            year: clamp(Math.round(Number(guessYear.value)), FIRST_GUESS, LAST_GUESS),
            never: clamp(Number(guessNever.value), 0, 100),
          };
          proceed();
        },
      },
    },
    make("h2", {}, "First, your own guess"),
    make(
      "p",
      {},
      `When will the loop close? ${EVENTS.LOOP.said} You will see your guess beside what your answers imply.`,
    ),
    make(
      "div",
      { class: "land-fields" },
      make(
        "span",
        {},
        make("label", { for: ids.year }, "If it ever happens, as likely before as after the year "),
        guessYear,
      ),
      make(
        "span",
        {},
        make("label", { for: ids.never }, "Chance, in percent, that it never happens, or is stopped, before 2100 "),
        guessNever,
      ),
    ),
    make(
      "div",
      { class: "land-buttons" },
      make("button", { type: "submit" }, "Go on with this guess"),
      make("button", { type: "button", class: "land-plain", on: { click: () => proceed() } }, "Skip"),
    ),
  );

  // Answers
  const controls = Object.fromEntries(
    tables.questions.map((q) => [
      q.name,
      control(q, tables, (name, answer) => {
        const kind = q.chance ? "chances" : "intervals";
        if (answer === null) delete state[kind][name];
        else state[kind][name] = answer;
        start.value = "";
        moved();
      }),
    ]),
  );
  const start = make(
    "select",
    {
      id: fresh("start"),
      on: {
        change: () => {
          const person = tables.people.find((p) => p.name === start.value);
          const kept = start.value;
          Object.assign(state, person ? answersOf(person, tables) : { intervals: {}, chances: {} });
          restore();
          start.value = kept;
        },
      },
    },
    make("option", { value: "" }, "no answers"),
    ...tables.people.map((p) => make("option", { value: p.name }, nameOf(p.name, tables))),
  );
  const evidence = make("input", {
    type: "checkbox",
    id: fresh("evidence"),
    on: {
      change: () => {
        state.evidence = evidence.checked;
        moved();
      },
    },
  });
  const eventName = fresh("event");
  const radios = tables.events.map((e) =>
    make("input", {
      type: "radio",
      name: eventName,
      value: e.name,
      id: fresh("event"),
      on: {
        change: () => {
          state.event = e.name;
          moved();
        },
      },
    }),
  );
  const events = make(
    "fieldset",
    { class: "land-events" },
    make("legend", {}, "Show when"),
    ...radios.map((radio) => make("span", {}, radio, make("label", { for: radio.id }, EVENTS[radio.value].short))),
  );

  // Results
  nodes.bar = make("output", { class: "land-bar", "aria-live": "polite" });
  nodes.definition = make("p", { class: "land-definition" });
  nodes.refusal = make("p", { class: "land-refusal", role: "alert", hidden: true });
  nodes.words = make("p", { class: "land-words" });
  nodes.sure = make("p", { class: "land-reliability" });
  nodes.svg = draw("svg", { class: "land-chart", role: "img" });
  nodes.table = make("div", {
    class: "rsi-table land-table",
    tabindex: "0",
    role: "region",
    "aria-label": "The same in numbers",
  });
  nodes.note = make("p", { class: "land-caption" });
  nodes.nearest = make("p", {});
  nodes.apart = make("ul", { class: "land-apart" });
  nodes.apartHead = make("h3", {});
  nodes.signals = make("ol", { class: "land-signals" });
  nodes.signalsHead = make("h3", {}, "What to watch, for you");
  nodes.numbers = make(
    "div",
    {},
    nodes.words,
    nodes.svg,
    make(
      "p",
      { class: "land-caption" },
      "Each dot is one chance in twenty, in steps of two years. “Stopped”: a pause, or loss of control, came first. Rings: your first guess.",
    ),
    nodes.sure,
    nodes.table,
    nodes.note,
    make("h3", {}, "Whom you are nearest to"),
    nodes.nearest,
    nodes.apartHead,
    nodes.apart,
    nodes.signalsHead,
    nodes.signals,
  );
  nodes.copied = make("output", { "aria-live": "polite", class: "land-copied" });
  const actions = make(
    "div",
    { class: "land-buttons" },
    make("button", { type: "button", on: { click: copy } }, "Copy the link to this position"),
    make("button", { type: "button", on: { click: download } }, "Download as a worldview file"),
    nodes.copied,
  );
  const main = make(
    "div",
    { class: "land-main", hidden: true },
    make(
      "section",
      { "aria-label": "Your answers" },
      make("h2", {}, "Your answers"),
      make(
        "p",
        {},
        `Answer as you would have on ${long(tables.as_of)}. What you leave alone stays at the middle of the five. Letters mark the five: ${tables.people
          .filter((p) => p.name !== tables.baseline)
          .map((p) => `${(MARKS[p.name] ?? OTHER).letter} ${nameOf(p.name, tables)}`)
          .join(", ")}.`,
      ),
      make("p", { class: "land-start" }, make("label", { for: start.id }, "Start from "), start),
      ...Object.values(controls).map((c) => c.node),
      make(
        "div",
        { class: "land-evidence" },
        evidence,
        make(
          "label",
          { for: evidence.id },
          `Count the evidence published after ${long(tables.as_of)}, until ${long(tables.day)}`,
        ),
        make("p", { class: "land-help" }, "Leave it out if your answers have it in mind already, or it counts twice."),
      ),
      events,
    ),
    nodes.bar,
    make(
      "section",
      { "aria-label": "Where you land" },
      make("h2", {}, "Where you land"),
      nodes.definition,
      nodes.refusal,
      nodes.numbers,
      actions,
    ),
  );
  el.replaceChildren(guess, main);

  function proceed() {
    asking = false;
    restore();
    const first = main.querySelector("input, select");
    if (first) first.focus();
  }

  function restore() {
    guess.hidden = !asking;
    main.hidden = asking;
    for (const q of tables.questions) controls[q.name].show(q.chance ? state.chances[q.name] : state.intervals[q.name]);
    evidence.checked = state.evidence;
    for (const radio of radios) radio.checked = radio.value === state.event;
    if (!asking) moved();
  }

  function moved() {
    if (!frame)
      frame = requestAnimationFrame(() => {
        frame = 0;
        show();
      });
    clearTimeout(saving);
    saving = setTimeout(() => history.replaceState(null, "", formatHash(state, tables)), 150);
  }

  async function show() {
    if (!alive || asking) return;
    const bank = banks[view()];
    if (!bank) {
      if (bank !== null) {
        banks[view()] = null; // being fetched
        const wanted = view();
        nodes.bar.textContent = "Fetching the stored futures …";
        try {
          banks[wanted] = await load(base, wanted, tables);
        } catch (problem) {
          delete banks[wanted];
          nodes.bar.textContent = `Nothing can be shown: ${problem.message}. Reload the page, or read the table below.`;
          return;
        }
        moved();
      }
      return;
    }
    const begun = performance.now();
    const found = quick(state, tables, bank);
    paint(found, bank);
    el.dataset.frame = (performance.now() - begun).toFixed(2);
    el.dataset.effective = String(Math.round(found.effective));
    turn++;
    clearTimeout(slow);
    slow = setTimeout(() => later(found, bank), 160);
  }

  function paint(found, bank) {
    const event = state.event;
    nodes.definition.textContent = EVENTS[event].said;
    nodes.refusal.hidden = !found.refused;
    nodes.numbers.hidden = found.refused;
    if (found.refused) {
      nodes.refusal.textContent = refusal(found, bank.view, tables);
      nodes.bar.textContent = tooFew(found, tables);
      return;
    }
    const own = found.events[event];
    nodes.bar.textContent = headline(own, event, tables);
    nodes.words.textContent = yours(own, event, state.guess, tables);
    nodes.sure.textContent = reliability(found.effective, tables.banks[bank.view].draws);
    const rows = [{ label: "You", own: true, columns: own.dots.map((code) => columnOf(code, tables)) }];
    if (event === "LOOP" && state.guess)
      rows.unshift({ label: "Your guess", hollow: true, columns: guessColumns(state.guess) });
    for (const p of tables.people) {
      const dots = dotsOf(p.views[bank.view][event], tables);
      rows.push({
        label: nameOf(p.name, tables),
        colour: (MARKS[p.name] ?? OTHER).colour,
        columns: dots.map((code) => columnOf(code, tables)),
      });
    }
    chart(nodes.svg, rows, tables, Math.max(el.clientWidth, 280));
    nodes.svg.setAttribute(
      "aria-label",
      `${capital(EVENTS[event].short)}. ${nodes.words.textContent} The table below has the same numbers of the others.`,
    );
    nodes.table.replaceChildren(grid(own, bank.view, event, tables));
    nodes.note.textContent = `Percent, and dates at which a tenth, half and nine tenths of the futures in which it happens have seen it. ${state.evidence ? "With" : "Without"} the evidence since each view was stated.`;
    nodes.nearest.textContent = neighbours(found, tables);
  }

  /** What can wait until the reader pauses, one worldview at a time so that a slider never waits for it. */
  async function later(found, bank) {
    const own = ++turn;
    const current = () => alive && own === turn && bank === banks[view()];
    nodes.apart.setAttribute("aria-busy", String(!found.refused));
    if (found.refused || !current()) return;
    const event = tables.events.find((e) => e.name === state.event);
    const reader = { intervals: { ...state.intervals }, chances: { ...state.chances }, evidence: state.evidence };
    const told = reader.evidence ? signals(reader, tables, bank) : [];
    const lines = [];
    for (const person of tables.people) {
      await new Promise((resume) => setTimeout(resume));
      if (!current()) return;
      lines.push(make("li", {}, separation(apart(person, event, reader, tables, bank), tables)));
    }
    nodes.apartHead.textContent = `What separates you from each, in points (${EVENTS[event.name].short} by the end of ${HEADLINE})`;
    nodes.apart.replaceChildren(...lines);
    nodes.apart.setAttribute("aria-busy", "false");
    nodes.signalsHead.hidden = !told.length;
    nodes.signals.replaceChildren(...told.map((one) => make("li", {}, watching(one, tables))));
    el.dataset.settled = String(Number(el.dataset.settled ?? 0) + 1);
  }

  async function copy() {
    history.replaceState(null, "", formatHash(state, tables));
    try {
      await navigator.clipboard.writeText(location.href);
      nodes.copied.textContent = "Copied.";
    } catch {
      nodes.copied.textContent = "It is in the address bar.";
    }
  }

  function download() {
    const url = URL.createObjectURL(new Blob([toml(state, tables)], { type: "application/toml" }));
    const anchor = make("a", { href: url, download: "reader.toml" });
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  const opened = () => {
    if (location.hash === formatHash(state, tables)) return;
    Object.assign(state, parseHash(location.hash, tables));
    asking =
      asking && !Object.keys(state.intervals).length && !Object.keys(state.chances).length && state.guess === null;
    restore();
  };
  addEventListener("hashchange", opened);
  let seen = 0;
  const watcher = new ResizeObserver(() => {
    if (el.clientWidth === seen) return;
    seen = el.clientWidth;
    for (const c of Object.values(controls)) c.redraw();
    if (!asking) moved();
  });
  watcher.observe(el);
  restore();
  return () => {
    alive = false;
    clearTimeout(slow);
    clearTimeout(saving);
    removeEventListener("hashchange", opened);
    watcher.disconnect();
    el.replaceChildren();
  };
}

function render({ model, el }) {
  const base = model?.get?.("base") ?? "./_static/generated/";
  let end = () => {};
  el.classList.add("land");
  el.replaceChildren(make("p", { role: "status" }, "Loading …"));
  (async () => {
    try {
      const answer = await fetch(`${base}land.json`);
      if (!answer.ok) throw new Error(`the tables could not be fetched (${answer.status})`);
      const tables = await answer.json();
      end = build(el, tables, base, parseHash(location.hash, tables));
    } catch (problem) {
      el.replaceChildren(
        make(
          "p",
          { role: "alert" },
          `Nothing can be shown: ${problem.message}. Reload the page, or read the table below.`,
        ),
      );
    }
  })();
  return () => end();
}

export default { render };
