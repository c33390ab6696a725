// A table that sorts by a click on a head. Numbers are read from the text as it is shown.
const value = (cell) => {
  if (cell.dataset.value) return Number(cell.dataset.value)
  const text = cell.textContent.trim()
  const number = Number.parseFloat(text.replaceAll(",", ""))
  if (text === "–") return -Infinity
  const day = /\d{4}-\d\d-\d\d/.exec(text)
  return day ? Date.parse(day[0]) : Number.isNaN(number) ? text : number
}

export const sortable = (table) => {
  table.tHead.addEventListener("click", (event) => {
    const head = event.target.closest("th")
    if (!head) return
    const order = head.getAttribute("aria-sort") === "descending" ? "ascending" : "descending"
    for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort")
    head.setAttribute("aria-sort", order)
    sort(table.tBodies[0], head.cellIndex, order === "ascending" ? 1 : -1)
  })
}

const sort = (body, column, sign) => {
  const rows = [...body.rows].map((row) => [value(row.cells[column]), row])
  rows.sort(([a], [b]) => sign * (a < b ? -1 : a > b ? 1 : 0))
  body.append(...rows.map(([, row]) => row))
}
