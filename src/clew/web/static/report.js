// A report: a control that changes asks again at once, and the URL is what was asked. All but the chart is made by the server.
import { ask } from "./ask.js"
import { savePng } from "./chart.js"
import { drawFigure } from "./figure.js"
import { turn } from "./turn.js"
import { instead } from "./words.js"

let drawn = null

const show = async () => {
  const page = document.getElementById("report")
  if (!page) return
  if (page.dataset.ready === "no") { await turn(location.href, { push: false }); return }
  const place = document.getElementById("chart")
  if (!place) return
  const told = await ask(page.dataset.data)
  if (told.error) { place.replaceChildren(instead(told.error)); return }
  drawn = { place, name: page.dataset.name, chart: told.chart }
  await redraw()
}

const redraw = async () => {
  if (drawn?.chart && drawn.place.isConnected) await drawFigure(drawn.place, drawn.chart)
}

// A page that shows a table of colours in place of a chart draws one aside for the picture.
const picture = async () => {
  if (drawn?.place.isConnected) { await savePng(drawn.place, drawn.name, Math.max(420, drawn.place.clientHeight)); return }
  const { data, name } = document.getElementById("report").dataset
  const told = await ask(data)
  if (!told.chart) return
  const place = Object.assign(document.createElement("div"), { className: "aside" })
  document.body.append(place)
  await drawFigure(place, told.chart)
  await savePng(place, name, 40 * (told.chart.data[0].y.length + 3))
  place.remove()
}

// Empty controls ask for nothing.
const askAgain = (form) => {
  const said = [...new FormData(form)].filter(([, value]) => value !== "")
  turn(`${form.getAttribute("action")}?${new URLSearchParams(said)}`)
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-live]")
  if (form) askAgain(form)
})
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-live]")) return
  event.preventDefault()
  askAgain(event.target)
})
document.addEventListener("click", (event) => {
  const remove = event.target.closest?.("[data-remove]")
  if (remove) {
    const form = remove.closest("form")
    remove.parentElement.remove()
    askAgain(form)
  }
  if (event.target.closest?.("[data-png]")) picture()
})
document.addEventListener("turned", show)
document.addEventListener("recolour", redraw)
show()
