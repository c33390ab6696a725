// A dashboard that somebody shared: it draws itself again when there is a newer build.
import "./board.js"
import { turn } from "./turn.js"

const EVERY = 15000

setInterval(async () => {
  if (document.hidden) return
  const answer = await fetch(document.body.dataset.status).catch(() => null)
  if (answer?.status === 404) { location.reload(); return }
  const newest = answer?.ok ? (await answer.json()).build_id : null
  if (newest && String(newest) !== document.getElementById("top").dataset.build) turn(location.href, { push: false })
}, EVERY)
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new Event("recolour")))
