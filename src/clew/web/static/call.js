// Opens the raw call of an event in a drawer. What it says was written by strangers: it becomes text, never markup.
import { ask } from "./ask.js"
import { say } from "./words.js"

const $ = (id) => document.getElementById(id)

const open = async (link) => {
  $("call-title").textContent = link.textContent.trim()
  $("call-error").hidden = true
  $("call-message").textContent = "…"
  $("call-stamp").textContent = ""
  $("call").showModal()
  const call = await ask(link.href)
  $("call-error").hidden = !call.error
  say($("call-error"), call.error ?? "")
  $("call-message").textContent = call.message ?? ""
  $("call-stamp").textContent = call.stamp ?? ""
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-call]")
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
  event.preventDefault()
  open(link)
})
