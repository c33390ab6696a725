// Numbers as the server writes them, for what scripts draw.
export const duration = (seconds) => {
  if (seconds === null) return "–"
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`
  for (const [size, large, part, small] of [[86400, "d", 3600, "h"], [3600, "h", 60, "m"], [60, "m", 1, "s"]]) {
    const parts = Math.round(seconds / part)
    if (parts * part >= size) return `${Math.floor(parts * part / size)} ${large} ${parts * part % size / part} ${small}`
  }
  return `${Math.round(seconds)} s`
}
