// The chart of the session metrics. All else of the page is made by the server.
import { ask } from "./ask.js"
import { draw, savePng } from "./chart.js"
import { token } from "./theme.js"
import { turn } from "./turn.js"
import { instead } from "./words.js"

let drawn = null

const show = async () => {
  const page = document.getElementById("metrics")
  if (!page) return
  if (page.dataset.ready === "no") { await turn(location.href, { push: false }); return }
  const place = document.getElementById("chart")
  if (!place) return
  const data = await ask(page.dataset.data)
  if (data.error) { place.replaceChildren(instead(data.error)); return }
  drawn = { ...page.dataset, place, data }
  await redraw()
}

const redraw = async () => {
  if (!drawn?.place.isConnected) return
  const { place, data, unit } = drawn
  const days = data.periods.map((period) => period.starts)
  await draw(place, { days, lines: lines(drawn), unfinished: data.unfinished, begun: data.begun, grain: data.grain, unit })
}

// The rows that were ticked, in their hues; else all sessions, beside the period before.
const lines = ({ data, metric, title }) => {
  if (data.lines.length) return data.lines.map(({ name, numbers }, i) => ({ name: short(name), values: numbers.map((n) => n[metric]), hue: token(`hue-${i + 1}`) }))
  const series = [{ name: title, values: values(data.periods, metric), hue: token("hue-1") }]
  if (data.before.length) series.push({ name: "Period before", values: values(data.before, metric), dates: data.before.map((p) => p.first), hue: token("quiet"), before: true })
  return series
}

const values = (periods, metric) => periods.map((period) => period.numbers[metric])
const short = (name) => (name.length > 32 ? `${name.slice(0, 31)}…` : name)

document.addEventListener("turned", show)
document.addEventListener("recolour", redraw)
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-png]") && drawn) savePng(drawn.place, drawn.name)
})
show()
