// Asks what the loader and the builder do, while the page is looked at; a newer build draws the page again.
import { say } from "./words.js"

const EVERY = 3000
const SHARE = 20  // a page that took a second to answer is drawn again at most every 20 seconds

let drawn = Date.now()
document.addEventListener("turned", () => { drawn = Date.now() })
// Who writes into a form is not disturbed.
const writing = () => document.querySelector("details.menu[open] form[method=post]") || document.activeElement?.closest("form[method=post]")
const due = () => !writing() && Date.now() - drawn >= 1000 * SHARE * Number(document.querySelector("[data-seconds]")?.dataset.seconds ?? 0)

export const watch = (again, tell) => {
  const ask = async () => {
    if (document.hidden) return
    const answer = await fetch("/api/status").catch(() => null)
    if (answer?.status === 401) { tell("You are logged out: reload the page to log in"); return }
    show(answer?.ok ? await answer.json() : null, again)
  }
  setInterval(ask, EVERY)
  document.addEventListener("visibilitychange", ask)
  document.addEventListener("turned", ask)
  ask()
}

const show = (status, again) => {
  const place = document.getElementById("as-of")
  const said = place.querySelector("[data-status]")
  place.querySelector(".busy").hidden = !status?.building
  place.querySelector(".trouble").hidden = Boolean(status && !status.error)
  say(said, words(status))
  if (status) for (const shown of document.querySelectorAll("[data-progress]")) fill(shown, status[shown.dataset.progress])
  // A form that somebody fills in stays as it is, but for a word on its rules.
  if (document.querySelector("[data-dirty]")) return
  const still = document.querySelector("[data-still]") !== null
  const outdated = status && !still && String(status.build_id ?? "") !== place.dataset.build
  const otherRules = status && status.rules !== place.dataset.rules
  const listed = document.querySelector("[data-work]")
  const otherWork = status && listed && listed.dataset.work !== status.work.state
  if ((outdated && due()) || otherRules || otherWork || (status?.loaded && document.getElementById("waiting")?.dataset.loaded === "no")) again()
}

const fill = (shown, work) => {
  const bar = shown.querySelector("progress")
  say(shown.querySelector("[data-words]"), work.words)
  bar.hidden = work.percent === null
  bar.value = work.percent ?? 0
}

const words = (status) => {
  if (!status) return "the server does not answer"
  if (status.error) return `failed: ${status.error}`
  if (status.building) return "building"
  if (status.work.state === "stopped") return "the last build was stopped"
  return status.queued ? "a build is waiting" : "all is built"
}
