// One question with its controls.

import { SCALES, clamp, intervalOf } from "./land-address.js";
import { draw, fresh, make } from "./land-dom.js";
import { NINETIETH, fromReal, normalOf, toReal } from "./land-numbers.js";
import { MARKS, OTHER, nameOf, percent, valueOf } from "./land-words.js";

const STEPS = 200; // of a slider for a middle
const SURE = 60; // of a slider for sureness
const toScale = (step) => SCALES[1] * (SCALES[0] / SCALES[1]) ** (step / SURE);
const fromScale = (scale) => Math.round((SURE * Math.log(scale / SCALES[1])) / Math.log(SCALES[0] / SCALES[1]));

/** One question with its controls; `changed(name, answer)` is told of an interval, a chance, or null. */
export function control(question, tables, changed) {
  const [least, most] = question.chance ? [0, 1] : [question.low, question.high].map((x) => toReal(question.link, x));
  const place = (x) => ((question.chance ? x : toReal(question.link, x)) - least) / (most - least);
  const at = (step) => least + (step / STEPS) * (most - least);
  const ids = {
    help: fresh("help"),
    middle: fresh("middle"),
    sure: fresh("sure"),
    set: fresh("set"),
    five: fresh("five"),
  };
  const steps = question.chance ? 100 : STEPS;
  const set = make("input", { type: "checkbox", id: ids.set });
  const middle = make("input", {
    type: "range",
    id: ids.middle,
    min: "0",
    max: String(steps),
    step: "1",
    "aria-describedby": `${ids.help} ${ids.five}`,
  });
  const sure = make("input", { type: "range", id: ids.sure, min: "0", max: String(SURE), step: "1" });
  const said = make("output", { class: "land-said", for: `${ids.middle} ${ids.sure}` });
  const ticks = draw("svg", { class: "land-ticks", "aria-hidden": "true", height: question.chance ? "22" : "30" });
  const people = tables.people.filter((p) => p.name !== tables.baseline);
  const told = people.map(
    (p) =>
      `${nameOf(p.name, tables)} ${valueOf(p.answers[question.name].value ?? p.answers[question.name].median, question)}`,
  );
  const five = make("span", { class: "land-hidden", id: ids.five }, `The five: ${told.join(", ")}.`);

  let loc = question.chance ? question.middle : question.loc;
  let scale = question.chance ? 0 : question.scale / 2;

  function paint() {
    const active = set.checked;
    if (question.chance) {
      said.textContent = active
        ? `${percent(loc)} % chance`
        : `Not set: the middle of the five, ${percent(question.middle)} %`;
      middle.setAttribute("aria-valuetext", `${percent(loc)} %`);
    } else {
      const [low, high] = active
        ? intervalOf(loc, scale, question)
        : intervalOf(question.loc, question.scale, question);
      const range = `${valueOf(low, question)} to ${valueOf(high, question)}`;
      said.textContent = active ? `Four chances in five: ${range}` : `Not set: the spread of the five, ${range}`;
      middle.setAttribute("aria-valuetext", valueOf(fromReal(question.link, loc), question));
      sure.setAttribute("aria-valuetext", `four chances in five from ${range}`);
    }
    band();
  }

  function band() {
    const width = ticks.clientWidth || 300;
    const x = (share) => 8 + clamp(share, 0, 1) * (width - 16);
    const down = question.chance ? -8 : 0; // no band above the ticks
    ticks.replaceChildren();
    if (!question.chance) {
      const [a, b] = set.checked ? [loc, scale] : [question.loc, question.scale];
      const ends = [a - NINETIETH * b, a + NINETIETH * b].map((y) => x((y - least) / (most - least)));
      ticks.append(
        draw("rect", {
          class: set.checked ? "land-band" : "land-band land-unset",
          x: ends[0],
          y: 1,
          height: 5,
          width: Math.max(ends[1] - ends[0], 2),
          rx: 2.5,
        }),
      );
    }
    let last = -99;
    const placed = people
      .map((p) => ({ p, at: x(place(p.answers[question.name].value ?? p.answers[question.name].median)) }))
      .sort((a, b) => a.at - b.at);
    for (const { p, at: where } of placed) {
      const mark = MARKS[p.name] ?? OTHER;
      const label = clamp(Math.max(where, last + 11), 5, width - 5);
      last = label;
      ticks.append(
        draw("line", { x1: where, x2: where, y1: 7 + down, y2: 13 + down, stroke: mark.colour, "stroke-width": 2 }),
      );
      ticks.append(
        draw("line", { x1: where, x2: label, y1: 13 + down, y2: 17 + down, stroke: mark.colour, "stroke-width": 1 }),
      );
      ticks.append(draw("text", { x: label, y: 28 + down, "text-anchor": "middle" }, mark.letter));
    }
  }

  function tell() {
    if (!set.checked) changed(question.name, null);
    else changed(question.name, question.chance ? loc : intervalOf(loc, scale, question));
    paint();
  }

  middle.addEventListener("input", () => {
    loc = question.chance ? Number(middle.value) / 100 : at(Number(middle.value));
    set.checked = true;
    tell();
  });
  sure.addEventListener("input", () => {
    scale = toScale(Number(sure.value));
    set.checked = true;
    tell();
  });
  set.addEventListener("change", tell);

  const node = make(
    "fieldset",
    { class: "land-question", "data-crux": question.name },
    make("legend", {}, question.ask),
    make("p", { class: "land-help", id: ids.help }, question.help),
    make(
      "div",
      { class: "land-range" },
      make(
        "label",
        { for: ids.middle, class: "land-hidden" },
        question.chance ? "Chance" : "The middle of what you believe",
      ),
      middle,
      ticks,
      make(
        "div",
        { class: "land-ends", "aria-hidden": "true" },
        make("span", {}, question.ends[0]),
        make("span", {}, question.ends[1]),
      ),
      five,
    ),
    question.chance
      ? ""
      : make(
          "div",
          { class: "land-sure" },
          make("label", { for: ids.sure }, "How sure?"),
          make("span", { "aria-hidden": "true" }, "hardly"),
          sure,
          make("span", { "aria-hidden": "true" }, "very"),
        ),
    make(
      "div",
      { class: "land-foot" },
      said,
      make("span", { class: "land-set" }, set, make("label", { for: ids.set }, "I have a view on this")),
    ),
  );

  return {
    node,
    redraw: band,
    show(answer) {
      set.checked = answer !== undefined;
      if (question.chance) {
        loc = answer ?? question.middle;
        middle.value = String(Math.round(100 * loc));
      } else {
        ({ loc, scale } = answer ? normalOf(answer, question) : { loc: question.loc, scale: question.scale / 2 });
        middle.value = String(Math.round(((loc - least) / (most - least)) * STEPS));
        sure.value = String(fromScale(scale));
      }
      paint();
    },
  };
}
