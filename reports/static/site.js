// Comforts only: a filter for the A to Z list and sortable tables. Every page is complete without this file.
"use strict";

(function filterNames() {
  const box = document.getElementById("filter");
  if (!box) return;
  const found = document.getElementById("found");
  const names = [...document.querySelectorAll(".names li")].map((item) => [item, item.textContent.toLocaleLowerCase()]);
  const letters = [...document.querySelectorAll(".letter")];
  box.hidden = false;
  document.getElementById("name").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLocaleLowerCase();
    let count = 0;
    for (const [item, text] of names) {
      item.hidden = !text.includes(wanted);
      if (!item.hidden) count += 1;
    }
    for (const letter of letters) letter.hidden = !letter.querySelector("li:not([hidden])");
    found.textContent = wanted ? `Found: ${count}` : "";
  });
})();

(function sortTables() {
  const number = (cell) => {
    const value = cell.querySelector("[data-field=value]");
    return value ? parseFloat(value.textContent) : null;
  };
  for (const table of document.querySelectorAll("table.sortable")) {
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
})();
