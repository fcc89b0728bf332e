// The row, the shape and the panel of an area stand out together; choosing one of them chooses the area.
export function highlight(root, choose) {
  const areaOf = (event) => event.target.closest?.('[data-area]')?.dataset.area
  let lit
  const light = (area) => {
    if (area === lit) return
    for (const element of root.querySelectorAll('.lit')) element.classList.remove('lit')
    lit = area
    if (area === undefined) return
    for (const element of root.querySelectorAll(`[data-area="${CSS.escape(area)}"]`)) element.classList.add('lit')
  }
  root.addEventListener('pointerover', (event) => light(areaOf(event)))
  root.addEventListener('pointerleave', () => light(undefined))
  root.addEventListener('focusin', (event) => light(areaOf(event)))
  root.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-choose]')
    if (link && (event.metaKey || event.ctrlKey || event.shiftKey)) return
    const area = link?.dataset.choose ?? event.target.closest('svg [data-area]')?.dataset.area
    if (area === undefined) return
    event.preventDefault()
    choose(area)
  })
}
