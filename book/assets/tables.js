// Long tables that a reader can search and sort. Without this script they are complete, in the order in which they came.

/** What a cell sorts by: its first number where it begins with one, else its words; a day is words, which sort as days do. */
export function key(text) {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return text;
  const found = /^[<>≤≥ ]*([+−-]?\d[\d,]*(\.\d+)?)/.exec(text);
  return found ? parseFloat(found[1].replaceAll(",", "").replace("−", "-")) : text.toLowerCase();
}

/** Order of two cells: numbers before words, nothing last. */
export function compare(a, b) {
  if (a === "" || b === "") return (a === "") - (b === "");
  const [x, y] = [key(a), key(b)];
  if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
  return x < y ? -1 : x > y ? 1 : 0;
}

function searchable(region, rows) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const found = document.createElement("output");
  label.className = "rsi-search";
  input.type = "search";
  found.setAttribute("aria-live", "polite");
  label.append("Search this table ", input, " ", found);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    found.value = words.length ? `${shown} of ${rows.length} rows` : "";
  });
  region.before(label);
}

function sortable(table, rows) {
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "rsi-sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const text = (row) => row.children[column].textContent.trim();
      const sorted = [...rows].sort((a, b) => {
        const [x, y] = [text(a), text(b)];
        return x === "" || y === "" || up ? compare(x, y) : compare(y, x);
      });
      table.tBodies[0].append(...sorted);
    });
  });
}

for (const region of document.querySelectorAll(".rsi-sortable")) {
  const table = region.querySelector("table");
  const rows = [...table.tBodies[0].rows];
  searchable(region, rows);
  sortable(table, rows);
}
