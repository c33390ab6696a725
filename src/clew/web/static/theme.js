// Light, dark, or as the system says; remembered in a cookie, so that the server draws the page in it at once.
const ORDER = ["", "light", "dark"]

const show = () => {
  const name = document.getElementById("theme-name")
  if (name) name.textContent = document.documentElement.dataset.theme || "system"
}

const next = () => {
  const root = document.documentElement
  const chosen = ORDER[(ORDER.indexOf(root.dataset.theme ?? "") + 1) % ORDER.length]
  if (chosen) root.dataset.theme = chosen
  else delete root.dataset.theme
  document.cookie = `theme=${chosen}; path=/; max-age=${chosen ? 31536000 : 0}; samesite=lax`
  show()
  document.dispatchEvent(new Event("recolour"))
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new Event("recolour")))

export const theme = { next, show }

// The value of a token of style.css, as it is now.
export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
