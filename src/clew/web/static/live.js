// Events as they arrive. Everything in a row was written by strangers: it becomes text, never markup.
import { ask } from "./ask.js"

const MOST = 500
const $ = (id) => document.getElementById(id)
const body = $("rows").tBodies[0]
const filters = $("live-filters")
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: document.body.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 })
const date = new Intl.DateTimeFormat("en-CA", { timeZone: document.body.dataset.zone })

let stream = null
let paused = false
let waiting = []
let missed = 0
let arrived = false
let looked = false  // what there is was sent, be it nothing

const asked = () => {
  const said = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value))
  return said
}

const connect = () => {
  stream?.close()
  const query = asked()
  query.delete("q")
  state("connecting", "Connecting")
  let first = true
  stream = new EventSource(`/api/live?${query}`)
  stream.addEventListener("rows", (event) => {
    const batch = JSON.parse(event.data)
    looked = true
    if (first) clear()
    receive(batch, !first)
    first = false
  })
  stream.addEventListener("open", () => { first = true; said() })
  stream.addEventListener("failed", (event) => state("lost", `The log cannot be read: ${JSON.parse(event.data)}`))
  stream.addEventListener("error", () => {
    state("lost", stream.readyState === EventSource.CLOSED ? "Disconnected: reload the page" : "Disconnected, trying again")
  })
}

const clear = () => {
  body.replaceChildren()
  waiting = []
  missed = 0
}

const receive = (batch, fresh) => {
  missed += batch.skipped
  if (paused) waiting = [...waiting, ...batch.rows].slice(-MOST)
  else add(batch.rows, fresh)
  said()
}

const add = (rows, fresh) => {
  arrived ||= rows.length > 0
  const made = rows.slice(-MOST).reverse().map((row) => line(row, fresh))
  body.prepend(...made)
  while (body.rows.length > MOST) body.lastElementChild.remove()
  remember(rows)
  find()
}

const names = new Set()
const remember = (rows) => {
  for (const row of rows) {
    const name = row.name || row.type
    if (names.size >= 200 || names.has(name)) continue
    names.add(name)
    $("event-names").append(Object.assign(document.createElement("option"), { value: name }))
  }
}

const element = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text })

const line = (row, fresh) => {
  const tr = element("tr", `${row.reason ? "refused" : ""} ${fresh ? "fresh" : ""}`, "")
  const at = new Date(row.received_at / 1000)
  const when = element("td", "", clock.format(at))
  when.title = `received ${date.format(at)} ${clock.format(at)}, happened ${new Date(row.timestamp / 1000).toISOString()}`
  const what = document.createElement("td")
  const button = element("button", "", "")
  button.type = "button"
  button.append(element("span", "kind", row.type), document.createTextNode(` ${row.name ?? ""}`))
  what.append(button)
  what.title = row.name ?? row.type
  const who = element("td", "", row.user_id ?? "")
  if (row.anonymous_id) who.append(element("span", row.user_id ? "second" : "", `${row.user_id ? " · " : ""}${row.anonymous_id}`))
  who.title = who.textContent
  const why = element("td", "reason", row.reason ? `${row.reason}: ${row.detail ?? ""}` : "")
  why.title = why.textContent
  tr.append(when, what, who, element("td", "", row.source), why)
  tr.addEventListener("click", () => openRaw(row))
  return tr
}

const openRaw = async (row) => {
  $("raw-title").textContent = row.name ? `${row.type}: ${row.name}` : row.type
  $("raw-reason").hidden = !row.reason
  $("raw-reason").textContent = row.reason ? `Refused, ${row.reason}: ${row.detail ?? ""}` : ""
  $("raw-message").textContent = "…"
  $("raw-stamp").textContent = ""
  $("raw").showModal()
  const call = await ask(`/api/live/raw?${new URLSearchParams({ log: row.log, chunk: row.chunk, ordinal: row.ordinal })}`)
  $("raw-message").textContent = call.error ?? call.message
  $("raw-stamp").textContent = call.stamp ?? ""
}

// The text filter looks at the rows that are here.
const find = () => {
  const text = filters.elements.q.value.toLowerCase()
  for (const row of body.rows) row.hidden = text !== "" && !row.textContent.toLowerCase().includes(text)
}

const state = (name, text) => {
  $("state").dataset.state = name
  if ($("state").textContent !== text) $("state").textContent = text
}

const said = () => {
  if (paused) state("paused", waiting.length ? `Paused, ${waiting.length}${waiting.length === MOST ? " or more" : ""} waiting` : "Paused")
  else state("live", "Live")
  const none = body.rows.length === 0
  $("rows").hidden = $("count").hidden = none
  const filtered = [...asked().keys()].some((name) => name !== "q")
  $("empty").hidden = !none || filtered || arrived || !looked
  $("no-match").hidden = !none || !(filtered || arrived) || !looked
  $("count").textContent = `The newest ${body.rows.length} are shown, ${MOST} at most${missed ? `; ${missed.toLocaleString("en")} came too fast to be shown` : ""}.`
}

$("pause").addEventListener("click", () => {
  paused = !paused
  $("pause").setAttribute("aria-pressed", String(paused))
  $("pause").textContent = paused ? "Go on" : "Pause"
  if (!paused) add(waiting.splice(0), true)
  said()
})

const address = () => {
  const query = asked()
  history.replaceState(null, "", query.size ? `/live?${query}` : "/live")
}

filters.addEventListener("submit", (event) => event.preventDefault())
filters.addEventListener("input", (event) => {
  address()
  if (event.target.name === "q") find()
})
filters.addEventListener("change", (event) => { if (event.target.name !== "q") connect() })
window.addEventListener("pagehide", () => stream?.close())
window.addEventListener("pageshow", (event) => { if (event.persisted) connect() })
connect()
