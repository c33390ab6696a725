// Numbers and messages as the server writes them, for what scripts draw.

// What a message has between backticks is code.
export const say = (element, text) => {
  const parts = text.split(/`([^`\n]+)`/)
  element.replaceChildren(...parts.map((part, i) => (i % 2 ? Object.assign(document.createElement("code"), { textContent: part }) : part)))
  return element
}

// What stands where an answer would have been.
export const instead = (text) => say(Object.assign(document.createElement("p"), { className: "none" }), text)

export const duration = (seconds) => {
  if (seconds === null) return "–"
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`
  for (const [size, large, part, small] of [[86400, "d", 3600, "h"], [3600, "h", 60, "m"], [60, "m", 1, "s"]]) {
    const parts = Math.round(seconds / part)
    if (parts * part >= size) return `${Math.floor(parts * part / size)} ${large} ${parts * part % size / part} ${small}`
  }
  return `${Math.round(seconds)} s`
}
