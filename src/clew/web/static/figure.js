// Charts that the server describes in Plotly's own JSON, in the page's colours.
import { plotly } from "./chart.js"
import { flags } from "./flags.js"
import { token } from "./theme.js"

export const drawFigure = async (place, figure) => {
  const { newPlot } = await plotly()
  if (!place.isConnected) return
  place.replaceChildren()
  const narrow = place.clientWidth < NARROW
  await newPlot(place, figure.data.map((trace) => coloured(narrow ? shortened(trace) : trace, figure.layout)), layout(figure, narrow), { displayModeBar: false, responsive: true, locale: "en" })
}

// On a telephone names take no more than half of the width; the table has them whole.
const NARROW = 560
const short = (text, most) => (text.length > most ? `…${text.slice(1 - most)}` : text)
const shortened = (trace) => (trace.type === "sankey" ? { ...trace, node: { ...trace.node, label: trace.node.label.map((name) => short(name, 12)) }, textfont: { size: 10 } } : trace)
const shortTicks = ([{ orientation, y }]) => (orientation === "h" ? { tickvals: y, ticktext: y.map((name) => short(name, 24)) } : {})

const HUES = [1, 2, 3, 4, 5, 6, 7, 8]

const coloured = (trace, told) => {
  if (trace.type === "heatmap") return { ...trace, colorscale: [[0, token("ground")], [1, token("accent")]], colorbar: { thickness: 8, outlinewidth: 0, tickfont: { size: 11 } } }
  if (trace.type === "sankey") return { ...trace, node: { ...trace.node, color: token("hue-1"), line: { width: 0 } }, link: { ...trace.link, color: faint(token("quiet")) }, textfont: { size: 12, ...trace.textfont, color: token("text") } }
  return hued(trace, told.colorway ?? [])
}

// The server names the colours of series by their place in its colorway; the page has its own for each place.
const hued = (trace, colorway) => {
  const found = { ...trace, ...(trace.error_y && { error_y: { ...trace.error_y, color: token("quiet") } }) }
  for (const part of ["line", "marker"]) {
    const place = colorway.indexOf(trace[part]?.color)
    if (place >= 0) found[part] = { ...trace[part], color: token(`hue-${place + 1}`) }
  }
  return found
}

const faint = (colour) => `${colour}40`

const isDated = ([{ type, x }]) => ["scatter", "bar"].includes(type) && /^\d{4}-\d\d-\d\d/.test(x?.[0])

const layout = ({ data, layout: told }, narrow) => {
  const quiet = token("quiet")
  const axis = { color: quiet, gridcolor: token("line"), linecolor: token("line"), zeroline: false, zerolinecolor: quiet, tickfont: { size: 12 }, fixedrange: true, automargin: true }
  const named = ({ title, ...rest } = {}) => ({ ...axis, ...rest, title: { text: title ? title.replaceAll("_", " ") : "", font: { size: 12 } } })
  return {
    ...told,
    font: { family: "system-ui, sans-serif", size: 13, color: token("text") },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    colorway: HUES.map((hue) => token(`hue-${hue}`)),
    sunburstcolorway: HUES.map((hue) => token(`hue-${hue}`)),
    margin: { l: 48, r: 16, t: 8, b: 32 },
    hoverlabel: { bgcolor: token("raised"), bordercolor: token("line"), font: { color: token("text"), size: 12 } },
    xaxis: { ...named(told.xaxis), showgrid: false }, yaxis: { ...named(told.yaxis), ...(narrow && shortTicks(data)), ...(data.some((trace) => trace.type === "heatmap") && { showgrid: false }) },
    ...(told.yaxis2 && { yaxis2: named(told.yaxis2) }),
    ...(isDated(data) && flags()),
    showlegend: data.filter((trace) => trace.showlegend !== false).length > 1, legend: { orientation: "h", x: 1, xanchor: "right", y: 1.02, yanchor: "bottom", font: { size: 12, color: quiet } },
  }
}
