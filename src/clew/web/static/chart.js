// Lines over days, weeks or months, in the page's colours. Plotly comes from its own deferred script and is waited for.
import { flags } from "./flags.js"
import { token } from "./theme.js"
import { duration } from "./words.js"

export const plotly = () => new Promise((ready) => {
  if (window.Plotly) ready(window.Plotly)
  else document.getElementById("plotly").addEventListener("load", () => ready(window.Plotly))
})

// `lines`: [{ name, values, hue, before, dates }]; `days` as ISO dates, the first days of the periods; `unfinished` and `begun`: those of them
// that are cut at their end or beginning; `grain`: day, week or month; `unit`: count, share, seconds or ratio.
export const draw = async (place, chart) => {
  const { newPlot } = await plotly()
  if (!place.isConnected) return
  place.replaceChildren()
  const { lines } = chart
  const drawn = lines.flatMap((line, i) => traces(line, chart, lines.length - i))
  await newPlot(place, [...drawn, ...explained(chart)], layout(chart), { displayModeBar: false, responsive: true, locale: "en" })
}

// The first line lies above the others. A period that is cut is a dot at the end of a dashed line to the period beside it.
const traces = (line, { days, unfinished, begun, unit }, zorder) => {
  const text = unit === "seconds" ? line.values.map(duration) : undefined
  const style = { name: escaped(line.name), zorder, mode: days.length < 3 ? "lines+markers" : "lines", line: { color: line.hue, width: line.before ? 1.25 : 2, dash: line.before ? "dot" : "solid" }, hovertemplate: hover(line, unit) }
  const piece = (from, to, more) => ({ ...style, x: days.slice(from, to), y: line.values.slice(from, to), text: text?.slice(from, to), customdata: line.dates?.slice(from, to), ...more })
  if (line.before) return [piece(0, days.length)]
  const cut = days.indexOf(unfinished)
  const whole = cut < 0 ? days.length : cut
  const first = days.indexOf(begun) + 1
  const way = { mode: "lines", line: { ...style.line, dash: "dash" }, showlegend: false, hovertemplate: null, hoverinfo: "skip" }
  const dot = (at, said) => piece(at, at + 1, { mode: "markers", marker: { size: 6, color: line.hue }, showlegend: false, hovertemplate: `${hover(line, unit)} ${said}` })
  const pieces = [piece(Math.min(first, whole), whole)]
  if (first && whole > 0) pieces.push(piece(0, Math.min(2, whole), way), dot(0, "part"))
  if (cut >= 0) pieces.push(piece(Math.max(whole - 1, 0), whole + 1, way), dot(cut, "so far"))
  return pieces
}

// What dashes mean stands in the legend, so that a picture says it too.
const explained = ({ days, unfinished, begun }) => {
  const said = days.includes(begun) ? "not all of it" : "not over yet"
  const entry = { name: said, mode: "lines", x: [null], y: [null], hoverinfo: "skip", line: { color: token("quiet"), width: 2, dash: "dash" } }
  return days.includes(begun) || days.includes(unfinished) ? [entry] : []
}

// Plotly reads markup in names.
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
const hover = (line, unit) => `%{${unit === "seconds" ? "text" : "y"}}${line.before ? ", on %{customdata}" : ""}`
const highest = (lines) => Math.max(0, ...lines.flatMap((line) => line.values))

const UNITS = {
  count: (most) => ({ hoverformat: ",d", tickformat: "~s", ...(most < 6 && { dtick: 1 }) }),
  share: () => ({ hoverformat: ".1%", tickformat: ".0%" }),
  ratio: () => ({ hoverformat: ",.2f", tickformat: "~g" }),
  seconds: (most) => { const step = steps(most); return { tickvals: step, ticktext: step.map((s) => (s ? duration(s).replace(/ 0 .$/, "") : "0")) } },
}

// Some five round durations from 0 to the longest.
const ROUND = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400]
const steps = (most) => {
  const step = ROUND.find((size) => most / size <= 6) ?? Math.ceil(most / 6 / 86400) * 86400
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step)
}

const DATES = {
  day: { tickformat: "%-d %b", hoverformat: "%a %Y-%m-%d" },
  week: { tickformat: "%-d %b", hoverformat: "week of %Y-%m-%d" },
  month: { tickformat: "%b %Y", hoverformat: "%Y-%m" },
}

const layout = (chart) => {
  const { days, lines, grain, unit } = chart
  const quiet = token("quiet")
  const axis = { color: quiet, gridcolor: token("line"), linecolor: token("line"), zeroline: false, tickfont: { size: 12 }, fixedrange: true }
  return {
    font: { family: "system-ui, sans-serif", size: 13, color: token("text") },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 48, r: 16, t: 8, b: 28 },
    hovermode: "x unified",
    hoverlabel: { bgcolor: token("raised"), bordercolor: token("line"), font: { color: token("text"), size: 12 } },
    xaxis: { ...axis, type: "date", ...DATES[grain], showgrid: false, ...(days.length < 9 && { tickvals: days }) },
    yaxis: { ...axis, rangemode: "tozero", nticks: 6, ...UNITS[unit](highest(lines)) },
    ...flags(),
    showlegend: lines.length + explained(chart).length > 1, legend: { orientation: "h", x: 1, xanchor: "right", y: 1.02, yanchor: "bottom", font: { size: 12, color: quiet } },
  }
}

export const savePng = async (place, name, height = 420) => {
  const { downloadImage } = await plotly()
  await downloadImage(place, { format: "png", filename: name, width: 1200, height, scale: 2 })
}
