// The URL is the state. A control is a link (data-turn) to the page it makes; here the new page's parts replace the old ones, which stay
// dimmed until then. Without this script the same links load the page as a whole.
import { SILENT } from "./ask.js"
import { openDrawer } from "./drawer.js"

// What is replaced. A page that follows a stream (data-stream) stays, and learns only which build there is.
const parts = () => document.querySelector("[data-stream]") ? ["as-of"] : ["top", "main", "foot"]
let newest = 0

export const turn = async (url, { push = true } = {}) => {
  const mine = ++newest
  const before = written()
  document.body.classList.add("turning")
  try {
    const answer = await fetch(url, { headers: { "x-clew-wait": "1" } }).catch(() => null)
    if (mine !== newest) return
    if (answer?.redirected) { location.href = answer.url; return }
    const text = await answer?.text().catch(() => null)
    if (mine !== newest) return
    if (!text) { silent(); return }
    const now = written()
    replace(new DOMParser().parseFromString(text, "text/html"))
    if (now && (now.id !== before?.id || now.value !== before.value)) carry(now)
    if (push) history.pushState(null, "", url)
    document.dispatchEvent(new Event("turned"))
  } finally {
    if (mine === newest) document.body.classList.remove("turning")
  }
}

// The old page stays, and says that it is old.
const silent = () => {
  document.getElementById("silent")?.remove()
  document.getElementById("main").prepend(Object.assign(document.createElement("p"), { id: "silent", className: "error", role: "alert", textContent: SILENT }))
}

// The parts of the page that is there become those of `page`; the focus stays where it was, as near as can be.
const replace = (page) => {
  const focused = path(document.activeElement)
  const opened = document.querySelector("dialog[open]")?.id
  const menu = [...document.querySelectorAll("details.menu")].findIndex((details) => details.open)
  document.title = page.title
  for (const id of parts()) document.getElementById(id).replaceWith(page.getElementById(id))
  if (menu >= 0 && focused?.startsWith("#as-of")) document.querySelectorAll("details.menu")[menu].open = true
  const again = opened && document.getElementById(opened)
  if (again) openDrawer(again)
  if (focused) document.querySelector(focused)?.focus({ preventScroll: true })
}

// What somebody writes while a page is on its way stays in the field, and is asked when they leave it.
const written = () => {
  const { id, value, selectionEnd } = document.activeElement ?? {}
  return id && document.activeElement.matches("input[type=text]") ? { id, value, at: selectionEnd } : null
}

const carry = ({ id, value, at }) => {
  const field = document.getElementById(id)
  if (!field || field.value === value) return
  field.value = value
  field.setSelectionRange(at, at)
  field.addEventListener("blur", () => field.dispatchEvent(new Event("change", { bubbles: true })), { once: true })
}

const path = (element) => {
  if (!element || element === document.body) return null
  if (element.id) return `#${CSS.escape(element.id)}`
  const parent = element.parentElement
  const above = path(parent)
  return above && `${above} > :nth-child(${[...parent.children].indexOf(element) + 1})`
}

export const listen = () => {
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
