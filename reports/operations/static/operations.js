// A comfort only: choosing and ordering the rows of the grid. What was chosen stands in the address, to be kept or sent on.
"use strict";

const form = document.querySelector(".filters");
if (form) {
  const hundreds = [...document.querySelectorAll(".hundred")];
  const rows = hundreds.flatMap((part) => [...part.querySelector("tbody").rows]);
  const places = new Map(rows.map((row, place) => [row, place]));
  const number = (row, name) => Number(row.dataset[name] ?? 0);
  const orders = {
    risk: (a, b) => places.get(a) - places.get(b),
    name: (a, b) => a.cells[0].textContent.localeCompare(b.cells[0].textContent),
    fix: (a, b) => number(b, "fix") - number(a, "fix"),
    age: (a, b) => number(b, "age") - number(a, "age"),
  };
  const size = Math.max(...hundreds.map((part) => part.querySelector("tbody").rows.length));

  const arrange = () => {
    const wanted = Object.fromEntries([...form.elements].map((box) => [box.name, box.value]));
    const text = wanted.text.trim().toLowerCase();
    const shown = rows.filter((row) =>
      (!wanted.vendor || row.dataset.vendor === wanted.vendor) &&
      (!wanted.state || row.dataset.state === wanted.state || row.dataset[wanted.state]) &&
      (!text || row.cells[0].textContent.toLowerCase().includes(text)));
    shown.sort(orders[wanted.order]);
    hundreds.forEach((part, place) => {
      const own = shown.slice(place * size, (place + 1) * size);
      part.querySelector("tbody").replaceChildren(...own);
      part.hidden = place > 0 && !own.length;
    });
    document.getElementById("shown").textContent = `${shown.length.toLocaleString("en-US")} of ${rows.length.toLocaleString("en-US")} districts`;
    const given = Object.entries(wanted).filter(([name, value]) => value && !(name === "order" && value === "risk"));
    history.replaceState(null, "", `${location.pathname}${given.length ? `?${new URLSearchParams(given)}` : ""}`);
  };

  for (const [name, value] of new URLSearchParams(location.search)) {
    if (form.elements[name]) form.elements[name].value = value;
  }
  form.hidden = false;
  form.addEventListener("input", arrange);
  form.addEventListener("submit", (event) => event.preventDefault());
  if (location.search) arrange();
}
