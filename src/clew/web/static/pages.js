// The pages table is made by the server. Where its numbers took longer than the first paint waits, ask again and wait.
import { turn } from "./turn.js"

const show = () => {
  if (document.getElementById("pages")?.dataset.ready === "no") turn(location.href, { push: false })
}

document.addEventListener("turned", show)
show()
