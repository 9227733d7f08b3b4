// Comforts only: search, comparing, sortable tables, printing. Every page is complete without this file.
"use strict";

const top_ = document.body.dataset.top;
const root = document.body.dataset.root;
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();

let names = null;
async function allNames() {
  names ??= fetch(`${top_}files/names.json`)
    .then((answer) => answer.json())
    .then((rows) => rows.map((row) => [row, plain(`${row[1]} ${row[0]} ${row[2]} ${row[4]}`)]));
  return names;
}

// Where pages are opened from disk nothing can be fetched, and the list from A to Z serves instead.
const served = location.protocol !== "file:";

function search(box, choose) {
  const input = box.querySelector("input");
  const hits = box.querySelector("ul");
  const found = box.querySelector("[role=status]");
  input.addEventListener("focus", allNames, { once: true });
  input.addEventListener("input", async () => {
    const wanted = plain(input.value.trim()).split(/\s+/).filter(Boolean);
    const all = await allNames();
    const matching = wanted.length ? all.filter(([, text]) => wanted.every((word) => text.includes(word))) : [];
    // Names that begin with what was typed come first.
    matching.sort((a, b) => b[1].startsWith(wanted[0]) - a[1].startsWith(wanted[0]));
    hits.replaceChildren(...matching.slice(0, 12).map(([row]) => {
      const item = document.createElement("li");
      const link = document.createElement(choose ? "button" : "a");
      link.textContent = row[1];
      const level = row[3] === "d" ? "district" : "school";
      if (choose) {
        link.type = "button";
        link.addEventListener("click", () => {
          choose(`${level}-${row[0]}`);
          input.value = "";
          hits.replaceChildren();
        });
      } else {
        link.href = `${root}${level}/${row[0]}/index.html`;
      }
      const where = document.createElement("span");
      where.textContent = [row[2], row[4], row[0]].filter(Boolean).join(" · ");
      item.append(link, " ", where);
      return item;
    }));
    found.textContent = wanted.length && !matching.length ? found.dataset.none : "";
  });
}

function compare(page) {
  const asked = [...document.getElementById("asked").content.querySelectorAll("span")];
  const statuses = Object.fromEntries(
    [...document.getElementById("asked").content.querySelectorAll("i")].map((item) => [item.dataset.status, item.textContent]),
  );
  const table = document.getElementById("side");
  const given = new URLSearchParams(location.search).get("with") ?? "";
  let chosen = given.split(",").filter((name) => /^(school|district)-[\w-]{1,40}$/.test(name)).slice(0, 4);

  // A dot and its likely range, on the axis that all cells of a row share.
  function drawn(row, [low, high]) {
    const place = (text) => `${(100 * (Number(text) - low)) / (high - low)}%`;
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const put = (tag, keys) => {
      const part = document.createElementNS(drawing.namespaceURI, tag);
      for (const [key, value] of Object.entries(keys)) part.setAttribute(key, value);
      drawing.append(part);
    };
    for (const [key, value] of [["class", "axis"], ["aria-hidden", "true"], ["height", "16"]]) drawing.setAttribute(key, value);
    put("line", { x1: "0", x2: "100%", y1: 8, y2: 8, stroke: "#767676" });
    if (row.interval_low !== null && row.interval_high !== null) {
      put("line", { x1: place(row.interval_low), x2: place(row.interval_high), y1: 8, y2: 8, stroke: "#12436D", "stroke-width": 5 });
    }
    put("circle", { cx: place(row.value), cy: 8, r: 5, fill: "#12436D", stroke: "#FFFFFF" });
    return drawing;
  }

  function cell(row, unit, axis) {
    const made = document.createElement("td");
    if (!row) made.textContent = "–";
    else if (row.value === null && row.low_bound === null && row.high_bound === null) {
      made.className = "w";
      made.textContent = statuses[row.value_status];
    } else {
      made.className = "v";
      const sign = { percent: "%", multiple: "×" }[unit] ?? "";
      const ends = [row.low_bound, row.high_bound].map((end) => (end === null ? "…" : end + sign));
      made.textContent = row.value === null ? ends.join("–") : row.value + sign;
      if (row.interval_low !== null && row.interval_high !== null) {
        const range = document.createElement("small");
        range.textContent = `${row.interval_low}–${row.interval_high}`;
        made.append(range);
      }
      if (row.value !== null) made.append(drawn(row, axis));
    }
    return made;
  }

  async function draw() {
    const url = new URL(location);
    url.searchParams.set("with", chosen.join(","));
    history.replaceState(null, "", url);
    const all = await allNames();
    const entities = await Promise.all(["state-state", ...chosen].map(async (name) => {
      const [level, ...id] = name.split("-");
      const answer = await fetch(`${top_}files/${level}/${id.join("-")}.json`);
      if (!answer.ok) return null;
      const { columns, rows } = await answer.json();
      const own = rows.map((row) => Object.fromEntries(columns.map((column, place) => [column, row[place]])));
      const last = Math.max(...own.map((row) => row.school_year));
      const known = all.find(([row]) => row[0] === id.join("-") && row[3] === level[0]);
      const label = level === "state" ? page.dataset.state : known ? known[0][1] : name;
      return { name, label, rows: own.filter((row) => row.school_year === last && row.student_group === "ALL") };
    }));
    const shown = entities.filter(Boolean);
    document.getElementById("chosen").replaceChildren(...shown.slice(1).map((entity) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `${page.dataset.remove}: ${entity.label}`;
      button.addEventListener("click", () => {
        chosen = chosen.filter((name) => name !== entity.name);
        draw();
      });
      item.append(button);
      return item;
    }));
    const head = document.createElement("tr");
    for (const label of [page.dataset.question, ...shown.map((entity) => entity.label)]) {
      const made = document.createElement("th");
      made.scope = "col";
      made.textContent = label;
      head.append(made);
    }
    table.tHead.replaceChildren(head);
    table.tBodies[0].replaceChildren(...asked.map((question) => {
      const line = document.createElement("tr");
      const name = document.createElement("th");
      name.scope = "row";
      name.textContent = question.textContent;
      line.append(name);
      const found = shown.map((entity) => entity.rows.find((row) =>
        ["indicator", "measure", "population", "subject"].every((key) => row[key] === question.dataset[key]) &&
        row.grade_span === "all"));
      const whole = (row) => row && row.interval_low !== null && row.interval_high !== null;
      const sure = (row) => whole(row) && !["incomplete", "under_review"].includes(row.value_status);
      const ends = found.slice(1).filter(sure);
      const at = found.filter(Boolean).flatMap((row) => [row.value, row.interval_low, row.interval_high]).filter((end) => end !== null);
      const axis = [Math.min(question.dataset.low, ...at), Math.max(question.dataset.high, ...at)];
      const meet = ends.length > 1 && Math.max(...ends.map((row) => +row.interval_low)) <= Math.min(...ends.map((row) => +row.interval_high));
      if (meet) {
        const same = document.createElement("small");
        same.textContent = page.dataset.same;
        name.append(" ", same);
      }
      line.append(...found.map((row) => cell(row, question.dataset.unit, axis)));
      return line;
    }));
    table.hidden = !chosen.length;
    if (near) near(chosen[0]);
  }

  const add = (name) => {
    if (!chosen.includes(name) && chosen.length < 4) chosen.push(name);
    draw();
  };
  const box = document.getElementById("similar");
  const near = box && similar(box, add);
  search(page.querySelector(".search"), add);
  if (chosen.length) draw();
}

// How many steps two places are apart in a fact, or null where one of them does not publish it.
function apart(fact, one, other) {
  if (fact === "grades") {
    if ([one.low, one.high, other.low, other.high].includes(null)) return null;
    const both = Math.max(0, Math.min(one.high, other.high) - Math.max(one.low, other.low) + 1);
    return one.high - one.low + 1 + other.high - other.low + 1 - 2 * both;
  }
  if (fact === "size") return Math.abs(Math.log(one.size / other.size)) / Math.log(1.25);
  if (one[fact] === null || other[fact] === null) return null;
  return Math.abs(one[fact] / one.size - other[fact] / other.size) * 10;
}

// Of the facts chosen both places must publish three, or all where fewer are chosen.
function distance(facts, one, other) {
  const steps = facts.map((fact) => apart(fact, one, other)).filter((step) => step !== null);
  if (!steps.length || steps.length < Math.min(3, facts.length)) return null;
  return steps.reduce((sum, step) => sum + step, 0) / steps.length;
}

function similar(box, add) {
  const ticks = [...box.querySelectorAll("input")];
  const grades = [...document.getElementById("asked").content.querySelectorAll("b")].map((item) => item.textContent);
  const given = new URLSearchParams(location.search).get("by");
  if (given !== null) ticks.forEach((tick) => { tick.checked = given.split(",").includes(tick.name); });
  let places = null;
  let own = null;

  function said(fact, place) {
    if (fact === "size") return place.size.toLocaleString("en-US");
    if (fact === "grades") return place.low === null || place.high === null ? "–" : [...new Set([grades[place.low], grades[place.high]])].join(" – ");
    return place[fact] === null ? box.dataset.hidden : `${Math.round((100 * place[fact]) / place.size)}%`;
  }

  async function draw() {
    places ??= fetch(`${top_}files/similar.json`).then((answer) => answer.json()).then(({ groups, places: rows }) =>
      rows.map(([level, id, low, high, size, ...counts]) => ({
        level, id, low, high, size, ...Object.fromEntries(groups.map((group, place) => [group, counts[place]])),
      })));
    const [level, ...id] = (own ?? "").split("-");
    const known = await places;
    const one = known.find((place) => place.level === level[0] && place.id === id.join("-"));
    const named = new Map((await allNames()).map(([row]) => [row[3] + row[0], row[1]]));
    const facts = ticks.filter((tick) => tick.checked).map((tick) => tick.name);
    const others = one ? known.filter((place) => place.level === one.level && place.id !== one.id) : [];
    const found = others.map((place) => [place, distance(facts, one, place)]).filter(([, steps]) => steps !== null);
    found.sort((a, b) => a[1] - b[1] || (a[0].id < b[0].id ? -1 : 1));
    const shown = found.length ? [[one, 0], ...found.slice(0, 8)] : [];
    box.querySelector("tbody").replaceChildren(...shown.map(([place, steps]) => {
      const line = document.createElement("tr");
      const name = document.createElement("th");
      name.scope = "row";
      name.textContent = named.get(place.level + place.id);
      const cells = [steps.toFixed(1), ...ticks.map((tick) => said(tick.name, place)), ""].map((text) => {
        const made = document.createElement("td");
        made.textContent = text;
        return made;
      });
      if (place !== one) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = box.dataset.add;
        button.setAttribute("aria-label", `${box.dataset.add}: ${name.textContent}`);
        button.addEventListener("click", () => add(`${level}-${place.id}`));
        cells.at(-1).append(button);
      }
      line.append(name, ...cells);
      return line;
    }));
    box.querySelector("table").hidden = !shown.length;
    box.querySelector("[role=status]").textContent = shown.length ? "" : box.dataset.none;
    document.getElementById("similar-title").textContent = one ? `${box.dataset.title}: ${named.get(one.level + one.id)}` : box.dataset.title;
    box.hidden = !own;
  }

  for (const tick of ticks) {
    tick.addEventListener("change", () => {
      const url = new URL(location);
      url.searchParams.set("by", ticks.filter((one) => one.checked).map((one) => one.name).join(","));
      history.replaceState(null, "", url);
      draw();
    });
  }
  return (name) => {
    own = name;
    draw();
  };
}

function sortable(table) {
  const number = (cell) => {
    const value = cell.matches(".v") ? cell : cell.querySelector(".v");
    return value ? parseFloat(value.firstChild.textContent.replaceAll(",", "")) : null;
  };
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sign = down ? -1 : 1;
      const rows = [...body.rows].map((row) => [row, row.cells[column]]);
      if (column === 0) {
        rows.sort(([, a], [, b]) => sign * a.textContent.localeCompare(b.textContent));
      } else {
        // A row without a number comes last, whichever way the numbers run.
        rows.sort(([, a], [, b]) => {
          const [x, y] = [number(a), number(b)];
          if (x === null || y === null) return (x === null) - (y === null);
          return sign * (x - y);
        });
      }
      body.append(...rows.map(([row]) => row));
    });
  });
}

// Leave the schools that offer a grade; a school whose grades are not known offers none for sure.
function ofOneGrade(box) {
  const select = box.querySelector("select");
  box.hidden = false;
  select.addEventListener("change", () => {
    for (const row of box.closest("section").querySelectorAll("tbody tr")) {
      const offers = +row.dataset.from <= +select.value && +select.value <= +row.dataset.to;
      row.hidden = select.value !== "" && !offers;
    }
  });
}

// Each release keeps its pages under releases/<version>/; a page of an earlier one says so and leads to the latest.
function releases() {
  const { version, earlier } = globalThis.release;
  for (const place of document.querySelectorAll(".release")) place.textContent = version;
  const own = location.pathname.indexOf(`/releases/${version}/`);
  const start = own < 0 ? top_ : `${top_}../../`;
  const here = document.body.dataset.here;
  if (own >= 0) {
    const note = document.getElementById("superseded");
    note.hidden = false;
    note.querySelector("a").href = start + here;
  }
  const years = document.querySelector("nav.years");
  if (!years || !served) return;
  const shown = new Set([years.querySelector("[aria-current]").textContent]);
  for (const one of earlier) {
    // The newest release of each earlier school year in which the place was there.
    if (shown.has(one.year) || parseInt(one.year, 10) + 1 < +years.dataset.first) continue;
    shown.add(one.year);
    const link = document.createElement("a");
    link.href = `${start}releases/${one.version}/${here}`;
    link.textContent = one.year;
    link.title = `${years.dataset.said} ${one.version}`;
    const item = document.createElement("li");
    item.append(link);
    years.querySelector("ul").lastElementChild.before(item);
  }
}

releases();
document.querySelectorAll("table.sortable").forEach(sortable);
document.querySelectorAll("p.filter").forEach(ofOneGrade);
for (const button of document.querySelectorAll("button.print")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
// On a narrow screen tables of charts wait behind their heading.
if (matchMedia("(max-width: 40rem)").matches) {
  document.querySelectorAll("details.data").forEach((item) => item.removeAttribute("open"));
}
if (served) {
  const page = document.getElementById("compare");
  if (page) {
    page.hidden = false;
    page.querySelector(".search").hidden = false;
    compare(page);
  } else {
    for (const box of document.querySelectorAll(".search")) {
      box.hidden = false;
      search(box, null);
    }
  }
}
