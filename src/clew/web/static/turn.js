// The URL is the state. A control is a link (data-turn) to the page it makes; here the new page's parts replace the old ones, which stay
// dimmed until then. Without this script the same links load the page as a whole.
import { SILENT } from "./ask.js"
import { openDrawer } from "./drawer.js"
import { say } from "./words.js"

// What is replaced. A page that follows a stream (data-stream) stays, and learns only which build there is.
const parts = () => document.querySelector("[data-stream]") ? ["as-of"] : ["top", "main", "foot"]
let newest = 0
let replacing = false

export const turn = async (url, { push = true } = {}) => {
  const mine = ++newest
  document.body.classList.add("turning")
  try {
    const answer = await fetch(url, { headers: { "x-clew-wait": "1" } }).catch(() => null)
    if (mine !== newest) return
    if (answer?.redirected) { location.href = answer.url; return }
    const text = await answer?.text().catch(() => null)
    if (mine !== newest) return
    if (!text) { silent(); return }
    const page = new DOMParser().parseFromString(text, "text/html")
    if (lacksScripts(page)) { whole(url, push); return }
    const now = written()
    replace(page)
    if (now) carry(now)
    if (push) history.pushState(null, "", url)
    document.dispatchEvent(new Event("turned"))
  } finally {
    if (mine === newest) document.body.classList.remove("turning")
  }
}

// Parts alone are not enough where the page has scripts that this one came without, such as the first page with numbers, or a newer Clew's.
const lacksScripts = (page) => [...page.querySelectorAll("head script[src]")].some((script) => !document.querySelector(`head script[src="${CSS.escape(script.getAttribute("src"))}"]`))
const whole = (url, push) => { if (push) location.assign(url); else location.reload() }

// The old page stays, and says that it is old.
const silent = () => {
  document.getElementById("silent")?.remove()
  document.getElementById("main").prepend(say(Object.assign(document.createElement("p"), { id: "silent", className: "said", role: "alert" }), SILENT))
}

// The parts of the page that is there become those of `page`; the focus stays where it was, as near as can be.
const replace = (page) => {
  carried?.abort()
  const focused = path(document.activeElement)
  const opened = document.querySelector("dialog[open]")
  const more = [...document.querySelectorAll("details.more")].map((details) => details.open)
  const menu = [...document.querySelectorAll("details.menu")].findIndex((details) => details.open)
  document.title = page.title
  replacing = true  // a field that goes says `change`, as if it were left
  for (const id of parts()) document.getElementById(id).replaceWith(page.getElementById(id))
  replacing = false
  if (menu >= 0 && focused?.startsWith("#as-of")) document.querySelectorAll("details.menu")[menu].open = true
  document.querySelectorAll("details.more").forEach((details, i) => { details.open ||= more[i] ?? false })
  const again = opened && document.getElementById(opened.id)
  if (again && again !== opened) reopen(again, opened)
  if (focused) document.querySelector(focused)?.focus({ preventScroll: true })
}

// What a script filled a drawer with (data-filled) is nothing that the page came with.
const reopen = (drawer, before) => {
  const { scrollTop } = before
  if (drawer.matches("[data-filled]")) drawer.replaceChildren(...before.childNodes)
  openDrawer(drawer)
  drawer.scrollTop = scrollTop
}

// What somebody writes stays in the field when the page is drawn again, and is asked when they leave it or press Enter.
const asked = new WeakMap()
let carried = null

// The field that somebody is in. Its text is new if neither the page came with it, nor the field was done with (`change`).
const written = () => {
  const field = document.activeElement
  if (!field?.id || !field.matches("input[type=text], input[type=search], input[type=number]")) return null
  const { id, value, selectionEnd } = field
  return { id, value, at: selectionEnd, isNew: value !== (asked.get(field) ?? field.defaultValue) }
}

// The browser takes what a script wrote for old, and says no `change` of it, be it by Enter or by leaving.
const carry = ({ id, value, at, isNew }) => {
  const field = document.getElementById(id)
  if (!field) return
  const differs = isNew && field.value !== value
  if (differs) field.value = value
  if (at !== null) field.setSelectionRange(at, at)
  if (!differs) return
  carried = new AbortController()
  const { signal } = carried
  const say = () => { carried?.abort(); field.dispatchEvent(new Event("change", { bubbles: true })) }
  field.addEventListener("change", () => carried?.abort(), { signal })
  field.addEventListener("blur", say, { signal })
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") say() }, { signal })
}

const path = (element) => {
  if (!element || element === document.body) return null
  if (element.id) return `#${CSS.escape(element.id)}`
  const parent = element.parentElement
  const above = path(parent)
  return above && `${above} > :nth-child(${[...parent.children].indexOf(element) + 1})`
}

export const listen = () => {
  document.addEventListener("change", (event) => {
    if (replacing) event.stopImmediatePropagation()
    else asked.set(event.target, event.target.value)
  }, true)
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-turn]")
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
    event.preventDefault()
    turn(link.href)
  })
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-turn]")) return
    event.preventDefault()
    turn(`${event.target.getAttribute("action")}?${new URLSearchParams(new FormData(event.target))}`)
  })
  window.addEventListener("popstate", () => turn(location.href, { push: false }))
}
