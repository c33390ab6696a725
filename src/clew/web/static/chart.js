// Lines over days, in the page's colours. Plotly comes from its own deferred script and is waited for.
import { token } from "./theme.js"

const plotly = () => new Promise((ready) => {
  if (window.Plotly) ready(window.Plotly)
  else document.getElementById("plotly").addEventListener("load", () => ready(window.Plotly))
})

// `lines`: [{ name, values, hue, before }], `days` and `unfinished` as ISO dates. `percent` chooses the unit.
export const draw = async (place, { days, lines, unfinished, percent }) => {
  const { newPlot } = await plotly()
  if (!place.isConnected) return
  place.replaceChildren()
  await newPlot(place, lines.flatMap((line, i) => traces(line, days, unfinished, lines.length - i)), layout(days, lines, percent), { displayModeBar: false, responsive: true, locale: "en" })
}

// The first line lies above the others. A day that is not over is dashed: its line is drawn apart, from the day before it.
const traces = (line, days, unfinished, zorder) => {
  const cut = days.indexOf(unfinished)
  const whole = cut < 0 ? days.length : cut
  const style = { name: line.name, zorder, mode: days.length < 3 ? "lines+markers" : "lines", line: { color: line.hue, width: line.before ? 1.25 : 2, dash: line.before ? "dot" : "solid" } }
  if (cut < 0 || line.before) return [{ ...style, x: days, y: line.values, customdata: line.dates, hovertemplate: hover(line) }]
  const rest = { ...style, mode: "lines+markers", marker: { size: 5, color: line.hue }, line: { ...style.line, dash: "dash" }, showlegend: false }
  return [
    { ...style, x: days.slice(0, whole), y: line.values.slice(0, whole), hovertemplate: hover(line) },
    { ...rest, x: days.slice(Math.max(whole - 1, 0), whole + 1), y: line.values.slice(Math.max(whole - 1, 0), whole + 1), hovertemplate: `${hover(line)} so far`, hoverinfo: "skip" },
  ]
}

const hover = (line) => (line.before ? "%{y}, on %{customdata}" : "%{y}")

const highest = (lines) => Math.max(0, ...lines.flatMap((line) => line.values))

const layout = (days, lines, percent) => {
  const quiet = token("quiet")
  const axis = { color: quiet, gridcolor: token("line"), linecolor: token("line"), zeroline: false, tickfont: { size: 12 }, fixedrange: true }
  return {
    font: { family: "system-ui, sans-serif", size: 13, color: token("text") },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 48, r: 16, t: 8, b: 28 },
    hovermode: "x unified",
    hoverlabel: { bgcolor: token("raised"), bordercolor: token("line"), font: { color: token("text"), size: 12 } },
    xaxis: { ...axis, type: "date", tickformat: "%-d %b", hoverformat: "%a %Y-%m-%d", showgrid: false, ...(days.length < 9 && { tickvals: days }) },
    yaxis: { ...axis, rangemode: "tozero", hoverformat: percent ? ".1%" : ",d", tickformat: percent ? ".0%" : "~s", nticks: 6, ...(!percent && highest(lines) < 6 && { dtick: 1 }) },
    showlegend: lines.length > 1, legend: { orientation: "h", x: 1, xanchor: "right", y: 1.02, yanchor: "bottom", font: { size: 12, color: quiet } },
  }
}

export const savePng = async (place, name) => {
  const { downloadImage } = await plotly()
  await downloadImage(place, { format: "png", filename: name, width: 1200, height: 420, scale: 2 })
}
