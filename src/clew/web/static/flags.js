// Annotations as flags on a chart over time: those that the page lists, each a line and a flag that says the rest on hover.
import { token } from "./theme.js"

const listed = () => [...document.querySelectorAll("#flags [data-x]")].map((item) => ({ x: item.dataset.x, text: item.textContent.trim().replace(/\s+/g, " ") }))
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

export const flags = () => {
  const quiet = token("quiet")
  const days = Map.groupBy ? [...Map.groupBy(listed(), (flag) => flag.x)] : listed().map((flag) => [flag.x, [flag]])
  return {
    shapes: days.map(([x]) => ({ type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: { color: quiet, width: 1, dash: "dot" } })),
    annotations: days.map(([x, found]) => ({
      x, y: 1, yref: "paper", xanchor: "left", yanchor: "top", showarrow: false, text: "⚑", font: { color: quiet, size: 13 },
      hovertext: found.map((flag) => escaped(flag.text)).join("<br>"), captureevents: true,
    })),
  }
}
