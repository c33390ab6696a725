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

// A name of a bar is broken between its words where bars are few and narrow.
const brokenTicks = ([{ type, orientation, x }]) => (type === "bar" && orientation !== "h" && x.length < 6 && typeof x[0] === "string" ? { tickvals: x, ticktext: x.map((name) => name.replace(/(?<!^\d+) /g, "<br>")), tickangle: 0 } : {})

// What is written on bars stands upright, in a colour that is read on them.
const INSIDE = () => ({ textangle: 0, cliponaxis: false, insidetextfont: { color: token("on-accent") }, outsidetextfont: { color: token("text") } })

const HUES = [1, 2, 3, 4, 5, 6, 7, 8]

const coloured = (trace, told) => {
  if (trace.type === "heatmap") return { ...trace, colorscale: [[0, token("ground")], [1, mixed(token("accent"), token("ground"), parseFloat(token("heat")) / 100)]], textfont: { color: token("text") }, colorbar: { thickness: 8, outlinewidth: 0, tickfont: { size: 11 }, ...(isShare(trace) && { tickformat: ".0%" }) }, ...(isShare(trace) && { hovertemplate: "%{y}, %{x}: %{z:.1%}<extra></extra>" }) }
  if (trace.type === "sankey") return { ...trace, node: { ...trace.node, color: token("hue-1"), line: { width: 0 } }, link: { ...trace.link, color: faint(token("quiet")) }, textfont: { size: 12, ...trace.textfont, color: token("text") } }
  return hued(trace, told.colorway ?? [])
}

// The server names the colours of series by their place in its colorway; the page has its own for each place.
const hued = (trace, colorway) => {
  const found = { ...trace, ...(trace.text && INSIDE()), ...(trace.error_y && { error_y: { ...trace.error_y, color: token("quiet") } }) }
  for (const part of ["line", "marker"]) {
    const place = colorway.indexOf(trace[part]?.color)
    if (place >= 0) found[part] = { ...trace[part], color: token(`hue-${place + 1}`) }
  }
  return found
}

const isShare = ({ z }) => z.every((row) => row.every((share) => share === null || (share >= 0 && share <= 1)))
// As far from the ground as the table's cells go, so that text is read on it.
const mixed = (a, b, share) => `rgb(${[1, 3, 5].map((at) => Math.round(share * parseInt(a.slice(at, at + 2), 16) + (1 - share) * parseInt(b.slice(at, at + 2), 16)))})`
const faint = (colour) => `${colour}40`

const isDated = ([{ type, x }]) => ["scatter", "bar"].includes(type) && /^\d{4}-\d\d-\d\d/.test(x?.[0])
// Days are written as on the other charts; hours as Plotly does, with their day.
const MONTH = 28 * 86400000
const days = (data) => (isDated(data) && data[0].x[0].length === 10 ? { tickformatstops: [{ dtickrange: [null, MONTH], value: "%-d %b" }, { dtickrange: [MONTH, null], value: "%b %Y" }], hoverformat: "%a %Y-%m-%d" } : {})

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
    xaxis: { ...named(told.xaxis), ...days(data), ...(narrow && !isDated(data) && brokenTicks(data)), showgrid: false }, yaxis: { ...named(told.yaxis), ...(narrow && shortTicks(data)), ...(data.some((trace) => trace.type === "heatmap") && { showgrid: false }) },
    ...(told.yaxis2 && { yaxis2: named(told.yaxis2) }),
    ...(isDated(data) && flags()),
    showlegend: data.filter((trace) => trace.showlegend !== false).length > 1, legend: { orientation: "h", x: 1, xanchor: "right", y: 1.02, yanchor: "bottom", font: { size: 12, color: quiet } },
  }
}
