// The charts of a dashboard. All else of it is made by the server.
import { ask } from "./ask.js"
import { drawFigure } from "./figure.js"
import { turn } from "./turn.js"
import { instead } from "./words.js"

let drawn = []

const show = async () => {
  const board = document.getElementById("board")
  if (!board) return
  if (board.dataset.ready === "no") { await turn(location.href, { push: false }); return }
  drawn = await Promise.all([...board.querySelectorAll("[data-chart]")].map(chart))
  await redraw()
}

const chart = async (place) => {
  const told = await ask(place.dataset.chart)
  if (told.error) place.replaceChildren(instead(told.error))
  return { place, figure: told.chart }
}

const redraw = async () => {
  for (const { place, figure } of drawn) if (figure && place.isConnected) await drawFigure(place, figure)
}

document.addEventListener("turned", show)
document.addEventListener("recolour", redraw)
show()
