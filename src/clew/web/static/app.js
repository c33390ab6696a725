// What every page has: menus, drawers, keys, colours, copying, and drawing again when there is a newer build.
import { openDrawer } from "./drawer.js"
import { listen as listenForTurns, turn } from "./turn.js"
import { watch } from "./status.js"
import { theme } from "./theme.js"

const say = (text) => {
  const toast = document.getElementById("toast")
  toast.textContent = text
  clearTimeout(say.timer)
  say.timer = setTimeout(() => { toast.textContent = "" }, 2500)
}

const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text)
    say("Copied")
  } catch {
    say("The browser does not allow copying here: mark the text and copy it by hand")
  }
}

// The list of keys names those that press something on the page as it is now.
const WITHOUT = ["g", "esc", "↵"]
const listKeys = (list) => {
  const presses = (key) => WITHOUT.includes(key) || document.querySelector(`[data-key="${CSS.escape(key)}"]`)
  for (const keys of list.querySelectorAll("dt")) keys.hidden = keys.nextElementSibling.hidden = ![...keys.querySelectorAll("kbd")].some(({ textContent }) => presses(textContent))
}

const open = (button) => {
  const drawer = document.getElementById(button.dataset.open)
  if (drawer.id === "help") listKeys(drawer)
  openDrawer(drawer)
  if (button.dataset.part) drawer.querySelector(`[id^="${button.dataset.part}-"]`)?.scrollIntoView()
}

const closeMenus = (but) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== but) menu.open = false
}

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest?.(selector)
  closeMenus(at("details.menu"))
  if (at("[data-open]")) open(at("[data-open]"))
  if (at("[data-copy]")) copy(document.getElementById(at("[data-copy]").dataset.copy).textContent)
  if (at("[data-copy-text]")) copy(new URL(at("[data-copy-text]").dataset.copyText, location.href).href)
  if (at("#theme")) theme.next()
  if (at("#sheet")) sheet(!document.getElementById("rail").classList.contains("open"))
  else if (!at("#rail")) sheet(false)
  if (event.target.matches?.("dialog.drawer")) event.target.close()  // a click beside the drawer
})

// The pages on a narrow window. The focus goes into them, and back.
const sheet = (shown) => {
  const rail = document.getElementById("rail")
  const button = document.getElementById("sheet")
  const within = rail.contains(document.activeElement) && button.getAttribute("aria-expanded") === "true"
  rail.classList.toggle("open", shown)
  button.setAttribute("aria-expanded", String(shown))
  if (shown) rail.querySelector("li a").focus()
  else if (within) button.focus()
}

// A key presses what carries it as data-key; `g` and a letter goes to a page. Not while somebody writes.
let going = 0
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { escape(event); return }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, textarea")) return
  if (document.querySelector("dialog[open]")) return
  const wanted = Date.now() - going < 1200 ? `[data-go="${CSS.escape(event.key)}"]` : `[data-key="${CSS.escape(event.key)}"]`
  going = event.key === "g" ? Date.now() : 0
  const target = document.querySelector(wanted)
  if (!target || event.key === "Enter" || event.key === " ") return
  event.preventDefault()
  if (target.matches("input")) target.select()
  else press(target)
})

// A menu that asks for something is ready to be written into.
const press = (target) => {
  target.click()
  if (target.matches("summary") && target.parentElement.open) target.parentElement.querySelector("form[method=post] input:not([type=hidden])")?.focus()
}

const escape = () => {
  const menu = document.querySelector("details.menu[open]")
  closeMenus()
  menu?.querySelector("summary").focus()
  sheet(false)
}

listenForTurns()
watch(() => turn(location.href, { push: false }), say)
theme.show()
