// Asks this server for JSON. Its refusal, or its silence, is an `error` that the page shows where the answer would have been.
export const SILENT = "The server does not answer. Is `clew up` running? Reload the page to ask again."

export const ask = async (url) => {
  const answer = await fetch(url).catch(() => null)
  const told = await answer?.json().catch(() => null)
  if (!told) return { error: answer ? `The server answered ${answer.status}, without a word why.` : SILENT }
  return answer.ok ? told : { error: told.error ?? `The server answered ${answer.status}.` }
}
