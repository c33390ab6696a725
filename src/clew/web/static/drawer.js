// A drawer opens with the part that all drawers of its page share, such as the SQL of one query that counts several numbers.
export const openDrawer = (drawer) => {
  for (const place of document.querySelectorAll("[data-shared]")) place.replaceChildren()
  const shared = document.getElementById("shared-part")
  if (shared) drawer.querySelector("[data-shared]")?.append(shared.content.cloneNode(true))
  if (!drawer.open) drawer.showModal()
}
