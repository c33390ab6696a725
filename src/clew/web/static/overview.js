// The overview's chart and table. All else of the page is made by the server.
import { ask } from "./ask.js"
import { draw, savePng } from "./chart.js"
import { token } from "./theme.js"
import { turn } from "./turn.js"
import { instead } from "./words.js"

const rate = (day) => (day.sessions ? day.bounced / day.sessions : null)
const METRICS = {
  sessions: { unit: "count", lines: [["Sessions", (day) => day.sessions]] },
  people: { unit: "count", lines: [["Active people", (day) => day.people], ["Raw ids", (day) => day.raw_ids]] },
  bounce: { unit: "share", lines: [["Bounce rate", rate]] },
}

let drawn = null

const show = async () => {
  const page = document.getElementById("overview")
  if (!page) return
  linkDays(document.getElementById("days"))
  if (page.dataset.ready === "no") { await turn(location.href, { push: false }); return }
  const place = document.getElementById("chart")
  if (!place) return
  const data = await ask(page.dataset.data)
  if (data.error) { place.replaceChildren(instead(data.error)); return }
  drawn = { place, data, metric: page.dataset.metric }
  await redraw()
}

// The numbers of a day lead to the people and sessions that they count. Made here: a year of links would double the page.
const linkDays = (table) => {
  const lists = JSON.parse(table.dataset.lists)
  for (const row of table.tBodies[0].rows) {
    const day = /\d{4}-\d\d-\d\d/.exec(row.cells[0].textContent)[0]
    lists.forEach((list, column) => list && row.cells[column].textContent !== "0" && link(row.cells[column], list, day))
  }
}

const link = (cell, list, day) => {
  const url = new URL(list, location.href)
  for (const name of ["from", "to", "active_from", "active_to"]) if (url.searchParams.has(name)) url.searchParams.set(name, day)
  cell.replaceChildren(Object.assign(document.createElement("a"), { href: url.pathname + url.search, textContent: cell.textContent }))
}

const redraw = async () => {
  if (!drawn?.place.isConnected) return
  const { place, data, metric } = drawn
  const { unit, lines } = METRICS[metric]
  const days = data.days.map((day) => day.day)
  const series = lines.map(([name, of], i) => ({ name, values: data.days.map(of), hue: token(`hue-${i + 1}`) }))
  if (data.before.length) series.push(before(data, lines[0]))
  await draw(place, { days, lines: series, unfinished: data.unfinished, grain: "day", unit })
}

const before = (data, [, of]) => (
  { name: "Period before", values: data.before.map(of), dates: data.before.map((day) => day.day), hue: token("quiet"), before: true }
)

document.addEventListener("turned", show)
document.addEventListener("recolour", redraw)
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-png]") && drawn) savePng(drawn.place, document.getElementById("overview").dataset.name)
})
show()
