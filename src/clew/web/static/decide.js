// A decision is built before its page comes back: the button says so, and cannot be pressed twice.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.decide")) return
  const button = event.target.querySelector("button")
  button.disabled = true
  button.textContent = "Building…"
})
