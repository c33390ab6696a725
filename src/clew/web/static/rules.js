// The form of rules sends what is changed and no more; a preview that is being made is waited for.
import { turn } from "./turn.js"

const changed = (form) => [...form.querySelectorAll("[data-was]")].filter((field) => !field.disabled && field.value !== field.dataset.was)

const show = () => {
  if (document.getElementById("preview")?.dataset.ready === "no") turn(location.href, { push: false })
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form#rules")
  if (!form) return
  form.dataset.dirty = "yes"
  const preview = document.getElementById("preview")
  if (preview) { preview.inert = true; preview.classList.add("stale"); document.getElementById("stale").hidden = false }
})
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-once]")) {
    const button = event.target.querySelector("button")
    button.disabled = true
    button.textContent = event.target.dataset.once
  }
  if (!event.target.matches("form#rules")) return
  event.preventDefault()
  const query = String(new URLSearchParams(changed(event.target).map((field) => [field.name, field.value])))
  turn(`${event.target.getAttribute("action")}${query ? `?${query}` : ""}`)
})
document.addEventListener("turned", show)
show()
